"""A user's path -> the run to show, or the reason why nothing can be shown; and the run's final plots."""

from __future__ import annotations

import errno
import os
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from livemon import wording
from livemon.live.errors import CannotShowError, describe_error
from livemon.runs.continuation import find_chain, joined_in_words
from livemon.runs.folder_of_runs import SeveralRunsWarning
from livemon.runs.liveness import has_living_process
from livemon.runs.places import plots_elsewhere
from livemon.runs.rows_version import count_rows
from livemon.runs.run_name import long_name
from livemon.system.environment import base_of
from livemon.system.path_rules import leads_outside
from livemon.tables.patterns import UserPattern

if TYPE_CHECKING:
    from livemon.boards import Lens
    from livemon.live.console import Console
    from livemon.live.watch_request import Style
    from livemon.runs.experiment import ExperimentLoader

__all__ = ["EarlierAttempts", "final_plots_folder", "need_rows", "open_run", "save_final_plots",
           "save_plots_or_elsewhere"]

MOST_NAMES = 20  # in a message: three lines of a terminal

_ADVICE = "name a folder that can be written to: livemon plot PATH -o FOLDER"
_FULL = frozenset((errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)))  # Windows has no quota's error


def open_run(
    path: str | os.PathLike[str] | None,
    notify: Callable[[str], None],
    *,
    join: bool = True,
    remember: bool = False,
    pid: int | None = None,
    header: Sequence[str] = (),
) -> ExperimentLoader:
    """The run at a path; None stands for the folder that LIVEMON_DIR names, else the current one.

    Args:
        path: The path, or None.
        notify: Prints a message for people.
        join: Add the folders that the run surely continues, and those in which it goes on.
        remember, pid, header: See `ExperimentLoader`.

    Raises:
        FileNotFoundError: There is nothing, or a file without metrics.
        ValueError: There is no such process, or the number of column names is wrong.
    """
    from livemon.runs.experiment import ExperimentLoader

    base = base_of(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SeveralRunsWarning)  # reported below
        run = ExperimentLoader(base, remember=remember, pid=pid, header=header)
    _refuse_what_is_no_metrics(run, base)
    _notify_of_unused_names(run, header, notify)
    if run.others:
        which = "is the newest that runs" if has_living_process(run.exp_dir) else "is the newest"
        what = "run folders below" if os.path.isdir(base) else "runs in"  # some may be attempts of one run
        notify(f"{run.exp_dir} {which} of {run.others + 1} {what} {base.absolute()}")
    if not join or run.metrics_path is None:
        return run
    folders = _attempts_of(run, notify)
    return run if len(folders) == 1 else ExperimentLoader(
        folders, remember=remember, pid=pid, header=header)


def _refuse_what_is_no_metrics(run: ExperimentLoader, path: Path) -> None:
    """Raise FileNotFoundError for a file that is not metrics. A file with only a header may become metrics, and is
    waited for."""
    from livemon.system.listing import is_git_lfs_pointer, read_head

    if run.metrics_path is not None or not os.path.isfile(path):
        return
    if is_git_lfs_pointer(path) or read_head(path).count(b"\n") > 1:
        run.load_metrics()  # raises an error that describes a metrics file


class EarlierAttempts:
    """Looks, once a run has rows, for the folders that it continues: nothing tells before there is a row.

    Args:
        run: The watched run; it may move on to another folder.
        notify: Prints a message for people.
    """

    def __init__(self, run: ExperimentLoader, notify: Callable[[str], None]) -> None:
        self._run = run
        self._notify = notify
        self._looked_from: set[Path] = set()

    def look(self) -> None:
        """Add the earlier attempts in front of the run."""
        run = self._run
        if run.exp_dir in self._looked_from or count_rows(run) == 0:
            return
        self._looked_from.add(run.exp_dir)
        if len(run.exp_dirs) > 1:
            return
        folders = find_chain(run.exp_dir, run.named_file).folders
        before = folders[: folders.index(run.exp_dir)]
        if before:
            self._notify(joined_in_words([*before, run.exp_dir]))
            run.put_before([folder / run.named_file for folder in before] if run.named_file else before)


def _notify_of_unused_names(run: ExperimentLoader, header: Sequence[str], notify: Callable[[str], None]) -> None:
    """Print a message if names were given to columns that have their own."""
    if not header:
        return
    from livemon.readers.headerless import Headerless

    if run.format not in ("", Headerless.name):
        names = ", ".join(header)
        notify(f"the names {names} are not used: {run.metrics_path} ({run.format}) names its columns itself")


def _attempts_of(run: ExperimentLoader, notify: Callable[[str], None]) -> list[Path]:
    """The folders or files of a run that went on in others, the oldest first; a message names them if there are
    several."""
    chain = find_chain(run.exp_dir, run.named_file)
    if chain.unsure:
        notify(f"whether {' or '.join(map(long_name, chain.unsure))} is an attempt of {run.label} is not "
            "clear; none is joined")
    if len(chain.paths) > 1:
        notify(joined_in_words(chain.folders))
    return list(chain.paths)


