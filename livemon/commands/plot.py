"""`livemon plot`: pictures of one run."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path

from livemon.commands.plot_request import Drawing, PlotRequest
from livemon.commands.progress import show_progress
from livemon.live.opening import need_rows, open_run, save_plots_or_elsewhere
from livemon.plotter import ExperimentPlotter, folder_for_plots
from livemon.runs.experiment import ExperimentLoader
from livemon.states import State
from livemon.system.environment import base_of
from livemon.system.streams import put_result
from livemon.views.style import theme_named

__all__ = ["run_plot"]


def run_plot(request: PlotRequest, notify: Callable[[str], None]) -> None:
    """Save the plots of a run, and print their paths.

    Raises:
        FileNotFoundError: There is no run.
        ValueError: An option makes no sense for this run.
    """
    chosen_style = request.chosen_style()
    run = _opened(request, notify)
    style, form = theme_named(chosen_style.theme), request.form or "png"
    if request.drawing is Drawing.PLOTS:
        for saved in save_plots_or_elsewhere(run, request.output or run.exp_dir / "plots", request.lens, notify,
                                             style=style, form=form, outline_text=request.outline_text):
            _show(saved)
        return
    folder = _folder(request, run, notify)
    plotter = ExperimentPlotter(run, folder, options=request.lens, style=style, form=form,
                                outline_text=request.outline_text, show_saved=_show)
    if request.drawing is Drawing.EACH:
        plotter.plot_each()
        return
    file = request.output if request.output is not None and request.is_one_file else None
    if request.drawing is Drawing.FIGURE:
        file = file or folder / f"{run.name}.{request.form or 'pdf'}"
        plotter.paper_figure([plotter.main_metric()], file, width=request.width, style_sheet=chosen_style.sheet)
        return
    assert file is not None
    if request.drawing is Drawing.MOVING:
        _show(plotter.save_moving(file, show_progress("drawing frames")))
    elif request.drawing is Drawing.PAGE:
        from livemon.commands.saved_pictures import page_of, save_text

        _show(save_text(file, page_of(plotter.dashboard(), style)))
    else:
        _show(plotter.save_dashboard(file))


def _opened(request: PlotRequest, notify: Callable[[str], None]) -> ExperimentLoader:
    """The run with its rows; messages name it, and the other runs."""
    run = open_run(request.path, notify, join=request.join, header=request.header)
    run.refresh()
    run.project.notify_once(notify)
    base = base_of(request.path)
    if run.others:
        notify(f"this draws that one; for all of them: livemon compare {base} -o compared.png")
    need_rows(run, request.lens, f"once there are some, plot again; livemon watch {base} waits for them")
    if not request.join and (successors := run.successors()):
        notify(f"{run.label} goes on in {' or in '.join(map(str, successors))}; "
            + ("--join makes one run of both" if len(successors) == 1 else "livemon cannot tell in which"))
    if request.output is None and run.state == State.RUNNING:
        notify("the run may still train, and its plots are put into it, as you ask for them; -o names another folder")
    return run


def _folder(request: PlotRequest, run: ExperimentLoader, notify: Callable[[str], None]) -> Path:
    """The folder for the plots."""
    if request.output is not None:
        return request.output.parent if request.is_one_file else request.output
    folder, problem = folder_for_plots(run)
    if problem:
        notify(f"{problem}; -o names another folder")
    return folder


def _show(saved: Path) -> None:
    """Print the path of a picture. The reader may have stopped (`| head`), but the remaining pictures are still
    wanted."""
    with contextlib.suppress(BrokenPipeError):
        put_result(str(saved), sys.stdout)
