"""The texts of a board: header line, headline, summary."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

from livemon import wording
from livemon.boards.model import Colour, Header, SummaryRow
from livemon.boards.run_tracks import RunTracks
from livemon.boards.tracks import Track
from livemon.runs.time_left import TimeLeft, seconds_left
from livemon.tables import meaning
from livemon.tables.leading import newest_x
from livemon.tables.progress_counts import epochs_made, steps_made
from livemon.tables.table import Values
from livemon.wording import value_text

__all__ = ["header", "headline", "summary", "with_clock"]


def header(of: RunTracks, metrics: Sequence[str], main: str | None, rising: bool | None, now: float | None,
           health: Sequence[str] = ()) -> Header:  # fmt: skip
    """The header line. `now` in unix seconds; None leaves out the age of the newest row. `health`: the findings in
    words."""
    run = of.run
    return Header(
        run=run.label, state=of.state, reason=of.reason, evidence=_evidence(of, now), progress=_progress(of),
        metric=_metric_text(of, main, rising), age="" if now is None else _age(of, now),
        problems=(*_worst_first(health, _bad_points(of, metrics)), *_odd(of), *_not_found(of, metrics)),
    )


def with_clock(before: Header, of: RunTracks, now: float) -> Header:
    """The same header at another moment, in unix seconds."""
    return replace(before, evidence=_evidence(of, now), age=_age(of, now))


def _worst_first(health: Sequence[str], bad: Sequence[str]) -> list[str]:
    """Metrics that are not finite any more come before findings that are only warnings; those that became finite again
    come after."""
    return [*bad, *health] if any(" since " in words for words in bad) else [*health, *bad]


def _evidence(of: RunTracks, now: float | None) -> str:
    """The evidence for the run's state. A saved picture gives the time of the last row, not its age."""
    last = of.run.pace.last_row_at
    if now is not None or of.state not in ("stalled", "unknown") or last is None:
        return of.run.state_evidence
    if not getattr(of.run.pace, "is_known", True):
        return ""
    return f"last row {datetime.fromtimestamp(last).strftime('%Y-%m-%d %H:%M')}"


def _not_found(of: RunTracks, metrics: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"no metric {name!r}" + ("" if of.ended else " yet") for name in of.missing_metrics(metrics))


def headline(of: RunTracks, main: str | None, rising: bool | None, colour: Colour) -> tuple[str, str, Colour] | None:
    """The main metric in large letters: its newest value, its best value and the position of the best."""
    track = of.tracks.get(main or "")
    if track is None or track.last is None:
        return None
    best = track.best(rising)
    small = f"best {value_text(track.metric, best[1])} @ {_at(of, best[0])}" if best else "no finite value yet"
    if rising is None:
        small = meaning.question_of_direction(track.metric)
    return wording.headline(track.metric, track.last[1], rising), small, colour


def summary(of: RunTracks, metrics: Iterable[str], main: str | None, rising: bool | None) -> tuple[SummaryRow, ...]:
    """The last and best value and the recent change of these metrics."""
    rises = {name: rising if name == main else meaning.higher_is_better(of.run.direction(name)) for name in metrics}
    return tuple(_summary_row(of, of.tracks[name], up) for name, up in rises.items())


def _summary_row(of: RunTracks, track: Track, rising: bool | None) -> SummaryRow:
    best = track.best(rising)
    last = track.last[1] if track.last else math.nan
    percent = track.recent_change()
    best_text = value_text(track.metric, best[1]) if best else "-"
    cells = value_text(track.metric, last), best_text, wording.change(percent) or "-"
    return SummaryRow(track.metric, last, best[1] if best else None, percent, cells, _at(of, best[0]) if best else "")


def _progress(of: RunTracks) -> tuple[str, ...]:
    parts = []
    step, total = _newest(of, "step"), of.run.total_steps
    finished = of.ended and of.state == "finished"
    if step is not None and finished:
        made = _made(of, "step", lambda steps: steps_made(steps, total))
        parts.append(wording.steps(step if made is None else made, total, are_made=True))
    elif step is not None:
        parts.append(wording.steps(step, total))
    elif of.tables and of.run.x_column(None) is None:
        parts.append(f"row {wording.count(of.tables[-1].n_rows)}")
    epoch = _newest(of, "epoch")
    if of.lens.x is None and step is None and epoch is None and of.axis.column is not None:
        parts.append("over the time, as no step was logged")
    if epoch is not None:
        parts.append(_epochs_made(of, epoch) if finished else f"epoch {wording.count(epoch)}")
    left = _seconds_left(of, step, total)
    if left is not None:
        parts.append(f"ETA {wording.duration(left.seconds)}")
    return tuple(parts)


