"""Empty, doubled and resumed runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from livemon.analysis.run_set.sorting import sort_runs
from livemon.runs.continuation import find_chain


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
