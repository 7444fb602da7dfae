"""A metric followed over the tables of a run as they grow."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livemon.boards.point_sources import Axis, MetricSource, PaceSource
from livemon.boards.tracks import Track
from livemon.tables.table import Block, Cells, Table

STEP = Axis("step", "step")


def add(table: Table, **columns: list[float]) -> Table:
    count = len(next(iter(columns.values())))
    table.append(Block(count, {name: Cells(np.array(values, float)) for name, values in columns.items()}))
    return table


VALUES = st.sampled_from([0.5, 1.0, -2.0, 7.0, np.nan, np.inf])
BLOCKS = st.lists(st.lists(st.tuples(st.integers(0, 40), VALUES), max_size=30), max_size=6)


@given(BLOCKS, st.booleans())
@settings(max_examples=100)
def test_followed_curve_is_the_curve_of_the_whole(blocks: list[list[tuple[int, float]]], log: bool) -> None:
    """However the rows arrive, the curve and the counts are those of reading everything at once."""
    table, followed = Table(), Track("loss", MetricSource("loss", STEP))
    for block in blocks:
        if block:
            add(table, step=[float(step) for step, _ in block], loss=[value for _, value in block])
        followed.read([table])
        followed.curve_at((0.0, 40.0), 16, 0.9, log)
    whole = Track("loss", MetricSource("loss", STEP))
    whole.read([table])
    left, right = followed.curve_at((0.0, 40.0), 16, 0.9, log), whole.curve_at((0.0, 40.0), 16, 0.9, log)
    for one, other in zip((*left.raw_line(), *left.main_line()), (*right.raw_line(), *right.main_line()), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)
    assert (left.lowest, left.highest) == (right.lowest, right.highest)
    for rising in (True, False):
        assert followed.best(rising) == whole.best(rising)
    for name in ("count", "x_low", "x_high", "positive"):
        assert getattr(followed, name) == getattr(whole, name), name
    for name in ("nan_count", "inf_count", "first_x"):
        assert getattr(followed.bad, name) == getattr(whole.bad, name), name
    assert followed.attempts.restarts == whole.attempts.restarts
    assert len(followed.superseded) == len(whole.superseded)


def test_newest_attempt_wins_over_tables() -> None:
    """An attempt that the writer deleted is superseded from where the file's own rows begin, and joined before."""
    old = add(Table(), step=[1.0, 2, 3, 4], loss=[10.0, 20, 30, 40])
    new = add(Table(), step=[3.0, 4, 5], loss=[3.0, 4, 5])
    track = Track("loss", MetricSource("loss", STEP))
    track.read([old, new])
    curve = track.curve_at((0.0, 10.0), 100, 0.0, False)
    assert curve.raw_line()[1].tolist() == [10, 20, 3, 4, 5]
    assert [y.tolist() for _, y in track.superseded] == [[30.0, 40.0]]
    assert track.attempts.restarts == [3.0]
    assert track.best(rising=True) == (2.0, 20.0)


def test_other_tables_start_afresh() -> None:
    """Where the run's tables are other objects, nothing of the old ones is left."""
    track = Track("loss", MetricSource("loss", STEP))
    track.read([add(Table(), step=[1.0, 2], loss=[1.0, 2])])
    track.read([add(Table(), step=[1.0], loss=[5.0])])
    assert (track.count, track.last, track.attempts.restarts) == (1, (1.0, 5.0), [])


