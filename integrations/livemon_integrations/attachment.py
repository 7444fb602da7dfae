"""A watched training from start to end, in any framework: its notes, rows, view and final plots. Each integration is a
thin callback around it."""

from __future__ import annotations

import atexit
import contextlib
import os
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from livemon.live.tied_view import end_process
from livemon.recording.ends import standing_after
from livemon.recording.recorder import Recorder, record
from livemon.runs.notes import RunNotes
from livemon.runs.places import free_picture, plots_elsewhere
from livemon.states import Reason, Standing, State, standing_in_words
from livemon.system.processes import background_flags, python_module
from livemon.system.streams import put_message
from livemon_integrations.error_guard import Guard
from livemon_integrations.sharing import SHARED_NAME, targets_of
from livemon_integrations.training_call import TrainingCall
from livemon_integrations.view_process import View, ViewName, last_line, open_view

__all__ = ["Attaching", "Attachment", "Settings", "add_rows", "local_folder", "next_version", "size_of"]

HURRIED_SECONDS = 5.0  # for the final plots while the user waits for the prompt
SAID_AFTER_SECONDS = 1.0  # a shorter wait needs no message


class Settings:
    """The settings of a callback, the same in every framework.

    Args:
        view: "window": a window in another process, which ends with the run; "file": a picture in the current folder,
            which is rewritten while the run trains; "notebook": this cell, updated in place; "none"; "auto": the cell
            in a notebook, otherwise a window if there is a local display, otherwise none.
        plots: Whether to save the final plots in the run's folder `plots/`.
        deadline: The longest time, in seconds, that the end of the training waits for them.
        report: Whether to save a report as a page in one file, `report.html` beside the plots.
        share: Whether to hand the final dashboard to the experiment loggers that the training has.

    Raises:
        ValueError: The view does not exist.
    """

    def __init__(self, view: ViewName, plots: bool, deadline: float, report: bool = False, share: bool = False) -> None:
        if view not in get_args(ViewName):
            raise ValueError(f"view={view!r}: use one of {', '.join(get_args(ViewName))}")
        self.view: ViewName = view
        self.plots = plots
        self.deadline = deadline
        self.report = report
        self.share = share


