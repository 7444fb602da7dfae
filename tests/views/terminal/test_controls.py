from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livemon.boards.lens.value import Lens
from livemon.boards.model import Board, Event, Notice, Ruler
from livemon.boards.run_row import RunRow
from livemon.views.terminal.cells import REVERSE
from livemon.views.terminal.controls import Controls
from livemon.views.terminal.plot import Pen

from .conftest import board_of as made_board
from .conftest import line_of as made_line
from .conftest import panel_of as made_panel
from .test_output_pane import Printed

Makes = Callable[..., Any]


def board(lens: Lens | None = None) -> Board:
    y = np.exp(-np.arange(101) / 30)
    panels = [made_panel(made_line(y, metric=name, label=f"{name} 0.5"), key=name, title=name)
              for name in ("loss", "lr", "norm")]
    return made_board(*panels, lens=lens or Lens(), axes=("step", "epoch", "row"),
                      events=(Event(20.0, "nan", "loss"), Event(60.0, "restart")))


class Table:
    """Hands at a board of 120 x 40 cells, and what they asked for."""

    def __init__(self) -> None:
        self.asked: list[Lens] = []
        self.actions: list[str] = []
        self.now = 0.0
        self.controls = Controls(self.asked.append, self.actions.append, clock=lambda: self.now)
        self.controls.take(board())
        self.lines()

    def lines(self, width: int = 120, height: int = 40) -> list[str]:
        return self.controls.frame(width, height, Pen()).lines()

    def cursor_line(self) -> str:
        cells = self.controls.frame(120, 40, Pen())
        (row,) = [row for row in range(30, 39) if cells.ink[row, 0] & REVERSE]
        return cells.lines()[row]

    def press(self, *names: str) -> Lens:
        for name in names:
            self.controls.key(name)
            self.lines()
        assert self.controls.lens_control.lens is not None
        return self.controls.lens_control.lens


@pytest.fixture
def table() -> Table:
    return Table()


def test_the_cursor_reads_all_panels(table: Table) -> None:
    """The first arrow puts the cursor at the newest point, the next ones move it; all panels show their values there,
    and the last line says where it is."""
    table.press("left")
    assert table.controls.cursor == 100.0
    table.press("left", "shift+left")
    assert table.controls.cursor is not None and 70 < table.controls.cursor < 99
    lines = table.lines()
    assert lines[-1].startswith(f"step {round(table.controls.cursor)}")
    titles = [line for line in lines if line.startswith(("loss ", "lr "))]
    assert titles and not any("loss 0.5" in line or "lr 0.5" in line for line in titles)
    assert all("train 0.0" in line for line in titles)
    table.press("escape")
    assert table.controls.cursor is None


def test_zoom_and_back(table: Table) -> None:
    """`+` halves the stretch at its end or around the cursor, `-` doubles it until it is the whole, `[` moves it, and
    backspace goes back."""
    lens = table.press("+")
    assert str(lens.zoom) == "50:100"
    shown = board(lens)
    table.controls.take(replace(shown, panels=tuple(replace(panel, x_limits=(50.0, 100.0)) for panel in shown.panels)))
    table.lines()
    assert str(table.press("[").zoom) == "25:75"
    assert table.press("-").zoom is None
    assert str(table.press("backspace").zoom) == "25:75"
    assert table.press("home") == Lens()
    assert len(table.asked) == 5


@pytest.mark.parametrize(("key", "field", "value"), [
    ("o", "limits", "full"), ("l", "log", ("loss",)), ("p", "pinned", ("loss",)), ("h", "hidden", ("loss",)),
    ("enter", "large", "loss"), ("a", "attempts", "latest"), ("x", "x", "epoch"), ("s", "smooth", 0.0),
])
def test_a_key_makes_its_lens(table: Table, key: str, field: str, value: object) -> None:
    """A key asks for the lens that it makes of this one, of the first panel where none was chosen."""
    assert getattr(table.press(key), field) == value
    assert table.asked == [table.press()]


def test_tab_chooses_the_panel(table: Table) -> None:
    """`tab` chooses the next panel, and keys are about that."""
    assert table.press("tab", "tab", "enter").large == "lr"


