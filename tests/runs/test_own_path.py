from __future__ import annotations

from pathlib import Path

import pytest

from livemon.runs.own_path import own_path, own_paths


def files(folder: Path, *names: str) -> Path:
    """A folder with these empty files."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


@pytest.mark.parametrize(("there", "named", "own"), [
    (("metrics.csv",), "metrics.csv", ""),
    (("logs/metrics.csv", "logs/other.csv"), "logs/metrics.csv", ""),
    (("base.csv",), "base.csv", ""),
    (("base.csv", "notes.txt"), "base.csv", ""),
    (("base.csv", "ours.csv"), "base.csv", "base"),
    (("base.csv.gz", "ours.csv.gz"), "ours.csv.gz", "ours"),
    (("lr0.1.csv", "lr0.2.csv"), "lr0.1.csv", "lr0.1"),
    (("base.csv", "metrics.csv"), "metrics.csv", ""),
    (("base.csv", "metrics.csv"), "base.csv", "base"),
    (("history.csv", "training.log", "metrics.csv"), "training.log", ""),
    (("a.db", "b.db"), "a.db", "a.db"),
])
def test_a_file_beside_others_is_a_run_of_its_own(
    tmp_path: Path, there: tuple[str, ...], named: str, own: str
) -> None:
    """A named file gives its run its name only where its folder has other files of the kind."""
    run = files(tmp_path / "run", *there)
    assert own_path(run / named) == run / own


def test_files_that_are_given_together(tmp_path: Path) -> None:
    """Of several given files of one folder each gives its run its name, whatever it is called; folders keep theirs."""
    run = files(tmp_path / "run", "metrics.csv", "training.log", "other/metrics.csv")
    given = [run / "metrics.csv", run / "training.log", run / "other", run / "other" / "metrics.csv"]
    assert own_paths(given) == [run / "metrics", run / "training", run / "other", run / "other"]
    assert own_paths([run / "metrics.csv", run / "metrics.csv"]) == [run, run]
