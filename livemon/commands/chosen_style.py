"""`--style`: light or dark colours, or a matplotlib style sheet for a paper's figure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["ChosenStyle", "chosen_style"]


@dataclass(frozen=True, slots=True)
class ChosenStyle:
    """The value of `--style`.

    Attributes:
        theme: The theme of pictures and pages.
        sheet: The style sheet of a paper's figure, or None.
    """

    theme: Literal["light", "dark"] = "light"
    sheet: Path | None = None


def chosen_style(style: str | None, *, paper: bool) -> ChosenStyle:
    """Parse the value of `--style`.

    Args:
        style: "light", "dark" or "FILE.mplstyle"; None: not given.
        paper: Whether a paper's figure is drawn.

    Raises:
        ValueError: The value is not valid, or has no effect on this picture.
        FileNotFoundError: There is no such style sheet.
    """
    if style is None:
        return ChosenStyle()
    if style in ("light", "dark"):
        if paper:
            raise ValueError("--style: a figure for a paper has a look of its own; leave out one of them, or name "
                             "a matplotlib style sheet: FILE.mplstyle")
        return ChosenStyle("dark" if style == "dark" else "light")
    sheet = Path(style).expanduser()
    if sheet.suffix != ".mplstyle":
        raise ValueError(f"--style: {style!r} is not one of light, dark or FILE.mplstyle")
    if not sheet.is_file():
        raise FileNotFoundError(f"--style: {sheet} does not exist")
    if not paper:
        raise ValueError("--style FILE.mplstyle is for a figure for a paper; add --paper")
    return ChosenStyle(sheet=sheet)
