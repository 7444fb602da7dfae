"""`livemon plot`: pictures of one run, or of all runs in a folder together."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from livemon.boards import Lens
from livemon.commands.chosen_style import chosen_style
from livemon.commands.output import FORMATS, is_moving, is_page, is_picture
from livemon.commands.progress import show_progress
from livemon.live.opening import base_of, need_rows, open_run, save_plots_or_elsewhere
from livemon.plotter import ExperimentPlotter, folder_for_plots
from livemon.states import State
from livemon.system.streams import put_result
from livemon.views.style import theme_named

__all__ = ["run_plot"]


def run_plot(
    path: Path | None, say: Callable[[str], None], *, output: Path | None, lens: Lens, join: bool, each: bool,
    paper: bool, width: float | None, style: str | None, form: str | None,
    outline_text: bool = False, header: Sequence[str] = (),
) -> None:
    """Save the plots of a run; see `livemon plot --help`.

    Raises:
        FileNotFoundError: There is no run.
        ValueError: An option means nothing for this run.
    """
    moving = output is not None and is_moving(output)
    if moving and (each or form or paper or width is not None or outline_text):
        raise ValueError(f"-o {output} is a moving picture of the dashboard; leave out --each, --format, --paper, "
                         "--width and --outline-text")
    picture = moving or (output is not None and is_picture(output, (*FORMATS, "html")))
    if is_page(output) and (paper or width is not None):
        raise ValueError(f"-o {output} is a page to zoom into, and no figure for a paper: name a .pdf, .svg or .png")
    if picture and (each or form):
        asked = "--each" if each else "--format"
        raise ValueError(f"-o {output} is one picture, and its suffix sets the format; for {asked} name a folder: "
                         "-o pictures --format pdf")
    if each and (paper or width is not None):
        raise ValueError(f"--each draws all metrics, a figure for a paper ({'--paper' if paper else '--width'}) only "
                         "one: leave out one of them")
    look = chosen_style(style, paper=paper or width is not None)
    if form and form not in FORMATS:
        raise ValueError(f"--format: {form!r} is not one of {', '.join(FORMATS)}")
    run = open_run(path, say, join=join, header=header)
    run.refresh()
    run.project.say_once(say)
    if run.others:
        say(f"this draws that one; for all of them: livemon compare {base_of(path)} -o compared.png")
    need_rows(run, lens, f"once there are some, plot again; livemon watch {base_of(path)} waits for them")
    if not join and (successors := run.successors()):
        say(f"{run.label} goes on in {' or in '.join(map(str, successors))}; "
            + ("--join makes one run of both" if len(successors) == 1 else "livemon cannot tell in which"))
    if outline_text and "svg" not in (form, output.suffix.lower().removeprefix(".") if output is not None else None):
        raise ValueError("--outline-text is for .svg pictures; name one with -o FILE.svg or take --format svg")
    if output is None and run.state == State.RUNNING:
        say("the run may still train, and its plots are put into it, as you ask for them; -o names another folder")
    if not (each or picture or paper or width is not None):
        for saved in save_plots_or_elsewhere(run, output or run.exp_dir / "plots", lens, say,
                                             style=theme_named(look.theme), form=form or "png",
                                             outline_text=outline_text):
            _show(saved)
        return
    folder = output.parent if output is not None and picture else output
    if folder is None:
        folder, problem = folder_for_plots(run)
        if problem:
            say(f"{problem}; -o names another folder")
    plotter = ExperimentPlotter(run, folder, options=lens, style=theme_named(look.theme), form=form or "png",
                                outline_text=outline_text, show_saved=_show)
    if paper or width is not None:
        figure_path = output if picture else folder / f"{run.name}.{form or 'pdf'}"
        plotter.paper_figure([plotter.main_metric()], figure_path, width=width, style_sheet=look.sheet)
    elif moving and output is not None:
        _show(plotter.save_moving(output, show_progress("drawing frames")))
    elif picture and output is not None and is_page(output):
        from livemon.commands.saved_pictures import page_of, save_text

        _show(save_text(output, page_of(plotter.dashboard(), theme_named(look.theme))))
    elif picture and output is not None:
        _show(plotter.save_dashboard(output))
    else:
        plotter.plot_each()


def _show(saved: Path) -> None:
    """Print where a picture is. Who reads that may have gone (`| head`): the pictures that follow are still wanted."""
    with contextlib.suppress(BrokenPipeError):
        put_result(str(saved), sys.stdout)