def test_a_few_rows_more_read_nothing_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Following 1,000 appends reads the whole curve anew only where the points have doubled, a handful of times."""
    table, track = Table(), Track("loss", MetricSource("loss", STEP))
    made = 0
    points = Track.points

    def counted(self: Track) -> object:
        nonlocal made
        made += 1
        return points(self)

    monkeypatch.setattr(Track, "points", counted)
    for step in range(1_000):
        add(table, step=[float(step)], loss=[float(step % 7)])
        track.read([table])
        track.curve_at((0.0, 1_000.0), 100, None, False)
    assert made <= 8


def test_smoothing_is_the_same_live_and_afterwards() -> None:
    """A curve that was followed as it grew, through a restart, is smoothed as one that is read when it has ended."""
    rng = np.random.default_rng(0)
    steps = np.concatenate((np.arange(700.0), np.arange(300.0, 1_500.0)))
    loss = 3 / (1 + steps / 100) + 0.1 * rng.standard_normal(len(steps)) * (1 + (np.arange(len(steps)) > 700))
    table, live = Table(), Track("loss", MetricSource("loss", STEP))
    for start in range(0, len(steps), 37):
        add(table, step=steps[start : start + 37].tolist(), loss=loss[start : start + 37].tolist())
        live.read([table])
        live.curve_at((0.0, 1_500.0), 100, None, False)
    after = Track("loss", MetricSource("loss", STEP))
    after.read([table])
    drawn = [track.curve_at((0.0, 1_500.0), 100, None, False).main_line() for track in (live, after)]
    np.testing.assert_array_equal(drawn[0][0], drawn[1][0])
    np.testing.assert_allclose(drawn[0][1], drawn[1][1], rtol=1e-12)


def test_seconds_per_step() -> None:
    """The pace is the time between steps, over the steps between; several rows of one step count once."""
    source = PaceSource("time", "step", STEP)
    table = add(Table(), step=[10.0, 20, 20, 40], time=[5.0, 10.0, 11.0, 30.0])
    x, y, start = source.read(table, 0)
    assert (x.tolist(), y.tolist()) == ([20.0, 40.0], [0.5, 1.0])
    add(table, step=[50.0, 5.0, 10.0], time=[35.0, 1.0, 2.0])
    x, y, _ = source.read(table, start)
    assert (x.tolist(), y.tolist()) == ([50.0, 10.0], [0.5, 0.2])


def test_thousands_of_nan_are_thinned_but_counted() -> None:
    """A hundred thousand NaN leave a bounded number of marks, the first of them in place, and a true count."""
    values = np.full(100_000, np.nan)
    values[50_000] = np.inf
    table = Table()
    table.append(Block(100_000, {"step": Cells(np.arange(100_000)), "loss": Cells(values)}))
    track = Track("loss", MetricSource("loss", STEP))
    track.read([table])
    marks = track.bad.marks((0.0, 100_000.0))
    assert (track.bad.nan_count, track.bad.inf_count) == (99_999, 1)
    assert len(marks) <= 121
    assert marks[0][0] == 0.0
    assert (50_000.0, np.inf) in marks


def test_the_best_point_is_there_before_its_curve_is() -> None:
    """A point that has just been read is the best one, though no board has drawn it yet."""
    table, track = Table(), Track("loss", MetricSource("loss", STEP))
    track.read([add(table, step=[0.0, 1.0, 2.0], loss=[3.0, 2.0, 2.5])])
    track.curve_at((0.0, 10.0), 16, 0.9, False)
    track.read([add(table, step=[3.0, 4.0, 5.0], loss=[np.nan, 1.0, 4.0])])
    assert track.best(False) == (4.0, 1.0) and track.best(True) == (5.0, 4.0)
    assert track.curve_at((0.0, 10.0), 16, 0.9, False).lowest == (4.0, 1.0) == track.best(False)


@pytest.mark.parametrize("source", [MetricSource("loss", STEP), PaceSource("time", "step", STEP)])
def test_points_are_those_that_were_read(source: MetricSource | PaceSource) -> None:
    """A table may have more rows by the time a curve is made again, with other limits: each point is in the curve once,
    whether the track reads it before that or after it."""
    steps = np.arange(40.0)
    table, track, late = Table(), Track("loss", source), Track("loss", source)
    add(table, step=list(steps), loss=list(steps % 7), time=list(steps**2))
    track.read([table])
    track.curve_at((0.0, 50.0), 16, 0.9, False)
    add(table, step=list(steps + 40), loss=list(steps % 5), time=list((steps + 40) ** 2))
    curve = track.curve_at((0.0, 100.0), 16, 0.9, False)
    assert len(curve.raw) == track.count and curve.last is not None and curve.last[0] == 39.0
    for read in (track, late):
        read.read([table])
    left, right = (read.curve_at((0.0, 100.0), 16, 0.9, False) for read in (track, late))
    assert len(left.raw) == len(right.raw) == late.count
    np.testing.assert_allclose(left.main_line(), right.main_line(), rtol=1e-9)
