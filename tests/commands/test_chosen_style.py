"""`--style`: which words have a meaning for which picture."""

from __future__ import annotations

from pathlib import Path

import pytest

from livemon.commands.chosen_style import ChosenStyle, chosen_style


def test_a_word_means_a_theme_or_a_sheet(tmp_path: Path) -> None:
    """light and dark are themes of dashboards, a file a sheet for papers, nothing is light."""
    sheet = tmp_path / "a.mplstyle"
    sheet.touch()
    assert chosen_style(None, paper=True) == chosen_style("light", paper=False) == ChosenStyle("light", None)
    assert chosen_style("dark", paper=False) == ChosenStyle("dark", None)
    assert chosen_style(str(sheet), paper=True) == ChosenStyle("light", sheet)


@pytest.mark.parametrize(("word", "paper", "why"), [
    ("dark", True, "a look of its own"), ("blue", False, "not one of light, dark"), ("a.txt", True, "not one of"),
    ("no.mplstyle", True, "does not exist")])
def test_what_has_no_effect_is_an_error(word: str, paper: bool, why: str) -> None:
    """The message says what can be given instead."""
    with pytest.raises((ValueError, FileNotFoundError), match=why):
        chosen_style(word, paper=paper)
