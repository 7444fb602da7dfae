"""Words on a command line that stand for runs -> the folders, labels and groups of these runs."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from livemon.readers.headerless import Headerless
from livemon.runs.discovery import (
    Found,
    NoMetricsError,
    begun_below,
    is_searched,
    pointers_below,
    problems_below,
    run_at,
    why_no_metrics,
    why_unreadable,
)
from livemon.runs.experiment import ExperimentLoader
from livemon.runs.folder_of_runs import found_at
from livemon.system.listing import Listing
from livemon.system.path_rules import is_pattern

__all__ = ["RunSelection", "reasons_for_no_runs", "select_present_runs", "select_runs", "unlisted_in",
           "unquoted_patterns"]

_MOST_FOLDERS, _MOST_REASONS = 50, 3  # for a message that there is no run


@dataclass
class RunSelection:
    """The meaning of the words.

    Attributes:
        dirs: The runs, each once, in the order of the words.
        labels: path -> label, for words such as `PATH=LABEL`.
        groups: name -> runs, if a word was a pattern: then each word is a group, and a run is in the first group that
            includes it.
        by_path: run -> the result of the search for it, so that nobody has to search again.
        unlisted: Sentences that name folders that may have runs but may not be read.
    """

    dirs: list[Path] = field(default_factory=list)
    labels: dict[Path, str] = field(default_factory=dict)
    groups: dict[str, list[Path]] = field(default_factory=dict)
    by_path: dict[Path, Found] = field(default_factory=dict)
    unlisted: list[str] = field(default_factory=list)


def select_runs(words: Sequence[str], header: Sequence[str] = (), *, with_begun: bool = False) -> RunSelection:
    """The runs that these words stand for.

    Args:
        words: Each is a run, `PATH=LABEL`, a folder of runs, or a pattern (`'base_s*'`).
        header: The column names for files of numbers without a header.
        with_begun: Also take runs without metrics, see `begun_below`.

    Raises:
        FileNotFoundError: A path has no run, or a pattern matches nothing.
        ValueError: A file that was named has more or fewer columns than there are names.
    """
    chosen = RunSelection()
    split = [_split(word) for word in words]
    grouped = any(map(_is_pattern, (path for path, _ in split)))
    known: set[Path] = set()
    for path, label in split:
        runs = (_runs_of_pattern(path, header, with_begun) if _is_pattern(path) else
                _runs_at(Path(path).expanduser(), header, with_begun, strict=True))
        dirs = list(runs)
        folder = Path(path).expanduser()
        if not _is_pattern(path) and dirs != [folder] and (why := unlisted_in(folder)):
            chosen.unlisted.append(why)
        chosen.by_path |= {path: run for path, run in runs.items() if run is not None}
        if grouped:
            name = label or _group_name(path)
            new = [run for run in dirs if run not in known]
            if not new:
                raise ValueError(f"all runs of {path!r} are already in earlier groups")
            chosen.groups[path if name in chosen.groups else name] = new
        elif label:
            for number, run in enumerate(dirs, 1):
                chosen.labels[run] = label if len(dirs) == 1 else f"{label} {number}"
        chosen.dirs += [run for run in dict.fromkeys(dirs) if run not in known]
        known.update(dirs)
    return chosen


def select_present_runs(words: Sequence[str], header: Sequence[str] = ()) -> tuple[list[Path], list[str]]:
    """The runs that exist by now, and for each word without a run yet the reason.

    Args:
        words, header: See `select_runs`.

    Raises:
        FileNotFoundError: No word stands for a run; the message is that for the first word.
        ValueError: See `select_runs`.
    """
    dirs: list[Path] = []
    missing: list[str] = []
    for word in words:
        try:
            dirs += select_runs([word], header).dirs
        except FileNotFoundError as error:
            missing.append(str(error))
    if not dirs:
        raise FileNotFoundError(missing[0] if missing else "no run was named")
    return list(dict.fromkeys(dirs)), missing


def unquoted_patterns(words: Sequence[str]) -> list[str]:
    """The patterns that a shell may have expanded into these words: at least two, each for several runs whose names
    differ only by a number at their end, such as a seed. [] if there are other words, or no such patterns."""
    families: dict[str, int] = {}
    for word in words:
        stem = re.sub(r"\d+$", "", word.rstrip(os.sep + "/"))
        if stem == word.rstrip(os.sep + "/") or is_pattern(word) or "=" in word:
            return []
        families[f"{stem}*"] = families.get(f"{stem}*", 0) + 1
    return list(families) if len(families) > 1 and min(families.values()) > 1 else []


def _split(word: str) -> tuple[str, str]:
    """A word as its path and its label, or "". Patterns and paths may contain a `=`, too."""
    path, equals, label = word.rpartition("=")
    if not equals or not path or os.path.exists(word):
        return word, ""
    for position in (match.start() for match in re.finditer("=", word)):  # a label may contain a `=`: `exp1==1+1`
        if position and position < len(path) and os.path.exists(word[:position]):
            return word[:position], word[position + 1 :]
        if position and is_pattern(word[:position]) and glob.glob(os.path.expanduser(word[:position])):
            return word[:position], word[position + 1 :]
    if not os.path.exists(path) and (is_pattern(label) or os.sep in label or glob.glob(os.path.expanduser(word))):
        return word, ""
    return path, label


def _is_pattern(path: str) -> bool:
    return is_pattern(path) and not os.path.exists(path)


def _runs_of_pattern(pattern: str, header: Sequence[str], with_begun: bool) -> dict[Path, Found | None]:
    matched = [Path(word) for word in sorted(glob.glob(os.path.expanduser(pattern)))]
    runs = {path: run for word in matched for path, run in _runs_at(word, header, with_begun, strict=False).items()}
    if not runs:
        raise FileNotFoundError(f"no run matches {pattern!r}")
    return runs


def _group_name(pattern: str) -> str:
    """A name for the runs that match a pattern, without the word for the seed: "base" for `base_s*`."""
    bare = re.sub(r"(?<=[*\]?])(?:\.[A-Za-z]\w*)+$", "", Path(pattern).name).rstrip("*_-.= ")  # not the files' suffix
    return re.sub(r"[_\-. ](s|seed)$", "", bare, flags=re.IGNORECASE) or pattern


def _runs_at(path: Path, header: Sequence[str], with_begun: bool, *, strict: bool) -> Mapping[Path, Found | None]:
    """The run at a path, or the runs below it, each with the result of the search; None if it is not a run yet."""
    if path.is_file() and (own := run_at(path, header)) and isinstance(own.sources[0][0], Headerless):
        own.sources[0][0].check(path)
    with_metrics = found_at(path, header)
    begun = begun_below(path, with_metrics) if with_begun else ()
    if runs := {**with_metrics, **dict.fromkeys(begun)}:
        return runs
    if strict:
        run = ExperimentLoader(path, header=header)
        if run.metrics_path is None:
            raise NoMetricsError(f"no runs in {path}, nor in the folders below it{reasons_for_no_runs(path)}")
    return {path: None}


def unlisted_in(folder: Path) -> str:
    """A sentence that names the subfolders of a folder that may not be read; "" if there are none."""
    unreadable = why_unreadable(folder, 1, files=False)
    return f"not all can be listed: {unreadable}" if unreadable else ""


def reasons_for_no_runs(folder: Path) -> str:
    """The reasons why a folder and its subfolders are not runs, as sentences to append to another; "" if not known."""
    listing = Listing(folder)
    reasons = [*problems_below(listing), *pointers_below(listing)]
    if not reasons:
        folders = [folder, *(folder / name for name in listing.folders[:_MOST_FOLDERS] if is_searched(name))]
        reasons = list(dict.fromkeys(why for path in folders if (why := why_no_metrics(path))))[:_MOST_REASONS]
    return "".join(f". {why}" for why in reasons)
