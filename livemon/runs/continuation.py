"""A run's folder -> the folder in which the run continues, and the rules for that.

A preempted job continues in another folder: `<name>_<time stamp>` beside the old one, or the next `version_N`. A name
alone is no evidence (`exp1_lr3` may be another experiment), so the steps must continue, too: the successor begins above
the first step of the run, at most a gap beyond its last step, and not like a new training. If its name says more than
that a run was resumed (`exp_large`), it must begin in the later half of the run. Its settings are the same, and its
metrics were begun after the last row of the run. If two folders fit, neither counts as the successor.

If a run names the run that it continues, in `livemon.json`, that is used instead.

Lists and comparisons join runs by the same rule (`goes_on`), but only the given ones:
`livemon.analysis.run_set.resumed`. Times of files that were changed by copying are no evidence against it: then the
name has to say more.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from livemon.readers.base import read_table
from livemon.readers.registry import format_of
from livemon.runs.attempt_names import adds_a_setting, names_go_on, says_more_than_resumed, without_time_stamps
from livemon.runs.config import read_config
from livemon.runs.discovery import find_own_metrics, reader_for
from livemon.runs.folders_beside import Siblings, said_to_continue
from livemon.runs.liveness import has_living_process, modified
from livemon.runs.notes import read_note
from livemon.runs.run_name import long_name
from livemon.runs.same_training import Stretches, compared_kind, same_settings, steps_go_on, stretches_of
from livemon.system.path_rules import same_path
from livemon.tables import names
from livemon.tables.table import Table
from livemon.tables.x_axis import find_axis, is_axis

__all__ = ["Chain", "Evidence", "find_chain", "find_successors", "goes_on", "joined_in_words", "times_of"]

FIRST_ROWS = 100
RESTS_SECONDS = 3600.0  # since the last row: nobody trains there any more
_LATER_PART = 0.5  # of a run: a successor with any other name begins after this part
SAME_TIME_SECONDS = 2.0  # clocks of two machines and of a file server differ; so do copies made one after the other


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence in a folder's rows for or against a continuation.

    Attributes:
        folder: The folder.
        columns: The names of its metrics.
        steps: The ranges of its rows.
        metrics: Its main file; None if unknown.
        times: The clock times of the first and the last row, in unix seconds; None without times.
    """

    folder: Path
    columns: frozenset[str]
    steps: Stretches
    metrics: Path | None = None
    times: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """A run in all its folders.

    Attributes:
        folders: The folders, the oldest first.
        paths: The paths to open: the folders, or the files with one name in them.
        unsure: Candidates among which livemon cannot decide; [] if all is clear.
    """

    folders: list[Path]
    paths: list[Path]
    unsure: list[Path]


def find_successors(folder: Path, metrics_path: Path | None, read: Callable[[], Table], *, file: Path | None = None
                    ) -> list[Path]:
    """The folders in which a run may continue.

    Args:
        folder: The run's folder.
        metrics_path: Its metrics.
        read: Reads the rows. Only called if a folder beside it may be a continuation, because reading a long run takes
            seconds.
        file: The metrics' path in the folder, if it is not the main one.

    Returns:
        The folders beside it whose names continue its name, with metrics that share most columns, that were begun after
        its last row, and whose steps and settings continue; by name, without those that are a continuation of another.
        If there are several, it is not known in which of them the run continues. Their paths are relative if `folder`
        is.
    """
    if metrics_path is None:
        return []
    successors = _find_successors(Path(os.path.abspath(folder)), metrics_path, read, file, Siblings())
    return [_as_given(successor, folder) for successor in successors]


def _find_successors(
    folder: Path, metrics_path: Path, read: Callable[[], Table], file: Path | None, siblings: Siblings
) -> list[Path]:
    beside = siblings.of(folder)
    says_so = [other for other in beside.that_say_so(folder) if _metrics_in(other, file) is not None]
    others = [] if says_so else [other for other in beside.that_may_be_after(folder) if not _begins_anew(other, file)]
    if not (says_so or others) or (table := read()).n_rows == 0:
        return []
    if says_so:
        return says_so
    successors = [other for other in others if _goes_on(folder, metrics_path, table, other, file)]
    if len(successors) < 2:
        return successors
    later = {after for other in successors for after in _successors(other, file, siblings) if after != other}
    return [other for other in successors if other not in later] or successors


