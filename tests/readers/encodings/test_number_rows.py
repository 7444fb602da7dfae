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
                                  b"1,2,3\n4\n", b"1\n2,3,4\n", b"1,1_0\n", b"1,2\r\n"])
def test_all_else_is_handed_back(data: bytes) -> None:
    """A row of another width, a text, a quote, a blank or too large a number is for the plain way."""
    assert numbers_in(data, 2) is None


@pytest.mark.parametrize("data", [b"1,0.5\n2,1\n", b"+1,.5\n", b"01,5.\n", b"1,-0\n2,-1e-3\n", b"1,2e14\n",
                                  b"1,9007199254740993\n", b"100000000000000000,0.5\n", b"1,1e300\n2,3\n",
                                  b"-7,1E5\n"])
def test_the_parser_of_json_gives_what_the_texts_give(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """The quick way through a parser of JSON gives the same numbers and types as each text by itself."""
    quick = numbers_in(data, 2)
    monkeypatch.setattr("livemon.readers.encodings.number_rows._as_json", lambda data, width: None)
    slow = numbers_in(data, 2)
    assert quick is not None and slow is not None and quick[0] == slow[0]
    for one, other in zip(quick[1], slow[1], strict=True):
        assert (one.values.dtype, one.values.tolist()) == (other.values.dtype, other.values.tolist())
