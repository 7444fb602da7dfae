"""Holes that were skipped in a file, and the bytes beside them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from livemon.system.holes import Holes


def reading(holes: Holes, file: bytes, filled_at: int | None = None) -> bytes:
    """All that was read beside the holes, read again in pieces of 7 bytes."""
    def pread(count: int, at: int) -> bytes:
        return file[at : at + count]

    def next_data(offset: int) -> int | None:
        data = [at for at in range(offset, len(file)) if file[at] or at == filled_at]
        return data[0] if data else None

    count = sum(map(bool, file))
    return b"".join(holes.read(min(7, count - place), place, pread, next_data) for place in range(0, count, 7))


@given(st.lists(st.tuples(st.integers(1, 20), st.integers(1, 20)), max_size=5), st.data())
def test_what_was_read_is_read_again_without_the_holes(parts: list[tuple[int, int]], draw: st.DataObject) -> None:
    """However many holes there are and however the bytes are cut, the same bytes come again; where something was
    written into a hole, fewer."""
    file, data, holes, all_holes = b"", b"", Holes(), []
    for count, hole in parts:
        written = bytes(draw.draw(st.integers(1, 255)) for _ in range(count))
        holes.add(len(file) + count, len(file) + count + hole)
        all_holes += range(len(file) + count, len(file) + count + hole)
        file, data = file + written + b"\0" * hole, data + written
    file, data = file + b"end", data + b"end"
    assert reading(holes, file) == data
    if all_holes:
        assert len(reading(holes, file, draw.draw(st.sampled_from(all_holes)))) < len(data)