def find_chain(folder: Path, file: Path | None = None, siblings: Siblings | None = None) -> Chain:
    """The chain of folders that a run continues, and that continue it. Their paths are relative if `folder` is.

    Args:
        folder: The run's folder.
        file: See `find_successors`.
        siblings: The folders beside, if those of several runs are searched together; None: they are looked for now.
    """
    siblings = Siblings() if siblings is None else siblings
    chain = [Path(os.path.abspath(folder))]
    while len(before := _without(chain, _predecessors(chain[0], file, siblings))) == 1:
        chain.insert(0, before[0])
    while len(after := _following(chain, file, siblings)) == 1:
        chain.append(after[0])
    folders = [_as_given(link, folder) for link in chain]
    unsure = [_as_given(candidate, folder) for candidate in (*before, *after)]
    return Chain(folders, paths_in(folders, file), unsure)


def paths_in(folders: list[Path], file: Path | None) -> list[Path]:
    """The paths that open a run with these folders: its file in each if it was named by its file, else the folders."""
    return [folder / file for folder in folders] if file else folders


def joined_in_words(folders: Sequence[Path]) -> str:
    """The message that the folders of a run, the oldest first, are shown as one run."""
    return (f"{', '.join(map(long_name, folders[1:]))} {'goes' if len(folders) == 2 else 'go'} on from "
            f"{long_name(folders[0])}: one run of {len(folders)} attempts; --apart separates them")


def _as_given(path: Path, folder: Path) -> Path:
    """An absolute path in the form in which a folder was given, so that all paths of a run are printed in one form:
    absolute, or relative to the current folder."""
    if path == Path(os.path.abspath(folder)):
        return folder
    if folder.is_absolute():
        return path
    try:
        return Path(os.path.relpath(path))
    except ValueError:  # on another drive of Windows
        return path


def _without(chain: list[Path], folders: list[Path]) -> list[Path]:
    """Two runs may each claim to continue the other."""
    return [folder for folder in folders if folder not in chain]


def _following(chain: list[Path], file: Path | None, siblings: Siblings) -> list[Path]:
    return [] if has_living_process(chain[-1]) else _without(chain, _successors(chain[-1], file, siblings))


def goes_on(before: Evidence, after: Evidence) -> bool:
    """Whether a run surely continues in another folder: the one rule for watching, plotting, listing and comparing.

    The other folder continues its name, steps and settings, and was begun after the last row of the run. If only the
    times of files speak against it, the run rests, and no row has a time, the files may be copies of finished runs:
    then the other name must only append a time stamp, and all columns must be the same, instead of most of them.

    Args:
        before, after: The evidence of both folders.
    """
    name, other = before.folder.name, after.folder.name
    if not same_path(before.folder.parent, after.folder.parent) or not names_go_on(name, other):
        return False
    if _logged_before_the_end(before, after) or not steps_go_on(before.steps, after.steps):
        return False
    if _starts_afresh(after.steps) or adds_a_setting(name, other):
        return False
    if says_more_than_resumed(name, other) and not _begins_late(before.steps, after.steps):
        return False
    last_row = _written(before.metrics) if before.metrics else None
    if not _was_there_before(after.metrics, after.folder, last_row):
        smaller = min(len(before.columns), len(after.columns))
        fits = 2 * len(before.columns & after.columns) > smaller
    elif _noted_before(after.folder, last_row) or not _rests(last_row):
        return False
    else:
        fits = other.startswith(name) and without_time_stamps(name) == without_time_stamps(other)
        fits = fits and before.columns == after.columns
    return fits and same_settings(read_config(before.folder)[0], read_config(after.folder)[0], name, other)


def _starts_afresh(steps: Stretches) -> bool:
    """Whether the first row belongs to a training that has just begun: it comes after no more steps than the next one.
    So a run that logs more rarely than another also begins after its first step. For epochs, it is the first one, 0 or
    1."""
    own = steps.get("step") or steps.get("epoch")
    if own is None:
        return False
    return 0 < own.first <= own.usual or (own is steps.get("epoch") and own.first == 1 and own.usual in (0, 1))


def _begins_late(before: Stretches, after: Stretches) -> bool:
    """Whether a run begins in the later part of another, like one that continues from its last checkpoint."""
    kind = compared_kind(before, after)
    if kind is None:
        return False
    run = before[kind]
    return after[kind].first >= run.low + _LATER_PART * (run.high - run.low)


