"""Formulas in names."""

from __future__ import annotations

import pytest

from livemon.tables.maths import has_formula, parts_of


def test_formulas_stay_and_texts_do_not() -> None:
    """What stands between dollars and looks like mathematics is a formula; what is around it is text."""
    assert parts_of(r"SGD_2, $\eta=10^{-3}$ & more") == [("SGD_2, ", False), (r"$\eta=10^{-3}$", True),
                                                         (" & more", False)]


@pytest.mark.parametrize("text", ["a$b$c", "5 $ per $", r"$\input{/etc/passwd}$", r"$a^{2$", r"$x_%$", r"$\def\x_1$",
                                  "$", "", r"$\etaX_1$"])
def test_what_is_no_formula(text: str) -> None:
    """A name out of a log with dollars of its own is a text, and no command that LaTeX would carry out gets through."""
    assert not has_formula(text)
