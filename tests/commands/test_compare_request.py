"""What a user asks of `livemon compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from livemon.commands.compare_request import CompareRequest


@pytest.mark.parametrize(("asked", "message"), [
    ({"at": "end"}, "--at: 'end' is not one of final, best"),
    ({"test": "anova"}, "--test: 'anova' is not one of welch"),
    ({"middle": "mode"}, "--middle: 'mode' is not one of mean"), ({"band": "sd"}, "--band: 'sd' is not one of auto"),
    ({"smooth": 0.5, "paper": True}, "--smooth, --paper: this needs a picture"),
])
def test_what_means_nothing_is_an_error(asked: dict[str, Any], message: str) -> None:
    """A word that is none, or an option about a picture that is not asked for, is an error that names it."""
    with pytest.raises(ValueError, match=message):
        CompareRequest(**asked)


def test_what_means_something() -> None:
    """Numbers in any of their spellings are taken, and a picture's options with a picture."""
    assert CompareRequest(at="last:10%").at == "last:10%"
    assert CompareRequest(output=Path("a.png"), smooth=0.5).smooth == 0.5


@pytest.mark.parametrize(("words", "option"), [
    ({"lines": True, "group_by": ""}, "--lines"), ({"ylim": ("0:1",)}, "--ylim"), ({"select": "acc"}, "--select")])
def test_points_have_no_look(words: dict[str, Any], option: str) -> None:
    """What changes the look of a picture alone is an error beside -o FILE.csv."""
    with pytest.raises(ValueError, match=rf"^{option}: -o points.csv has points and no look"):
        CompareRequest(output=Path("points.csv"), **words)
