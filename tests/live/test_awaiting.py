from __future__ import annotations

from pathlib import Path

import pytest

from livemon.live.awaiting import await_next_run, await_path
from livemon.live.watch_request import WatchRequest

ROWS = "step,loss\n1,2\n2,1\n"


def test_a_path_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    """Where the folder above is there, that is said, with names that are alike; the wait ends when something comes."""
    (tmp_path / "exp12").mkdir()
    (tmp_path / "other").mkdir()
    said: list[str] = []
    await_path(tmp_path / "exp1", said.append, lambda seconds: (tmp_path / "exp1").mkdir())
    (text,) = said
    assert text == f"{tmp_path / 'exp1'} does not exist; did you mean exp12? Waiting for it, Ctrl-C ends"
    assert "other" not in text


@pytest.mark.parametrize("name", ["there", "no/folder/above", "base_*"])
def test_what_is_not_waited_for(tmp_path: Path, name: str) -> None:
    """What is there is opened; a pattern, and what has no folder above it, is an error, not a wait."""
    (tmp_path / "there").mkdir()
    said: list[str] = []
    await_path(tmp_path / name, said.append, lambda seconds: pytest.fail("it waited"))
    assert said == []


def test_a_folder_of_the_next_run_may_come_later(tmp_path: Path) -> None:
    """`--next` waits for a folder that is not there yet; the first run in it is the next one."""

    def begin(seconds: float) -> None:
        (tmp_path / "logs" / "version_0").mkdir(parents=True, exist_ok=True)
        (tmp_path / "logs" / "version_0" / "metrics.csv").write_text(ROWS)

    said: list[str] = []
    found = await_next_run(tmp_path / "logs", said.append, begin)
    assert found.is_relative_to(tmp_path / "logs" / "version_0") and len(said) == 1
    with pytest.raises(NotADirectoryError, match="is not a folder"):
        await_next_run(tmp_path / "no" / "folder", said.append, begin)


def test_the_run_that_begins_next(tmp_path: Path) -> None:
    """Runs that are there already are not the next one; the one that begins is."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "metrics.csv").write_text(ROWS)
    said: list[str] = []

    def begin(seconds: float) -> None:
        (tmp_path / "c").mkdir(exist_ok=True)
        (tmp_path / "c" / "metrics.csv").write_text(ROWS)

    assert await_next_run(tmp_path, said.append, begin) == tmp_path / "c" / "metrics.csv"
    assert len(said) == 1 and "2 are there already" in said[0]


def test_next_and_once_exclude_each_other() -> None:
    """Who asks for what is there waits for nothing."""
    with pytest.raises(ValueError, match="leave out one"):
        WatchRequest(next=True, once=True)
