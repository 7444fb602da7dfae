"""Runs sorted out before they are compared."""

from __future__ import annotations

from pathlib import Path

from livemon.analysis.run_set.sorting import sort_runs
from livemon.runs.continuation import find_chain


def make_run(folder: Path, *epochs: int) -> Path:
    folder.mkdir(parents=True)
    (folder / "metrics.csv").write_text("epoch,loss\n" + "".join(f"{epoch},{1 / epoch!r}\n" for epoch in epochs))
    return folder


def test_a_short_run_that_went_on(tmp_path: Path) -> None:
    """What is one run for a watcher is one run in a comparison: the next attempt begins within ten usual steps."""
    first = make_run(tmp_path / "exp", 1, 2, 3)
    second = make_run(tmp_path / "exp_20251227_192829", 4, 5, 6)
    assert find_chain(first).folders == [first, second]
    assert sort_runs([first, second]).runs == [[first, second]]


def test_another_experiment_is_not_joined(tmp_path: Path) -> None:
    """Copies of finished runs do not know when they were written, so a name with more than a time stamp is another's;
    so are steps and epochs."""
    first = make_run(tmp_path / "exp", 1, 2, 3)
    other = make_run(tmp_path / "exp_lr3", 4, 5, 6)
    by_step = make_run(tmp_path / "exp_20251227_192829", 4, 5, 6)
    (by_step / "metrics.csv").write_text("step,loss\n4,0.3\n5,0.2\n")
    assert sort_runs([first, other, by_step]).resumed == []
