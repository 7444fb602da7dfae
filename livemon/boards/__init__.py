"""Making boards: a run -> the panels, lines, limits, marks and numbers that views show.

`model` says what a board is. From left to right: `tracks` (points of one metric), `run_tracks` (all of a run),
`metric_groups` (which metrics share a panel), `curve_panel` and `box_panel` (one panel each), `header`, `stills` (the
boards of the final plots), `dashboard` (the live board). `overlay`, `comparison` and `importance` are about many runs.
"""

from livemon.boards.options import OptionError as OptionError
from livemon.boards.options import Options as Options

__all__ = ["OptionError", "Options"]
