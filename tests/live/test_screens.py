from __future__ import annotations

import math
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from livemon.boards.model import Board, Header
from livemon.live.console import Console
from livemon.live.errors import CannotShowError
from livemon.live.json_lines import JsonView
from livemon.live.screens import Screen, _forwarded_display, choose_screens, opening_board
from livemon.live.watch_request import WatchRequest
from livemon.runs.experiment import ExperimentLoader
from livemon.testing import RecordingView
from livemon.views.header_line import HeaderView
from livemon.views.mpl.picture import FileView
from livemon.views.terminal.printed import PrintedView


@pytest.mark.parametrize(
    ("environ", "forwarded"),
    [
        ({"DISPLAY": ":0"}, False),
        ({"DISPLAY": ":99", "SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}, False),
        ({"DISPLAY": "localhost:10.0", "SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}, True),
        ({"DISPLAY": "node7:11.0", "SSH_TTY": "/dev/pts/3"}, True),
        ({"DISPLAY": "localhost:10.0"}, False),
        ({}, False),
    ],
)
def test_forwarded_display(environ: dict[str, str], forwarded: bool) -> None:
    """X forwarding is a display with a host's name within a remote shell; a local display there is none."""
    assert (_forwarded_display(environ) is not None) == forwarded


def chosen(**options: Any) -> tuple[Any, list[Screen], list[str]]:
    """The window, the screens and the messages of a request, where no window can be opened."""
    console, said = Console(sys.stdout), []
    console.notify = said.append  # type: ignore[method-assign]
    run: Any = SimpleNamespace(name="exp1", label="exp1", own_path=Path("exp1"))
    recorded: Any = object() if options.get("json") else None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("livemon.live.screens._why_no_window", lambda named: "there is no display")
        window, screens = choose_screens(run, WatchRequest(**options), console, recorded)
    return window, screens, said


@pytest.mark.parametrize(
    ("options", "views", "says"),
    [
        ({}, [HeaderView], True),
        ({"interval": 5.0}, [HeaderView], False),
        ({"view": "file"}, [FileView, HeaderView], False),
        ({"output": "a.png"}, [FileView, HeaderView], False),
        ({"once": True}, [PrintedView], False),
        ({"once": True, "view": "file"}, [FileView, HeaderView], False),
        ({"json": True}, [JsonView], False),
        ({"json": True, "view": "file"}, [JsonView, FileView], False),
        ({"json": True, "output": "a.png"}, [JsonView, FileView], False),
    ],
)
def test_which_views_an_invocation_means(
    options: dict[str, Any], views: list[type], says: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a window and a terminal "auto" is a line an update, and says why there is no window on this display;
    a picture is made only where it is asked for; JSON stands alone, or beside such a picture."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DISPLAY", ":0")
    window, screens, said = chosen(**options)
    assert window is None
    assert [type(screen.view) for screen in screens] == views
    assert said == (["no window: there is no display"] if says else [])


def test_a_window_by_name_that_cannot_be_had() -> None:
    """A window that was asked for by its name, and cannot be opened, is an error with the reason."""
    with pytest.raises(CannotShowError, match="no window can be opened: there is no display"):
        chosen(view="window")


def test_a_picture_that_cannot_be_written(tmp_path: Path) -> None:
    """A picture in a folder that is not there is refused before anything is drawn; a folder gets the run's name."""
    with pytest.raises(CannotShowError, match="make it first"):
        chosen(output=tmp_path / "nowhere" / "a.png")
    _, screens, _ = chosen(output=tmp_path)
    assert "livemon_exp1.png" in str(vars(screens[0].view))


def test_when_a_screen_is_due() -> None:
    """A screen is drawn at once the first time, then for new rows after `least_seconds`, for the clock alone after
    `idle_seconds`."""
    screen = Screen(RecordingView(), least_seconds=2.0, idle_seconds=10.0)
    assert screen.due(1, "0 s", -math.inf)
    screen.draw(Board("exp1", Header("exp1", "running", age="0 s"), ()), 1, 100.0)
    drawn = Header("exp1", "running", age="0 s").line()
    assert not screen.due(2, "1 s", 101.0)
    assert screen.due(2, "2 s", 102.0)
    assert not screen.due(1, "9 s", 109.0)
    assert screen.due(1, "10 s", 110.0)
    assert not screen.due(1, drawn, 110.0)


def test_a_window_says_what_it_waits_for(tmp_path: Path) -> None:
    """Before the first board is made a window says whose it is, and what is read."""
    (tmp_path / "exp1" / "logs").mkdir(parents=True)
    (tmp_path / "exp1" / "logs" / "metrics.csv").write_text("step,loss\n", encoding="utf-8")
    board = opening_board(ExperimentLoader(tmp_path / "exp1"))
    assert (board.title, board.panels) == ("exp1", ())
    assert board.header.evidence == f"reading {tmp_path / 'exp1' / 'logs' / 'metrics.csv'}"
