"""What a cell's text says."""

from __future__ import annotations

import math

import pytest

from livemon.readers.encodings.numbers import MISSING, is_cut, is_number, parse_number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7), ("-0", 0), (" 0.5 ", 0.5), ("1e5", 1e5), (".5", 0.5), ("1.", 1.0), ("+3", 3), ("007", 7),
        ("1234567890123456789", 1234567890123456789), ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", 2.0**63), ("-9223372036854775808", -(2**63)), ("-9223372036854775809", -(2.0**63)),
        ("-200", -200), ("-4611686018427387905", -(2**62) - 1),
        ("-inf", -math.inf), ("Infinity", math.inf), ("1e-400", 0.0),
        ("1" * 300, float("1" * 300)),
    ],
)
def test_what_a_number_is(text: str, value: float) -> None:
    """FAULTS 55: numbers as C and Python print them are read, whole ones exactly."""
    found = parse_number(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text",
    ["1_000", "٣", "\uff11", "0x10", "True", "tensor(0.5)", "1,5", "1e", ".", "", "e5", "1 2", "0b1", "1j", "½"],
)
def test_what_no_number_is(text: str) -> None:
    """FAULTS 55: spellings that only some Python would take for a number are none."""
    assert parse_number(text) is None


@pytest.mark.parametrize("text", ["1e400", "-1e400", "9" * 400, "9" * 5000])
def test_too_large_a_number_is_an_error_of_its_own(text: str) -> None:
    """FAULTS 54, 55: a finite number beyond float64 raises OverflowError, and never becomes infinity."""
    with pytest.raises(OverflowError):
        parse_number(text)


@pytest.mark.parametrize(("text", "expected"), [
    ("0.5", True), (" -7 ", True), ("nan", True), ("-Infinity", True), ("1e400", True), ("9" * 5000, True),
    ("loss", False), ("", False), ("1,5", False), *((word, False) for word in sorted(MISSING)),
])
def test_whether_a_cell_says_a_number(text: str, expected: bool) -> None:
    """A number counts as one though it is too large for a float64; no word for what is missing does."""
    assert is_number(text) is expected


def test_the_beginning_of_a_number_says_nothing() -> None:
    """What could still become a number, or a word for none, is told from numbers, from such words and from texts."""
    assert all(map(is_cut, ("n", "Na", "-", "+.", "1e", "1.5E-", "-infi", "Nul")))
    assert not any(map(is_cut, ("", "NA", "nan", "inf", "1", "1.", "-2e5", "best", "naive", "1e-x")))
