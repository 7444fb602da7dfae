"""Making boards: a run and a lens -> the panels, lines, limits, marks and numbers that views show.

`model` defines a board, `lens/` a user's view of the run. From left to right: `tracks` (the points of one metric),
`run_tracks` (those of a run), `metric_groups` (the metrics that share a panel), `curve_panel` and `box_panel` (one
panel each), `header`, `stills` (the boards of the final plots), `dashboard` (the live board). `overlay`, `comparison`
and `importance` handle many runs.
"""

from livemon.boards.lens.value import Lens as Lens
from livemon.boards.lens.value import OptionError as OptionError

Options = Lens  # the name in older scripts

__all__ = ["Lens", "OptionError", "Options"]
