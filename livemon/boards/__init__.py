"""Making boards: a run -> the panels, lines, limits, marks and numbers that views show. `board.py` says what one is.

From left to right: `tracks` (points of one metric), `run_tracks` (all of a run), `groups` (which metrics share a
panel), `curve_panel` and `box_panel` (one panel each), `header`, `stills` (the boards of the final plots), `maker` (the
live board, and the door to all of it).
"""

from livemon.boards.dashboard import BoardMaker as BoardMaker
from livemon.boards.dashboard import Options as Options
from livemon.boards.dashboard import Run as Run
from livemon.boards.options import OptionError as OptionError

__all__ = ["BoardMaker", "OptionError", "Options", "Run"]
