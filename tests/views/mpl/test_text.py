"""Texts that fit."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Text

from livemon.boards.model import Board, Panel
from livemon.views.mpl.picture import render
from livemon.views.mpl.text import printable, shorten, text_width, wrap

MakeBoard = Callable[..., Board]
MakePanel = Callable[..., Panel]


@given(st.text(max_size=60), st.floats(0, 200))
def test_shortened_text_fits(text: str, width: float) -> None:
    """A shortened text is never wider than its room, and is left alone where it fits."""
    text = printable(text)
    for short in (shorten(text, width, 9), shorten(text, width, 9, middle=True)):
        assert text_width(short, 9) <= width or short == ""
        assert short == text or text_width(text, 9) > width


def test_wrap() -> None:
    """A message is broken between words; what does not fit into its lines ends in an ellipsis."""
    lines = wrap("no finite value was logged so far " * 5, 100, 9, 3)
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert all(text_width(line, 9) <= 100 for line in lines)


def test_printable_replaces_what_no_font_has() -> None:
    """Line breaks become spaces, control characters go, a character without a glyph becomes a box, the rest stays."""
    assert printable("a\tb\nc\x1b[0m") == "a b c[0m"
    assert printable("loss \U0001f9ea") == "loss □"
    assert printable("$x_1^2$ é ≤ ↓") == "$x_1^2$ é ≤ ↓"


def test_names_are_never_mathematics(
    texts_of: Callable[[Figure], list[Text]],
    words: Callable[[Figure], list[str]],
    board_of: MakeBoard,
    panel_of: MakePanel,
) -> None:
    """`$` and `_` in names are these characters, in titles, labels, notes, ticks and tables."""
    name = r"$\alpha_1^2$"
    figure = render(board_of(panel_of(name, label=f"{name} 1.2", x_label=name), title=name))
    figure.canvas.draw()
    assert words(figure).count(name) == 3
    assert f"{name} 1.2" in words(figure)
    assert not any(text.get_parse_math() for text in texts_of(figure) if "$" in text.get_text())
