from __future__ import annotations

from livemon._version import __version__
from livemon.boards.model import Board, Header, Panel
from livemon.reports.words import drawn_in_words, made_in_words, settings_table


def test_settings_are_flat() -> None:
    """Nested settings have dotted names; without any the table says so."""
    table = settings_table({"model": {"layers": 4}, "lr": 1e-3})
    assert table.rows == (("model.layers", "4"), ("lr", "0.001"))
    assert settings_table({}).caption == "no settings were found beside the run"


def test_a_board_in_words() -> None:
    """A board is told by its panels' titles, with what they warn of; many panels are counted."""
    panels = tuple(Panel(str(n), f"metric {n}", (0.0, 1.0), (0.0, 1.0), warning="NaN" * (n == 0)) for n in range(14))
    words = drawn_in_words(Board("run", Header("run", "finished"), panels))
    assert words.startswith("metric 0 (NaN); metric 1;") and words.endswith("and 2 panels more")


def test_made_in_words() -> None:
    """A report says with which version it was made."""
    assert made_in_words().endswith(f"by livemon {__version__}")
