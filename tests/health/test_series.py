from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from livemon.health.series import ROOM, RunRows, Series, read_blocks
from livemon.tables.table import Block, Cells, Table


def table_of(**columns: Any) -> Table:
    """A table of these columns."""
    table = Table()
    table.append(Block(len(next(iter(columns.values()))), {name: Cells(np.asarray(values, np.float64))
                                                           for name, values in columns.items()}))
    return table


def read(*tables: Table, name: str = "loss") -> Series:
    """The points of a metric in these tables."""
    rows = RunRows()
    rows.read(tables, "step")
    series = Series(name, rows)
    assert series.read()
    read_blocks([series])
    return series


def test_what_blocks_say(random: np.random.Generator) -> None:
    """Level, extremes and noise of a block are those of its finite values."""
    values = random.normal(size=16)
    values[5] = np.nan
    blocks = read(table_of(step=range(16), loss=values)).blocks
    assert [*blocks.stops] == [4, 8, 12, 16] and [*blocks.rows] == [3, 7, 11, 15]
    assert blocks.levels[0] == pytest.approx(np.median(values[:4]))
    assert blocks.levels[1] == pytest.approx(np.median(values[[4, 6, 7]]))
    assert (blocks.lows[2], blocks.highs[2]) == (values[8:12].min(), values[8:12].max())
    assert blocks.lowest_at[2] == np.nanmin(values[:12]) and blocks.highest_at[2] == np.nanmax(values[:12])
    assert (blocks.upto(6), blocks.upto(7)) == (1, 2)


def test_noise_is_a_standard_deviation(random: np.random.Generator) -> None:
    """The noise of a run with a trend is that of its values around it."""
    values = np.linspace(50, 0, 5000) + random.normal(size=5000) * 2
    series = read(table_of(step=range(5000), loss=values))
    blocks = series.blocks
    assert blocks.noise(len(blocks) - 1) == pytest.approx(2, rel=0.15)


def test_points_over_several_tables() -> None:
    """Points are counted through over the tables of a run, and know their rows and steps."""
    series = read(table_of(step=[0, 10, 20], loss=[3, 2, 1]), table_of(step=[15], other=[9]),
                  table_of(step=[20, 30], loss=[1.5, 0.5]))
    assert series.between(1, 5).tolist() == [2, 1, 1.5, 0.5]
    assert [series.place_of(point) for point in range(5)] == [0, 10, 20, 20, 30]
    assert series.places(2, 5).tolist() == [20, 20, 30]
    assert (series.row_of(1), series.row_of(4)) == (1, 2 * ROOM + 1)
    assert (series.count_at(1), series.count_at(ROOM), series.count_at(2 * ROOM)) == (2, 3, 4)
    assert series.is_new_table(2, 4) and not series.is_new_table(3, 5)


def test_rows_that_come_in_between_are_noticed() -> None:
    """Where an earlier table grows, points that were judged have another number: the series must be judged anew."""
    first, second = table_of(step=[0], loss=[3]), table_of(step=[1], loss=[2])
    series = read(first, second)
    second.append(Block(1, {"loss": Cells(np.array([1.0]))}))
    assert series.read()
    first.append(Block(1, {"loss": Cells(np.array([1.0]))}))
    assert not series.read()


@pytest.mark.parametrize("count", [511, 513, 5_000, 70_000])
def test_blocks_are_the_same_however_the_points_come(count: int, random: np.random.Generator) -> None:
    """Blocks, their noise and their extremes are the same whether the points come at once or one by one."""
    values = random.normal(size=count)
    values[random.integers(count, size=5)] = np.nan
    of_whole = read(table_of(step=range(count), loss=values))
    whole = of_whole.blocks
    rows, table = RunRows(), table_of(step=range(500), loss=values[:500])
    rows.read([table], "step")
    series = Series("loss", rows)
    for start in (500, *range(501, 516), *range(520, count, 997)):
        assert series.read()
        read_blocks([series])
        table.append(Block(len(values[table.n_rows:start]), {
            "step": Cells(np.arange(table.n_rows, max(start, table.n_rows), dtype=np.float64)),
            "loss": Cells(values[table.n_rows:start])}))
    table.append(Block(count - table.n_rows, {"step": Cells(np.arange(table.n_rows, count, dtype=np.float64)),
                                              "loss": Cells(values[table.n_rows:])}))
    assert series.read()
    read_blocks([series])
    assert [*series.blocks.stops] == [*whole.stops]
    assert [series.blocks.noise(block) for block in range(len(whole))] == pytest.approx(
        [whole.noise(block) for block in range(len(whole))], nan_ok=True, rel=0)
    assert [*series.blocks.lowest_at] == [*whole.lowest_at]
    assert [*series.blocks.highest_at] == [*whole.highest_at]


@pytest.mark.parametrize("count", [3, 600, 20_000])
def test_blocks_of_several_series_are_those_of_each_alone(count: int, random: np.random.Generator) -> None:
    """Series that are taken in together have the blocks that each has by itself."""
    columns = {name: random.normal(size=count) for name in "abcd"}
    columns["b"][count // 2 :] = np.nan
    table, rows = table_of(step=range(count), **columns), RunRows()
    rows.read([table], "step")
    together = [Series(name, rows) for name in columns]
    assert all(series.read() for series in together)
    read_blocks(together)
    for series in together:
        of_alone = read(table, name=series.name)
        alone, blocks = of_alone.blocks, series.blocks
        assert ([*blocks.stops], [*blocks.rows]) == ([*alone.stops], [*alone.rows])
        for kind in ("levels", "lows", "highs"):
            assert [*getattr(blocks, kind)] == pytest.approx([*getattr(alone, kind)], nan_ok=True, rel=0)
        assert [*blocks.noises] == pytest.approx([*alone.noises], nan_ok=True, rel=0)
