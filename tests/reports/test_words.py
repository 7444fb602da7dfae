from __future__ import annotations

import pytest

from livemon._version import __version__
from livemon.boards.model import Board, Header, Panel
from livemon.reports.words import drawn_in_words, made_in_words, sentence, settings_table


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


@pytest.mark.parametrize(("text", "kept"), [
    ("the ends differ (95 to 42,210): these are of other lengths; --at common or auc compares the same part",
     "the ends differ (95 to 42,210): these are of other lengths."),
    ("it is that of one step; --at last:10% takes the mean", "it is that of one step."),
    ("A permutation test (--test permutation) does not. It needs 5", "A permutation test does not. It needs 5."),
    ("more or less is better? --metric m:max", "more or less is better?"),
    ("these differ in the seed: --group-by all gives their mean. So it is", "these differ in the seed. So it is."),
    ("a -- b", "a -- b."),
])
def test_sentences_say_nothing_of_options(text: str, kept: str) -> None:
    """Who gets a report has no command line: clauses about options are left out, and nothing else."""
    assert sentence(text) == kept