def _epochs_made(of: RunTracks, newest: float) -> str:
    """The number of epochs of a finished run."""
    made = _made(of, "epoch", lambda epochs: epochs_made(epochs, of.run.total_epochs))
    return f"{wording.count(newest if made is None else made)} epoch{'s' * (made != 1)}"


def _made(of: RunTracks, kind: Literal["step", "epoch"], count: Callable[[Values], float | None]) -> float | None:
    """The number of steps or epochs by the newest rows of the leading metric."""
    name = of.run.x_column(kind)
    columns = (table.x_column(name) for table in reversed(of.leading_tables) if name)
    values = next((column.values for column in columns if column is not None and len(column)), None)
    return None if values is None else count(values)


def _newest(of: RunTracks, kind: Literal["step", "epoch"]) -> float | None:
    """The step or epoch of the newest point of the leading metric."""
    return newest_x(of.leading_tables, of.leading, of.run.x_column(kind))


def _seconds_left(of: RunTracks, step: float | None, total: int | None) -> TimeLeft | None:
    """The remaining time; see `time_left`."""
    name = of.run.x_column("step")
    if step is None or not total or total <= step or of.ended or not of.leading_tables or name is None:
        return None
    return seconds_left(of.leading_tables[-1], name, of.run.x_column("time"), total - step, of.run.pace.usual_seconds)


def _metric_text(of: RunTracks, main: str | None, rising: bool | None) -> str:
    track = of.tracks.get(main or "")
    if track is None or track.last is None:
        return ""
    best = track.best(rising)
    text = f"{track.metric} {value_text(track.metric, track.last[1])}"
    return f"{text} (best {value_text(track.metric, best[1])} @ {_at(of, best[0])})" if best else text


def _at(of: RunTracks, x: float) -> str:
    """An x, with its kind unless that is the step."""
    return wording.count(x) if of.axis.label == "step" else wording.place(of.axis.label, x)


def _age(of: RunTracks, now: float) -> str:
    last = of.run.pace.last_row_at
    if last is None or of.ended or not getattr(of.run.pace, "is_known", True):
        return ""
    usual = of.run.pace.usual_seconds
    text = f"row {wording.duration(max(now - last, 0.0))} ago"
    return f"{text} (usually {wording.duration(usual)})" if usual else text


def _bad_points(of: RunTracks, metrics: Sequence[str]) -> list[str]:
    tracks = of.with_points(metrics)
    nans, infs = sum(track.bad.nan_count for track in tracks), sum(track.bad.inf_count for track in tracks)
    first = [track.bad.first_x for track in tracks if track.bad.first_x is not None]
    if not first:
        return []
    words = " and ".join(f"{wording.count(count)} {word}" for count, word in ((nans, "NaN"), (infs, "inf")) if count)
    words += f" in {len(first)} metrics" if len(first) > 1 else ""
    return [f"{words}{_when_bad(tracks, nans + infs)} {_at(of, min(first))}"]


def _when_bad(tracks: Sequence[Track], count: int) -> str:
    """ "since" if the values are no longer finite; if they became finite again, only when it began."""
    bad = [(track.bad.first_x, track.last) for track in tracks if track.bad.first_x is not None]
    first = min(x for x, _ in bad)
    stays = any(x == first and last is not None and not math.isfinite(last[1]) for x, last in bad)
    return " since" if stays else " at" if count == 1 else ", first at"


def _odd(of: RunTracks) -> tuple[str, ...]:
    counts: dict[str, int] = {}
    for anomaly in of.run.anomalies:
        counts[anomaly.kind] = counts.get(anomaly.kind, 0) + anomaly.count
    return tuple(kind if count == 1 else f"{kind} ({wording.count(count)}x)" for kind, count in counts.items())
