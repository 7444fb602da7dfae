"""A lens in the words of the command line and of Python."""

from __future__ import annotations

import contextlib
import json
import shlex
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import pytest
import typer

from livemon.boards import Lens
from livemon.boards.lens.json_form import lens_to_json, plain
from livemon.boards.lens.stretch import Stretch
from livemon.boards.lens.words import command_of, difference, options_of, python_of
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

    monkeypatch.setattr("livemon.commands.plot.run_plot", lambda request, notify: asked.append(request.lens))
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


# A value for each thing that a lens holds; the number of panels and of pixels is the screen's, and nobody types it.
OF_EACH = {
    "x": "epoch", "metric": "val_acc:max", "smooth": 0.25, "log": ("a", "b c"), "select": "x|y", "linear": ("c",),
    "zoom": Stretch(10, 20.5), "zoom_y": (("a=b", -0.5, 2.0), ("c", 0.0, 1.0)), "limits": "full", "hidden": ("-x", "y"),
    "pinned": ("q", "p"), "large": "loss", "attempts": "latest", "mark": -3.5, "runs": ("a", "b"),
    "hidden_runs": ("c", "d"), "alone_run": "a", "where": ("lr>=1", "seed:3"), "group_by": "lr,wd", "run_list": True,
}
OF_THE_SCREEN = {"max_panels", "pixels"}


def test_each_thing_has_a_value_here() -> None:
    """What is added to a lens is among the cases below."""
    assert OF_EACH.keys() | OF_THE_SCREEN == {field.name for field in fields(Lens)}


@pytest.mark.parametrize("name", OF_EACH)
def test_each_thing_can_be_asked_for(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """All that a lens holds can be given on the command line, in Python, and as a file that a view has saved."""
    from livemon import cli

    lens = replace(Lens(), **{name: OF_EACH[name]})
    saved, of_page = tmp_path / "seen.json", tmp_path / "page.json"
    saved.write_text(lens_to_json(lens), encoding="utf-8")
    of_page.write_text(json.dumps({"version": 1, **plain(lens)}), encoding="utf-8")  # as page/save.js does
    requests: list[WatchRequest] = []
    monkeypatch.setattr("livemon.live.watching.run_watch", lambda request: requests.append(request) or 0)
    for options in (options_of(lens), ["--lens", str(saved)], ["--lens", str(of_page)]):
        with contextlib.suppress(SystemExit, typer.Exit):
            typer.main.get_command(cli.app)(["watch", "runs/a", "runs/b", *options], standalone_mode=False)
    exec(python_of(lens, ["runs/a", "runs/b"], "x.png"), {})
    assert [request.lens for request in requests] == [lens] * 4


@pytest.mark.parametrize(("before", "after", "words"), [
    (Lens(), Lens(x="epoch"), "x epoch"), (Lens(x="epoch"), Lens(), "without x epoch"), (Lens(), Lens(), ""),
    (Lens(x="time"), Lens(x="epoch", smooth=0.5), "x epoch, smooth 0.5"),
    (Lens(hidden=("a",)), Lens(hidden=("a", "b")), "hide b"),
])
def test_what_is_new_in_a_lens(before: Lens, after: Lens, words: str) -> None:
    """What was not asked for before, else what is not any more."""
    assert difference(before, after) == words
