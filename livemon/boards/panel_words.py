"""The texts beside a panel of curves: the number of points, and the points that cannot be drawn."""

from __future__ import annotations

from collections.abc import Sequence

from livemon import wording
from livemon.boards.axis_rules import never_positive
from livemon.boards.metric_groups import Group
from livemon.boards.tracks import Track
from livemon.curves.curve import Curve
from livemon.tables import names

__all__ = ["MOST_RESTARTS", "bad_words", "more_panels", "note_of", "warning_of"]

MOST_RESTARTS = 10  # with a line for each
_LONGEST_COUNTS = 45  # characters of a note
_FAR_APART = 8.0  # times


def more_panels(count: int) -> str:
    """How many panels a picture leaves out, and how to see them: "1 more panel: --select REGEX"."""
    return f"{count:,} more panel{'' if count == 1 else 's'}: --select REGEX"


def note_of(group: Group, tracks: Sequence[Track], drawn: Sequence[Curve], *, in_stretch: bool, log: bool) -> str:
    """The axis of a panel if it is not linear, the numbers of metrics, restarts and points in it, and the distance
    between its losses.

    Args:
        group: Its metrics.
        tracks: A track for each metric.
        drawn: Their curves, in the same order.
        in_stretch: Whether the curves show only a part of the run.
        log: Whether the y axis is logarithmic.
    """
    parts, axis = [], "log axis" if log else ""
    if group.left_out:
        count = len(group.metrics)
        which = f"{group.before + 1} to {group.before + count}" if group.before else f"first {count}"
        parts.append(f"{which} of {count + group.left_out}")
    if group.runs:
        return " · ".join(filter(None, (axis, *parts, group.unit)))
    restarts = max(track.attempts.restart_count for track in tracks)
    if restarts > MOST_RESTARTS:
        parts.append(f"{wording.count(restarts)} restarts")
    if group.kind == "loss":
        apart = _far_apart(group, drawn)
        parts += [apart] if apart else []
        parts.append(_points_of(group, tracks, drawn if in_stretch else None))
    return " · ".join(filter(None, (axis, *(parts or [group.unit]))))


def _points_of(group: Group, tracks: Sequence[Track], inside: Sequence[Curve] | None) -> str:
    """The number of points of each line: "204 train + 8 val points"; in a range "16 train + 2 val of 212 points"."""
    total = wording.count(sum(track.count for track in tracks))
    numbers = [track.count for track in tracks] if inside is None else [curve.inside for curve in inside]
    counts = list(map(wording.count, numbers))
    of_all = "" if inside is None else f" of {total}"
    named = " + ".join(f"{count} {label}".rstrip() for count, label in zip(counts, group.labels, strict=True))
    if len(tracks) > 3 or len(named) > _LONGEST_COUNTS:
        return f"{wording.count(sum(numbers))}{of_all} points of {len(tracks)} metrics"
    return f"{named}{of_all} point{'s' * (inside is not None or counts != ['1'])}"


def _far_apart(group: Group, drawn: Sequence[Curve]) -> str:
    ends = {names.parse(metric).split: curve.last[1]
            for metric, curve in zip(group.metrics, drawn, strict=True) if curve.last is not None}
    train, val = ends.get("train", ends.get("")), ends.get("val")
    if not train or not val or train <= 0 or val <= 0:
        return ""
    ratio = train / val
    if ratio > _FAR_APART:
        return f"val is {ratio:,.0f}x below train"
    return f"val is {1 / ratio:,.0f}x above train" if ratio < 1 / _FAR_APART else ""


def warning_of(group: Group, tracks: Sequence[Track], drawn: Sequence[Curve], x_label: str, *, log: bool,
               asked: bool) -> str:
    """The points that cannot be drawn.

    Args:
        group, tracks, drawn: See `note_of`.
        x_label: The label of x.
        log: Whether the y axis is logarithmic.
        asked: Whether the user asked for this axis.
    """
    parts = []
    first = [track.bad.first_x for track in tracks if track.bad.first_x is not None]
    if first:
        parts.append(f"{bad_words(tracks)}, first at {wording.place(x_label, min(first))}")
    names_shown = (label or metric for metric, label in zip(group.metrics, group.labels, strict=True))
    hidden = [name for name, curve in zip(names_shown, drawn, strict=True) if never_positive(curve)]
    if hidden and log:
        parts.append(f"no value above 0: {', '.join(hidden)}")
    elif hidden and len(hidden) == len(drawn) and asked:
        parts.append("no value above 0 for --log")
    return " · ".join(parts)


def bad_words(tracks: Sequence[Track]) -> str:
    """ "3 NaN, 1 inf"."""
    nans, infs = sum(track.bad.nan_count for track in tracks), sum(track.bad.inf_count for track in tracks)
    return ", ".join(f"{wording.count(count)} {word}" for count, word in ((nans, "NaN"), (infs, "inf")) if count)
