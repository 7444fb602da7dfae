from __future__ import annotations

import io

from livemon.boards.model import Board, Header
from livemon.live.console import Console


def test_header_line_and_messages_do_not_mix() -> None:
    """A message ends the header line that is rewritten in place, so both stay readable."""
    from livemon.views.header_line import HeaderView

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    console = Console(terminal)
    console.header = HeaderView(terminal)
    console.header.draw(Board(title="exp1", header=Header(run="exp1", state="running"), panels=()))
    console.show("plots/a.png")
    assert terminal.getvalue().endswith("\nplots/a.png\n")
