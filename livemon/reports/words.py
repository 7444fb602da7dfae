"""Texts and tables for reports of one run and of several."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

from livemon import wording
from livemon._version import __version__
from livemon.boards.model import Board, Panel
from livemon.reports.content import Tabular, shortened
from livemon.tables.settings import flat_settings

__all__ = ["LONGEST_TEXT", "drawn_in_words", "made_in_words", "sentence", "settings_table"]

LONGEST_TEXT = 300  # characters: part of the text may come from files
_LONGEST_SETTING = 200
_MOST_SETTINGS = 300
_MOST_PANELS_NAMED = 12
_OPTION = r"--[a-z]"
_REST = r"(?:[^;.]|\.(?=\S))*"  # the rest of a clause
_ADVICE = re.compile(rf" \([^()]*{_OPTION}[^()]*\)|[;:,] [^;:.]*?{_OPTION}{_REST}|(?<=\?) {_OPTION}{_REST}")


def made_in_words() -> str:
    """When a report was made, and by which version."""
    return f"made on {time.strftime('%Y-%m-%d at %H:%M', time.localtime())} by livemon {__version__}"


def sentence(text: str, longest: int = 2 * LONGEST_TEXT) -> str:
    """The text as a sentence, without clauses about options: readers of a report have no command line."""
    text = wording.clipped(_ADVICE.sub("", text), longest)
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def settings_table(config: Mapping[str, Any]) -> Tabular:
    """All settings, nested ones by dotted names, with secrets masked."""
    rows = tuple((wording.clipped(name, _LONGEST_SETTING), wording.setting(value, _LONGEST_SETTING))
                 for name, value in flat_settings(config).items())
    table = Tabular(("setting", "value"), rows, (False, False),
                    caption="" if rows else "no settings were found beside the run")
    return shortened(table, _MOST_SETTINGS)


def drawn_in_words(board: Board) -> str:
    """A description of a board's panels, for readers who see no pictures."""
    panels = [_panel_in_words(panel) for panel in board.panels[:_MOST_PANELS_NAMED]]
    more = len(board.panels) - len(panels)
    return "; ".join([*panels, *([f"and {more} panels more"] if more > 0 else [])])


def _panel_in_words(panel: Panel) -> str:
    about = panel.warning or panel.message or panel.note
    labels = [line.label for line in panel.lines if line.label][:4]
    parts = [part for part in (", ".join(labels), about) if part]
    return f"{panel.title} ({'; '.join(parts)})" if parts else panel.title
