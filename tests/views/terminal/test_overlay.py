from __future__ import annotations

import pytest

from livemon.boards.model import Notice
from livemon.views.keys import KEYS
from livemon.views.terminal.cells import Cells
from livemon.views.terminal.glyphs import ASCII
from livemon.views.terminal.keys import NOT_HERE, short_help
from livemon.views.terminal.overlay import Overlay
from livemon.views.terminal.plot import Pen

from .conftest import board_of


def shown(overlay: Overlay, width: int, height: int, pen: Pen | None = None) -> list[str]:
    notices = tuple(Notice("nan", severity, "loss", 5.0, f"finding {severity} " + "of many words " * 9,
                           "do this\x1b[2J")
                    for severity in ("critical", "info"))  # type: ignore[arg-type]
    cells = Cells(width, height)
    overlay.put(cells, board_of(notices=notices), pen or Pen())
    return cells.lines()


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
def test_all_keys_at_once(size: tuple[int, int]) -> None:
    """At the usual sizes all keys are seen at once, and no word of them is cut."""
    overlay = Overlay("keys")
    lines = shown(overlay, *size)
    assert lines[1] == " keys" and not any("…" in line for line in lines) and not overlay.key("down")
    text = "\n".join(lines)
    names = [name for key in KEYS if key.action not in NOT_HERE for name in key.names]
    assert all(name in text for name in names) and all(name in text for name in ("left right", "!", "click, drag"))


def test_the_short_help_has_every_key() -> None:
    """Each key that the long help has is in the short one."""
    names = {part for name, _ in short_help() for part in name.replace(",", "").split()}
    assert {name for key in KEYS if key.action not in NOT_HERE for name in key.names} <= names
    assert {"left", "right", "up", "down", "tab", "+", "-", "[", "]", ":", "f", "g", "t", "!", "m", "space"} <= names


def test_a_small_screen_is_moved_over() -> None:
    """Where there is no room, the arrows move over the text up to its ends, and it says so."""
    overlay = Overlay("keys")
    first = shown(overlay, 40, 12)
    assert "1 to 9 of 24" in first[1] and first[2].startswith(" left right")
    for _ in range(40):
        assert overlay.key("down")
    assert shown(overlay, 40, 12)[-2].startswith(" ? q")
    assert shown(overlay, 10, 3) and shown(overlay, 1, 1)


def test_all_that_was_found() -> None:
    """Each finding stands there whole, with what to do, and nothing in it is obeyed; without any that is said."""
    lines = shown(Overlay("findings"), 80, 24)
    text = " ".join(" ".join(lines).split())
    assert "critical: finding critical of many" in text and "info: finding info" in text and "do this\\x1b[2J" in text
    assert " ".join(["of many words"] * 9) in text
    cells = Cells(80, 24)
    Overlay("findings").put(cells, board_of(), Pen(ASCII, has_colour=False))
    assert cells.lines()[2] == " nothing was found"
