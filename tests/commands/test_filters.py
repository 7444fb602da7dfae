from __future__ import annotations

import json
import math

import pandas as pd
import pytest

from livemon.analysis.table_formats import render_table, to_json, to_latex, to_markdown, to_text
from livemon.commands.filters import parse_filter, sort_key

FACTS = {"learning_rate": 0.001, "model_config": "GPT-small", "seed": 3, "fp16": True, "state": "finished",
         "note": None}
FRAME = pd.DataFrame({"loss": [0.1234567, math.nan], "n": [12345, 2], "what": ["a_b", "50 % & |x|"]},
                     index=pd.Index(["one", "zwei"], name="run"))


@pytest.mark.parametrize(("word", "meets"), [
    ("lr>=0.001", True), ("lr>0.001", False), ("learning_rate=1e-3", True), ("lr != 0.1", True), ("model~gpt", True),
    ("model~^small", False), ("seed<=3", True), ("seed=4", False), ("fp16=true", True), ("fp16=no", False),
    ("state=FINISHED", True), ("nope=1", False), ("nope!=1", True), ("note=1", False), ("model>3", False),
])
def test_filters(word: str, meets: bool) -> None:
    """A filter compares numbers as numbers, words without their case, `~` by pattern; a run without the key meets only
    `!=`."""
    assert parse_filter(word).meets(FACTS) is meets


@pytest.mark.parametrize("word", ["lr", "=3", "lr>=", "lr>big", "model~("])
def test_what_is_no_filter(word: str) -> None:
    """Words that are no filter are an error that shows them."""
    with pytest.raises(ValueError, match=r"^'"):
        parse_filter(word)


def test_sorting_puts_what_is_missing_last() -> None:
    """Numbers come before words, what is missing or NaN last; a key that no row has is an error."""
    rows = [{"a": None}, {"a": 2}, {"a": "x"}, {"a": math.nan}, {"a": 1}]
    assert [row["a"] for row in sorted(rows, key=sort_key(rows, "a"))][:3] == [1, 2, "x"]
    with pytest.raises(ValueError, match="no run has 'b'"):
        sort_key(rows, "b")


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
