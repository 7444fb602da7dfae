from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livemon.readers.base import read_table
from livemon.readers.torchtune import Torchtune
from livemon.system.listing import Listing

# As torchtune 0.6's DiskLogger writes it: log_dict leaves a blank at the end of its lines, log does not.
LOG = (b"Step 1 | loss:1.5 lr:2e-05 tokens_per_second_per_gpu:553.25 \nStep 2 | loss:nan lr:4e-05 \n"
       b"Step 2 | val/loss:1.25\n")


def test_a_log(tmp_path: Path) -> None:
    """Each line is a row with its step; nan is a point."""
    path = tmp_path / "logs" / "log_1795500005.txt"
    path.parent.mkdir()
    path.write_bytes(LOG)
    assert Torchtune().find(Listing(tmp_path)) == Torchtune().find(Listing(path.parent)) == [path]
    table = read_table(Torchtune().open(path))
    assert table.columns["step"].values.tolist() == [1, 2, 2]
    assert table.columns["loss"].values[0] == 1.5 and math.isnan(table.columns["loss"].values[1])
    assert table.columns["val/loss"].rows.tolist() == [2]


LINES = st.sampled_from([*LOG.splitlines(keepends=True), b"Step x | a:1\n", b"\n", b"Step 3 | a\n", b"\xff\n",
                         b"Step 4 | a:1e999\n", b"Step 5 | a:b:7 c:tensor(1.5)\n", b"Step 6 |\n",
                         b"Step " + b"9" * 30 + b" | a:1\n"])


@settings(max_examples=60, derandomize=True, database=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINES, max_size=8), st.lists(st.integers(0, 200), max_size=4))
def test_any_cutting_gives_the_same(tmp_path: Path, checks: Any, lines: list[bytes], cuts: list[int]) -> None:
    """However the bytes come, and in the plain way: the same rows, and the same is odd."""
    data, path = b"".join(lines), tmp_path / "log_1.txt"
    whole = checks.grown(path, data, [], Torchtune().open)
    assert checks.grown(path, data, cuts, Torchtune().open) == whole
    assert checks.grown(path, data, [], lambda path: Torchtune().open(path, plain=True)) == whole


def test_what_is_odd(tmp_path: Path) -> None:
    """Lines that are no rows, and numbers too large, are told with their line."""
    path = tmp_path / "log_1.txt"
    path.write_bytes(b"Step 1 | a:1\nhello\nStep 2 | a:1e999 b:2\n")
    update = Torchtune().open(path).read()
    assert [(odd.kind, odd.line) for odd in update.anomalies] == [("row rejected", 2), ("overflow", 3)]


def test_awkward_sources_raise_nothing(tmp_path: Path, checks: Any) -> None:
    """Nothing that may lie in the place of the file raises."""
    checks.survives(Torchtune(), tmp_path, "log_1795500005.txt", LOG)
