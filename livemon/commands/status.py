"""`livemon status`: the state of a run, in one line or a small JSON object."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from livemon.health.run_object import bounded, run_object, status_line
from livemon.live.opening import open_run
from livemon.runs.discovery import begun_below
from livemon.states import State
from livemon.system.streams import put_result

__all__ = ["run_status"]


def run_status(path: Path | None, notify: Callable[[str], None], *, as_json: bool, join: bool = True,
               header: Sequence[str] = ()) -> int:  # fmt: skip
    """Print the state of a run. The exit status is 0, or 1 if the run failed, or 2 if it has no rows or some may not be
    read.

    Args:
        path: A run, a metrics file, or a folder of runs, which stands for its newest; None: below the current folder.
        notify: Prints a message for people.
        as_json: Print a JSON object of at most 2 KB.
        join: Treat the folders in which a run went on as one run.
        header: The column names of a file that has only numbers.

    Raises:
        FileNotFoundError: There is no run.
    """
    run = open_run(path, notify, join=join, header=header)
    run.refresh()
    if run.metrics_path is None and not begun_below(run.exp_dir, ()):
        run.load_metrics()  # raises an error that names the files it looked for
    status = run_object(run)
    put_result(bounded(status.as_json()) if as_json else status_line(status), sys.stdout)
    if status.state == State.FAILED:
        return 1
    return 0 if status.rows and not status.unread else 2
