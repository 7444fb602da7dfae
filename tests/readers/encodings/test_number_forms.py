"""The forms that a file's numbers have."""

from __future__ import annotations

import pytest

from livemon.readers.encodings.csv_dialect import WrongMarkError
from livemon.readers.encodings.number_forms import NumberForms


def test_commas_between_thousands() -> None:
    """Issue 16: a comma in a step, in a file with decimal points or between several groups stands between thousands."""
    forms = NumberForms()
    assert forms.plain("step", "1,000") == "1000" and forms.mark == ""
    with pytest.raises(WrongMarkError, match="may be a decimal one or one of thousands"):
        forms.plain("loss", "1,234")
    forms.look_at(["2,000", "0.5"])
    assert forms.plain("loss", "1,234") == "1234" and forms.plain("loss", "-1,234,567.5") == "-1234567.5"
    assert forms.plain("note", "3,5") == "3,5"


def test_decimal_commas() -> None:
    """Issue 16: once a number has shown a decimal comma, all commas are such, also in a step."""
    forms = NumberForms("\t")
    assert forms.plain("loss", "0,5000") == "0.5000" and forms.plain("step", "1,000") == "1.000"


def test_percentages() -> None:
    """Issue 16: 53 % is 53, and a column is one of percentages or of other numbers, never of both."""
    forms = NumberForms(";")
    assert (forms.plain("acc", "53%"), forms.plain("acc", "53,5 %"), forms.plain("acc", "nan")) == ("53", "53.5", "nan")
    with pytest.raises(WrongMarkError, match="numbers above it are percentages"):
        forms.plain("acc", "0,5")
    forms.have_numbers("loss")
    with pytest.raises(WrongMarkError, match="are no percentages"):
        forms.plain("loss", "5%")
    assert forms.plain("note", "all%") == "all%"


def test_what_a_copy_learns() -> None:
    """What a copy learns from a row that is not complete stays in the copy."""
    forms = NumberForms()
    other = forms.copy()
    assert other.plain("acc", "5%") == "5" and other.plain("loss", "0,25") == "0.25"
    forms.have_numbers("acc")
    assert forms.mark == "" and forms.plain("acc", "0.5") == "0.5"
