from __future__ import annotations

import pytest

from livemon.readers.encodings.csv_dialect import (
    DecimalMark,
    Header,
    WrongMarkError,
    decode,
    delimiter_of,
    is_number_between,
    names_in,
)


@pytest.mark.parametrize(("header", "delimiter"), [
    ("step,loss", ","), ("step;loss;a,b", ";"), ("step\tloss", "\t"), ("step|loss", "|"), ("loss", ","),
    ("step loss", " "), ("epoch: loss", ":"), ("my loss", ","), ('"a;b;c",d', ","),
])
def test_delimiter(header: str, delimiter: str) -> None:
    """The usual mark that stands most often outside of quotes; a blank or a colon only behind a known x column."""
    assert delimiter_of(header) == delimiter


def test_names_are_stripped() -> None:
    """Names have no blanks and no byte order mark around them; a quoted name may hold the delimiter."""
    assert names_in('\ufeffstep, loss ,"a,b"\n', ",") == ["step", "loss", "a,b"]


def test_blank_and_doubled_names() -> None:
    """A blank name becomes the number of its column; a doubled one is numbered so that no name is taken twice."""
    header = Header(["step", "", "loss", "loss", "loss.1"])
    assert header.names == ["step", "column 2", "loss", "loss.2", "loss.1"]
    assert header.doubled == []
    assert Header(["a", "a", "a"]).names == ["a", "a.1", "a.2"]
    assert Header(["a", "a", "a"]).doubled == ["a"]


@pytest.mark.parametrize(("row", "again", "another"), [
    (["step", "loss"], True, False),
    (["step", "loss", "acc"], False, True),
    (["step", "0.5"], False, False),
    (["note", "text"], False, False),  # no x column
    (["epoch", "a", "b"], False, False),  # no known name
    (["step", "loss", "loss"], False, False),
])
def test_headers_in_mid_file(row: list[str], again: bool, another: bool) -> None:
    """A row is the header again, or a new header: names only, with an x column and half of the names known."""
    header = Header(["step", "loss"])
    assert (header.is_repeated_by(row), header.is_replaced_by(row)) == (again, another)


def test_blanks_below_blanks_are_a_row() -> None:
    """A row of blanks below a header of blanks is neither the header again nor another one."""
    header = Header(["", ""])
    assert not header.is_repeated_by(["", ""]) and not header.is_replaced_by(["", ""])


def test_the_first_clear_number_shows_the_decimal_mark() -> None:
    """The first number that shows its mark decides for the file; 1,500 does not show whether it is a thousand."""
    decimal = DecimalMark()
    with pytest.raises(WrongMarkError, match="its comma may be a decimal one or one of thousands"):
        decimal.with_point("1,500")
    assert (decimal.with_point("0,25"), decimal.mark) == ("0.25", ",")
    assert decimal.with_point("1,500") == "1.500"
    with pytest.raises(WrongMarkError, match="a decimal comma"):
        decimal.with_point("0.5")
    assert (decimal.with_point("12"), decimal.with_point("a,b")) == ("12", "a,b")


def test_numbers_with_commas_stand_between_usual_marks() -> None:
    """0,5 is a number between semicolons and tabs, and in quotes; between blanks a comma is something else."""
    assert is_number_between("0,5", ";") and is_number_between("0,5", "\t") and not is_number_between("0,5", " ")
    assert is_number_between("0.5", "\t") and is_number_between("53 %", ",") and is_number_between("1,000", ",")


def test_any_bytes_are_text() -> None:
    """UTF-8, or else Latin-1: no byte makes a file unreadable."""
    assert (decode("é".encode()), decode(b"\xe9")) == ("é", "é")
