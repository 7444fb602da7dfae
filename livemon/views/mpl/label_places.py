"""The positions of texts, so that none covers another. Pure geometry; lengths in any one unit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["Box", "free_place", "overlap", "spread"]

Box = tuple[float, float, float, float]  # left, bottom, right, top


def spread(wanted: Sequence[float], height: float, low: float, high: float) -> list[float]:
    """Centres near the `wanted` ones, at least `height` apart and within [low + height/2, high - height/2], in the
    same order from below.

    Labels that would overlap form a block around the mean of their wanted centres; blocks that meet are joined. If
    there is not enough room they overlap evenly: the caller first leaves some out."""
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    blocks: list[tuple[list[int], float]] = []  # members from the bottom, centre of the block
    for index in order:
        members, centre = [index], _clamp(wanted[index], height / 2, low, high)
        while blocks and _bottom(centre, len(members), height) < _top(*blocks[-1], height):
            below, _ = blocks.pop()
            members = below + members
            centre = _clamp(sum(wanted[i] for i in members) / len(members), len(members) * height / 2, low, high)
        blocks.append((members, centre))
    places = [0.0] * len(wanted)
    for members, centre in blocks:
        for rank, index in enumerate(members):
            places[index] = centre + (rank - (len(members) - 1) / 2) * height
    return places


def _clamp(centre: float, half: float, low: float, high: float) -> float:
    if high - low <= 2 * half:
        return (low + high) / 2
    return min(max(centre, low + half), high - half)


def _bottom(centre: float, count: int, height: float) -> float:
    return centre - count * height / 2 + 1e-9


def _top(members: Sequence[int], centre: float, height: float) -> float:
    return centre + len(members) * height / 2


def overlap(box: Box, other: Box) -> bool:
    """Whether two boxes share more than an edge."""
    return box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]


def free_place(candidates: Iterable[Box], taken: Iterable[Box], within: Box) -> Box | None:
    """The first candidate within `within` that overlaps nothing taken, or None."""
    boxes = list(taken)
    for box in candidates:
        inside = within[0] <= box[0] and within[1] <= box[1] and box[2] <= within[2] and box[3] <= within[3]
        if inside and not any(overlap(box, other) for other in boxes):
            return box
    return None