def _rests(last_row: float | None) -> bool:
    return last_row is not None and time.time() - last_row > RESTS_SECONDS


def _predecessors(folder: Path, file: Path | None, siblings: Siblings) -> list[Path]:
    """The folders that this one may continue."""
    if named := said_to_continue(folder):
        return [] if has_living_process(named) or _metrics_in(named, file) is None else [named]
    before = siblings.of(folder).that_may_be_before(folder)
    if not before or _begins_anew(folder, file):
        return []
    return [other for other in before if not has_living_process(other) and folder in _successors(other, file, siblings)]


def _successors(folder: Path, file: Path | None, siblings: Siblings) -> list[Path]:
    metrics = _metrics_in(folder, file)
    if metrics is None:
        return []
    return _find_successors(folder, metrics, lambda: read_table(reader_for(metrics)), file, siblings)


def _begins_anew(folder: Path, file: Path | None) -> bool:
    """Whether the first row of a folder is that of a new training, so that it continues none, whatever its name is."""
    metrics = _metrics_in(folder, file)
    written = _written(metrics) if metrics else None
    if metrics is None or written is None:
        return True
    steps = stretches_of(_first_rows(metrics, written))
    return not steps or _starts_afresh(steps) or all(stretch.first == stretch.low == 0 for stretch in steps.values())


def _metrics_in(folder: Path, file: Path | None) -> Path | None:
    if file is None:
        return find_own_metrics(folder)
    return folder / file if os.path.isfile(folder / file) else None


def _goes_on(folder: Path, metrics_path: Path, table: Table, other: Path, file: Path | None) -> bool:
    metrics = _metrics_in(other, file)
    written = _written(metrics) if metrics else None
    if metrics is None or written is None:
        return False
    return goes_on(_evidence(folder, table, metrics_path), _evidence(other, _first_rows(metrics, written), metrics))


def _evidence(folder: Path, table: Table, metrics: Path) -> Evidence:
    columns = frozenset(name for name in table.columns if not is_axis(name, [table]))
    return Evidence(folder, columns, stretches_of(table), metrics, times_of([table]))


def _was_there_before(metrics: Path | None, folder: Path, last_row: float | None) -> bool:
    """Whether metrics were begun before a last row was written: the file or its folder is as old as that, or the
    recorder's note says so."""
    times = () if metrics is None else (_written(metrics), modified(metrics.parent))
    before = any(written is not None and _is_before(written, last_row) for written in times)
    return before or _noted_before(folder, last_row)


def _noted_before(folder: Path, last_row: float | None) -> bool:
    """Whether the recorder says that a run was begun before a last row was written."""
    started = read_note(folder).started
    return started is not None and _is_before(started, last_row)


def _is_before(moment: float, last_row: float | None) -> bool:
    return last_row is not None and moment < last_row - SAME_TIME_SECONDS


def _written(metrics: Path) -> float | None:
    """The time when metrics were last written, in unix seconds."""
    known = format_of(metrics)
    return known.written(metrics) if known else modified(metrics)


def _logged_before_the_end(before: Evidence, after: Evidence) -> bool:
    """Whether the first row of one has an earlier clock time than the last row of the other."""
    return bool(before.times and after.times and _is_before(after.times[0], before.times[1]))


def times_of(tables: Sequence[Table]) -> tuple[float, float] | None:
    """The clock times of the first and the last row, in unix seconds; None without times."""
    known = [times for table in tables if (times := _unix_times(table))]
    return (known[0][0], known[-1][-1]) if known else None


def _unix_times(table: Table) -> list[float]:
    """The first and the last time, in unix seconds; [] if the table has none."""
    name = find_axis("time", [table])
    column = table.numbers_of(name) if name else None
    values = column.values if column is not None else np.empty(0)
    if not len(values) or not values[0] > names.UNIX_FROM:
        return []
    unit = names.seconds_in(float(values[0]))
    return [float(values[0]) * unit, float(values[-1]) * unit]


@lru_cache(maxsize=4096)
def _first_rows(metrics_path: Path, _written: float) -> Table:
    """The first rows of a file. Files that nobody writes any more are not read again and again."""
    update, table = reader_for(metrics_path).read(), Table()
    if update.block is not None:
        table.append(update.block)
    return table.rows_between(0, FIRST_ROWS)
