"""Which of several writers wrote a row."""

from __future__ import annotations

from pathlib import Path

import pytest

from livemon.readers.base import read_table
from livemon.readers.csv import CsvReader
from livemon.tables.writers import find_writers, writers_at, writers_in


def writers(folder: Path, name: str, rows: list[tuple[int, int]]) -> str | None:
    path = folder / "metrics.csv"
    path.write_text(f"step,{name},loss\n" + "".join(f"{step},{value},0.5\n" for step, value in rows))
    return find_writers([read_table(CsvReader(path))], "step")


SIDE_BY_SIDE = [(step, rank) for step in range(20) for rank in range(4)]
ONE_AFTER_THE_OTHER = [(step, rank) for rank in range(2) for step in range(20)]


@pytest.mark.parametrize("name", ["rank", "local_rank", "env_id", "worker", "trainer/global_rank", "Worker_Index"])
@pytest.mark.parametrize("rows", [SIDE_BY_SIDE, ONE_AFTER_THE_OTHER])
def test_writers_go_over_the_same_steps(tmp_path: Path, name: str, rows: list[tuple[int, int]]) -> None:
    """A few whole numbers under such a name, whose rows go over the same steps, tell writers apart."""
    assert writers(tmp_path, name, rows) == name


@pytest.mark.parametrize(("name", "rows"), [
    ("rank", [(step, [8, 4, 2][step // 10]) for step in range(30)]),  # of a matrix: it is measured
    ("mean_rank", [(step, step * 7 % 5) for step in range(30)]),
    ("rank", [(step, 0) for step in range(30)]),
    ("rank", [(step, step) for step in range(100)] + [(step, step + 1) for step in range(50, 150)]),  # with a restart
    ("frank", SIDE_BY_SIDE),
    ("environment", SIDE_BY_SIDE),
])  # fmt: skip
def test_what_is_measured_is_no_writer(tmp_path: Path, name: str, rows: list[tuple[int, int]]) -> None:
    """A rank that goes on with the steps is a metric, and one writer alone needs no telling apart."""
    assert writers(tmp_path, name, rows) is None


def test_who_wrote_a_metric(tmp_path: Path) -> None:
    """A metric has the writers of its rows; a row that says none is of a writer of its own."""
    path = tmp_path / "metrics.csv"
    path.write_text("step,rank,loss,val\n" + "".join(f"{s},0,1,\n{s},1,2,{s}\n" for s in range(5)) + "6,,3,\n")
    table = read_table(CsvReader(path))
    assert writers_in([table], "rank", "loss") == [-1, 0, 1]
    assert writers_in([table], "rank", "val") == [1]
    assert writers_at(table, "rank", table.columns["val"].rows).tolist() == [1] * 5
