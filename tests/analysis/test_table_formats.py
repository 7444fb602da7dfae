"""Tables for people and for other programs."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from livemon.analysis.table_formats import (
    fit_columns,
    render_table,
    to_csv,
    to_json,
    to_latex,
    to_latex_comment,
    to_markdown,
    to_text,
    with_blanks,
)

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
    assert r"one & \textbf{0} & \textbf{.123} & 12,345 & a\_b \\" in latex
    assert r"50 \% \& |x|" in latex and r"a\_b" in latex and latex.count("\\\\") == 3
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


VALUES = pd.DataFrame({"name": ["a", "b", "c_1"], "x ↓": ["-0.123 [-0.2, 0.10]", "12.100 [1.0, 2.0]", "-"],
                       "y": ["0.1 ± 0.2", "10.2 ± 0.30", "3.0 ± 0.1"], "p": [1.5e-5, 0.5, -2.0]}).set_index("name")


def test_values_stand_below_their_decimal_points() -> None:
    """In text and LaTeX the decimal points of values with a spread are below each other, the best have a star or are
    bold, and LaTeX has real minus signs and powers of ten."""
    lines = to_text(VALUES, best={(0, "x ↓")}).splitlines()
    assert lines[1].startswith("a     -0.123 [-0.2, 0.10]*   0.1 ± 0.2") and len({line.index(".") for line in
                                                                                lines[1:3]}) == 1
    latex = to_latex(VALUES, {(0, "x ↓")}).splitlines()
    assert latex[0] == r"\begin{tabular}{lr@{}lr@{}lr@{}l}"
    assert latex[2].startswith(r"name & \multicolumn{2}{c}{x $\downarrow$} & \multicolumn{2}{c}{y}")
    assert latex[4] == (r"a & \textbf{$-$0} & \textbf{.123 [$-$0.2, 0.10]} & 0 & .1 $\pm$ 0.2 & 1 & "
                        r".5$\times10^{-5}$ \\")
    assert latex[6] == r"c\_1 & \multicolumn{2}{c}{--} & 3 & .0 $\pm$ 0.1 & $-$2 & .000 \\"


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX here (Debian: texlive-latex-recommended)")
def test_latex_compiles(tmp_path: Path) -> None:
    """What `to_latex` gives, and the caption behind its sign of a comment, compile with booktabs alone."""
    caption = to_latex_comment("mean ± 95 % of val_loss #1 & {2}; ~^\\ ↓").removeprefix("% ")
    (tmp_path / "t.tex").write_text("\\documentclass{article}\\usepackage{booktabs}\\begin{document}\\begin{table}\n"
                                    f"{to_latex(VALUES, {(0, 'x ↓')})}\n{caption}\n\\end{{table}}\\end{{document}}\n",
                                    encoding="utf-8")
    done = subprocess.run(["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"], cwd=tmp_path,
                          capture_output=True, text=True)
    assert done.returncode == 0 and "Overfull" not in done.stdout, done.stdout[-2000:]


def test_what_is_no_number_is_blank_and_what_is_nan_is_nan() -> None:
    """A column in which NaN means that there is no number has "-" in text, a blank in CSV; other columns keep NaN."""
    frame = pd.DataFrame({"a": [1.5, np.nan], "b": [np.nan, 2.0]}, index=pd.Index(["x", "y"], name="row"))
    blank = with_blanks(frame, ["a", "c"])
    assert to_text(blank).split() == ["row", "a", "b", "x", "1.500", "NaN", "y", "-", "2.000"]
    assert to_csv(blank) == "row,a,b\nx,1.5,NaN\ny,,2.0"
    assert with_blanks(frame[:0], ["a"]).empty and to_text(blank).splitlines()[1].endswith("1.500    NaN")