class Attachment:
    """A watched training.

    Args:
        folder: The run's folder.
        settings: The user's settings.
        guard: Handles errors; a part that fails does not stop the others.
        recorded: Whether rows come through `add`. False: the framework itself writes them into the folder.
        config: The settings of the training.
        total_steps: The number of steps, if it is known.
        total_epochs: The number of epochs, if it is known.
        framework: The framework, e.g. "keras".
        facts: Further facts for livemon.json, such as the number of parameters.
        loggers: The experiment loggers of the training, asked for at its end.
        call: The call in which the framework trains, if it does not tell callbacks about errors: if the call is over
            and no end was reported, the training has failed.

    Attributes:
        dir: The run's folder; not the requested one if another process was recording there.
        notes: The content of livemon.json.
        recorder: The writer of the rows; None if the framework writes them.
        add: Records a row with its step. The row must belong to the caller: it is changed.
    """

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        guard: Guard,
        *,
        recorded: bool = True,
        config: Mapping[str, Any] | None = None,
        total_steps: int | None = None,
        total_epochs: int | None = None,
        framework: str,
        facts: Mapping[str, Any] | None = None,
        loggers: Callable[[], Sequence[Any]] = tuple,
        call: str = "",
    ) -> None:
        self.dir = folder
        self._call: TrainingCall | None = None
        self._ending = threading.Lock()  # taken by the first call of `end`
        self._settings = settings
        self._guard = guard
        self._loggers = loggers
        self.add: Callable[[dict[str, Any], int | None], object] = _drop
        self._pid = os.getpid()
        self._view: View | None = None
        self.recorder: Recorder | None = None
        if recorded:
            self.recorder = record(
                folder, config, total_steps, total_epochs=total_epochs, framework=framework, facts=facts
            )
            self.dir = folder = self.recorder.dir
            self.notes = self.recorder.notes
            self.add = self.recorder.take  # no layer between: it is called while the training waits
        else:
            self.notes = RunNotes(
                folder, config=config, total_steps=total_steps, total_epochs=total_epochs, framework=framework
            )
            self.notes.put(**(facts or {}))
            with guard.around("notes"):
                self.notes.start()
        _notify(f"to watch this run: livemon watch {shlex.quote(shown(folder))}")
        with guard.around("view"):
            picture = free_picture(Path(), folder) if settings.view == "file" else None
            self._view = open_view(folder, settings.view, picture)
            if picture is not None:
                _notify(f"its picture is {picture}, rewritten while it trains")
        atexit.register(self._at_exit)
        if call:
            with guard.around("call"), contextlib.suppress(LookupError):  # the user's own loop calls the callback
                self._call = TrainingCall(call)
                self._call.watch(self._call_is_over)

    def note(self, **values: Any) -> None:
        """Store facts about the run in livemon.json."""
        if not values:
            return
        if self.recorder is not None:
            self.recorder.note(**values)
            return
        with self._guard.around("notes"):
            self.notes.update(**values)

    def note_deleted_rows(self, file: str | None) -> None:
        """Store in livemon.json where the rows of the previous attempt are, which the framework has deleted.

        Args:
            file: The path of their file below the run's folder; None: there is no such file.
        """
        earlier = self.notes.note.earlier
        if file is not None and earlier:
            self.note(earlier=(*earlier[:-1], replace(earlier[-1], file=file)))

    def end(
        self,
        state: str,
        reason: str | None = None,
        evidence: str = "",
        *,
        deadline: float | None = None,
        **values: Any,
    ) -> None:
        """Note the end of the training in livemon.json, with some last values, and save the final plots. A second call
        does nothing.

        Args:
            state: The state at the end, a `states.State`.
            reason: The reason, a `states.Reason`. In a scheduler's grace period (preempted, time limit) nothing is
                drawn.
            evidence: The evidence, in words.
            deadline: The time to wait for the plots, in seconds, if it differs from the setting. 0: no plots.
        """
        if os.getpid() != self._pid or not self._ending.acquire(blocking=False):  # a thread may have seen the end, too
            return
        if self._call is not None:
            self._call.stop()
        atexit.unregister(self._at_exit)
        self.notes.put(**values)
        standing = standing_in_words(state, reason, evidence) or Standing(State.UNKNOWN, None, reason or state)
        if self.recorder is not None:
            self.recorder.close(*standing)
        else:
            with self._guard.around("notes"):
                self.notes.end(standing)
        if standing.reason in (Reason.PREEMPTED, Reason.TIME_LIMIT) and standing.state == State.FAILED:
            deadline = 0
        deadline = self._settings.deadline if deadline is None else min(deadline, self._settings.deadline)
        ends = time.monotonic() + deadline
        with self._guard.around("plots"):
            self._make_plots(deadline)
        if deadline <= 0 or not self._has_rows():
            return
        if self._settings.report:
            with self._guard.around("report"):
                self._make_report(ends - time.monotonic())
        if self._settings.share:
            with self._guard.around("share"):
                self._share(ends - time.monotonic())

    def _make_plots(self, deadline: float) -> None:
        """Make the final plots: the view makes them when it sees the end of the run, otherwise a separate process
        does. A wait that takes longer than a moment is announced."""
        view, self._view = self._view, None
        if not self._settings.plots or deadline <= 0:
            self._wait_for_plots(view, deadline)
            return
        with _notified_if_slow(f"saving the final plots; the end of the training waits for them, at most "
                               f"{deadline:.0f} s (deadline= sets that, plots=False leaves them out)"):
            self._wait_for_plots(view, deadline)

    def _wait_for_plots(self, view: View | None, deadline: float) -> None:
        begun = time.monotonic()
        made_by_view = view is not None and view.end(deadline)
        left = deadline - (time.monotonic() - begun)
        if not self._settings.plots or (deadline <= 0 and not made_by_view):
            return
        if not self._has_rows():
            _notify("nothing was logged, so there are no final plots")
            return
        if not made_by_view:
            again = f"(to make them: livemon plot {shlex.quote(shown(self.dir))})"
            status, errors = _plot(self.dir, left)
            if status is None:
                raise RuntimeError(f"the final plots were not ready within {deadline:.0f} s {again}")
            if status != 0:
                raise RuntimeError(f"the final plots failed: {last_line(errors)} {again}")
        _notify(f"plots are in {shown(_folder_of_plots(self.dir))}")

    def _make_report(self, seconds: float) -> None:
        """Save a report beside the plots."""
        folder = _folder_of_plots(self.dir)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "report.html"
        command = ("report", str(self.dir), "-o", str(path))
        with _notified_if_slow("writing the report; the end of the training waits for it"):
            _run(command, seconds, "the report")
        _notify(f"the report is {shown(path)}")

    def _share(self, seconds: float) -> None:
        """Hand the final dashboard to the loggers of the training."""
        targets = targets_of(self._loggers())
        if not targets:
            _notify("share=True: the training has no logger to share the dashboard with (W&B, TensorBoard, MLflow, "
                 "trackio)")
            return
        with tempfile.TemporaryDirectory() as folder:
            made = max(_folder_of_plots(self.dir).glob("dashboard_*.png"), key=os.path.getmtime, default=None)
            if made is None:
                made = Path(folder) / "dashboard.png"
                _run(("plot", str(self.dir), "-o", str(made)), seconds, "the dashboard to share")
            for name, hand_over in targets.items():
                with self._guard.around(f"share with {name}"):
                    hand_over(made)
                    _notify(f"the dashboard is in {name} as {SHARED_NAME}")

    def _has_rows(self) -> bool:
        """Whether there is a file of metrics. If the framework wrote elsewhere, the plots will tell."""
        return self.recorder is None or self.recorder.metrics_path.exists()

    def _at_exit(self) -> None:
        """The process ends, but the framework has not reported the end of the training: an error may have ended
        both."""
        if os.getpid() != self._pid:
            return
        if self._call is not None:
            end = self._call.outcome(at_exit=True)
            end = end if end.evidence else end._replace(evidence="the process ended in the middle of it")
        else:
            error = getattr(sys, "last_value", None)
            end = Standing(State.FINISHED, None, "the process ended") if error is None else standing_after(error)
        self.end(*end, deadline=HURRIED_SECONDS)

    def _call_is_over(self, end: Standing) -> None:
        with self._guard.around("call"):
            self.end(end.state, end.reason, end.evidence or "the training ended with an unknown error")


