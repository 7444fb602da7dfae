from __future__ import annotations

import math

import pytest

from livemon.analysis.run_set.filters import parse_filter, sort_key

FACTS = {"learning_rate": 0.001, "model_config": "GPT-small", "seed": 3, "fp16": True, "state": "finished",
         "note": None, "name": "lr=0.1,bs=8", "val:loss": 2.5, "reason": None}


@pytest.mark.parametrize(("word", "meets"), [
    ("lr>=0.001", True), ("lr>0.001", False), ("learning_rate=1e-3", True), ("lr != 0.1", True), ("model~gpt", True),
    ("model~^small", False), ("seed<=3", True), ("seed=4", False), ("fp16=true", True), ("fp16=no", False),
    ("state=FINISHED", True), ("nope=1", False), ("nope!=1", True), ("note=1", False), ("model>3", False),
    ("state:finished", True), ("seed:3", True), ("state : stopped", False), ("model_config:GPT=2", False),
    ("name:lr=0.1,bs=8", True), ("val:loss<3", True), ("val:loss:2", False), ("reason:pruned", False),
])
def test_filters(word: str, meets: bool) -> None:
    """A filter compares numbers as numbers, words without their case, `~` by pattern; `:` equals `=`; a run without the
    key meets only `!=`."""
    assert parse_filter(word, ("name", "state", "reason")).meets(FACTS) is meets


@pytest.mark.parametrize(("word", "words"), [
    ("state:stoped", "waiting, running, stalled, unknown, finished, stopped, failed"),
    ("reason!=kiled",
     "interrupted, on request, pruned, time limit, preempted, killed, out of memory, nan, error, deleted"),
])
def test_a_state_that_there_is_not(word: str, words: str) -> None:
    """States and reasons are closed lists: a filter on another word would hide all runs, and is refused with the list.
    """
    with pytest.raises(ValueError, match=f"there are {words}$"):
        parse_filter(word)


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
