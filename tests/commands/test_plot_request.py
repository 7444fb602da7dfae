"""What a user asks of `livemon plot`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from livemon.boards import Lens
from livemon.boards.lens.stretch import Stretch
from livemon.commands.plot_request import Drawing, PlotRequest


def request(**options: Any) -> PlotRequest:
    return PlotRequest(**{"path": None, "output": None, "lens": Lens()} | options)


@pytest.mark.parametrize(("options", "drawing"), [
    ({}, Drawing.PLOTS), ({"output": Path("pictures")}, Drawing.PLOTS), ({"each": True}, Drawing.EACH),
    ({"paper": True}, Drawing.FIGURE), ({"width": 3.3}, Drawing.FIGURE),
    ({"width": 3.3, "output": Path("x.pdf")}, Drawing.FIGURE), ({"output": Path("x.png")}, Drawing.PICTURE),
    ({"output": Path("x.gif")}, Drawing.MOVING), ({"output": Path("x.html")}, Drawing.PAGE),
    ({"output": Path("study_lr0.1")}, Drawing.PLOTS),
])  # fmt: skip
def test_what_is_drawn(options: dict[str, Any], drawing: Drawing) -> None:
    """The name of the output and the options tell what is drawn."""
    assert request(**options).drawing is drawing


@pytest.mark.parametrize(("options", "message"), [
    ({"output": Path("x.gif"), "paper": True}, "leave out"), ({"output": Path("x.html"), "width": 3.3}, "zoom into"),
    ({"output": Path("x.png"), "each": True}, "for --each name a folder"),
    ({"output": Path("x.png"), "form": "pdf"}, "for --format name a folder"),
    ({"each": True, "paper": True}, "--paper"), ({"lens": Lens(zoom=Stretch(1, 2))}, "--zoom shows a part"),
    ({"form": "bmp"}, "'bmp' is not one of"),
    ({"outline_text": True, "output": Path("x.png")}, "for .svg pictures"),
    ({"output": Path("x.bmp")}, "a picture's name ends in"),
])  # fmt: skip
def test_options_that_do_not_go_together(options: dict[str, Any], message: str) -> None:
    """Options that do not go together are refused before any work is done."""
    with pytest.raises(ValueError) as error:
        request(**options)
    assert message in str(error.value)