def _plot(folder: Path, seconds: float) -> tuple[int | None, bytes]:
    """Make the final plots in a separate process. Returns its exit status, None if it was not ready in time, and its
    standard error."""
    return _in_process(("plot", str(folder)), seconds)


def _run(words: Sequence[str], seconds: float, what: str) -> None:
    """Run a livemon command in a separate process; raise RuntimeError if it fails or takes too long."""
    again = f"(to make it: livemon {shlex.join(words)})"
    status, errors = _in_process(words, seconds)
    if status is None:
        raise RuntimeError(f"{what} was not ready in time {again}")
    if status != 0:
        raise RuntimeError(f"{what} failed: {last_line(errors)} {again}")


def _in_process(words: Sequence[str], seconds: float) -> tuple[int | None, bytes]:
    """Run a livemon command in a separate process, for at most so many seconds; see `_plot`."""
    if seconds <= 0:
        return None, b""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            python_module("livemon", *words), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=errors, start_new_session=True, creationflags=background_flags(),
        )  # fmt: skip
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            end_process(process)
            return None, b""
        except BaseException:
            end_process(process)
            raise
        errors.seek(0)
        return process.returncode, errors.read()


class Attaching:
    """The common part of all callbacks: the settings, and the training while it is watched.

    Attributes:
        settings: The user's settings.
        guard: Handles errors.
        dir: The folder of the watched run; None before the training starts.
    """

    def _set_up(self, view: ViewName, plots: bool, deadline: float, report: bool, share: bool) -> None:
        self.settings = Settings(view, plots, deadline, report, share)
        self.guard = Guard()
        self.dir: Path | None = None
        self._attachment: Attachment | None = None  # None unless a training is watched

    def _end(
        self, state: str, reason: str | None = None, evidence: str = "", *, deadline: float | None = None
    ) -> None:
        attachment, self._attachment = self._attachment, None
        if attachment is not None:
            attachment.end(state, reason, evidence, deadline=deadline)

    def __getstate__(self) -> dict[str, Any]:
        """A copy keeps the settings; only the original watches the run."""
        return self.__dict__ | {"_attachment": None}


def _drop(row: dict[str, Any], step: int | None) -> None:
    """Ignore a row, because the framework writes the rows itself."""


def add_rows(folder: Path, rows: Iterable[tuple[Mapping[str, Any], int | None]]) -> None:
    """Add rows to a run that has ended, for example those of a test; its livemon.json stays as it is."""
    with record(folder, after_end=True) as log:
        for row, step in rows:
            log(row, step)


# -- folders ----------------------------------------------------------------------------------------------------------


def local_folder(path: Any) -> Path | None:
    """An absolute path, because the script may change its current folder; None for no path and for URLs."""
    if not path or "://" in str(path):
        return None
    return Path(path).absolute()


def _folder_of_plots(run: Path) -> Path:
    """The folder of a run's newest final plots: it is in the current folder if the run could not be written to."""
    elsewhere = plots_elsewhere(run).absolute()
    written = {folder: max((path.stat().st_mtime for path in folder.glob("*.*")), default=0.0)
               for folder in (run / "plots", elsewhere)}
    return max(written, key=lambda folder: written[folder])


def next_version(base: Path) -> Path:
    """The next free `version_N` in a folder."""
    taken = [int(path.name[8:]) for path in base.glob("version_*") if path.name[8:].isdigit()]
    return base / f"version_{max(taken, default=-1) + 1}"


def size_of(parameters: Iterable[Any]) -> dict[str, int]:
    """The size of a torch model: the number of its parameters, and of those that are trained."""
    sizes = [(parameter.numel(), parameter.requires_grad) for parameter in parameters]
    return {"parameters": sum(size for size, _ in sizes), "trained": sum(size for size, trained in sizes if trained)}


def shown(path: Path) -> str:
    """A path as people would type it in the current folder."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


@contextlib.contextmanager
def _notified_if_slow(text: str) -> Iterator[None]:
    """Say what is waited for if it takes longer than SAID_AFTER_SECONDS."""
    timer = threading.Timer(SAID_AFTER_SECONDS, _notify, (text,))
    timer.daemon = True
    try:
        timer.start()
    except RuntimeError:  # no thread can start during shutdown
        _notify(text)
    try:
        yield
    finally:
        timer.cancel()


def _notify(text: str) -> None:
    with contextlib.suppress(OSError, ValueError):  # the output is closed, or the disk is full
        put_message(text)
