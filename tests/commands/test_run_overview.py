"""How a run stands now, as a list of runs shows it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from livemon.commands.run_overview import RunOverview, overview_of
from livemon.health.finding import Verdict
from livemon.states import State

pytestmark = pytest.mark.filterwarnings("ignore:.*an empty config is used")


def run_in(folder: Path, losses: list[float], **known: object) -> Path:
    """A run of these losses, and what is noted of it."""
    folder.mkdir()
    rows = "".join(f"{step},{loss}\n" for step, loss in enumerate(losses))
    (folder / "metrics.csv").write_text(f"step,train_loss\n{rows}")
    (folder / "livemon.json").write_text(json.dumps({"livemon": 1, **known}))
    return folder


@pytest.mark.parametrize(("reason", "evidence", "words"), [
    ("killed", "process 4711 is gone", "killed"), ("preempted", "SIGTERM", "preempted"),
    ("time limit", "", "time limit"), ("error", "ValueError: no file", "ValueError: no file"),
])
def test_a_failed_run_says_why(tmp_path: Path, reason: str, evidence: str, words: str) -> None:
    """No failed run is without a problem: its error, or else the reason."""
    overview = overview_of([run_in(tmp_path / "a", [1.0, 0.5], state="failed", reason=reason, evidence=evidence)], ())
    assert overview.problems == words and overview.severity > 0


def test_what_is_wrong_weighs_more(tmp_path: Path) -> None:
    """Critical weighs more than a warning, that more than nothing; a run of too few rows, or that nobody looked at, is
    never healthy."""
    losses = [0.1 + 2 / (1 + step / 20) for step in range(300)]
    well = overview_of([run_in(tmp_path / "well", losses)], ())
    leaps = overview_of([run_in(tmp_path / "leaps", [*losses[:200], 60.0, *losses[201:]])], ())
    broken = overview_of([run_in(tmp_path / "broken", [*losses[:200], *[float("nan")] * 100])], ())
    short = overview_of([run_in(tmp_path / "short", [1.0])], ())
    assert broken.severity > leaps.severity > well.severity == short.severity == RunOverview().severity == 0
    assert (well.verdict, short.verdict) == (Verdict.HEALTHY, Verdict.UNKNOWN) and RunOverview().verdict is None


def test_a_run_that_is_gone(tmp_path: Path) -> None:
    """A folder that was deleted meanwhile is an unknown run, with the reason."""
    overview = overview_of([tmp_path / "gone"], ())
    assert (overview.state, overview.verdict) == (State.UNKNOWN, Verdict.UNKNOWN) and overview.problems
    assert overview.run_object is None
