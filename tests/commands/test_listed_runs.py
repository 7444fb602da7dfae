"""The runs of a list."""

from __future__ import annotations

from pathlib import Path

from livemon.analysis.run_set.settings import find_key
from livemon.commands.listed_runs import listed_runs
from livemon.commands.ls_request import ListRequest
from livemon.runs.folder_of_runs import runs_in
from livemon.states import State

SEED_LAYOUT = Path(__file__).parents[1] / "data" / "runs" / "seed_layout" / "experiments"


def test_what_is_known_of_a_run() -> None:
    """Settings, last values and columns of the list are known before a run is looked at; how it stands afterwards."""
    request = ListRequest(base=SEED_LAYOUT, words=("lr>=0.1",))
    run = {run.path.name: run for run in listed_runs(runs_in(SEED_LAYOUT), request, print)}["lr0.1"]
    assert run.overview is None and run.known["state"] is None
    assert run.known[find_key("lr", [run.known]) or ""] == 0.1 and run.known["steps"] == 200
    assert run.folders == [run.path.absolute()]
    overview = run.find_overview(())
    assert overview.state == run.known["state"] == State.FINISHED
    assert run.find_overview(()) is overview  # once
