"""The last lines that a failed training printed, if a file with its output is in the run.

They are data, whatever they say: each is a clipped line without control characters, so that no terminal obeys it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from livemon import wording
from livemon.runs.experiment import ExperimentLoader
from livemon.states import State
from livemon.system.shared_files import open_regular

__all__ = ["LastOutput", "last_output"]

_MOST_LINES = 5
_LONGEST_LINE = 160  # characters
_END_BYTES = 16 << 10  # that are searched for the last lines
_OLDER_SECONDS = 600.0  # than the newest row: the output of an earlier attempt
_SAME_TIME_SECONDS = 10.0  # files last written so close together belong to the same end
_FOLDERS = ("", "logs", "files")  # the last is W&B's
_NAMED = re.compile(r".*\.(?:out|err|log|o\d+|e\d+)|(?:nohup|std|console|output|error)[-_. \w]*\.txt|"
                    r"(?:std)?(?:out|err)", re.IGNORECASE)
_OF_ERRORS = re.compile(r"\b\w*(?:Error|Exception|Killed|Traceback|error|fatal|Aborted|Segmentation fault)\b")
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")  # colours, titles


@dataclass(frozen=True, slots=True)
class LastOutput:
    """The last output of a run.

    Attributes:
        path: The file.
        lines: Its last lines that are not blank.
    """

    path: Path
    lines: tuple[str, ...]


def last_output(run: ExperimentLoader) -> LastOutput | None:
    """The last lines of a failed run's output; None if the run has not failed, or no file of its output is known."""
    if run.state != State.FAILED:
        return None
    since = run.pace.last_row_at
    ends = [(at, path, lines) for path in _files(run) for at, lines in _end_of(path)
            if since is None or at > since - _OLDER_SECONDS]
    if not ends:
        return None
    newest = max(at for at, _, _ in ends)
    near = [end for end in ends if end[0] >= newest - _SAME_TIME_SECONDS]
    _, path, lines = max(near, key=lambda end: (any(map(_OF_ERRORS.search, end[2])), end[0]))
    return LastOutput(path, lines)


def _files(run: ExperimentLoader) -> Iterator[Path]:
    """The files that may contain the output of the run. For a metrics file that stands for a run among others, those
    with the same name."""
    from livemon.readers.console_log import ConsoleLog  # imported here because most runs have not failed

    metrics = run.metrics_path
    if run.format == ConsoleLog.name and metrics is not None:
        yield metrics
    rows = {os.path.realpath(path) for path in run.files}
    alone = metrics.stem if metrics is not None and run.named_file is not None else None
    for folder in (run.exp_dir / name for name in _FOLDERS):
        try:
            names = sorted(os.listdir(folder))
        except OSError:
            continue
        for path in (folder / name for name in names if _NAMED.fullmatch(name)):
            if (alone is None or path.stem == alone) and os.path.realpath(path) not in rows:
                yield path


def _end_of(path: Path) -> Iterator[tuple[float, tuple[str, ...]]]:
    """When the file was last written, and its last lines; nothing if it has none, or is not text."""
    try:
        with open_regular(path) as file:
            status = os.fstat(file.fileno())
            file.seek(max(status.st_size - _END_BYTES, 0))
            end = file.read(_END_BYTES)
    except OSError:
        return
    if b"\0" in end:
        return
    text = _ESCAPES.sub("", end.decode("utf-8", "replace"))
    shown = (wording.clipped(line.rstrip("\r").rpartition("\r")[2], _LONGEST_LINE) for line in text.split("\n"))
    lines = [line for line in shown if line]
    if lines:
        yield status.st_mtime, tuple(lines[-_MOST_LINES:])
