"""One run -> the content of its report. The run is read once; every part uses the same rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from livemon import wording
from livemon.analysis.checkpoints.listing import checkpoint_table
from livemon.boards.dashboard import BoardMaker
from livemon.boards.lens.value import Lens
from livemon.boards.lens.words import command_of, python_of
from livemon.boards.model import Board, Event
from livemon.curves.attempts import arrange
from livemon.health.examination import Examination
from livemon.health.finding import Finding, Kind, Severity, Verdict
from livemon.health.run_object import RunObject, run_object
from livemon.reports.content import Block, Lines, Paragraph, Picture, Report, Section, Tabular, Tone, table_of
from livemon.reports.thinned import thinned
from livemon.reports.words import LONGEST_TEXT, drawn_in_words, made_in_words, sentence, settings_table
from livemon.runs.experiment import ExperimentLoader
from livemon.states import State
from livemon.tables import meaning

__all__ = ["report_of_run"]

_COLUMNS = 10_000  # enough for every point of a short curve
_MOST_COLUMNS = 1250  # for a curve: at most four points for each are kept, including the extremes
MOST_PANELS = 60
_MOST_ROWS = 200  # in a table
_MOST_EVENTS = 100
_AUDIT_SECONDS = 1.0
_MOST_AUDITED = 150_000  # values: with more, the audit takes longer than the rest of a report
_EVENT_WORDS = {"nan": "NaN", "inf": "inf", "beyond": "value beyond the axis", "leap": "spike", "best": "best value",
                "restart": "restart", "warning": "warning begins", "critical": "critical finding begins"}
_REPEATED = ("nan", "inf", "beyond")  # kinds that are often marked at many positions of a panel
_TONES: Mapping[Verdict, Tone] = {Verdict.HEALTHY: "good", Verdict.WARNING: "warning", Verdict.CRITICAL: "critical",
                                  Verdict.UNKNOWN: "plain"}


def report_of_run(run: ExperimentLoader, lens: Lens | None = None) -> Report:
    """The report of a run as read last.

    Args:
        run: A refreshed run.
        lens: The lens of its curves.
    """
    examination = Examination(run)
    known = run_object(run, examination)
    lens = lens or Lens()
    maker = BoardMaker(run, replace(lens, pixels=_COLUMNS, max_panels=MOST_PANELS), examination)
    board = thinned(maker.dashboard(), _MOST_COLUMNS)
    summary = run.get_summary(refresh=False)
    seconds = summary.get("training_duration_seconds")
    sections = [
        Section("summary", "Summary", (_facts(run, known, seconds), _metrics(run, summary["metrics"]))),
        Section("findings", "Findings", tuple(_findings(known))),
        Section("curves", "Curves", tuple(_curves(board))),
        Section("settings", "Settings", (settings_table(run.config),)),
        Section("checkpoints", "Checkpoints", tuple(_checkpoints(run))),
        Section("events", "Events", tuple(_events(board))),
        Section("data", "Data and audit", tuple(_audit(run, known))),
    ]
    return Report(run.label, tuple(_lead(run, known, seconds, board)), _tone(known), tuple(sections), made_in_words(),
                  (command_of(lens, str(known.path), "livemon.png"), python_of(lens, str(known.path), "livemon.png")))


# What happened --------------------------------------------------------------------------------------------------------


def _tone(known: RunObject) -> Tone:
    return "critical" if known.state == State.FAILED else _TONES[known.verdict]


def _lead(run: ExperimentLoader, known: RunObject, seconds: float | None, board: Board) -> list[str]:
    """What happened, for readers who have not seen the run."""
    sentences = (_how_it_ended(known, seconds), _how_far(run), _resumed(run, known), _what_it_reached(known),
                 _left_out(run, board), _what_is_wrong(known))
    return [text for text in sentences if text]


def _how_it_ended(known: RunObject, seconds: float | None) -> str:
    beginnings = {
        State.FINISHED: "The training finished", State.STOPPED: "The training was stopped",
        State.FAILED: "The training failed", State.RUNNING: "The training was still running when this report was made",
        State.STALLED: "The training had not logged anything for long when this report was made",
        State.WAITING: "The training had logged nothing yet when this report was made",
        State.UNKNOWN: "When this report was made it was not known whether the training had ended",
    }  # fmt: skip
    text = beginnings[known.state] + (f" ({known.reason})" if known.reason else "")
    if known.state in (State.FAILED, State.STOPPED, State.UNKNOWN, State.STALLED) and known.evidence:
        text += f": {wording.clipped(known.evidence, LONGEST_TEXT)}"
    made = []
    if known.step is not None:
        of = f" of {wording.count(known.total_steps)}" if known.total_steps and known.total_steps != known.step else ""
        made.append(f"{wording.count(known.step)}{of} steps")
    if known.epoch is not None:
        made.append(f"{wording.count(known.epoch)} epoch{'s' * (known.epoch != 1)}")
    far = f"It reached {' and '.join(made)}" if made else "It ran"
    took = f" in {wording.duration(seconds)}" if seconds else ""
    return f"{text.rstrip('.')}. {far}{took}, and logged {wording.count(known.rows)} rows."


def _how_far(run: ExperimentLoader) -> str:
    """A sentence if it has several attempts."""
    if len(run.exp_dirs) < 2:
        return ""
    folders = wording.listed([folder.name for folder in run.exp_dirs], 6)
    return f"It took {len(run.exp_dirs)} attempts, each in its own folder: {folders}."


def _resumed(run: ExperimentLoader, known: RunObject) -> str:
    """A sentence if it was resumed from an earlier step, and about the rows from there on."""
    if known.metric is None or run.columns.writers is not None:  # each of several writers has its own steps
        return ""
    steps = run.series(known.metric.name, attempts="all").index.to_numpy(np.float64)
    arranged = arrange(steps)
    steps = steps if arranged.order is None else steps[arranged.order]
    if not len(again := arranged.starts[1:]):
        return ""
    times = [f"at step {wording.count(steps[at])}, after it had come to {wording.count(steps[at - 1])}" for at in again]
    more = f", and {len(times) - 3} times more" if len(times) > 3 else ""
    return (f"It went on from an earlier step {'; '.join(times[:3])}{more}. The rows that had been logged from there "
            "on are replaced by the later ones.")


def _left_out(run: ExperimentLoader, board: Board) -> str:
    """The number of metrics that are not listed, and the number of those drawn."""
    count = len(run.metric_names)
    drawn = len({line.metric for panel in board.panels for line in panel.lines})
    return (f"Of its {wording.count(count)} metrics this file has the curves of {wording.count(drawn)}, and the "
            f"numbers of {_MOST_ROWS}." if count > _MOST_ROWS else "")


def _what_it_reached(known: RunObject) -> str:
    metric = known.metric
    if metric is None:
        return "No metric tells how good it got."
    better = {"min": " (less is better)", "max": " (more is better)", None: ""}[metric.better]
    text = f"{metric.name}{better} was {wording.value_text(metric.name, metric.last)} at the end"
    if metric.best is not None:
        at = f" at step {wording.count(metric.best_step)}" if metric.best_step is not None else ""
        text += f"; its best was {wording.value_text(metric.name, metric.best)}{at}"
    return f"{text}."


def _what_is_wrong(known: RunObject) -> str:
    serious = [finding for finding in known.findings if finding.severity is not Severity.INFO]
    if not serious:
        if known.verdict is Verdict.HEALTHY:
            notes = len(known.findings)
            beside = f" Findings lists {notes} note{'s' * (notes > 1)}." if notes else ""
            return f"Its rows were judged, and nothing is wrong.{beside}"
        reasons = [known.unread, *(missing.why for missing in known.not_judged)]
        why = next((reason for reason in reasons if reason), "too little was logged")
        return f"Whether it is healthy could not be judged: {wording.clipped(why, LONGEST_TEXT)}."
    worst = serious[0]
    more = f" Findings lists {len(serious) - 1} more." if len(serious) > 1 else ""
    return f"{worst.severity.value.capitalize()}: {sentence(worst.message)}{more}"


def _facts(run: ExperimentLoader, known: RunObject, seconds: float | None) -> Tabular:
    """The main facts about the run."""
    pairs = [("run", known.name), ("folder", str(known.path)),
             ("state", f"{known.state} ({known.reason})" if known.reason else str(known.state)),
             ("health", known.verdict.value), ("rows", wording.count(known.rows)),
             ("trained for", wording.duration(seconds) if seconds else ""),
             ("attempts", str(len(run.exp_dirs)) if len(run.exp_dirs) > 1 else "")]
    labels = {"trained": "trainable parameters"}
    pairs += [(labels.get(name, name.replace("_", " ")), wording.setting(value, 200))
              for name, value in run.origin.items()]
    return Tabular(("", "value"), tuple(pair for pair in pairs if pair[1]), (False, False), title="The run")


def _metrics(run: ExperimentLoader, numbers: Mapping[str, Mapping[str, float]]) -> Tabular:
    """All metrics, the main one first, bookkeeping last."""
    main = run.main_metric()
    names = sorted(numbers, key=lambda name: (name != main, bool(meaning.bookkeeping(name))))
    rows = [_metric_row(name, numbers[name]) for name in names[:_MOST_ROWS]]
    columns = ["first", "last", "lowest", "highest", "best", "best at", "points", "NaN", "inf"]
    frame = pd.DataFrame(rows, columns=columns, index=pd.Index(names[:_MOST_ROWS], name="metric"), dtype=object)
    left_out = len(names) - len(rows)
    caption = ("best at: the step; NaN, inf: how many values were logged that are not numbers; change (beside the "
               "curves): of the median of the last tenth of the values against that of the tenth before")
    made = table_of(frame, f"{caption}; {left_out:,} metrics more are not listed" if left_out else caption,
                    title="Metrics")
    return replace(made, to_right=(False, *(True for _ in columns)))


def _metric_row(name: str, numbers: Mapping[str, float]) -> list[str]:
    values = [wording.value_text(name, numbers[key]) if key in numbers and not (key == "best" and math.isnan(
        numbers[key])) else "" for key in ("initial", "final", "min", "max", "best")]
    at = numbers.get("best_step", math.nan)
    counts = [wording.count(numbers.get(key, 0.0)) for key in ("count", "nan_count", "inf_count")]
    return [*values, "" if math.isnan(at) else wording.count(at), counts[0], *("" if count == "0" else count
                                                                             for count in counts[1:])]


# Its parts ------------------------------------------------------------------------------------------------------------


def _findings(known: RunObject) -> list[Block]:
    blocks: list[Block] = []
    if known.unread:
        blocks.append(Paragraph(f"Not all rows were judged: {wording.clipped(known.unread, LONGEST_TEXT)}.", "warning"))
    if not known.findings:
        blocks.append(Paragraph("Nothing was found.", "good" if known.verdict is Verdict.HEALTHY else "plain"))
    else:
        rows = tuple(_finding_row(finding) for finding in known.findings)
        blocks.append(Tabular(("severity", "kind", "since step", "what was found", "what to do"), rows,
                              (False, False, True, False, False)))
    if known.output is not None:
        blocks.append(Lines(f"The last lines of {wording.clipped(str(known.output.path), LONGEST_TEXT)}",
                            tuple(wording.clipped(line, LONGEST_TEXT) for line in known.output.lines)))
    if known.not_judged:
        blocks.append(Tabular(("condition", "why"), tuple((missing.kind.value.replace("_", " "), wording.clipped(
            missing.why, LONGEST_TEXT)) for missing in known.not_judged), (False, False), title="Not judged"))
    return blocks


def _finding_row(finding: Finding) -> tuple[str, ...]:
    severity = f"{finding.severity.value}, is over" if finding.is_over else finding.severity.value
    since = "" if finding.since is None else wording.count(finding.since)
    advice = "" if finding.kind is Kind.STALL else wording.clipped(finding.advice, LONGEST_TEXT)
    return (severity, finding.kind.value.replace("_", " "), since or "-",
            wording.clipped(finding.message, LONGEST_TEXT), advice or "-")


def _curves(board: Board) -> list[Block]:
    blocks: list[Block] = [Picture(board, drawn_in_words(board))]
    if board.left_out:
        blocks.insert(0, Paragraph(f"{len(board.panels)} panels are drawn; {board.left_out:,} metrics more have no "
                                   "panel here."))
    return blocks


def _checkpoints(run: ExperimentLoader) -> list[Block]:
    table = checkpoint_table(run)
    if table.empty:
        return [Paragraph("No checkpoints were found in the run.")]
    metric = str(table.attrs["metric"] or "value")
    columns = {"step": [_whole(value) for value in table["step"]],
               "epoch": [_whole(value) for value in table["epoch"]],
               "size": [_size(value) for value in table["bytes"]],
               "saved": ["" if pd.isna(value) else f"{value:%Y-%m-%d %H:%M} UTC" for value in table["saved"]],
               "kind": table["kind"].tolist(),
               metric: ["" if math.isnan(value) else wording.value_text(metric, value) for value in table["value"]],
               "resume": ["yes" if last else "" for last in table["last_good"]]}
    kept = {name: cells for name, cells in columns.items() if any(cells)}
    frame = pd.DataFrame(kept, index=pd.Index(map(str, table.index), name="checkpoint"))
    bad = table.attrs["first_bad"]
    caption = "resume: the checkpoint to resume from, the newest"
    if bad is not None:
        caption += f" before step {wording.count(bad)}, where the first value that is not finite was logged"
    return [table_of(frame, caption, most=_MOST_ROWS)]


def _size(count: float) -> str:
    unit, divisor = next(((unit, divisor) for unit, divisor in (("GB", 1e9), ("MB", 1e6)) if count >= divisor),
                         ("kB", 1e3))
    return f"{wording.number(count / divisor)} {unit}"


def _whole(value: float) -> str:
    return "" if math.isnan(value) else wording.count(value)


def _events(board: Board) -> list[Block]:
    if not board.events:
        return [Paragraph("Nothing is marked in the curves.")]
    rows = _rows_of_events(board)
    x_name = next((panel.x_label for panel in board.panels if panel.x_label), board.x_kind or "x")
    table = Tabular((x_name, "what", "panel"), tuple(rows[:_MOST_EVENTS]), (True, False, False))
    if len(rows) > _MOST_EVENTS:
        table = replace(table, caption=f"the first {_MOST_EVENTS} of {len(rows):,} events")
    return [table]


def _rows_of_events(board: Board) -> list[tuple[str, str, str]]:
    """A row for each event; successive ones of one kind in a panel share a row."""
    spans: list[tuple[Event, float, int]] = []
    open_spans: dict[tuple[str, str], int] = {}
    for event in board.events:
        kind = event.kind, event.panel
        if kind in open_spans and event.kind in _REPEATED:
            first, _, count = spans[open_spans[kind]]
            spans[open_spans[kind]] = first, _end_of(event), count + event.marks
            continue
        open_spans[kind] = len(spans)
        spans.append((event, _end_of(event), event.marks))
    return [(wording.count(first.x) if count == 1 else f"{wording.count(first.x)} to {wording.count(end)}",
             _EVENT_WORDS.get(first.kind, first.kind) + (f" ({count} marks)" if count > 1 else ""),
             first.panel or "all panels") for first, end, count in spans]


def _end_of(event: Event) -> float:
    return event.x if event.until is None else event.until


def _audit(run: ExperimentLoader, known: RunObject) -> list[Block]:
    files = [str(path) for path in run.files]
    earlier = [str(path) for path in run.exp_dirs[:-1]]
    before = f", those of earlier attempts from {wording.listed(earlier, 3)}" if earlier else ""
    blocks: list[Block] = [Paragraph(f"The rows were read from {wording.listed(files, 3)} ({run.format}){before}."
                                     if files else "No file of metrics was read.")]
    if run.choice:
        blocks.append(Paragraph(sentence(f"Of several files: {run.choice}")))
    if known.rows * (len(run.metric_names) + 1) > _MOST_AUDITED:
        blocks.append(Paragraph(f"The rows were not read again for this report, as there are {known.rows:,}: livemon "
                                "watch does so when a run ends."))
        return [*blocks, _odd_files(run, known)]
    for audit in run.audit(_AUDIT_SECONDS):
        wrong = bool(audit.differing or audit.problem)
        result = str(audit).removeprefix("audit: ")
        blocks.append(Paragraph(sentence(f"Audit after this report's numbers were taken: {result}"),
                                "warning" if wrong else "good"))
    return [*blocks, _odd_files(run, known)]


def _odd_files(run: ExperimentLoader, known: RunObject) -> Block:
    if not known.anomalies:
        return Paragraph("Nothing was odd about the files.", "good")
    return _anomalies(run.anomalies)


def _anomalies(anomalies: Sequence[Any]) -> Tabular:
    rows = tuple((anomaly.kind, wording.count(anomaly.count), wording.clipped(str(anomaly.file), LONGEST_TEXT),
                  "" if anomaly.line is None else wording.count(anomaly.line),
                  wording.clipped(anomaly.message, LONGEST_TEXT)) for anomaly in anomalies[:_MOST_ROWS])
    return Tabular(("kind", "times", "file", "line", "what"), rows, (False, True, False, True, False),
                   title="What was odd about the files")
