"""`livemon check`: what is wrong with runs, since when, and what to do. Scripts read the exit status."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from livemon import wording
from livemon.analysis.run_set.reading import Study, Task
from livemon.analysis.run_set.resumed import evidence_of, find_resumed
from livemon.commands.progress import show_progress
from livemon.health.finding import Finding, Kind, Verdict
from livemon.health.run_object import SCHEMA, RunObject, run_object, unreadable, worst_of
from livemon.live.opening import open_run
from livemon.runs.continuation import Evidence
from livemon.runs.run_selection import select_runs
from livemon.states import State
from livemon.system.streams import hanging_lines, put_result, terminal_width

__all__ = ["EXIT_STATUS", "run_check"]

EXIT_STATUS = {Verdict.HEALTHY: 0, Verdict.WARNING: 3, Verdict.CRITICAL: 4, Verdict.UNKNOWN: 2}
_LONGEST_TEXT = 300
_HOW_TO_TELL = ("its files do not tell whether it ended or was killed; they do if livemon's record or a callback "
                "writes them, or if its settings name the total of steps; `livemon watch --pid` asks the process")


def run_check(arguments: Sequence[str], notify: Callable[[str], None], *, as_json: bool, join: bool = True,
              header: Sequence[str] = ()) -> int:  # fmt: skip
    """Judge runs, print the findings, and return the exit status.

    Args:
        arguments: Runs, folders of runs, patterns; [] for the newest run below the current folder.
        notify: Prints a message for people.
        as_json: Print one JSON document.
        join: Treat the folders in which a run went on as one run. For a single run livemon also looks at the folders
            beside it, else only at those given.
        header: The column names of a file that has only numbers.

    Raises:
        FileNotFoundError: There is no run.
    """
    judged, failed = _judged(arguments, notify, join, header)
    if as_json:
        runs = [run.as_json(evidence=True) for run in judged] + [unreadable(path, why) for path, why in failed]
        put_result(json.dumps({"schema": SCHEMA, "runs": runs}, allow_nan=False), sys.stdout)
    else:
        for run in judged:
            for line in _lines(run, terminal_width(sys.stdout)):
                put_result(line, sys.stdout)
        for path, why in failed:
            put_result(f"unknown   {path}: {why}", sys.stdout)
    unknown = len(failed) + sum(run.verdict is Verdict.UNKNOWN for run in judged)
    if 0 < unknown < len(judged) + len(failed):
        notify(f"{wording.count(unknown)} of {wording.count(len(judged) + len(failed))} runs could not be judged")
    return EXIT_STATUS[worst_of(judged)]


def _judged(arguments: Sequence[str], notify: Callable[[str], None], join: bool, header: Sequence[str]
            ) -> tuple[list[RunObject], list[tuple[Path, str]]]:  # fmt: skip
    """The runs that could be read, and those that could not, each with the reason."""
    if not arguments:
        run = open_run(None, notify, join=join, header=header)
        run.refresh()
        return [run_object(run)], []
    selection = select_runs(arguments, header, with_begun=True)
    for sentence in selection.unlisted:
        notify(sentence)
    paths, judged = selection.dirs, []
    failed: list[tuple[Path, str]] = []
    study = Study(tuple(header))
    chains = _chains(paths, notify, study) if join and len(paths) > 1 else [[path] for path in paths]
    show = show_progress("judging")
    for number, chain in enumerate(chains, 1):
        try:
            run = (open_run(chain[0], notify, join=join, header=header) if len(paths) == 1 else
                   study.open(Task(chain[-1].name, tuple(chain))))
            run.refresh()
            judged.append(run_object(run))
        except OSError as error:
            failed.append((chain[-1], error.strerror or str(error)))
        if show is not None:
            show(number, len(chains))
    judged.sort(key=lambda run: (-run.verdict.rank, run.verdict is not Verdict.UNKNOWN))
    return judged, failed


def _chains(paths: Sequence[Path], notify: Callable[[str], None], study: Study) -> list[list[Path]]:
    """The folders of each run, the oldest first; a message names the joined ones."""

    @cache
    def evidence(path: Path) -> Evidence | None:
        try:
            return evidence_of(study.open(Task(path.name, (path,))))
        except OSError:
            return None  # reported when the run is judged

    resumed = find_resumed(paths, evidence)
    for sentence in resumed.in_words():
        notify(sentence)
    return resumed.chains


def _lines(run: RunObject, width: int | None) -> list[str]:
    """A run as text for people: its verdict, then each finding with the advice below it. Lines are wrapped between
    words to the width of the terminal, if there is one."""
    standing = f"{run.state} ({run.reason})" if run.reason else str(run.state)
    lines = [f"{run.verdict.value:9} {wording.clipped(str(run.path), _LONGEST_TEXT)}  {standing}, "
             f"{wording.count(run.rows)} rows"]
    is_silent = run.verdict is Verdict.HEALTHY and run.state in (State.UNKNOWN, State.STALLED)
    if is_silent and not any(finding.kind is Kind.STALL for finding in run.findings):
        lines += hanging_lines("  ", f"healthy up to its last row; {_why_silent(run)}", width)
        if run.state is State.UNKNOWN:
            lines += hanging_lines("  -> ", _HOW_TO_TELL, width)
    if run.unread:
        lines.append(f"  not all rows are judged: {wording.clipped(run.unread, _LONGEST_TEXT)}")
    for finding in run.findings:
        head = f"  {finding.severity.value:8} {finding.kind.value:14} "
        message = _when(finding) + wording.clipped(finding.message, _LONGEST_TEXT)
        lines += hanging_lines(head, message, width)
        lines += hanging_lines(f"{'':{len(head)}}-> ", wording.clipped(finding.advice, _LONGEST_TEXT), width)
    if run.output is not None:
        lines.append(f"  the last lines of {wording.clipped(str(run.output.path), _LONGEST_TEXT)}:")
        lines += [f"  | {line}" for line in run.output.lines]
    if not run.rows:
        lines += hanging_lines("  ", f"nothing to judge: {wording.clipped(run.evidence, _LONGEST_TEXT)}", width)
    elif run.not_judged and (run.verdict is Verdict.UNKNOWN or run.findings == ()):
        lines += hanging_lines("  not judged: ", _not_judged(run), width)
    return lines


def _not_judged(run: RunObject) -> str:
    """What could not be judged, by reason: "plateau, spike (too few points: loss); gradient (...)"."""
    kinds: dict[str, list[str]] = {}
    for missing in run.not_judged:
        kinds.setdefault(missing.why, []).append(missing.kind.value)
    return "; ".join(f"{', '.join(of_reason)} ({why})" for why, of_reason in kinds.items())


def _why_silent(run: RunObject) -> str:
    return f"now {run.state}: {wording.clipped(run.evidence, _LONGEST_TEXT)}"


def _when(finding: Finding) -> str:
    """The step at which the finding was known: a watch reports it then."""
    return "" if finding.step is None else f"[reported at {wording.count(finding.step)}] "
