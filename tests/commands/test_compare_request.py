"""What a user asks of `livemon compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from livemon.commands.compare_request import CompareRequest


@pytest.mark.parametrize(("asked", "message"), [
    ({"at": "end"}, "--at: 'end' is not one of final, best"),
    ({"test": "anova"}, "--test: 'anova' is not one of welch"),
    ({"middle": "mode"}, "--middle: 'mode' is not one of mean"), ({"band": "sd"}, "--band: 'sd' is not one of auto"),
    ({"smooth": 0.5, "paper": True}, "--smooth, --paper: this needs a picture"),
    ({"band": "std", "middle": "median"}, "--band std is around the mean; with --middle median ask for auto"),
    ({"output": Path("a.pdf"), "width": 3.3, "select": "acc"}, "--select chooses panels of a dashboard"),
])
def test_what_means_nothing_is_an_error(asked: dict[str, Any], message: str) -> None:
    """A word that is none, or an option about a picture that is not asked for, is an error that names it."""
    with pytest.raises(ValueError, match=message):
        CompareRequest(**asked)


def test_what_means_something() -> None:
    """Numbers in any of their spellings are taken, and a picture's options with a picture."""
    assert CompareRequest(at="last:10%").at == "last:10%"
    assert CompareRequest(output=Path("a.png"), smooth=0.5).smooth == 0.5


def test_points_have_no_look() -> None:
    """The command of a figure gives its points, too: what changes the look alone is named as without effect, and what
    chooses panels is an error."""
    of_points = CompareRequest(output=Path("points.csv"), paper=True, width=3.3, ylim=("0:1",), lines=True, group_by="")
    assert of_points.without_effect == ["--paper", "--width", "--ylim"]
    assert CompareRequest(output=Path("figure.pdf"), paper=True, width=3.3).without_effect == []
    with pytest.raises(ValueError, match=r"^--select: -o points.csv has the points"):
        CompareRequest(output=Path("points.csv"), select="acc")


@pytest.mark.parametrize(("asked", "message"), [
    ({"form": "json", "table": "tests"}, "--table: --json has all tables"), ({"table": "all"}, "--table: 'all' is not"),
    ({"table": "importance"}, "--table importance: this needs --importance"),
    ({"output": Path("a.pdf"), "height": 900.0}, "--height: 900 inches"),
    ({"output": Path("a.html"), "height": 2.0}, "--height: -o a.html is not a figure for a paper"),
    ({"xlabel": "steps"}, "--xlabel: this needs a picture")])
def test_tables_and_sizes(asked: dict[str, Any], message: str) -> None:
    """A table that there is not, and a size of no figure for a paper, are errors that name the option."""
    with pytest.raises(ValueError, match=message):
        CompareRequest(**asked)


def test_options_whose_table_is_not_printed() -> None:
    """Who asks for a test and prints another table is told where the tests are; who prints them, or all, is not."""
    asked: dict[str, Any] = {"baseline": "a", "test": "welch", "pair": "none"}
    assert CompareRequest(form="csv", **asked).unseen_in_tables() == ["--baseline", "--test", "--pair"]
    assert CompareRequest(table="main", baseline="a").unseen_in_tables() == ["--baseline"]
    assert CompareRequest(form="csv", table="tests", **asked).unseen_in_tables() == []
    assert CompareRequest(**asked).unseen_in_tables() == CompareRequest(form="json", **asked).unseen_in_tables() == []