def save_final_plots(run: ExperimentLoader, lens: Lens, console: Console) -> list[Path]:
    """Save the final plots: in the run if it is known to have ended, else below the current folder."""
    return save_plots_or_elsewhere(run, final_plots_folder(run, console.notify), lens, console.notify)


def final_plots_folder(run: ExperimentLoader, notify: Callable[[str], None]) -> Path:
    """The folder for the final plots; a message says why it is not in the run."""
    if run.ended and os.path.isdir(run.exp_dir):
        is_there = os.path.realpath(run.exp_dir) == str(run.real_dir)  # else a link was just pointed to another run
        return (run.exp_dir if is_there else run.real_dir) / "plots"
    elsewhere = plots_elsewhere(run.own_path, run.label)
    if not os.path.isdir(run.exp_dir):
        notify(f"a run in a database has no folder of its own: the plots go to {elsewhere}")
    else:
        notify(f"the run is not known to have ended, so nothing is written into it: the plots go to {elsewhere}")
    return elsewhere


def save_plots_or_elsewhere(
    run: ExperimentLoader, folder: Path, lens: Lens, notify: Callable[[str], None], *, style: Style = "light",
    form: str = "png", outline_text: bool = False,
) -> list[Path]:
    """Save the four plots in a folder, or, with a message, in ./livemon-plots/<run> if that folder cannot be written
    to. `style`, `form`, `outline_text`: see `ExperimentPlotter`."""
    from livemon.live.screens import load_matplotlib  # imported here because `status` and `check` draw nothing

    load_matplotlib(notify)
    from livemon import plotter
    from livemon.plotter import outside_message

    save_plots = partial(plotter.save_plots, style=style, form=form, outline_text=outline_text, notify=notify)

    if leads_outside(folder, run.exp_dir):
        elsewhere = plots_elsewhere(run.own_path, run.label)
        notify(f"{outside_message(folder, elsewhere)}; -o names another folder")
        return save_plots(run, elsewhere, lens)
    try:
        return save_plots(run, folder, lens)
    except OSError as error:
        elsewhere = plots_elsewhere(run.own_path, run.label)
        if folder == elsewhere or error.errno == errno.ENAMETOOLONG:  # it would be too long there, too
            raise
        problem = f"{folder} cannot be written to ({describe_error(error)})"
        try:
            saved = save_plots(run, elsewhere, lens)
        except OSError as second:
            is_full = {error.errno, second.errno} & _FULL
            advice = f"free some space, or {_ADVICE}" if is_full else _ADVICE
            message = f"{problem}, nor {elsewhere.absolute()} ({describe_error(second)}): no plots are saved; {advice}"
            raise OSError(second.errno, message) from None
        notify(f"{problem}: the plots go to {elsewhere}, which is {elsewhere.absolute()}")
        return saved


def need_rows(run: ExperimentLoader, lens: Lens, advice: str) -> None:
    """Refuse a run of which nothing can be shown at present. `advice`: what to do if only the rows are missing.

    Raises:
        FileNotFoundError: There are no metrics.
        CannotShowError: There are no rows, no numbers in them, or none of the requested ones.
        ValueError: `lens.select` is not a valid regular expression.
    """
    from livemon.boards.dashboard import BoardMaker
    from livemon.system.listing import read_head

    BoardMaker(run, lens)  # first, because a pattern may not be a regular expression
    if run.metrics_path is None:
        run.load_metrics()  # raises an error that names the files it looked for
    if count_rows(run) == 0:
        if why := run.why_no_rows:
            raise CannotShowError(f"no rows in {run.metrics_path}: {why}")
        what = ", only names of columns" if read_head(run.metrics_path or Path()) else ""
        raise CannotShowError(f"no rows in {run.metrics_path} yet{what}; {advice}")
    if not run.metric_names:
        raise CannotShowError(f"no column with numbers in {run.metrics_path} beside its steps; nothing to draw")
    if missing := _missing(run, lens):
        hint = "; only livemon compare takes NAME=LABEL, of a single run, too" * ("=" in (lens.metric or ""))
        raise CannotShowError(f"{missing}; it has {wording.listed(run.metric_names, MOST_NAMES)}{hint}")


def _missing(run: ExperimentLoader, lens: Lens) -> str:
    """The requested metrics that the run does not have, in words, or ""."""
    from livemon.boards.run_tracks import RunTracks

    if lens.select and not any(map(UserPattern(lens.select, "--select").finds, run.metric_names)):
        return f"--select {lens.select!r} finds no metric in {run.metrics_path}"
    of = RunTracks(run, lens)
    missing = [*of.missing_metrics(run.metric_names), *of.unknown_panels()]
    return f"no metric {missing[0]!r} in {run.metrics_path}" if missing else ""
