"""A lens as JSON, and back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from livemon.boards import Lens, OptionError
from livemon.boards.lens.json_form import lens_from_json, lens_of, lens_to_json, read_lens
from livemon.boards.lens.stretch import Stretch

FULL = Lens(x="time", metric="val_loss:min", smooth=0.5, log=("loss",), select="a|b", linear=("acc",),
            zoom=Stretch(1.5, 2.25), zoom_y=(("loss", 0.1, 0.5),), limits="full", hidden=("lr",), pinned=("acc", "b"),
            large="loss", attempts="latest", mark=12.0, runs=("b", "a"), hidden_runs=("c",), alone_run="b",
            where=("lr>=1e-3", "state:running"), group_by="", run_list=True)


def test_a_lens_survives() -> None:
    """All that a lens says is written, and read again as it was; what is as usual is not written."""
    assert lens_from_json(lens_to_json(FULL)) == (FULL, [])
    assert json.loads(lens_to_json(Lens(zoom=Stretch(last=10, percent=True)))) == {"version": 1, "zoom": "last:10%"}


def test_lenses_of_before_are_read() -> None:
    """A file that was saved before runs were part of a lens means what it meant: all runs are shown."""
    old = '{"version": 1, "x": "time", "hidden": ["lr"]}'
    assert lens_from_json(old) == (Lens(x="time", hidden=("lr",)), [])


def test_keys_of_later_versions_are_named(tmp_path: Path) -> None:
    """What this version does not know is named, and the rest is used."""
    said: list[str] = []
    path = tmp_path / "lens.json"
    path.write_text('{"version": 7, "x": "time", "colours": "warm"}', encoding="utf-8")
    assert read_lens(path, said.append) == Lens(x="time")
    assert said == [f"{path}: this version of livemon does not know colours; the rest is used"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not valid JSON"), ("[1]", "not a JSON object"), ('{"x": 1}', "--x: 1 is not text"),
        ('{"smooth": 2}', "--smooth: 2 is not between"), ('{"smooth": true}', "--smooth: True is not a number"),
        ('{"zoom": "5"}', "LOW:HIGH"), ('{"zoom": [1, 2]}', "--zoom"), ('{"limits": "x"}', "neither robust nor full"),
        ('{"zoom_y": ["loss"]}', "--zoom-y: 'loss' is not PANEL=LOW:HIGH"), ('{"hidden": 3}', "--hide: 3"),
        ('{"zoom_y": [["loss", 2, 1]]}', "nothing between 2 and 1"), ('{"attempts": "first"}', "all nor latest"),
        ('{"run_list": 1}', "--run-list: 1 is neither true nor false"), ('{"runs": 3}', "--show-run: 3"),
    ],
)
def test_what_is_no_lens(text: str, message: str) -> None:
    """A value of another kind, or one that means nothing, is an OptionError that says what can be asked for."""
    with pytest.raises(OptionError, match=message.replace("(", r"\(")):
        lens_from_json(text, "lens.json")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A file that cannot be read is an OptionError that names it."""
    with pytest.raises(OptionError, match=r"nothing\.json cannot be read"):
        read_lens(tmp_path / "nothing.json", print)


def test_options_come_on_top_of_a_file(tmp_path: Path) -> None:
    """What is given beside a lens wins; the rest of the lens stays, also how many pixels it is for."""
    path = tmp_path / "lens.json"
    path.write_text(lens_to_json(FULL), encoding="utf-8")
    made = lens_of({"x": "epoch", "smooth": None, "hidden": (), "zoom_y": {"acc": (0, 1)}}, path)
    assert (made.x, made.smooth, made.hidden, made.zoom_y) == ("epoch", 0.5, ("lr",), (("acc", 0.0, 1.0),))
    assert lens_of({"x": "row"}, Lens(pixels=70)) == Lens(x="row", pixels=70)
