"""Whether a table is another one with some values corrected."""

from __future__ import annotations

from pathlib import Path

import pytest

from livemon.readers.base import read_table
from livemon.readers.csv import CsvReader
from livemon.tables.corrections import is_corrected
from livemon.tables.table import Table


def table_of(folder: Path, text: str) -> Table:
    path = folder / "metrics.csv"
    path.write_text(text)
    return read_table(CsvReader(path))


OLD = "step,loss,note\n" + "".join(f"{i},{i * 0.5},1\n" for i in range(10))


@pytest.mark.parametrize(("change", "expected"), [
    (("3,1.5,1", "3,9,1"), True),  # a corrected value
    (("3,1.5,1", "3,1.5,0"), True),  # a flag
    (("3,1.5,1", "3,,1"), True),  # a value that was taken out
    (("3,1.5,1", "30,1.5,1"), False),  # another step
    (("9,4.5,1\n", ""), False),  # a row less
    (("9,4.5,1\n", "9,4,1\n"), False),  # the last row: a training that ran anew may have come so far
])  # fmt: skip
def test_what_is_a_correction(tmp_path: Path, change: tuple[str, str], expected: bool) -> None:
    """Steps and most values stand as they stood."""
    old, new = table_of(tmp_path, OLD), table_of(tmp_path, OLD.replace(*change))
    first = 9 if change[0].startswith("9") else 3
    assert is_corrected(old, new, first) is expected


def test_a_column_that_is_made_anew(tmp_path: Path) -> None:
    """A column that changes in every row is corrected where the loss beside it is the same to the last digit; a
    constant loss tells nothing."""
    text = "step,loss,smooth\n" + "".join(f"{i},{i * 0.5},{i * 0.3}\n" for i in range(10))
    other = "step,loss,smooth\n" + "".join(f"{i},{i * 0.5},{i * 0.4 + 1}\n" for i in range(10))
    assert is_corrected(table_of(tmp_path, text), table_of(tmp_path, other), 0)
    flat = ["step,loss,smooth\n" + "".join(f"{i},0,{i * k}\n" for i in range(10)) for k in (2, 3)]
    assert not is_corrected(table_of(tmp_path, flat[0]), table_of(tmp_path, flat[1]), 1)
