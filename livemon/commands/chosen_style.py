"""`--style`: light or dark colours, or a matplotlib style sheet for a figure for a paper."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["ChosenStyle", "chosen_style"]


@dataclass(frozen=True, slots=True)
class ChosenStyle:
    """What `--style` said.

    Attributes:
        theme: Of pictures and pages.
        sheet: The style sheet of a figure for a paper; None for none.
    """

    theme: Literal["light", "dark"] = "light"
    sheet: Path | None = None


def chosen_style(style: str | None, *, paper: bool) -> ChosenStyle:
    """What a word of `--style` means.

    Args:
        style: "light", "dark" or "FILE.mplstyle"; None where nothing was chosen.
        paper: Whether a figure for a paper is asked for.

    Raises:
        ValueError: The word has no meaning, or no effect on this picture.
        FileNotFoundError: The style sheet is not there.
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
        raise FileNotFoundError(f"--style: {sheet} is not there")
    if not paper:
        raise ValueError("--style FILE.mplstyle is for a figure for a paper; add --paper")
    return ChosenStyle(sheet=sheet)
