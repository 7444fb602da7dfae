from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from livemon.views.terminal.cells import REVERSE, Cells
from livemon.views.terminal.output_pane import OutputPane
from livemon.views.terminal.plot import Pen, Rect


@dataclass
class Text:
    text: str


@dataclass
class Printed:
    """Line N came at N seconds."""

    path: Path = Path("logs/run.out")
    problem: str = ""
    lines: list[Text] = field(default_factory=lambda: [Text(f"line {number}") for number in range(100)])

    def refresh(self) -> bool:
        return False

    def line_at(self, when: float) -> int | None:
        return int(when) if 0 <= when < 100 else None


def shown(pane: OutputPane, height: int = 6) -> list[str]:
    cells = Cells(60, height)
    pane.put(cells, Rect(0, 0, 60, height), Pen(), is_chosen=False)
    return cells.lines()


def test_the_newest_lines() -> None:
    """The newest lines are followed; who scrolls up stays there, and at the end they are followed again."""
    printed = Printed()
    pane = OutputPane(printed)
    assert shown(pane)[0].startswith(" run.out") and shown(pane)[1:] == [f"line {number}" for number in range(95, 100)]
    pane.scroll(-10)
    assert shown(pane)[-1] == "line 89" and "10 more lines below" in shown(pane)[0]
    printed.lines.append(Text("new"))
    assert shown(pane)[-1] == "line 89"
    pane.page(1)
    pane.scroll(100)
    assert shown(pane)[-1] == "new"
    pane.scroll(-1000)
    assert shown(pane)[1] == "line 0"


def test_what_was_printed_then() -> None:
    """A time brings the line that had come by then into the middle and marks it; an unknown one changes nothing."""
    pane = OutputPane(Printed())
    shown(pane)
    assert pane.go_to(50.0)
    cells = Cells(60, 6)
    pane.put(cells, Rect(0, 0, 60, 6), Pen(), is_chosen=True)
    assert cells.lines()[3] == "line 50" and bool(cells.ink[3, 0] & REVERSE)
    assert not pane.go_to(-5.0) and shown(pane)[-1] == "line 99"
    assert not pane.go_to(None)


def test_no_lines_and_no_room() -> None:
    """A file without lines, or that cannot be read, says so; a small terminal has no rows for it."""
    assert "nothing yet" in shown(OutputPane(Printed(lines=[])))[0]
    assert "No such file" in shown(OutputPane(Printed(lines=[], problem="No such file or directory")))[0]
    pane = OutputPane(Printed())
    assert [pane.rows_of(height) for height in (10, 24, 60, 200)] == [0, 4, 12, 16]
    pane.is_open = False
    assert pane.rows_of(60) == 0