def test_a_text_is_pasted(table: Table) -> None:
    """What is pasted goes into the line that is typed, up to its end, and is no key where none is."""
    table.controls.paste("qxl")
    assert table.press() == Lens() and not table.actions
    table.press(":")
    table.controls.paste("hide lr\nquit\n")
    assert table.press("enter").hidden == ("lr",)
    table.press("/")
    table.controls.paste("\n")
    assert table.press("escape").select in (None, "")


def test_an_empty_filter_shows_all_again(table: Table) -> None:
    """While metrics are filtered the last line says so, and enter in an empty line takes the filter away."""
    table.press("/", "l", "r", "enter")
    assert table.lines()[-1].endswith("/lr   1 more panel") or table.lines()[-1].endswith("/lr")
    table.press("left")
    assert table.lines()[-1].startswith("step ") and "/lr" in table.lines()[-1]
    table.press("escape")
    table.press("/")
    assert "enter shows all metrics" in table.lines()[-1]
    assert not table.press("enter").select and "/lr" not in table.lines()[-1]


def test_findings_are_listed(table: Table) -> None:
    """`!` lists what was found over the panels, escape closes it; hints say so where there is any, and that is cut
    between hints."""
    notices = (Notice("nan", "warning", "loss", 5.0, "a NaN", "look"), Notice("spike", "info", "loss", 5.0, "up", "-"))
    table.controls.take(replace(board(), notices=notices))
    assert "! 1 finding " in table.lines()[-1] and "… " not in table.lines(40, 24)[-1]
    table.press("!")
    assert any("warning: a NaN" in line for line in table.lines())
    table.press("escape")
    assert not any("info: up" in line for line in table.lines())


def test_a_long_message_takes_more_rows(table: Table) -> None:
    """What is said is never cut at 80 columns: it takes up to three of the last rows."""
    table.press("t")
    said = " ".join(" ".join(table.lines(80, 24)[-2:]).split())
    assert "--stdout FILE names the file, --pid its process" in said


def test_the_filter_asks_as_one_types(table: Table) -> None:
    """Each letter asks anew, half an expression changes nothing, escape brings back what was before."""
    table.press("/", "l", "r", "(")
    assert table.asked[-1].select == "lr" and "not an expression yet" in table.lines()[-1]
    assert table.press("escape") == Lens()
    assert table.press("/", "l", "backspace", "n", "enter").select == "n" and table.controls.lens_control.prompt is None


def test_the_next_event(table: Table) -> None:
    """`n` goes to the next event and says what it is; behind the last one it begins again."""
    assert table.press("n").mark == 20.0 and table.lines()[-1].startswith("NaN in loss (1 of 2): step 20")
    assert table.press("n").mark == 60.0 and table.press("n").mark == 20.0
    assert table.press("N").mark == 60.0


def test_holding_still(table: Table) -> None:
    """While somebody holds still, newer boards are not shown, but those that they ask for are."""
    table.press("w")
    assert not table.controls.take(board()) and "holding still" in table.lines()[-1]
    assert table.controls.take(board(table.press("o")))
    table.press("w")
    assert table.controls.take(board())


def test_deeds_of_the_terminal(table: Table) -> None:
    """What is about no board goes to the terminal."""
    table.press("q", "e", "d", "f")
    assert table.actions == ["quit", "save", "theme"]


def test_the_mouse(table: Table) -> None:
    """A click is the cursor, a drag the stretch between its ends, and the wheel zooms where it is."""
    assert table.controls.pointer.shown is not None
    space = table.controls.pointer.shown.spaces[0][2]
    left, row = space.rect.column, space.rect.row + 3
    table.controls.press(left + 10, row)
    assert table.controls.cursor == pytest.approx(space.x_of(left + 10))
    table.controls.drag(left + 30)
    table.controls.release(left + 30)
    zoom = table.press().zoom
    assert zoom is not None and zoom.low == math.floor(space.x_of(left + 10)), "steps are whole"
    table.controls.wheel(left, row, -1)
    table.controls.press(0, 0)
    table.controls.release(50)


def test_a_message_goes(table: Table) -> None:
    """A message stands a few seconds."""
    table.controls.notify("saved")
    assert table.lines()[-1].startswith("saved")
    table.now += 10
    assert not table.lines()[-1].startswith("saved")


NAMES = ["left", "right", "shift+left", "tab", "up", "+", "-", "[", "]", "enter", "escape", "backspace", "home", "end",
         *"xlosSa/phinNw?(efgmt: ", "\x00", "f1", "pageup", "down"]


