"""Making boards: a run and a lens -> the panels, lines, limits, marks and numbers that views show.

`model` says what a board is, `lens/` what somebody looks at. From left to right: `tracks` (points of one metric),
`run_tracks` (all of a run), `metric_groups` (which metrics share a panel), `curve_panel` and `box_panel` (one panel
each), `header`, `stills` (the boards of the final plots), `dashboard` (the live board). `overlay`, `comparison` and
`importance` are about many runs.
"""

from livemon.boards.lens.value import Lens as Lens
from livemon.boards.lens.value import OptionError as OptionError

Options = Lens  # what scripts call it that were written before

__all__ = ["Lens", "OptionError", "Options"]
