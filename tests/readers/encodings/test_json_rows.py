from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livemon.readers.encodings.json_rows import DECODER, TooLarge, block_of, flattened, plain_block_of
from livemon.tables.table import Table

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=3),
                    st.sampled_from([10**400, 1, 2, 0.5]), st.lists(st.integers(), max_size=2))
ROWS = st.lists(st.dictionaries(st.sampled_from("abcd"), SCALARS, max_size=4), max_size=12)


def shown(block_and_odd: Any) -> Any:
    block, too_large = block_and_odd
    table = Table()
    table.append(block)
    cells = {name: (column.rows.tolist(), [repr(float(value)) for value in column.values], column.values.dtype,
                    column.text_rows.tolist(), column.texts) for name, column in table.columns.items()}
    return block.n_rows, list(table.columns), cells, sorted((one.row, one.name) for one in too_large)


@settings(max_examples=300, derandomize=True, database=None)
@given(ROWS)
def test_the_two_ways_agree(rows: list[dict[str, Any]]) -> None:
    """Column by column gives the same cells as value by value, whatever stands in the rows."""
    assert shown(block_of(rows)) == shown(plain_block_of(rows))


@pytest.mark.parametrize("gather", [block_of, plain_block_of])
def test_what_a_value_says(gather: Any) -> None:
    """Whole numbers stay exact, true is the text True, null is nothing, a list is a text, and what int64 does not hold
    is a float64."""
    row = DECODER.decode('{"whole": 9007199254740993, "truth": true, "nothing": null, "list": [1, 2], "text": "NaN",'
                         ' "nan": NaN, "inf": -Infinity, "large": 9223372036854775808}')
    table = Table()
    table.append(gather([row])[0])
    assert table.columns["whole"].values.tolist() == [9007199254740993]
    assert {name: column.texts for name, column in table.columns.items() if column.texts} == {
        "truth": ["True"], "list": ["[1, 2]"], "text": ["NaN"]}
    assert len(table.columns["nothing"]) == 0
    assert math.isnan(table.columns["nan"].values[0]) and table.columns["inf"].values[0] == -math.inf
    assert table.columns["large"].values.tolist() == [2.0**63]


@pytest.mark.parametrize("gather", [block_of, plain_block_of])
@pytest.mark.parametrize("number", ["1e400", "-1e999", "1" + "0" * 400])
def test_a_finite_number_that_is_too_large(gather: Any, number: str) -> None:
    """1e400 is not Infinity: it is no point, and is told."""
    rows = [DECODER.decode('{"a": Infinity}'), DECODER.decode(f'{{"a": {number}}}')]
    block, too_large = gather(rows)
    assert block.cells["a"].values.tolist() == [math.inf]
    assert too_large == [TooLarge(1, "a")]


def test_objects_become_names_with_slashes() -> None:
    """Nested objects are flattened with "/", and objects too deep for that are an error that is caught by readers."""
    assert flattened({"a": {"b": {"c": 1}, "d.e": 2}, "f": 3}) == {"a/b/c": 1, "a/d.e": 2, "f": 3}
    deep: dict[str, Any] = {}
    for _ in range(50):
        deep = {"a": deep}
    with pytest.raises(RecursionError):
        flattened(deep)
