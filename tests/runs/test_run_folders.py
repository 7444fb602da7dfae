"""The folders of a run, asked together."""

from __future__ import annotations

from pathlib import Path

from livemon.runs.run_folders import RunFolders


def make(folder: Path, first: int) -> Path:
    """A run's folder with two steps."""
    folder.mkdir()
    (folder / "metrics.csv").write_text(f"step,loss\n{first},2.0\n{first + 1},1.0\n")
    return folder


def test_the_columns_are_of_all_folders_oldest_first(tmp_path: Path) -> None:
    """What is asked of a run with several folders is asked of all of them, whichever way they were added."""
    first, second, third = (make(tmp_path / name, step) for name, step in (("a", 1), ("b", 3), ("c", 5)))
    run = RunFolders([second], lambda: 0.0, remember=False, header=())
    run.put_before([first])
    run.move_on(third, join=True)
    assert run.refresh() == 6
    assert run.paths == [first, second, third] and run.newest.path == third
    assert run.columns.series("loss", None, "latest").index.tolist() == [1, 2, 3, 4, 5, 6]


def test_frozen_folders_read_no_more(tmp_path: Path) -> None:
    """What was read before a run was frozen stays, whatever is written later."""
    folder = make(tmp_path / "a", 1)
    run = RunFolders([folder], lambda: 0.0, remember=False, header=())
    run.refresh()
    run.freeze()
    with (folder / "metrics.csv").open("a") as file:
        file.write("3,0.5\n")
    assert run.refresh() == 0 and run.columns.series("loss", None, "latest").tolist() == [2.0, 1.0]


def test_a_link_that_leads_elsewhere_is_another_run(tmp_path: Path) -> None:
    """Where a link is pointed to another run, that is read, it counts as a move, and is said."""
    first, second = make(tmp_path / "a", 1), make(tmp_path / "b", 3)
    link = tmp_path / "latest"
    link.symlink_to(first, target_is_directory=True)
    run = RunFolders([link], lambda: 0.0, remember=False, header=())
    run.refresh()
    link.unlink()
    link.symlink_to(second, target_is_directory=True)
    run.refresh()
    assert run.moves == 1 and [one.kind for one in run.anomalies.as_list()] == ["another run"]
    assert run.columns.series("loss", None, "latest").index.tolist() == [3, 4]
