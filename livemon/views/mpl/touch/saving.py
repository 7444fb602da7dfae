"""What is seen, as files: pictures, the points that are drawn, and the lens that shows the same again."""

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
    """Save it in the current folder as `save_what_is_seen` does; the lines that say so, or why nothing was saved."""
    try:
        return save_what_is_seen(board, Path(), size, theme, target, text=text)
    except OSError as error:
        return [f"nothing was saved: {first_line(error)}"]


def save_what_is_seen(board: Board, folder: Path, size: tuple[float, float], theme: Theme,
                      target: str | Sequence[str], *, text: str = "") -> list[str]:
    """Write the board as a picture in three formats, its points as CSV, and its lens; nothing that is there is written
    over.

    Args:
        board: What is seen.
        folder: Where to.
        size: Of the window, in inches.
        theme: Its colours.
        target: The path of the run, or what names several, as the user did.
        text: The same as text, where a terminal shows it.

    Returns:
        Lines for people: what was saved, the command and the Python that draw the picture again.

    Raises:
        OSError: The files cannot be written; the message says why.
    """
    stem = next(_free_stems(folder, board.title.replace(" ", "-")))  # so that a shell takes it as it is
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
    """The lens and the path, or the paths, that make this picture again. A folder of runs, and the folder beside that
    of a run, lead to another run tomorrow: there it is the runs' own folders."""
    if not isinstance(target, str) or not board.paths:
        return lens, target
    given = os.path.realpath(target)
    if len(board.paths) > 1 or not Path(given).is_relative_to(os.path.realpath(board.paths[0])):
        paths = [path if os.path.isabs(target) else _short(path) for path in board.paths]
        target = paths[0] if len(paths) == 1 else paths
    return replace(lens, runs=(), hidden_runs=(), alone_run=None, where=(), run_list=False), target


def _short(path: str) -> str:
    """The path from here, where it lies below."""
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
    """A row a point that is drawn: panel, the run where several are drawn, metric, kind of line, x, y. Of a long
    stretch it is, for each pixel, the first, the last, the lowest and the highest point."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        x_label = next((panel.x_label for panel in board.panels if panel.lines and panel.x_label), "x")
        are_several = any(line.run for panel in board.panels for line in panel.lines)
        rows.writerow(["panel", *["run"] * are_several, "metric", "line", x_label, "value"])
        for panel in board.panels:
            low, high = panel.x_limits
            for line in panel.lines:
                kind = {"main": "smoothed" if panel.smoothed else "as logged", "points": "as logged",
                        "raw": "as logged", "superseded": "superseded"}[line.kind]
                for x, y in zip(line.x.tolist(), line.y.tolist(), strict=True):
                    if low <= x <= high:
                        run = [line.run] * are_several
                        rows.writerow([panel.title, *run, line.metric, kind, repr(x), repr(y)])
