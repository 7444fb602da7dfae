"""The loop: wake, refresh, board, draw. It owns the thread, the pace and the end.

`watch()` in `watching` is what users call; `Monitor` turns the handle for it, and for tests.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from livemon.live.errors import CannotShowError, describe_error
from livemon.live.opening import count_rows, notes_on
from livemon.live.screens import CLOCK_SECONDS, Screen
from livemon.runs.liveness import STALLED_AFTER, was_cut_off
from livemon.system.streams import put_message

if TYPE_CHECKING:
    from livemon.runs.experiment import ExperimentLoader
    from livemon.runs.new_runs import RunsBelow, RunsIn

if TYPE_CHECKING:
    from livemon.boards.dashboard import BoardMaker
    from livemon.boards.model import Board
    from livemon.runs.experiment import ExperimentLoader
    from livemon.runs.new_runs import RunsBelow, RunsIn
    from livemon.system.wakeups import Wakeups
    from livemon.views import View

__all__ = ["Monitor"]

LAST_LOOKS = 60  # ten a second, after the end, at a file that is still being rewritten
BOARD_SECONDS = 0.05  # from one look to the next, at least: 20 boards a second
LONGEST_REST_SECONDS = 1.0  # where this process does other work, too, which is not ours to slow down for
NEXT_SECONDS = 1.0  # from one look for a run to go on with to the next, at least, and
NEXT_REST = 50.0  # times what the last such look took
LATELY_SECONDS = 60.0
SILENT_AT_LEAST_SECONDS = 5.0  # before another run is shown instead
SILENT_SECONDS = 600.0  # without a row, where it is not known how often one comes
GOES_ON_SECONDS = 600.0  # from a job's being cut off to its first row elsewhere: so long that is waited for
AUDIT_SECONDS = 10.0  # for reading a file again at its run's end
QUICK_AUDIT_SECONDS = 1.5  # where the user wants to leave


class Monitor:
    """Turns the handle: wait for a wake-up, read what is new, make a board, draw it, until the end.

    Looks at most 20 times a second, and rests so long after drawing that drawing takes no more than half of one core.
    Without new rows a board is made once a second, for the clock in its header.

    Args:
        run: What is read.
        screens: What is drawn on, open already; views alone will do.
        maker: Makes the boards.
        wakeups: Says when to look.
        until: The end: the run is "finished" (or failed), or also "stalled".
        keep_open: Go on after the end until `stop`; what is logged later is shown, too.
        successors: Where the run goes on in another folder: "ignore" it, "move on" to it, or "join" both.
        runs: Where runs may begin to which to move on, too, when this one does not train any more.
        audit: Read the file again at the end, and say whether it says what was shown.
        save: Saves the final plots and returns their paths; None saves none.
        clock: The time, unix seconds.
        timer: Seconds that only grow.
        cpu: Seconds of CPU time that this process has used.
        say: Takes messages for people.
        show: Takes results: the paths of the final plots.
    """

    def __init__(
        self,
        run: ExperimentLoader,
        screens: Sequence[Screen | View],
        maker: BoardMaker,
        wakeups: Wakeups | Any,
        *,
        until: Literal["finished", "stalled"] = "finished",
        keep_open: bool = False,
        successors: Literal["ignore", "move on", "join"] = "ignore",
        runs: RunsBelow | RunsIn | None = None,
        audit: bool = False,
        save: Callable[[], Sequence[Path]] | None = None,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.monotonic,
        cpu: Callable[[], float] = time.process_time,
        say: Callable[[str], None] = put_message,
        show: Callable[[str], None] = print,
    ) -> None:
        self.saving = False
        self._run = run
        self._screens = [screen if isinstance(screen, Screen) else Screen(screen) for screen in screens]
        self._maker = maker
        self._wakeups = wakeups
        self._until = until
        self._keep_open = keep_open
        self._successors = successors
        self._runs = runs
        self._runs_known = False
        self._newer: Path | None = None  # that began last
        self._beside: tuple[Path | None, float] = None, -math.inf  # another one that was written to, and when
        self._next_from = -math.inf
        self._audits = self._audit_due = audit
        self._over_since = math.inf
        self._save = save
        self._clock = clock
        self._timer = timer
        self._cpu = cpu
        self._say = say
        self._show = show
        self._stopped = threading.Event()
        self._board: Board | None = None
        self._board_version: object = None
        self._board_at = -math.inf
        self._state = ""
        self._debt, self._marked = 0.0, (0.0, 0.0)
        self._reading = 0.0  # seconds of CPU time, at the last look
        self._problem = ""
        self._at_end = False
        self._said: set[str] = set()

    def run(self) -> None:
        """Turn until the end. Raises CannotShowError when a view broke."""
        try:
            self._turn_until_the_end()
        except KeyboardInterrupt:
            self._leave()
            raise
        self._leave()

    def _leave(self) -> None:
        """Say what the audit finds, and let no picture be older than that."""
        self._audit(QUICK_AUDIT_SECONDS)
        self._draw_what_lags()

    def _turn_until_the_end(self) -> None:
        self._debt, self._marked = 0.0, (self._timer(), self._cpu())
        while not self._stopped.is_set():
            started = self._timer()
            self.turn()
            if self._stopped.is_set():
                break
            self._wakeups.follow(files_to_watch(self._run))
            self._run.note("no events", self._wakeups.degraded or "")
            if self._wakeups.degraded:
                self._say_once(self._wakeups.degraded)
            self._wakeups.wait(rest=BOARD_SECONDS - (self._timer() - started))
            if (tired := self._tiredness()) > 0:
                self._wakeups.wait(0.0, rest=tired)

    def _tiredness(self) -> float:
        """How many seconds of rest the drawing since the last look is still owed. A window draws while we wait."""
        now, cpu = self._timer(), self._cpu()
        drawing = cpu - self._marked[1] - self._reading
        owed = self._debt + 2 * drawing - (now - self._marked[0])
        self._debt, self._marked = min(max(owed, 0.0), LONGEST_REST_SECONDS), (now, cpu)
        return self._debt

    def stop(self) -> None:
        """End `run` soon, from any thread; nothing more is drawn or saved."""
        self._stopped.set()
        self._wakeups.interrupt()

    def turn(self) -> None:
        """Look once, and draw where there is something new."""
        self._refresh()
        over = self._is_over()
        ended, self._at_end = over and not self._at_end, over
        following = self._following(at_once=ended)
        if following is not None and self._state not in ("finished", "failed"):
            ended = False  # The run goes on.
        if ended:
            self._over_since = self._timer()
            self._read_to_the_end()
            self._audit(AUDIT_SECONDS)
            self._draw(at_any_pace=True)
            if self._stopped.is_set():
                return
            self._save_plots()
        if following is not None:
            self._move_on(*following)
        self._draw(at_any_pace=False)
        if following is None and over and not self._keep_open and not self._may_go_on():
            self._stopped.set()

    def _may_go_on(self) -> bool:
        """Whether a run that is over was cut off, and may soon go on in another folder."""
        if self._successors == "ignore" or self._until == "stalled" or not was_cut_off(self._run.exp_dir):
            return False
        minutes = round(GOES_ON_SECONDS / 60)
        self._say_once(f"{self._run.label} was cut off ({self._run.state_evidence}); that it goes on elsewhere is "
                       f"waited for, {minutes} minutes; Ctrl-C ends")
        return self._timer() - self._over_since < GOES_ON_SECONDS

    def _read_to_the_end(self) -> None:
        """Read what came between the last look and the end, and wait for a file that is still being rewritten."""
        self._refresh()
        for _ in range(LAST_LOOKS):
            if not self._run.rewriting or self._stopped.wait(0.1):
                break
            self._refresh()

    def _following(self, *, at_once: bool) -> tuple[Path, bool] | None:
        """What to show instead, and whether it is the same run: where the run goes on, or a run that began later.

        `at_once`: whatever the last such look has cost.
        """
        started = self._timer()
        if self._successors == "ignore" or (started < self._next_from and not at_once):
            return None
        successors = self._run.successors() if self._state != "finished" else []
        newer = self._newer_run()
        self._next_from = self._timer() + max(NEXT_SECONDS, NEXT_REST * (self._timer() - started))
        if len(successors) > 1:
            where = " or in ".join(map(str, successors))
            self._say_once(f"{self._run.label} may go on in {where}, it cannot be told in which; watch either")
        if len(successors) == 1:
            return successors[0], True
        return None if newer is None else (newer, False)

    def _move_on(self, following: Path, same_run: bool) -> None:
        """Show the folder in which the run goes on, or a run that began later."""
        before, joined = self._run.label, self._successors == "join" and same_run
        if not joined:
            self._audit(QUICK_AUDIT_SECONDS)
        state = "silent" if self._state == "running" else self._state
        self._run.move_on(following, join=joined)
        self._newer, self._beside = None, (None, -math.inf)
        self._at_end, self._audit_due = False, self._audits
        if joined:
            self._say(f"{before} goes on in {following}; both are shown as one run")
        elif same_run:
            self._say(f"{before} goes on in {following}; it is shown from here on, --join shows both as one run")
        else:
            self._say(f"{before} is {state}; {self._run.exp_dir} is written to and is shown from here on")
        self._refresh()

    def _newer_run(self) -> Path | None:
        """A run that began below the folder that is watched, once the one on show does not train any more."""
        if self._runs is None:
            return None
        if self._run.metrics_path is not None and self._run.exp_dir == self._runs.base:
            self._runs = None  # The folder was empty, and is a run itself now.
            return None
        first, self._runs_known = not self._runs_known, True
        changes = self._runs.look()
        for metrics in changes.new:
            if first or metrics == self._run.metrics_path:
                continue
            self._newer = metrics
            if self._state == "running" and not self._is_silent():
                self._say_once(f"another run has begun: {metrics}; it is shown when this one does not train any more")
        for metrics in changes.written:  # One that was there before us may go on when this one has ended.
            if not first and metrics != self._run.metrics_path and metrics not in self._run.files:
                self._beside = metrics, self._timer()
        if self._state == "waiting" or (self._state == "running" and not self._is_silent()):
            return None
        beside, written = self._beside
        return self._newer or (beside if self._timer() - written < LATELY_SECONDS else None)

    def _is_silent(self) -> bool:
        """Whether no row has come for so long that another run that is written to is of more interest."""
        pace = self._run.pace
        if pace.last_row_at is None or pace.usual_seconds is None:
            return False
        return self._clock() - pace.last_row_at > max(STALLED_AFTER * pace.usual_seconds, SILENT_AT_LEAST_SECONDS)

    def _audit(self, seconds: float) -> None:
        """Read again what was shown, once, and say what that found."""
        if not self._audit_due or count_rows(self._run) == 0:
            return
        self._audit_due = False
        try:
            for found in self._run.audit(seconds):
                self._say(str(found))
            if self._run.ended and not was_cut_off(self._run.exp_dir):  # else it may be resumed in its folder
                self._run.forget()
        except Exception as error:
            self._say(f"audit: not done: {describe_error(error)}")

    def _refresh(self) -> None:
        cpu = time.thread_time()
        try:
            self._run.refresh()
            self._state = self._run.state
            self._problem = ""
            for text in notes_on(self._run):
                self._say_once(text)
        except Exception as error:  # shown, and tried again at the next wake-up
            self._problem = f"cannot read: {describe_error(error)}"
            self._say_once(f"{self._problem}; trying again")
        self._reading = time.thread_time() - cpu
        if self._state == "waiting":
            what = f"rows in {self._run.metrics_path}" if self._run.metrics_path else f"metrics in {self._run.exp_dir}"
            self._say_once(f"no {what} yet; waiting for the first row, Ctrl-C ends")

    def _is_over(self) -> bool:
        return self._run.ended or (self._until == "stalled" and self._rests())

    def _rests(self) -> bool:
        """Whether no row has come for longer than usual; where it is not known what is usual, for SILENT_SECONDS."""
        last = self._run.pace.last_row_at if self._state == "unknown" else None
        return self._state == "stalled" or (last is not None and self._clock() - last > SILENT_SECONDS)

    def _draw(self, *, at_any_pace: bool) -> None:
        started = self._timer()
        version = self._version()
        if version == self._board_version and started - self._board_at < CLOCK_SECONDS:
            return
        board = self._make_board()
        if board is None:
            return
        self._board_version, self._board_at = version, started
        header = board.header.line()
        for screen in self._screens:
            if screen.due(version, header, math.inf if at_any_pace else started):
                self._draw_on(screen, board, version, started)

    def _draw_what_lags(self) -> None:
        """Bring what is not drawn at each change, a picture say, to what was counted last."""
        version = self._version()
        if self._board is None or (version == self._board_version and not any(map(self._lags, self._screens))):
            return
        board = self._make_board()
        for screen in filter(self._lags, self._screens):
            if board is not None:
                with contextlib.suppress(CannotShowError, OSError):
                    screen.draw(board, version, self._timer())

    def _lags(self, screen: Screen) -> bool:
        return screen.least_seconds > 0 and screen.drawn_version not in (None, self._version())

    def _version(self) -> object:
        """What is the same as long as there is nothing new to see."""
        tables, odd = tuple(map(id, self._run.tables)), sum(anomaly.count for anomaly in self._run.anomalies)
        return count_rows(self._run), tables, odd, self._state, self._problem

    def _make_board(self) -> Board | None:
        try:
            board = self._maker.dashboard(self._clock())
        except Exception as error:
            from livemon.boards import OptionError

            if self._board is None and isinstance(error, OptionError):
                raise CannotShowError(str(error)) from error
            self._say_once(f"the board could not be made: {describe_error(error)}; trying again")
            if self._board is None:
                return None
            board, self._problem = self._board, f"not up to date: {describe_error(error)}"
        else:
            self._board = board
        if self._problem:
            problems = (self._problem, *board.header.problems)
            board = replace(board, header=replace(board.header, problems=problems))
        return board

    def _draw_on(self, screen: Screen, board: Board, version: object, now: float) -> None:
        if self._stopped.is_set():
            return
        try:
            screen.draw(board, version, now)
        except BrokenPipeError:  # whoever read our output has gone: the user closed the view
            self._audit_due = False
            self.stop()
        except OSError as error:  # a full disk, say, may have room again
            if not screen.has_drawn:
                raise CannotShowError(describe_error(error)) from error
            self._say_once(f"the view could not be written: {describe_error(error)}; trying again")
        except Exception as error:
            with contextlib.suppress(Exception):
                screen.view.close()
            self.stop()
            raise CannotShowError(f"the view broke and was closed: {describe_error(error)}") from error

    def _save_plots(self) -> None:
        if self._save is None or count_rows(self._run) == 0:
            return
        self.saving = True
        try:
            for path in self._save():
                self._show(str(path))
        except BrokenPipeError:
            self.stop()
        except Exception as error:
            self._say(f"the final plots could not be saved: {describe_error(error)}")
        finally:
            self.saving = False

    def _say_once(self, text: str) -> None:
        if text not in self._said and len(self._said) < 100:
            self._said.add(text)
            self._say(text)


def files_to_watch(run: ExperimentLoader) -> list[Path]:
    """What to keep an eye on: the metrics, and the run's folder, where its state is noted."""
    return [*run.files, run.exp_dir]
