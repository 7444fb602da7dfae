"""A row's values, its step and its text."""

from __future__ import annotations

import math

import numpy as np
import pytest

from livemon.recording.problems import Problems
from livemon.recording.rows import RowText, ValueReader, read_step


def test_scalars_become_plain_numbers(caplog: pytest.LogCaptureFixture) -> None:
    """A scalar of NumPy is read; of what is more than one number the cell stays blank, with one warning."""
    row = {"a": np.float32(0.5), "b": np.array(3), "c": np.zeros(2), "d": "text", "e": None}
    ValueReader(Problems()).read_row(row)
    assert row == {"a": 0.5, "b": 3, "c": None, "d": "text", "e": None}
    assert [type(row[name]) for name in "ab"] == [float, int]
    assert len(caplog.records) == 1


@pytest.mark.parametrize(("row", "given", "step"), [
    ({}, None, 7), ({"step": 3}, None, 3), ({"step": 3}, 5.0, 5.0), ({}, np.int64(4), 4)])
def test_the_step_of_a_row(row: dict[str, float], given: float | None, step: float) -> None:
    """The step is what the caller gave, else the metric "step", else the next."""
    assert read_step(row, given, 7) == step


@pytest.mark.parametrize("given", [math.nan, math.inf, "three"])
def test_a_step_that_does_not_count(given: object) -> None:
    """A step that is not a finite number is an error."""
    with pytest.raises(ValueError, match="must be a number that counts"):
        read_step({}, given, 7)


def test_new_metrics_get_columns_behind_the_others() -> None:
    """A line has a cell for each column that was known with it, in the order of the file."""
    text = RowText(Problems())
    text.add_columns(["step", "loss"])
    assert text.line({"loss": 0.5, "step": 1}) == (b"1,0.5", 2)
    assert text.line({"step": 2, "note": "a, b"}) == (b'2,,"a, b"', 3)
    assert text.columns == ["step", "loss", "note"]


def test_of_two_columns_with_one_name_the_first_is_written() -> None:
    """A file that has a column twice keeps both; values go to the first."""
    text = RowText(Problems())
    text.add_columns(["step", "loss", "loss"])
    assert text.line({"step": 1, "loss": 2.0}) == (b"1,2.0,", 3)
