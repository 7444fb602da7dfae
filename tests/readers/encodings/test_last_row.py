from __future__ import annotations

import pytest

from livemon.readers.encodings.last_row import LastRow


@pytest.mark.parametrize("pieces", [["step,loss\n0,0.75\n", "1,0.55\n"], ["step,loss\n", "", "0,0.75\n1,0.55\n"]])
def test_a_last_line_is_judged_by_the_lines_above(pieces: list[str]) -> None:
    """A last line with all its cells is whole where its last cell is as long as the shortest above, however these came;
    in front of a carriage return, and in quotes, nothing can be missing."""
    last = LastRow()
    for piece in pieces:
        last.follow(piece.encode())
    assert last.cells(b"2, 0.25", ",", 2) == ["2", "0.25"]
    assert last.cells(b"2,0.2\r", ",", 2) == ["2", "0.2"] and last.cells(b'2,"0.2"', ",", 2) == ["2", "0.2"]
    for cut in (b"2,0.2", b"2,", b"2", b'2,"0.25', b"2,0.25,", b"2,0.2\0"):
        assert last.cells(cut, ",", 2) is None


def test_only_the_newest_lines_are_compared() -> None:
    """What is compared is bounded: values that were short long ago do not make a cut one whole."""
    last = LastRow()
    last.follow(b"step,loss\n0,1\n" + b"1,0.625\n" * 1000)
    assert last.cells(b"2,0.6", ",", 2) is None and last.cells(b"2,0.875", ",", 2) == ["2", "0.875"]


@pytest.mark.parametrize("above", ["step,loss\n", "step,loss\n0,1\n"])
def test_the_beginning_of_a_number_is_none(above: str) -> None:
    """`n` may become `nan`, `1e-` a number: neither is shown as a text, however short the values above are."""
    last = LastRow()
    last.follow(above.encode())
    for cut in ("n", "na", "-in", "i", "-", ".", "1e-", "2.5E", "No", "<N"):
        assert last.cells(f"1,{cut}".encode(), ",", 2) is None, cut
    for whole in ("nan", "inf", "-inf", "1", "2.5", "1e-3", "best"):
        assert last.cells(f"1,{whole}".encode(), ",", 2) == ["1", whole]
