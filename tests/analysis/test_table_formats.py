"""Tables for people and for other programs."""

from __future__ import annotations

import json
import math

import pandas as pd
import pytest

from livemon.analysis.table_formats import fit_columns, render_table, to_json, to_latex, to_markdown, to_text

FRAME = pd.DataFrame({"loss": [0.1234567, math.nan], "n": [12345, 2], "what": ["a_b", "50 % & |x|"]},
                     index=pd.Index(["one", "zwei"], name="run"))


def test_text_table() -> None:
    """Words stand left, numbers right, under their heads."""
    assert to_text(FRAME).splitlines() == [
        "run    loss       n  what", "one   0.123  12,345  a_b", "zwei    NaN       2  50 % & |x|",
    ]


def test_tables_for_other_programs() -> None:
    """Markdown and LaTeX escape what they obey and mark the best; CSV and JSON keep every digit; NaN is a word."""
    assert r"| zwei | NaN | 2 | 50 % & \|x\| |" in to_markdown(FRAME, {(0, "loss")})
    assert "| **0.123** |" in to_markdown(FRAME, {(0, "loss")})
    latex = to_latex(FRAME, {(0, "loss")})
    assert r"\textbf{0.123}" in latex and r"50 \% \& |x|" in latex and r"a\_b" in latex and latex.count("\\\\") == 3
    assert json.loads(to_json(FRAME)) == [{"run": "one", "loss": 0.1234567, "n": 12345, "what": "a_b"},
                                          {"run": "zwei", "loss": "NaN", "n": 2, "what": "50 % & |x|"}]
    assert render_table(FRAME, "csv").splitlines()[1] == "one,0.1234567,12345,a_b"
    with pytest.raises(ValueError, match="text, markdown"):
        render_table(FRAME, "html")


def test_names_stay_names_in_markdown() -> None:
    """A name that Markdown would take for emphasis, mathematics or HTML is shown as it is; words stay plain."""
    table = pd.DataFrame({"train_loss": ["$x$", "_x_", "<b>", "=1+1", "a*b"]}, index=pd.Index(range(5), name="run"))
    assert [line.split(" | ")[-1] for line in to_markdown(table).splitlines() if "---" not in line] == [
        "train_loss |", r"\$x\$ |", r"\_x\_ |", r"\<b> |", "=1+1 |", r"a\*b |"]


def test_columns_that_fit() -> None:
    """Where a text is too wide, the columns that may go do so in their order, and no more of them than needed."""
    width = len(to_text(FRAME).splitlines()[0])
    assert fit_columns(FRAME, 80, ["n", "loss"])[1] == []
    table, left_out = fit_columns(FRAME, 24, ["n", "loss"])  # 4 + 5 + 6 + 10 and three gaps are 31
    assert left_out == ["n"] and list(table) == ["loss", "what"] and width <= 31
    assert max(map(len, to_text(table).splitlines())) <= 24
    assert fit_columns(FRAME, 1, ["n", "loss"])[1] == ["n", "loss"]
