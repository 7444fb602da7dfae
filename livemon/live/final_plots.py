"""The final plots of a watch: made here, or by a separate process, so that a terminal's screen goes on and can be left
at once."""

from __future__ import annotations

import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from livemon.boards.lens.words import options_of
from livemon.live.errors import CannotShowError
from livemon.live.opening import final_plots_folder, save_final_plots
from livemon.system.processes import background_flags, python_module

if TYPE_CHECKING:
    from livemon.boards.lens.value import Lens
    from livemon.live.console import Console
    from livemon.live.watch_request import WatchRequest
    from livemon.runs.experiment import ExperimentLoader

__all__ = ["FinalPlots", "PlotsApart", "PlotsBeside", "plot_arguments", "report_arguments"]

LOOK_SECONDS = 0.05  # between two checks of whether the process has ended
END_SECONDS = 3.0  # for a process that was asked to end: it removes partial files


class PlotsBeside:
    """Waits in a thread for plots that another process makes.

    Args:
        request: The options of the watch.
        console: Prints messages.

    Attributes:
        were_left: Whether the user left the screen before they were made.
    """

    def __init__(self, request: WatchRequest, console: Console) -> None:
        self.were_left = False
        self._request = request
        self._console = console
        self._apart: PlotsApart | None = None
        self._waiting: threading.Thread | None = None

    def _start(self, apart: PlotsApart) -> None:
        self._apart = apart
        self._waiting = threading.Thread(target=self._wait_for, args=(apart,), name="livemon plots")
        self._waiting.start()

    def _wait_for(self, apart: PlotsApart) -> None:
        try:
            for path in apart.save():
                self._console.show(str(path))
        except (CannotShowError, OSError) as error:
            self.were_left = apart.is_left
            if not apart.is_left:
                self._console.notify(f"the final plots could not be saved: {error}")

    def leave(self) -> None:
        """The view was closed: wait for plots in another process unless the user closed it."""
        screen = self._console.aside
        if self._apart is None or self._waiting is None:
            return
        if screen is None or screen.closed_by_user or screen.interrupted is not None:
            self._apart.leave()
        self._waiting.join()


class FinalPlots(PlotsBeside):
    """The final plots of a watch.

    Args:
        run: The run.
        request, console: See `PlotsBeside`.
    """

    def __init__(self, run: ExperimentLoader, request: WatchRequest, console: Console) -> None:
        super().__init__(request, console)
        self._run = run

    def save(self) -> list[Path]:
        """Make them here, and the report if asked for."""
        saved = save_final_plots(self._run, self._request.lens, self._console)
        if self._request.report is not None:
            from livemon.reports.of_run import report_of_run
            from livemon.reports.saving import save_report

            report = report_of_run(self._run, _lens_of_report(self._request.lens))
            saved += save_report(report, Path(self._request.report), self._request.style)[:1]
        return saved

    def save_apart(self) -> list[Path]:
        """Make them in another process, while the watch goes on; they are shown when they are ready."""
        request, notify = self._request, self._console.notify_once
        folder = final_plots_folder(self._run, notify)
        arguments = plot_arguments(self._run, folder, request.lens, join=request.join, header=request.header)
        more = [report_arguments(self._run, self._request)] if self._request.report is not None else []
        self._start(PlotsApart(arguments, notify, more))
        return []


class PlotsApart:
    """Makes plots in another process, those of a run with `livemon plot`.

    Args:
        arguments: The arguments of the command.
        notify: Prints its messages.
        more: Further commands, one after the other.
        module: The program for the arguments.

    Attributes:
        is_left: Whether nobody waits for the plots any more.
    """

    def __init__(self, arguments: list[str], notify: Callable[[str], None], more: Sequence[list[str]] = (), *,
                 module: str = "livemon") -> None:
        self.is_left = False
        self._module = module
        self._commands = [arguments, *more]
        self._notify = notify

    def save(self) -> list[Path]:
        """Make them; returns their paths.

        Raises:
            CannotShowError: They could not be made, or the user left in the meantime.
        """
        return [path for arguments in self._commands for path in self._made_by(arguments)]

    def _made_by(self, arguments: list[str]) -> list[Path]:
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(python_module(self._module, *arguments), stdin=subprocess.DEVNULL, stdout=out,
                                       stderr=errors, start_new_session=True, creationflags=background_flags())
            try:
                while process.poll() is None and not self.is_left:
                    time.sleep(LOOK_SECONDS)
            finally:
                _end(process)
            out.seek(0)
            errors.seek(0)
            made, messages = out.read().decode(errors="replace"), errors.read().decode(errors="replace")
        lines = [line.removeprefix("livemon: ") for line in messages.splitlines()]
        if self.is_left and process.returncode:
            raise CannotShowError("the view was closed meanwhile")
        if process.returncode:
            raise CannotShowError(lines[-1] if lines else f"the process ended with status {process.returncode}")
        for line in lines:
            self._notify(line)
        return [Path(line) for line in made.splitlines()]

    def leave(self) -> None:
        """Stop waiting; any thread."""
        self.is_left = True


def plot_arguments(run: ExperimentLoader, folder: Path, lens: Lens, *, join: bool, header: tuple[str, ...]
                   ) -> list[str]:  # fmt: skip
    """The arguments of the command that makes the final plots of a run in a folder."""
    names = ["--header", ",".join(header)] if header else []
    return ["plot", "-o", str(folder), "--join" if join else "--apart", *names, *options_of(lens), "--",
            str(run.paths[-1])]


def report_arguments(run: ExperimentLoader, request: WatchRequest) -> list[str]:
    """The arguments of the command that writes the report of a watched run."""
    names = ["--header", ",".join(request.header)] if request.header else []
    is_paper = str(request.report).lower().endswith(".pdf")
    style = ["--style", request.style] if request.style is not None and not is_paper else []
    return ["report", "-o", str(request.report), "--join" if request.join else "--apart", *names,
            *style, *options_of(_lens_of_report(request.lens)), "--", str(run.paths[-1])]


def _lens_of_report(lens: Lens) -> Lens:
    """The part of a lens that a report uses: it covers the whole run, and its readers choose themselves what to
    hide."""
    return type(lens)(x=lens.x, metric=lens.metric, smooth=lens.smooth, log=lens.log, linear=lens.linear,
                      select=lens.select)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it if it still runs, gently first, so that no partial files are left."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
