from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from livemon.boards.lens.value import Lens
from livemon.live.errors import CannotShowError
from livemon.live.final_plots import PlotsApart, plot_arguments, report_arguments
from livemon.live.watch_request import WatchRequest
from livemon.runs.experiment import ExperimentLoader


def run_in(tmp_path: Path) -> ExperimentLoader:
    folder = tmp_path / "-run"  # which must not be taken for an option
    folder.mkdir()
    rows = "".join(f"{step},{1 / (step + 1)}\n" for step in range(9))
    (folder / "metrics.csv").write_text("step,train_loss\n" + rows)
    return ExperimentLoader(folder)


def test_plots_of_another_process(tmp_path: Path) -> None:
    """The plots are those of the run, in the folder that was named, drawn through the lens; its messages are said."""
    run, said = run_in(tmp_path), []
    lens = Lens(x="row", select="loss", linear=("train_loss",))
    arguments = plot_arguments(run, tmp_path / "plots", lens, join=False, header=())
    saved = PlotsApart(arguments, said.append).save()
    assert saved and all(path.parent == tmp_path / "plots" and path.stat().st_size > 1000 for path in saved)
    with pytest.raises(CannotShowError, match="no metric 'nowhere'"):
        PlotsApart(plot_arguments(run, tmp_path, Lens(metric="nowhere"), join=True, header=()), said.append).save()


def test_a_report_of_another_process(tmp_path: Path) -> None:
    """The report that a watch asks for is of the run, through what a report takes of the lens: not what is hidden."""
    run = run_in(tmp_path)
    request = WatchRequest(report=tmp_path / "r.md", join=False, style="dark",
                           lens=Lens(x="row", select="loss", hidden=("train_loss",)))
    (saved,) = PlotsApart(report_arguments(run, request), print).save()
    assert saved == tmp_path / "r.md" and "train_loss" in saved.read_text("utf-8")


def test_plots_that_nobody_waits_for(tmp_path: Path) -> None:
    """Whoever leaves does not wait: the process is ended, and nothing half written is left behind."""
    apart = PlotsApart(plot_arguments(run_in(tmp_path), tmp_path / "plots", Lens(), join=True, header=()), print)
    threading.Timer(0.3, apart.leave).start()
    began = time.monotonic()
    with pytest.raises(CannotShowError, match="closed meanwhile"):
        apart.save()
    assert time.monotonic() - began < 3.0
    assert not list(tmp_path.glob("plots/*.tmp"))
