"""Runs that went on in other folders, among those that were given."""

from __future__ import annotations

import json
from pathlib import Path

from livemon import ExperimentLoader
from livemon.analysis.run_set.resumed import evidence_from, evidence_of, find_resumed, plain_evidence
from livemon.runs.continuation import Evidence
from livemon.runs.same_training import Stretch


def evidence(first: float, last: float) -> dict[str, Stretch]:
    """Steps from the first to the last, by 10."""
    return {"step": Stretch(first, first, last, 10.0)}


def test_chains_in_the_order_given(tmp_path: Path) -> None:
    """Folders of one run are put together, whatever the order in which they are given; evidence is asked only of names
    that go on."""
    steps = {"version_2": (1900, 2500), "version_0": (10, 1000), "alone": (10, 20), "version_1": (910, 2000)}
    dirs = [tmp_path / name for name in steps]
    asked: list[str] = []

    def about(path: Path) -> Evidence:
        asked.append(path.name)
        return Evidence(path, frozenset(["loss"]), evidence(*steps[path.name]))

    found = find_resumed(dirs, about)
    assert found.chains == [[tmp_path / f"version_{number}" for number in range(3)], [tmp_path / "alone"]]
    assert "alone" not in asked and found.unsure == []
    above = tmp_path.name
    assert found.in_words()[0].startswith(f"{above}/version_1, {above}/version_2 go on from {above}/version_0: ")


def test_evidence_is_kept_as_it_is(tmp_path: Path) -> None:
    """Evidence that was made plain, written and read again says the same; of a run without rows there is none."""
    (tmp_path / "metrics.csv").write_text("step,loss,timestamp\n10,2,1700000000\n20,1,1700000009\n")
    run = ExperimentLoader(tmp_path)
    run.refresh()
    found = evidence_of(run)
    assert found is not None and found.times == (1700000000.0, 1700000009.0)
    assert found.steps["step"] == Stretch(10.0, 10.0, 20.0, 10.0)
    assert evidence_from(tmp_path, json.loads(json.dumps(plain_evidence(found)))) == found
    assert evidence_from(tmp_path, plain_evidence(None)) is None
