"""What numbers without names look like, and the names that users give."""

from __future__ import annotations

import pytest

from livemon.readers.encodings.bare_numbers import first_row_of, how_to_name, names_given


@pytest.mark.parametrize(("head", "columns"), [
    (b"0,1.5\n1,1.4\n", 2), (b"0;1,5\n", 2), (b"1\t2\t3\n", 3), (b"  1   2e-3  nan\n", 3), (b"0.5\n0.4\n", 1),
    (b"# np.savetxt\n1 2\n", 2), (b"\xef\xbb\xbf0,1\n", 2), (b"0,,1\n", 3),
    (b"step,loss\n0,1\n", 0), (b"a.png,0.5\n", 0), (b"", 0), (b"1,2\0\n", 0), (b"{\"loss\": 1}\n", 0)])
def test_a_row_of_numbers(head: bytes, columns: int) -> None:
    """A first row of numbers alone, between marks or blanks, below comments, has so many columns."""
    row = first_row_of(head)
    assert (len(row.cells) if row.is_of_numbers else 0) == columns


def test_names_that_are_given() -> None:
    """Names come between commas or as a list; each column has one of its own."""
    assert names_given("step, loss") == names_given(["step", "loss"]) == ("step", "loss")
    assert names_given("") == names_given(()) == ()
    for wrong in ("a,,b", "a,b,a", ","):
        with pytest.raises(ValueError, match="name"):
            names_given(wrong)


def test_what_to_do_names_the_option() -> None:
    """Issue 16: the message about numbers without names says how to name them."""
    assert "--header" in how_to_name(1) and "3 columns" in how_to_name(3) and "--header" in how_to_name(3)
