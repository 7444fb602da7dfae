"""The final plots of a watch of several runs, which are those of `livemon compare`: made here, or by a separate
process, so that a terminal's screen goes on."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from livemon.live.final_plots import PlotsApart, PlotsBeside
from livemon.runs.places import plots_elsewhere

if TYPE_CHECKING:
    from livemon.boards.lens.value import Lens
    from livemon.live.console import Console
    from livemon.live.several_runs import ShownRuns
    from livemon.live.watch_request import WatchRequest

__all__ = ["PlotsOfSeveral", "main", "save_comparison", "comparison_arguments"]


class PlotsOfSeveral(PlotsBeside):
    """The final plots of several runs, below the current folder, because no run may be written into for the others.

    Args:
        shown: The runs.
        request, console: See `PlotsBeside`.
    """

    def __init__(self, shown: ShownRuns, request: WatchRequest, console: Console) -> None:
        super().__init__(request, console)
        self._shown = shown

    def save(self) -> list[Path]:
        """Make them here."""
        from livemon.live.screens import load_matplotlib

        if not (runs := self._chosen()):
            return []
        load_matplotlib(self._console.notify)
        return save_comparison(runs, self._folder, self._request.lens, self._request.header)

    def save_apart(self) -> list[Path]:
        """Make them in another process; they are shown when they are there."""
        if runs := self._chosen():
            arguments = comparison_arguments(runs, self._folder, self._request.lens, self._request.header)
            self._start(PlotsApart(arguments, self._console.notify_once, module=__name__))
        return []

    def notify_how_to_make_them(self) -> None:
        """Print the command that makes them, if they were not made."""
        if self.were_left:
            arguments = shlex.join(["livemon", "compare", *self._request.several, "-o", "comparison.png"])
            self._console.notify(f"the final plots were not made: {arguments} draws them")

    @property
    def _folder(self) -> Path:
        return plots_elsewhere(self._shown.own_path, self._shown.label)

    def _chosen(self) -> list[list[str]]:
        """The paths of each run that the lens shows."""
        from livemon.boards.run_list import RunList, conditions

        lens, runs = self._request.lens, self._shown.runs(self._request.lens)
        wanted = lens.runs_shown(list(runs)) or list(runs)
        names = RunList().meeting({name: runs[name] for name in wanted}, conditions(lens.where))
        return [[str(path) for path in runs[name].paths] for name in names]


def save_comparison(runs: Sequence[Sequence[str]], folder: Path, lens: Lens, header: Sequence[str],
                    show: Callable[[Path], object] = lambda path: None) -> list[Path]:
    """Save the dashboard and the curves of a comparison; returns their paths.

    Args:
        runs: The folders of each run.
        show: Called with each path as soon as it exists.
    """
    from livemon.analysis.run_set.loader import MultiExperimentLoader
    from livemon.boards.comparison import ComparisonOptions
    from livemon.plotter import ExperimentPlotter

    options = ComparisonOptions(x=lens.x, metric=lens.metric, smooth=lens.smooth, log=lens.log, linear=lens.linear,
                                group_by=lens.group_by, select=lens.select)
    saved: list[Path] = []

    def note(path: Path) -> None:
        saved.append(Path(path))
        show(saved[-1])

    study = MultiExperimentLoader([list(folders) for folders in runs], header=tuple(header))
    plotter = ExperimentPlotter(study, folder, options=options, show_saved=note)
    plotter.plot_summary_dashboard()
    plotter.plot_training_curves()
    return saved


def comparison_arguments(runs: Sequence[Sequence[str]], folder: Path, lens: Lens, header: Sequence[str]) -> list[str]:
    """The arguments with which this module, as a program, makes the plots."""
    from livemon.boards.lens.json_form import lens_to_json

    return [str(folder), lens_to_json(lens), json.dumps(list(header)), *(json.dumps(list(folders)) for folders in runs)]


def main(arguments: Sequence[str]) -> None:
    """Make the plots, and print their paths. `arguments`: see `comparison_arguments`."""
    from livemon.boards.lens.json_form import lens_from_json
    from livemon.live.screens import load_matplotlib
    from livemon.system.streams import put_message

    folder, lens, header, *runs = arguments
    load_matplotlib(put_message)
    save_comparison(list(map(json.loads, runs)), Path(folder), lens_from_json(lens)[0], json.loads(header),
                    lambda path: print(path, flush=True))


if __name__ == "__main__":
    main(sys.argv[1:])
