"""Save the visible picture as files: pictures, the points that are drawn, and the lens that shows the same again."""

from __future__ import annotations

import csv
import itertools
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from livemon.boards.lens.json_form import lens_to_json
from livemon.boards.lens.value import Lens
from livemon.boards.lens.words import command_of, python_of
from livemon.boards.model import Board
from livemon.system.errors import first_line
from livemon.system.path_rules import file_name
from livemon.views.mpl.picture import save
from livemon.views.style import Theme

__all__ = ["save_what_is_seen", "saved_lines"]

_PICTURES = ("png", "svg", "pdf")


def saved_lines(board: Board, size: tuple[float, float], theme: Theme, target: str | Sequence[str], *, text: str = ""
                ) -> list[str]:
    """Save with `save_what_is_seen` into the current folder; returns lines that name the files, or say why nothing was
    saved."""
    try:
        return save_what_is_seen(board, Path(), size, theme, target, text=text)
    except OSError as error:
        return [f"nothing was saved: {first_line(error)}"]


def save_what_is_seen(board: Board, folder: Path, size: tuple[float, float], theme: Theme,
                      target: str | Sequence[str], *, text: str = "") -> list[str]:
    """Write the board as a picture in three formats, its points as CSV, and its lens; no existing file is overwritten.

    Args:
        board: The visible board.
        folder: The folder for the files.
        size: The size of the window in inches.
        theme: The colours.
        target: The path or paths as the user named them.
        text: The board as text, from a terminal.

    Returns:
        Lines for people: the files, and the command and the Python code that draw the picture again.

    Raises:
        OSError: The files cannot be written; the message says why.
    """
    stem = next(_free_stems(folder, board.title.replace(" ", "-")))  # usable in a shell without quotes
    for form in _PICTURES:
        save(board, folder / f"{stem}.{form}", style=theme, size=size, dpi=150)
    _write_points(board, folder / f"{stem}.csv")
    if text:
        (folder / f"{stem}.txt").write_text(text + "\n", encoding="utf-8")
    lines = [f"saved {folder / stem}.png, .svg, .pdf, .csv" + (", .txt" if text else "") + (
        ", .json" if board.lens is not None else "")]
    if board.lens is not None:
        lens, target = _what_draws_it(board, board.lens, target)
        (folder / f"{stem}.json").write_text(lens_to_json(lens) + "\n", encoding="utf-8")
        lines.append(command_of(lens, target, f"{stem}.png", ["--style", theme]))
        lines.append(python_of(lens, target, f"{stem}.png", {"style": theme}))
    return lines


def _what_draws_it(board: Board, lens: Lens, target: str | Sequence[str]) -> tuple[Lens, str | Sequence[str]]:
    """The lens and the path or paths that make this picture again. A folder of runs leads to another run tomorrow, and
    so may a folder beside a run's: so the runs' own folders are used."""
    if not isinstance(target, str) or not board.paths:
        return lens, target
    given = os.path.realpath(target)
    if len(board.paths) > 1 or not Path(given).is_relative_to(os.path.realpath(board.paths[0])):
        paths = [path if os.path.isabs(target) else _short(path) for path in board.paths]
        target = paths[0] if len(paths) == 1 else paths
    return replace(lens, runs=(), hidden_runs=(), alone_run=None, where=(), run_list=False), target


def _short(path: str) -> str:
    """The relative path, if it lies below the current folder."""
    try:
        below = os.path.relpath(path)
    except ValueError:  # on another drive
        return path
    return path if below.startswith(os.pardir) else below


def _free_stems(folder: Path, title: str) -> Iterator[str]:
    plain = file_name(f"livemon_{title.replace('/', '-')}")
    names = itertools.chain([plain], (f"{plain}-{number}" for number in itertools.count(2)))
    yield from (name for name in names
                if not any((folder / f"{name}.{form}").exists() for form in (*_PICTURES, "csv", "json", "txt")))


def _write_points(board: Board, path: Path) -> None:
    """A row for each drawn point: panel, run (if there are several), metric, kind of line, x, y. A long curve has the
    first, last, lowest and highest point of each pixel."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        x_label = next((panel.x_label for panel in board.panels if panel.lines and panel.x_label), "x")
        are_several = any(line.run for panel in board.panels for line in panel.lines)
        rows.writerow(["panel", *["run"] * are_several, "metric", "line", x_label, "value"])
        for panel in board.panels:
            low, high = panel.x_limits
            for line in panel.lines:
                kind = {"main": "smoothed" if panel.smoothing else "as logged", "points": "as logged",
                        "raw": "as logged", "superseded": "superseded"}[line.kind]
                for x, y in zip(line.x.tolist(), line.y.tolist(), strict=True):
                    if low <= x <= high:
                        run = [line.run] * are_several
                        rows.writerow([panel.title, *run, line.metric, kind, repr(x), repr(y)])