@settings(max_examples=40)
@given(st.lists(st.sampled_from(NAMES), max_size=30), st.sampled_from([(120, 40), (80, 24), (40, 10), (20, 5), (1, 1)]))
def test_any_keys_at_any_size(names: list[str], size: tuple[int, int]) -> None:
    """Whatever is pressed, at whichever size, a frame can be drawn, and `home` brings the first lens back."""
    table = Table()
    for name in names:
        table.controls.key(name)
        if table.asked:
            table.controls.take(board(table.asked[-1]))
        assert len(table.lines(*size)) == size[1]
    table.press("escape", "escape", "escape", "home")
    assert table.press() == Lens()


def test_a_command(table: Table) -> None:
    """`:` takes a command, which `tab` completes; one that means nothing is said, and changes nothing."""
    assert table.press(":", *"smo", "tab", *" 0.9", "enter").smooth == 0.9
    assert table.press(":", *"hide l", "tab").hidden == () and table.lines()[-1].startswith(":hide l")
    table.press("escape")
    before = table.press()
    assert table.press(":", *"colour red", "enter") == before and "not a command" in "".join(table.lines()[-3:])
    table.press(":", "q", "enter")
    assert table.actions == ["quit"]


def runs_board(table: Table, lens: Lens) -> None:
    rows = tuple(RunRow(name, f"runs/{name}", "running", is_shown=name == "exp7") for name in ("exp6", "exp7", "exp8"))
    table.controls.take(replace(board(lens), runs=rows))
    table.lines()


def test_the_list_of_runs(table: Table) -> None:
    """`escape` asks for the list of runs; there arrows choose, `space` overlays, `enter` opens, `g` groups, `m` marks,
    `f` filters; `escape` closes it."""
    lens = table.press("escape")
    assert lens.run_list and table.lines()[-1].startswith("reading the runs")
    runs_board(table, lens)
    assert "reading" not in table.lines()[-1]
    assert table.controls.pane == "runs"
    assert table.press("down", "space").runs == ("exp7", "exp8")
    assert table.press("g").group_by == ""
    assert table.press("f", *"state:r", "tab", "enter").where == ("state:running",)
    assert table.press("up", "up", "enter").runs == ("exp6",) and table.controls.pane == "panels"
    assert table.press("tab", "tab", "tab", "tab") and table.controls.pane == "runs"
    assert not table.press("escape").run_list


def test_a_narrow_list_closes_for_the_run(table: Table) -> None:
    """Where the list covers the panels, the run that is opened takes its place."""
    runs_board(table, table.press("escape"))
    table.lines(80, 24)
    table.controls.key("enter")
    assert table.controls.lens_control.lens is not None and not table.controls.lens_control.lens.run_list


def test_a_lens_that_means_nothing(table: Table) -> None:
    """A lens that is refused is forgotten, so that the next key goes on from the one that is shown."""
    lens = table.press("f", *"oops", "enter")
    table.controls.refuse(lens, "--where: oops is no condition")
    assert table.lines()[-1].startswith("--where: oops") and table.press("o") == Lens(limits="full")


def test_the_only_run(table: Table) -> None:
    """Where there is no other run, `escape` says so and the list does not stay asked for."""
    table.controls.take(board(table.press("escape")))
    assert "no other run is here" in table.lines()[-1] and table.press() == Lens()


def test_what_was_printed_at_the_cursor() -> None:
    """The cursor brings what was printed then into sight; `tab` reaches the pane, arrows scroll it, `t` closes it."""
    table = Table()
    table.controls = Controls(table.asked.append, table.actions.append, output=Printed())
    x = np.array([0.0, 100.0])
    table.controls.take(replace(board(), rulers=(Ruler("time", x, 1.7e9 + x),)))
    table.controls.output.output.line_at = lambda when: int(when - 1.7e9)  # type: ignore[union-attr,method-assign]
    assert table.lines()[-2] == "line 99"
    table.press("left", "shift+left", "shift+left")
    assert table.cursor_line() == f"line {int(table.controls.cursor or 0)}"
    table.press("escape", "tab", "tab", "tab", "tab")
    assert table.controls.pane == "output"
    table.press("up")
    assert table.lines()[-2] == "line 98"
    table.press("t")
    assert table.controls.pane == "panels" and not any("line 9" in line for line in table.lines())
