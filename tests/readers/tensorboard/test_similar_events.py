"""Records that look alike, and those that only seem to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from livemon.readers.tensorboard import reader as tensorboard_module
from livemon.readers.tensorboard import similar_events as scalars_module
from livemon.readers.tensorboard.similar_events import FEWEST, SimilarRecords


def test_the_fast_way_is_taken(monkeypatch: pytest.MonkeyPatch, tb: Any) -> None:
    """Of a file of scalars only some records are taken apart one by one: else tests that compare two ways would
    compare one with itself."""
    calls = []
    parse = tensorboard_module.parse_event
    monkeypatch.setattr(tensorboard_module, "parse_event", lambda *given: calls.append(1) or parse(*given))
    whole = b"".join(tb.event(step, tb.old(f"loss/{step % 50}", step)) for step in range(5000))
    assert tb.read([whole])[1].n_rows == 5000
    assert len(calls) < 100


def test_records_that_only_seem_to_look_alike(monkeypatch: pytest.MonkeyPatch, tb: Any) -> None:
    """Records of different tags that are taken for one another, were their hashes equal, are told apart by their
    checksums and read rightly."""
    monkeypatch.setattr(scalars_module, "_multipliers", lambda count: np.zeros(count, np.uint64))
    whole = tb.VERSION + b"".join(tb.event(step, tb.old(f"tag{step % 3}", step)) for step in range(900))
    assert tb.answer([whole], plain=False) == tb.answer([whole], plain=True)


def test_the_first_that_names_the_plugin_is_damaged(tb: Any) -> None:
    """Where the first of many alike events that name a plugin is damaged, the next one is heard."""
    named = [tb.event(step, tb.new("loss", step)) for step in range(1, 100)]
    damaged = bytearray(named[0])
    damaged[-5] ^= 1
    whole = tb.VERSION + bytes(damaged) + b"".join(named[1:]) + tb.event(100, tb.new("loss", 100, metadata=False))
    assert tb.answer([whole], plain=False) == tb.answer([whole], plain=True)
    assert [step for step, _ in tb.points(tb.one(whole), "loss")] == list(range(2, 101))


def _with_a_number_that_ends_early(tb: Any) -> bytes:
    data = bytearray(tb.event(300, tb.old("loss", 1.0))[12:-4])
    data[10] &= 0x7F
    return tb.record(bytes(data))


@pytest.mark.parametrize(
    "odd_ones",
    [lambda tb: [_with_a_number_that_ends_early(tb)],
     lambda tb: [tb.event(300, tb.old("a", 1.0), tb.old("a", 2.0))] * 50],
    ids=["a number that ends early", "a tag twice in an event"],
)
def test_what_nearly_looks_alike(odd_ones: Callable[[Any], list[bytes]], tb: Any) -> None:
    """Records that have the size and nearly the form of many others are not taken for them."""
    alike = [tb.event(step, *values) for step in range(200, 400)
             for values in ([tb.old("loss", step)], [tb.old("a", step), tb.old("b", step)])]
    whole = tb.VERSION + b"".join(alike + odd_ones(tb) + alike)
    assert tb.answer([whole], plain=False) == tb.answer([whole], plain=True)


def test_what_looks_alike_is_read_at_once_and_the_rest_is_named(tb: Any) -> None:
    """Of many records the scalars of those that look like one before them are given, exactly, and the numbers of all
    others: the examples, one that is damaged, and what is no scalar."""
    records = [tb.event(step, tb.old("loss", step / 7), wall_time=step / 3) for step in range(200, 260)]
    damaged = bytearray(records[40])
    damaged[-6] ^= 1
    records[40] = bytes(damaged)
    records.insert(50, tb.VERSION)
    bounds = np.cumsum([3, *map(len, records)])
    similar_records = SimilarRecords({}, {})
    points, rest = similar_records.read(b"###" + b"".join(records), bounds)
    assert similar_records.tags == {"loss": 0}
    assert {40, 50} < set(rest.tolist()) and len(rest) < 20
    found = sorted(row for one in points for row in zip(
        one.records.tolist(), one.steps.tolist(), one.wall_times.tolist(), one.values[:, 0].tolist(), strict=True))
    assert [record for record, *_ in found] == sorted(set(range(61)) - set(rest.tolist()))
    steps = {record: 200 + record - (record > 50) for record, *_ in found}
    assert [said for _, *said in found] == [
        [step, step / 3, float(np.float32(step / 7))] for step in steps.values()]


def test_few_records_are_left_to_the_plain_way(tb: Any) -> None:
    """Of fewer records of one length than are worth the way none is read at once."""
    records = [tb.event(step, tb.old("loss", step)) for step in range(200, 200 + FEWEST - 1)]
    points, rest = SimilarRecords({}, {}).read(b"".join(records), np.cumsum([0, *map(len, records)]))
    assert points == [] and rest.tolist() == list(range(FEWEST - 1))
