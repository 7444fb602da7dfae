"""A lens in the words of the command line and of Python."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import pytest
import typer

from livemon.boards import Lens
from livemon.boards.lens.stretch import Stretch
from livemon.boards.lens.words import command_of, python_of
from livemon.live.watch_request import WatchRequest

LENSES = [
    Lens(),
    Lens(x="time", zoom=Stretch(-1.5, 1e9), zoom_y=(("a=b", -0.1, 2.0),), hidden=("it's", "-x"), mark=-3.0),
    Lens(metric="val_acc:max", smooth=0.123456789, log=("a", "b"), linear=("c",), select="x|y z", limits="full",
         pinned=("q",), large="loss", attempts="latest"),
]


@pytest.mark.parametrize("lens", LENSES)
def test_the_command_makes_the_lens(lens: Lens, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command, typed again, looks through the same lens."""
    from livemon import cli

    asked: list[Lens] = []

    monkeypatch.setattr("livemon.commands.plot.run_plot", lambda request, say: asked.append(request.lens))
    words: Sequence[str] = shlex.split(command_of(lens, "runs/a b", "x.png"))
    assert words[:5] == ["livemon", "plot", "runs/a b", "-o", "x.png"]
    typer.main.get_command(cli.app)(words[1:], standalone_mode=False)
    assert asked == [lens]


@pytest.mark.parametrize("lens", LENSES)
def test_the_python_makes_the_lens(lens: Lens, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python, run again, looks through the same lens, and writes the same picture."""
    requests: list[WatchRequest] = []
    monkeypatch.setattr("livemon.live.watching.run_watch", lambda request: requests.append(request) or 0)
    exec(python_of(lens, "runs/a b", "x.png", {"style": "dark"}), {})
    assert (requests[0].lens, requests[0].output, requests[0].style) == (lens, "x.png", "dark")
