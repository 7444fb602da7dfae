"""Several runs -> the content of their report: the ranking, the test of groups with the sentence for a paper, the
curves, the settings in which they differ, and the course of each run."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from livemon import wording
from livemon.analysis.checkpoints.listing import paths_of_checkpoints
from livemon.analysis.run_set.loader import MultiExperimentLoader
from livemon.analysis.statistics.captions import importance_caption
from livemon.analysis.statistics.leaderboard import Leaderboard
from livemon.boards.comparison import Comparison
from livemon.boards.importance import importance_board
from livemon.boards.model import Board
from livemon.boards.runs_health import MOST_JUDGED, RunHealth, worst_runs_first
from livemon.reports.content import Block, Paragraph, Picture, Report, Section, Tabular, Tone, table_of
from livemon.reports.words import LONGEST_TEXT, drawn_in_words, made_in_words, sentence
from livemon.runs.audit import Audit
from livemon.runs.experiment import ExperimentLoader
from livemon.states import State

__all__ = ["Compared", "report_of_runs"]

_MOST_ROWS = 300  # in a table
_MOST_KEYS = 8  # settings side by side
_MOST_IMPORTANT = 20
_TWO_TESTS = ("Here p asks whether a setting goes with the metric over all runs, by their ranks and with each run by "
              "itself. Seeds and significance says whether a group is better than another; runs of the same seed may "
              "be paired there, so its p belongs to another test.")
_OF_HEALTH = ("were judged", "livemon check says which")  # ends of sentences on health, which has a section
_LEAST_DRAWN = 3  # settings: from this number on their strengths are also drawn
_AUDIT_SECONDS = 1.0  # for all runs together
_MOST_METRICS = 24  # with a panel each


@dataclass(frozen=True, slots=True)
class Compared:
    """The results of a comparison.

    Attributes:
        runs: The runs.
        comparison: Makes their boards.
        board: The leaderboard.
        tests: The tests of groups as a table, or None.
        sentences: The sentence for a paper for each test.
        notes: What readers of the tables must know.
        messages: The messages about runs that were left out or joined.
        ranked: The association of settings with the metric; None if it cannot be computed.
        health: The health of the runs.
    """

    runs: MultiExperimentLoader
    comparison: Comparison
    board: Leaderboard
    tests: Tabular | None
    sentences: Sequence[str]
    notes: Sequence[str]
    messages: Sequence[str]
    ranked: pd.DataFrame | None
    health: Mapping[str, RunHealth]


@dataclass(frozen=True, slots=True)
class _Run:
    """The facts about a run."""

    state: str
    evidence: str
    rows: int
    seconds: float | None
    checkpoints: int
    newest_checkpoint: str
    anomalies: tuple[tuple[str, int], ...]
    audit: str
    is_as_shown: bool
    best: float
    origin: Mapping[str, Any]


class _RunFacts:
    """Asks a run for its facts; the time for reading files again is shared by all runs."""

    def __init__(self, metric: str) -> None:
        self._metric = metric
        self._left = _AUDIT_SECONDS

    def __call__(self, run: ExperimentLoader) -> _Run:
        run.refresh()
        audits = self._audit(run)
        counts: dict[str, int] = {}
        for anomaly in run.anomalies:
            counts[anomaly.kind] = counts.get(anomaly.kind, 0) + anomaly.count
        saved = paths_of_checkpoints(run)
        summary = run.get_summary(refresh=False)
        return _Run(f"{run.state} ({run.reason})" if run.reason else str(run.state),
                    run.state_evidence if run.state == State.FAILED else "", sum(table.n_rows for table in run.tables),
                    summary.get("training_duration_seconds"), len(saved), saved[-1][1].name if saved else "",
                    tuple(counts.items()), "; ".join(str(audit).removeprefix("audit: ") for audit in audits),
                    bool(audits) and not any(audit.differing or audit.problem or audit.compared < audit.shown
                                             for audit in audits),
                    summary["metrics"].get(self._metric, {}).get("best", math.nan), run.origin)

    def _audit(self, run: ExperimentLoader) -> list[Audit]:
        """Read the files of a run, which was read once for all tables, again line by line."""
        if self._left <= 0:
            return []
        began = time.monotonic()
        again = ExperimentLoader(run.paths)
        again.refresh()
        audits = again.audit(self._left)
        rows = [sum(table.n_rows for table in read.tables) for read in (run, again)]
        if rows[0] != rows[1]:
            audits.append(Audit(rows[0], 0, problem=f"{rows[0]:,} rows were read, and now there are {rows[1]:,}"))
        self._left -= time.monotonic() - began
        return audits


def report_of_runs(compared: Compared) -> Report:
    """The report of several runs."""
    runs = compared.runs
    each = runs.read(_RunFacts(compared.board.metric), stacklevel=3)
    board = compared.comparison.dashboard()
    sections = [
        Section("comparison", "Comparison", tuple(_ranking(compared))),
        Section("significance", "Seeds and significance", tuple(_significance(compared))),
        Section("curves", "Curves", (Picture(board, drawn_in_words(board)), *_further_curves(compared, board))),
        Section("settings", "Settings and their differences", tuple(_settings(runs))),
        Section("hyper-parameters", "Hyper-parameters", tuple(_importance(compared))),
        Section("findings", "Findings", tuple(_findings(compared))),
        Section("runs", "The runs", (_runs(runs, each),)),
        Section("data", "Data and audit", (*(Paragraph(sentence(text)) for text in compared.messages),
                                           *_audit(runs, each))),
    ]
    return Report(board.title, tuple(_lead(compared, each)), _tone(compared, each), tuple(sections), made_in_words())


def _tone(compared: Compared, each: Mapping[str, _Run]) -> Tone:
    unhealthy = any(health.findings for health in compared.health.values())
    if unhealthy or any(run.state.startswith(State.FAILED) for run in each.values()):
        return "warning"
    return "good" if len(compared.runs) <= MOST_JUDGED else "plain"


def _lead(compared: Compared, each: Mapping[str, _Run]) -> list[str]:
    comparison, board = compared.comparison, compared.board
    count, groups = len(compared.runs), comparison.groups
    grouped = any("group" in row for row in board.rows)
    named = [f"{label} ({len(members)} run{'s' * (len(members) != 1)})" for label, members in groups.items()]
    what = (f"{count} runs in {len(groups)} group{'s' * (len(groups) != 1)} are compared: {wording.listed(named, 6)}."
            if grouped else f"{count} run{'s are' if count != 1 else ' is'} compared.")
    better = {True: " (more is better)", False: " (less is better)", None: ""}[board.rising]
    lead = [what, f"They are ranked by {board.metric}{better}: {board.numbers.words()}."]
    lead += [text for text in (_best(compared, grouped), _first_by_best(compared, each, grouped)) if text is not None]
    unhealthy = worst_runs_first(compared.health)
    about_runs = tuple(f"{compared.runs.titles.get(name, name)}:" for name in unhealthy)
    cautions = [problem for problem in board.problems
                if not problem.startswith(about_runs or ":") and not problem.endswith(_OF_HEALTH)]
    lead += [sentence(f"Read this with care: {cautions[0]}")] if cautions else []
    if compared.tests is not None and len(compared.tests.rows) == 1 and "verdict" in compared.tests.head:
        row = dict(zip(compared.tests.head, compared.tests.rows[0], strict=True))
        lead.append(f"Tested against each other: {row['verdict']} (p = {row['p']}); Seeds and significance "
                    "describes the test.")
    states: dict[str, int] = {}
    for run in each.values():
        states[run.state] = states.get(run.state, 0) + 1
    words = {str(State.UNKNOWN): "of which it was not known whether they had ended"}
    lead.append("How the runs stood when this report was made: " + ", ".join(
        f"{number} {words.get(state, state)}" for state, number in states.items()) + ".")
    if unhealthy:
        of = f"the first {MOST_JUDGED} of them, which were judged" if count > MOST_JUDGED else "them"
        lead.append(f"Something is wrong with {len(unhealthy)} of {of}: "
                    f"{wording.listed([compared.runs.titles.get(name, name) for name in unhealthy], 5)}; see Findings.")
    elif count > MOST_JUDGED:
        lead.append(f"Only the rows of the first {MOST_JUDGED} were judged: in these nothing is wrong; of the other "
                    f"{count - MOST_JUDGED:,} it is not known.")
    else:
        lead.append("The rows of all of them were judged, and nothing is wrong.")
    return lead


def _best(compared: Compared, grouped: bool) -> str | None:
    """The run or group that is ranked first."""
    board = compared.board
    row = board.rows[0] if board.rows and board.rising is not None else None
    if row is None:
        return None
    if not grouped:
        value = row.get("value", math.nan)
        label = compared.runs.titles.get(str(row["run"]), str(row["run"]))
        return f"First is {label} with {wording.value_text(board.metric, value)}." if math.isfinite(value) else None
    middle = next((key for key in ("mean", "median", "iqm") if key in row), None)
    if middle is None or not math.isfinite(row[middle]):
        return None
    value = wording.value_text(board.metric, row[middle])
    return f"First is {row['group']} with a {middle} of {value} (n = {row['n']})."


def _first_by_best(compared: Compared, each: Mapping[str, _Run], grouped: bool) -> str | None:
    """The run that would be first by best values, if it is another one: its last values hide that."""
    board = compared.board
    if board.rising is None or not board.rows or board.numbers.at.kind == "best":
        return None
    groups = compared.comparison.groups if grouped else {name: [name] for name in each}
    means = {label: math.fsum(each[name].best for name in members) / len(members)
             for label, members in groups.items() if members and all(name in each for name in members)}
    means = {label: mean for label, mean in means.items() if math.isfinite(mean)}
    if len(means) < 2:
        return None
    first = (max if board.rising else min)(means, key=means.__getitem__)
    if first == str(board.rows[0]["group" if grouped else "run"]):
        return None
    called = first if grouped else compared.runs.titles.get(first, first)
    of = "a mean of " if grouped else ""
    return (f"By the best value that each run had it would be {called}, with {of}"
            f"{wording.value_text(board.metric, means[first])}.")


# Its parts ------------------------------------------------------------------------------------------------------------


def _ranking(compared: Compared) -> list[Block]:
    board = compared.board
    blocks: list[Block] = [table_of(board.table, board.caption, board.best, most=_MOST_ROWS)]
    return blocks + [Paragraph(sentence(problem), "warning") for problem in board.problems]


def _significance(compared: Compared) -> list[Block]:
    if compared.tests is None:
        why = ("There are no groups of runs, so nothing is tested: groups are runs that share their settings and "
               "differ in the seed." if not any("group" in row for row in compared.board.rows) else
               "There is only one group, or there are too many, so nothing is tested.")
        return [Paragraph(why), *(Paragraph(sentence(note)) for note in compared.notes)]
    blocks: list[Block] = [compared.tests]
    if compared.sentences:
        blocks.append(Paragraph("For the text of a paper:"))
        blocks += [Paragraph(f"{text}.") for text in compared.sentences]
    return blocks + [Paragraph(sentence(note)) for note in compared.notes]


def _further_curves(compared: Compared, drawn: Board) -> list[Block]:
    """A panel for each metric that is not on the dashboard."""
    comparison = compared.comparison
    shown = {panel.lines[0].metric for panel in drawn.panels if panel.lines}
    board = comparison.training_curves()
    more = tuple(panel for panel in board.panels if panel.lines and panel.lines[0].metric not in shown)
    if not more:
        return []
    kept = replace(board, panels=more[:_MOST_METRICS], headline=None, notices=(), title="Further metrics",
                   left_out=max(len(more) - _MOST_METRICS, 0))
    blocks: list[Block] = [Picture(kept, drawn_in_words(kept))]
    if len(more) > _MOST_METRICS:
        blocks.append(Paragraph(f"{len(more) - _MOST_METRICS:,} metrics more have no panel here."))
    return blocks


def _settings(runs: MultiExperimentLoader) -> list[Block]:
    settings, keys = runs.settings, runs.differing_settings
    if not keys:
        blocks: list[Block] = [Paragraph("The runs do not differ in any setting that is known.")]
    else:
        rows = tuple((runs.titles[name], *(_setting(settings[name].get(key)) for key in keys[:_MOST_KEYS]))
                     for name in runs.names)[:_MOST_ROWS]
        more = [*([f"{len(keys) - _MOST_KEYS} settings more differ: {wording.listed(keys[_MOST_KEYS:], 20)}"]
                  if len(keys) > _MOST_KEYS else []),
                *([f"the first {_MOST_ROWS} of {len(runs):,} runs"] if len(runs) > _MOST_ROWS else [])]
        blocks = [Tabular(("run", *keys[:_MOST_KEYS]), rows, (False, *(False for _ in keys[:_MOST_KEYS])),
                          caption="; ".join(more), title="In what they differ")]
    first = next(iter(settings.values()), {})
    same = [(key, value) for key, value in first.items() if key not in keys and value is not None
            and all(other.get(key) == value for other in settings.values())]
    if same and len(settings) > 1:
        blocks.append(Tabular(("setting", "value"), tuple((wording.clipped(key, 200), _setting(value)) for key, value
                                                          in same[:_MOST_ROWS]), (False, False),
                              title="What they have in common"))
    return blocks


def _setting(value: Any) -> str:
    return "-" if value is None else wording.setting(value, 80)


def _importance(compared: Compared) -> list[Block]:
    ranked = compared.ranked
    if ranked is None or ranked.empty:
        return [Paragraph("No setting differs in enough runs to say which matter.")]
    board = importance_board(ranked, f"which settings go with {ranked.attrs['metric']}")
    table = table_of(ranked, importance_caption(ranked), most=_MOST_IMPORTANT)
    rows = tuple(tuple("-" if cell == "NaN" else cell for cell in row) for row in table.rows)  # for a category
    blocks: list[Block] = [replace(table, rows=rows)]
    if compared.tests is not None:
        blocks.append(Paragraph(_TWO_TESTS))
    if len(board.panels[0].rows) >= _LEAST_DRAWN:
        blocks.append(Picture(board, drawn_in_words(board)))
    return blocks + [Paragraph(sentence(note)) for note in ranked.attrs["notes"]]


def _findings(compared: Compared) -> list[Block]:
    titles = compared.runs.titles
    rows = [(titles.get(name, name), finding.severity.value, finding.kind.value.replace("_", " "),
             "-" if finding.since is None else wording.count(finding.since),
             wording.clipped(finding.message, LONGEST_TEXT), wording.clipped(finding.advice, LONGEST_TEXT))
            for name in worst_runs_first(compared.health) for finding in compared.health[name].findings]
    blocks: list[Block] = []
    if len(compared.runs) > MOST_JUDGED:
        blocks.append(Paragraph(f"Only the first {MOST_JUDGED} of the {len(compared.runs):,} runs were judged."))
    if not rows:
        return [*blocks, Paragraph("Nothing that is a warning or worse was found in their rows.", "good")]
    return [*blocks, Tabular(("run", "severity", "kind", "since step", "what was found", "what to do"),
                             tuple(rows[:_MOST_ROWS]), (False, False, False, True, False, False))]


def _runs(runs: MultiExperimentLoader, each: Mapping[str, _Run]) -> Tabular:
    rows = [(runs.titles[name], run.state + (f": {wording.clipped(run.evidence, 120)}" if run.evidence else ""),
             wording.count(run.rows), "-" if run.seconds is None else wording.duration(run.seconds),
             wording.count(run.checkpoints), run.newest_checkpoint or "-",
             str(run.origin.get("host", "-")), str(run.origin.get("commit", "-"))[:9], str(runs.paths[name]))
            for name, run in each.items()]
    head = ("run", "state", "rows", "trained for", "checkpoints", "newest checkpoint", "host", "commit", "folder")
    kept = [column for column in range(len(head)) if column < 5 or any(row[column] != "-" for row in rows)]
    return Tabular(tuple(head[column] for column in kept), tuple(tuple(row[column] for column in kept) for row in rows[
        :_MOST_ROWS]), tuple(2 <= column <= 4 for column in kept))


def _audit(runs: MultiExperimentLoader, each: Mapping[str, _Run]) -> list[Block]:
    checked = [name for name, run in each.items() if run.is_as_shown]
    others = [(runs.titles[name], run.audit) for name, run in each.items() if not run.is_as_shown and run.audit]
    left = len(each) - len(checked) - len(others)
    blocks: list[Block] = []
    if checked:
        rows = sum(each[name].rows for name in checked)
        blocks.append(Paragraph(f"The files of {len(checked)} of {len(each)} runs were read again from their first "
                                f"byte: {rows:,} rows, 0 differences.", "good"))
    if left:
        blocks.append(Paragraph(f"The files of {left} run{'s' * (left > 1)} were not read again: the time that is "
                                "taken for it was over."))
    if others:
        blocks.append(Tabular(("run", "audit"), tuple(others[:_MOST_ROWS]), (False, False), title="Read again in part"))
    wrong = tuple((runs.titles[name], kind, wording.count(count)) for name, run in each.items()
                  for kind, count in run.anomalies)
    if wrong:
        blocks.append(Tabular(("run", "kind", "times"), wrong[:_MOST_ROWS], (False, False, True),
                              title="What was odd about the files"))
    else:
        blocks.append(Paragraph("Nothing was odd about the files.", "good"))
    return blocks
