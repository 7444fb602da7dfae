"""Small blocks of plain numbers, read by columns; `test_csv` compares them with the plain way."""

from __future__ import annotations

import numpy as np
import pytest

from livemon.readers.encodings.number_rows import numbers_in


def test_whole_numbers_stay_whole_and_gaps_are_no_points() -> None:
    """A column of whole numbers is int64, one with a point float64; a blank cell has no value, nan has one."""
    parsed = numbers_in(b"1,0.5,\n2,nan,3\n", 2 + 1)
    assert parsed is not None
    n_rows, (step, loss, late) = parsed
    assert n_rows == 2
    assert (step.values.dtype, step.values.tolist(), step.rows) == (np.int64, [1, 2], None)
    assert loss.values[0] == 0.5 and np.isnan(loss.values[1])
    assert late.rows is not None
    assert (late.rows.tolist(), late.values.tolist()) == ([1], [3])


@pytest.mark.parametrize("data", [b"1,2", b"1,2,3\n", b"1\n", b"1,a\n", b'1,"2"\n', b"1, 2\n", b"1,2\n\n", b"1,1e999\n",
                                  b"1,9223372036854775807\n", b"1,-9223372036854775808\n2,0.5\n", b"1,inf\n", b"1,-\n",
                                  b"1,1_0\n", b"1,2\r\n"])
def test_all_else_is_handed_back(data: bytes) -> None:
    """A row of another width, a text, a quote, a blank or too large a number is for the plain way."""
    assert numbers_in(data, 2) is None
