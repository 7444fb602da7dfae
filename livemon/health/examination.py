"""The health of a run at one moment: the findings in its rows, and those of the clock, the process, the disk and the
checkpoints."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from livemon.analysis.checkpoints.listing import paths_of_checkpoints
from livemon.health.advice import Saved, advised, named_checkpoint
from livemon.health.best_not_saved import find_unsaved_best
from livemon.health.checkup import Checkup
from livemon.health.disk import find_full_disk
from livemon.health.finding import Finding, NotJudged, Verdict, worst_first
from livemon.health.process_gone import find_failure
from livemon.health.stall import find_stall
from livemon.health.time_limit import find_time_limit
from livemon.health.unjudged import unjudged_beside_the_rows
from livemon.health.unread import why_unread
from livemon.runs.experiment import ExperimentLoader
from livemon.runs.last_output import LastOutput, last_output

__all__ = ["Examination"]

_Value = TypeVar("_Value")

_LOOK_AGAIN_SECONDS = 5.0  # for unreadable files and for checkpoints
_CLOCK_SECONDS = 1.0  # for the clock, the process and the disk


class Examination:
    """The health of a run, judged again and again as it grows.

    Args:
        run: The run; its owner refreshes it.
        clock: The time in unix seconds.

    Attributes:
        run: The run.
        checkup: The findings in the rows.
        saved: The steps and paths of the checkpoints at the last call of `findings`, the lowest step first.
        output: The last output of a failed run, at the last call of `findings`.
    """

    def __init__(self, run: ExperimentLoader, clock: Callable[[], float] = time.time) -> None:
        self.run = run
        self._clock = clock
        self.checkup = Checkup(run)
        self.saved: Saved = []
        self.output: LastOutput | None = None
        self._unread: _Kept[str] = _Kept(_LOOK_AGAIN_SECONDS)
        self._checkpoints: _Kept[tuple[Saved, Finding | None]] = _Kept(_LOOK_AGAIN_SECONDS)
        self._clocked: _Kept[list[Finding | None]] = _Kept(_CLOCK_SECONDS)

    def findings(self, *, ended: bool | None = None) -> tuple[Finding, ...]:
        """The present findings, the worst first. Judges the new rows. `ended`: `run.ended`, if the caller has just
        asked for it."""
        with self.run.at_one_moment():
            return self._find(ended)

    def _find(self, ended: bool | None) -> tuple[Finding, ...]:
        self.checkup.update()
        run, now = self.run, self._clock()
        same = run.ended if ended is None else ended, tuple(run.exp_dirs)
        clocked = self._clocked.get(now, same, lambda: [
            find_failure(run, self._find_output()), find_stall(run, now), find_time_limit(run, now),
            find_full_disk(run)])
        of_rows = self.checkup.findings
        known = same, tuple((finding.kind, finding.since, finding.is_over) for finding in of_rows)
        self.saved, unsaved = self._checkpoints.get(now, known, self._list_checkpoints)
        is_ended = bool(same[0])
        now_found = worst_first([*of_rows, *(finding for finding in clocked if finding is not None)])
        made = advised(now_found, self.saved, unsaved, is_ended=is_ended)
        if (path := named_checkpoint(made)) is not None and not os.path.exists(path):  # deleted since it was listed
            self.saved, unsaved = self._checkpoints.get_anew(now, known, self._list_checkpoints)
            made = advised(now_found, self.saved, unsaved, is_ended=is_ended)
        return worst_first(made)

    def _find_output(self) -> LastOutput | None:
        self.output = last_output(self.run)
        return self.output

    def _list_checkpoints(self) -> tuple[Saved, Finding | None]:
        """The checkpoints, and the finding about a best step without one, which needs every point."""
        saved = paths_of_checkpoints(self.run)
        return saved, find_unsaved_best(self.run, self.run.main_metric(), saved)

    def verdict(self, findings: Sequence[Finding]) -> Verdict:
        """The verdict on these findings. Without a warning it is "unknown" if rows of the run could not be read."""
        verdict = self.checkup.verdict(findings)
        return Verdict.UNKNOWN if verdict is Verdict.HEALTHY and self.why_unread else verdict

    @property
    def why_unread(self) -> str:
        """Why not all rows could be read, or "". Checked every few seconds."""
        return self._unread.get(self._clock(), None, lambda: why_unread(self.run))

    @property
    def not_judged(self) -> tuple[NotJudged, ...]:
        """What could not be judged, and why: in the rows and beside them."""
        return (*self.checkup.not_judged, *unjudged_beside_the_rows(self.run, self.saved))


class _Kept(Generic[_Value]):
    """A value that is expensive to find, kept for some seconds while what it depends on stays the same."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._found: tuple[float, object, _Value] | None = None

    def get(self, now: float, of: object, find: Callable[[], _Value]) -> _Value:
        """The value for `of`, found again if it is unknown or too old."""
        if self._found is None or self._found[1] != of or not 0 <= now - self._found[0] < self._seconds:
            return self.get_anew(now, of, find)
        return self._found[2]

    def get_anew(self, now: float, of: object, find: Callable[[], _Value]) -> _Value:
        """The value, found now."""
        self._found = now, of, find()
        return self._found[2]
