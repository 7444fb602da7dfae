"""Empty, doubled and resumed runs."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from livemon.analysis.run_set.sorting import sort_runs
from livemon.runs.continuation import find_chain
from livemon.runs.discovery import why_no_metrics


def test_empty_doubled_and_resumed_runs(write_run: Callable[..., Path], tmp_path: Path) -> None:
    """An empty run and a copy are set aside, a run that went on in another folder is joined, and each is said; another
    experiment with a longer name is not."""
    first = write_run(tmp_path / "exp", [5, 4, 3, 2.0])
    again = write_run(tmp_path / "exp_20250101_101010", [2.5, 1.0], first=3)
    other = write_run(tmp_path / "exp_lr3", [2.5, 1.5], first=3)
    copy = write_run(tmp_path / "copy", [5, 4, 3, 2.0])
    (tmp_path / "none").mkdir()
    found = sort_runs([first, again, other, copy, tmp_path / "none"])
    assert found.runs == [[first, again], [other]]
    assert (found.empty, found.duplicates, found.resumed) == ([tmp_path / "none"], [(copy, first)], [[first, again]])
    assert len(found.in_words()) == 3
    assert len(sort_runs([first, again], join=False).runs) == 2


def test_the_same_rows_with_other_settings_are_no_copies(write_run: Callable[..., Path], tmp_path: Path) -> None:
    """Seeds and settings may end in the same few values: such runs are all compared, and it is said."""
    by_name = [write_run(tmp_path / f"base_s{seed}", [0.5, 0.8]) for seed in range(3)]
    assert sort_runs(by_name).runs == [[one] for one in by_name]
    by_config = [write_run(tmp_path / f"run{place}", [0.5, 0.8], lr=place) for place in range(2)]
    found = sort_runs([*by_config, write_run(tmp_path / "again", [0.5, 0.8], lr=1)])
    assert found.duplicates == [(tmp_path / "again", by_config[1])] and found.alike == [by_config]
    assert "run0, run1 have the same rows, though not the same settings" in found.in_words()


def test_another_setting_is_another_run(write_run: Callable[..., Path], tmp_path: Path) -> None:
    """A run with the name and the steps of one that went on, but with another setting, is a run of its own."""
    first = write_run(tmp_path / "exp", [5, 4, 3, 2.0], lr=0.1)
    same = write_run(tmp_path / "exp_20250101_101010", [2.5, 1.0], first=3, lr=0.1)
    assert sort_runs([first, same]).resumed == [[first, same]]
    other = write_run(tmp_path / "exp_20250202_101010", [2.6, 1.1], first=3, lr=0.2)
    assert sort_runs([first, other]).resumed == []


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


def test_where_two_fit_none_is_joined(tmp_path: Path) -> None:
    """Two runs that may go on from one are both named, and none is joined."""
    first = make_run(tmp_path / "exp", 1, 2, 3)
    both = [make_run(tmp_path / name, 3, 4, 5 + place) for place, name in enumerate(("exp_a", "exp_b"))]
    found = sort_runs([first, *both])
    assert found.runs == [[first], *([one] for one in both)] and found.unsure == [(first, both)]
    assert "exp may go on in exp_a or in exp_b" in found.in_words()[-1]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become nobody")
@pytest.mark.parametrize("what", ["logs", "logs/metrics.csv", "."])
def test_what_may_not_be_read_is_not_empty(write_run: Callable[..., Path], what: str) -> None:
    """Issue 19: a run whose folder or metrics may not be read is unreadable, not empty; it says what and why."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        run = write_run(Path(name) / "exp", [3, 2, 1.0])
        (run / what).chmod(0)
        os.seteuid(65534)
        try:
            found = sort_runs([run])
            said = why_no_metrics(run)
        finally:
            os.seteuid(0)
    assert found.empty == [] and [path for path, _ in found.unreadable] == [run]
    assert "cannot be read (Permission denied)" in said
    assert found.in_words()[0].startswith("exp is unreadable: ")
