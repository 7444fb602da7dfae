"""Many similar events, parsed at once.

A training logs the same tags again and again: the records of one tag have the same bytes except in the time, the step,
the value and the checksum. `parse_event` parses the first record of a kind, and finds the positions of these; all
records with the same other bytes are then read with NumPy, column by column, and their checksums are looked up. A
record that is like no other, or has a wrong checksum, is left to the plain way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from livemon.readers.encodings.crc32c import added_by, crc32c, mask_many
from livemon.readers.encodings.protobuf import WireError
from livemon.readers.encodings.tfrecords import HEADER
from livemon.readers.tensorboard.events import Event, Position, parse_event, tag_name

__all__ = ["SimilarRecords", "Points"]

LONGEST = 512  # bytes of a record; longer ones have texts, images, histograms
FEWEST = 16  # records of one length; with fewer, the fast way does not pay
_LONGEST_STEP = 9  # bytes; steps below 2**63
_KNOWN_KINDS = 1 << 16
_WORD = 8

Indices = NDArray[np.int64]


class Points(NamedTuple):
    """The scalars of similar records.

    Attributes:
        records: The indices of the records in the walk, shape (n,).
        steps, wall_times: The steps and times of the records, shape (n,).
        tags: The indices of each record's tags, shape (n, scalars of a record).
        values: The values, float64, of the same shape.
    """

    records: Indices
    steps: Indices
    wall_times: NDArray[np.float64]
    tags: NDArray[np.int64]
    values: NDArray[np.float64]


class _Layout(NamedTuple):
    """The positions of the changing bytes in a record, from its start. Records with one layout are read together.

    Attributes:
        size: The size of the whole record.
        wall_time_at: The start of the time's eight bytes.
        step_at: The position of the step; None if it is not written, which means 0.
        places: The positions of the values.
        tags: The positions of the tags.
        settled: Whether the events neither name the tags' plugins nor need to: then records with other tags in the same
            positions are read in the same way.
    """

    size: int
    wall_time_at: int
    step_at: tuple[int, int] | None
    places: tuple[Position, ...]
    tags: tuple[tuple[int, int], ...]
    settled: bool


@dataclass(slots=True)
class _Kinds:
    """The kinds of records of one layout. The records of a kind are equal in all other bytes.

    Attributes:
        fixed: A mask of the bits in each word that do not change, shape (words,), uint64.
        frame: The same mask without the tags.
        framed: The words under `frame`, which are the same in all kinds.
        hashes: A hash for each kind, sorted; the following are in the same order.
        checksums: The part of each checksum that comes from the fixed bytes.
        tags: The indices of the tags, shape (kinds, scalars of a record).
        was_read_plainly: Whether a record of the kind has been left to the plain way, bool.
    """

    layout: _Layout
    fixed: NDArray[np.uint64]
    frame: NDArray[np.uint64]
    framed: NDArray[np.uint64]
    hashes: NDArray[np.uint64]
    checksums: NDArray[np.uint32]
    tags: NDArray[np.int64]
    was_read_plainly: NDArray[np.bool_]


@dataclass
class SimilarRecords:
    """Reads the similar records of one file, and remembers their kinds.

    Attributes:
        tags: tag -> its index, in the order in which they were found.
        plugins: tag -> its plugin, if an earlier event has named it.
    """

    tags: dict[str, int]
    plugins: Mapping[str, str]
    _kinds: dict[int, dict[_Layout, _Kinds]] = field(default_factory=dict)
    _known: int = 0

    def read(self, data: bytes, bounds: Indices) -> tuple[list[Points], Indices]:
        """The scalars of all records that are similar to an earlier one, and the indices of the other records.

        Args:
            data: The bytes with the records.
            bounds: The start of each record, and the end of the last one.
        """
        starts, sizes = bounds[:-1], np.diff(bounds)
        order = np.argsort(np.minimum(sizes, LONGEST + 1).astype(np.uint16), kind="stable")
        ordered = sizes[order]
        firsts = np.flatnonzero(np.diff(ordered, prepend=-1))
        points: list[Points] = []
        rest: list[Indices] = []
        if self._known > _KNOWN_KINDS:
            self._kinds, self._known = {}, 0
        for first, last in zip(firsts, [*firsts[1:], len(ordered)], strict=True):
            records, size = order[first:last], int(ordered[first])
            if size > LONGEST or len(records) < FEWEST:
                rest.append(records)
                continue
            rest.append(self._read_one_length(data, starts, records, size, points))
        return points, np.sort(np.concatenate(rest)) if rest else np.empty(0, np.int64)

    def _read_one_length(self, data: bytes, starts: Indices, records: Indices, size: int,
                         points: list[Points]) -> Indices:
        """Read the records of this size; return those that are like no other, or damaged."""
        width = -(-size // _WORD) * _WORD
        if starts[records[-1]] + width > len(data):  # the last word would reach beyond the data
            data += b"\0" * _WORD
        rows = np.ndarray((len(data) - width + 1,), f"V{width}", data, strides=(1,))[starts[records]]
        known = self._kinds.setdefault(size, {})
        left = np.arange(len(records))
        unlike: list[Indices] = []
        for kinds in list(known.values()):
            left = self._read_layout(data, starts, records, rows, left, kinds, points, unlike)
        for _ in range(FEWEST):
            if not len(left):
                break
            first, left = left[:1], left[1:]
            unlike.append(records[first])
            described = _describe(data, int(starts[records[first[0]]]), size, self.plugins)
            if described is not None and described[0] not in known:
                kinds = self._first_kind(described[0], rows[first], described[1])
                left = self._read_layout(data, starts, records, rows, left, kinds, points, unlike)
        return np.concatenate([*unlike, records[left]])

    def _read_layout(self, data: bytes, starts: Indices, records: Indices, rows: NDArray[Any], left: Indices,
                     kinds: _Kinds, points: list[Points], unlike: list[Indices]) -> Indices:
        """Read those of the remaining records that have this layout; return the others."""
        layout = kinds.layout
        self._kinds[layout.size][layout] = kinds
        if not len(left):
            return left
        mine = rows if len(left) == len(rows) else rows[left]
        fixed = mine.view("<u8").reshape(len(left), -1) & kinds.fixed
        hashes = fixed @ _multipliers(fixed.shape[1])
        at = _lookup(kinds, hashes)
        if (at < 0).any():
            new = np.flatnonzero(at < 0)
            examples = new[np.unique(hashes[new], return_index=True)[1]]
            kinds = self._with_kinds(kinds, data, starts[records[left[examples]]], fixed[examples], hashes[examples])
            self._kinds[layout.size][layout] = kinds
            at = _lookup(kinds, hashes)
        hit = at >= 0
        if not hit.any():
            return np.asarray(left[at == -1])
        here, kind = left, at
        if not hit.all():
            here, kind, mine = left[hit], at[hit], mine[hit]
        columns = mine.view(np.uint8).reshape(len(mine), -1)
        good = _checksums(columns, layout, kinds.checksums[kind])
        if not good.all():
            unlike.append(records[here[~good]])
            here, kind, columns = here[good], kind[good], columns[good]
        if not layout.settled:  # the plain way notes the plugins and settings of each kind, once, in the file's order
            once, firsts = np.unique(kind, return_index=True)
            firsts = firsts[~kinds.was_read_plainly[once]]
            kinds.was_read_plainly[once] = True
            unlike.append(records[here[firsts]])
            others = np.ones(len(here), bool)
            others[firsts] = False
            here, kind, columns = here[others], kind[others], columns[others]
        points.append(_points(columns, layout, records[here], kinds.tags[kind]))
        return np.asarray(left[at == -1])

    def _first_kind(self, layout: _Layout, row: NDArray[Any], event: Event) -> _Kinds:
        """The kind of a record, the first of its layout."""
        fixed, frame = _what_stays(layout)
        words = row.view("<u8").reshape(1, -1) & fixed
        tags = np.array([[self._number(scalar.tag) for scalar in event.scalars]])
        self._known += 1
        return _Kinds(layout, fixed, frame, words[0] & frame, words @ _multipliers(len(fixed)),
                      _checksums_of_fixed(words, layout), tags, np.zeros(1, bool))

    def _number(self, tag: str) -> int:
        return self.tags.setdefault(tag, len(self.tags))

    def _with_kinds(self, kinds: _Kinds, data: bytes, starts: Indices, fixed: NDArray[np.uint64],
                    hashes: NDArray[np.uint64]) -> _Kinds:
        """The kinds, and those of the example records at `starts` that have the same layout."""
        layout = kinds.layout
        like = list(range(len(starts)))
        if layout.settled:
            like = np.flatnonzero((fixed & kinds.frame == kinds.framed).all(axis=1)).tolist()
        positions, tags = [], []
        for position in like:
            start = int(starts[position])
            if not layout.settled:
                described = _describe(data, start, layout.size, self.plugins)
                if described is None or described[0] != layout:
                    continue
            names = [tag_name(data[start + first : start + last]) for first, last in layout.tags]
            if len(set(names)) == len(names):
                positions.append(position)
                tags.append([self._number(name) for name in names])
        if not positions:
            return kinds
        self._known += len(positions)
        all_hashes = np.concatenate([kinds.hashes, hashes[positions]])
        order = np.argsort(all_hashes)
        return _Kinds(
            layout, kinds.fixed, kinds.frame, kinds.framed, all_hashes[order],
            np.concatenate([kinds.checksums, _checksums_of_fixed(fixed[positions], layout)])[order],
            np.concatenate([kinds.tags, np.array(tags, np.int64)])[order],
            np.concatenate([kinds.was_read_plainly, np.zeros(len(positions), bool)])[order],
        )


def _describe(data: bytes, start: int, size: int, plugins: Mapping[str, str]) -> tuple[_Layout, Event] | None:
    """The layout of a record, and its event; None if the record must be parsed separately."""
    try:
        event, metadata = parse_event(data, start + HEADER, start + size - 4, plugins)
    except WireError:
        return None
    if not event.scalars or event.wall_time_at is None or not event.is_plain:
        return None
    positions, tags, settled = [], [], not metadata
    for scalar in event.scalars:
        if scalar.position is None or not (scalar.settled or scalar.tag in plugins):
            return None
        positions.append(Position(scalar.position.at - start, scalar.position.kind))
        tags.append((scalar.tag_at[0] - start, scalar.tag_at[1] - start))
        settled &= scalar.settled
    step_at = None
    if event.step_at is not None:
        step_at = (event.step_at[0] - start, event.step_at[1] - start)
        if step_at[1] - step_at[0] > _LONGEST_STEP:
            return None
    return _Layout(size, event.wall_time_at[0] - start, step_at, tuple(positions), tuple(tags), settled), event


def _changing(layout: _Layout) -> list[tuple[int, int]]:
    """The positions in a record of the bytes that differ between records of a kind."""
    spans = [(layout.wall_time_at, layout.wall_time_at + 8)]
    if layout.step_at:
        spans.append(layout.step_at)
    return spans + [(at, at + (4 if kind == "<f4" else 8)) for at, kind in layout.places]


def _what_stays(layout: _Layout) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Masks of the bits that are the same in all records of a kind, and in all kinds of a settled layout."""
    fixed = np.zeros(-(-layout.size // _WORD) * _WORD, np.uint8)
    fixed[: layout.size - 4] = 0xFF
    for first, last in _changing(layout):
        fixed[first:last] = 0
    if layout.step_at:
        fixed[layout.step_at[0] : layout.step_at[1]] = 0x80  # the bits that tell whether the number goes on
    frame = fixed.copy()
    for first, last in layout.tags:
        frame[first:last] = 0
    return fixed.view("<u8"), frame.view("<u8")


@cache
def _multipliers(count: int) -> NDArray[np.uint64]:
    """Random odd numbers, always the same ones."""
    return np.random.default_rng(1).integers(0, 2**63, count, np.uint64) * np.uint64(2) + np.uint64(1)


def _lookup(kinds: _Kinds, hashes: NDArray[np.uint64]) -> Indices:
    """The kind of each record, or -1.

    Two different kinds may have the same hash, once in 2**64. Then the checksum is wrong, and the record is left to the
    plain way.
    """
    at = np.searchsorted(kinds.hashes, hashes)
    at[at == len(kinds.hashes)] = 0
    at[kinds.hashes[at] != hashes] = -1
    return at


def _checksums_of_fixed(fixed: NDArray[np.uint64], layout: _Layout) -> NDArray[np.uint32]:
    """The checksums of the records' data with zeros in place of the changing bytes."""
    end = layout.size - 4
    columns = fixed.view(np.uint8).reshape(len(fixed), -1).copy()
    for first, last in _changing(layout):
        columns[:, first:last] = 0
    checksums = np.full(len(fixed), crc32c(bytes(end - HEADER)), np.uint32)
    for position in range(HEADER, end):
        checksums ^= added_by(end - 1 - position)[columns[:, position]]
    return checksums


def _checksums(rows: NDArray[np.uint8], layout: _Layout, checksums: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Which records have the checksum that is written after them, shape (n,)."""
    end = layout.size - 4
    for first, last in _changing(layout):
        for position in range(first, last):
            checksums = checksums ^ added_by(end - 1 - position)[rows[:, position]]
    right: NDArray[np.bool_] = mask_many(checksums) == _column(rows, end, "<u4")
    return right


def _column(rows: NDArray[np.uint8], at: int, kind: str) -> NDArray[Any]:
    width = np.dtype(kind).itemsize
    return np.ascontiguousarray(rows[:, at : at + width]).view(kind)[:, 0]


def _points(rows: NDArray[np.uint8], layout: _Layout, records: Indices, tags: NDArray[np.int64]) -> Points:
    steps = np.zeros(len(rows), np.int64)
    if layout.step_at:
        for shift, position in enumerate(range(*layout.step_at)):
            steps |= (rows[:, position] & np.uint8(0x7F)).astype(np.int64) << 7 * shift
    wall_times = _column(rows, layout.wall_time_at, "<f8")
    values = np.empty((len(rows), len(layout.places)))
    for position, (at, kind) in enumerate(layout.places):
        values[:, position] = _column(rows, at, kind)
    return Points(records, steps, wall_times, tags, values)
