"""The named plots of a run: what is in them, where they go, and that no run stops a batch."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from livemon.analysis.run_set.loader import MultiExperimentLoader
from livemon.boards.dashboard import BoardMaker
from livemon.boards.model import Board
from livemon.plotter import ExperimentPlotter, quick_plot, save_plots
from livemon.runs.experiment import ExperimentLoader
from livemon.testing import ScriptedWriter
from livemon.views.mpl import picture

KINDS = ("dashboard", "training_curves", "loss_landscape", "optimization_dynamics")

pytestmark = pytest.mark.filterwarnings("ignore:.*no config.json")


def make_run(folder: Path, rows: int = 60, **columns: Any) -> Path:
    """A run's folder; each of the columns is a function of the step."""
    writer = ScriptedWriter(folder / "logs" / "metrics.csv", ["step", "epoch", *columns])
    for step in range(rows):
        writer.append(step=step, epoch=step // 20, **{name: value(step) for name, value in columns.items()})
    return folder


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    return make_run(
        tmp_path / "exp7",
        train_loss=lambda step: 2 / (step + 1),
        val_loss=lambda step: 3 / (step + 1),
        learning_rate=lambda step: 1e-3,
        grad_norm=lambda step: 1 + step % 3,
        tokens_per_second=lambda step: 7e4,
    )


def titles(figure: Figure) -> list[str]:
    return [axes.get_title(loc="left") for axes in figure.axes]


def words(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text)
            if isinstance(text, Text) and text.get_visible()]


def nan_run(folder: Path) -> Path:
    """A run whose loss is NaN from step 40 on."""
    return make_run(folder, train_loss=lambda step: "nan" if step >= 40 else 2 / (step + 1),
                    val_loss=lambda step: 3 / (step + 1))


def test_plots_of_losses_say_what_is_wrong(tmp_path: Path) -> None:
    """The plot of the losses says of a run with a NaN what is wrong with it, as the dashboard does, and marks it."""
    figure = ExperimentPlotter(ExperimentLoader(nan_run(tmp_path / "a"))).plot_train_vs_eval(save=False)
    assert any("not been finite since step 40" in text for text in words(figure))


def test_dashboards_of_several_runs_say_what_is_wrong(tmp_path: Path, run_dir: Path) -> None:
    """The dashboard of several runs names the run with a NaN."""
    runs = MultiExperimentLoader([run_dir, nan_run(tmp_path / "broken")])
    figure = ExperimentPlotter(runs, tmp_path / "plots").plot_summary_dashboard(save=False)
    assert any(text.startswith("broken") and "not been finite" in text for text in words(figure))


# -- scripts of the earlier toolkit


def test_attributes(run_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plotter has loader, is_multi and output_dir; the folder exists as soon as the plotter does: plots in the run,
    or the one named."""
    monkeypatch.chdir(tmp_path)
    loader = ExperimentLoader(run_dir)
    plotter = ExperimentPlotter(loader)
    assert (plotter.loader, plotter.is_multi, plotter.output_dir) == (loader, False, run_dir / "plots")
    assert plotter.output_dir.is_dir()
    assert ExperimentPlotter(loader, "a/b").output_dir == Path("a/b")
    assert (tmp_path / "a" / "b").is_dir()


@pytest.mark.print_dpi
@pytest.mark.parametrize("kind", KINDS)
def test_each_plot_returns_a_figure_and_saves(kind: str, run_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each plot returns its Figure, saves it under its name at 300 DPI, and prints where; with save=False it writes
    nothing."""
    plotter = ExperimentPlotter(ExperimentLoader(run_dir))
    plot = getattr(plotter, f"plot_{kind if kind != 'dashboard' else 'summary_dashboard'}")
    assert isinstance(plot(save=False), Figure)
    assert os.listdir(plotter.output_dir) == []
    figure = plot(figsize=(10, 6))
    path = plotter.output_dir / f"{kind}_exp7.png"
    assert str(path) in capsys.readouterr().out
    assert tuple(figure.get_size_inches()) == (10, 6)
    with Image.open(path) as image:
        assert image.size == (3000, 1800)


def test_dashboard_shows_what_it_did(run_dir: Path) -> None:
    """The dashboard has loss, learning rate, gradient norm, throughput and loss by epoch, and the numbers of the
    summary."""
    figure = ExperimentPlotter(ExperimentLoader(run_dir)).plot_summary_dashboard(save=False)
    assert titles(figure)[0] == "loss"
    assert {"learning rate", "gradient norm", "throughput"} <= set(titles(figure))
    assert any("loss by" in title for title in titles(figure))
    assert {"summary", "train_loss", "val_loss"} <= set(words(figure))


def test_training_curves_in_their_usual_order(run_dir: Path) -> None:
    """All metrics have a panel, the known ones first; named ones come as they are named, and one without data says so
    inside."""
    plotter = ExperimentPlotter(ExperimentLoader(run_dir))
    usual = ["train_loss", "val_loss", "learning_rate", "grad_norm", "tokens_per_second"]
    assert titles(plotter.plot_training_curves(save=False)) == usual
    figure = plotter.plot_training_curves(["grad_norm", "no_such"], save=False)
    assert titles(figure) == ["grad_norm", "no_such"]
    assert any("no such metric" in text for text in words(figure))


def test_landscape_of_a_metric_that_is_not_there(run_dir: Path) -> None:
    """Asking for the landscape of a metric that the run does not have is a ValueError that names what it has."""
    plotter = ExperimentPlotter(ExperimentLoader(run_dir))
    with pytest.raises(ValueError, match=r"no_such.*train_loss"):
        plotter.plot_loss_landscape("no_such")


@pytest.mark.parametrize("several", [False, True])
def test_a_metric_alone_that_is_not_there(several: bool, run_dir: Path) -> None:
    """A picture of one metric that no run has is a ValueError that says what may be meant, and no picture."""
    plotter = ExperimentPlotter(MultiExperimentLoader([run_dir]) if several else ExperimentLoader(run_dir),
                                run_dir / "out")
    for draw in (plotter.plot_metric, lambda metric: plotter.paper_figure([metric])):
        with pytest.raises(ValueError, match=r"metric 'train_los'; did you mean train_loss\?"):
            draw("train_los")
    assert os.listdir(run_dir / "out") == []


def test_a_new_row_is_in_the_next_plot(run_dir: Path) -> None:
    """A plotter shows the rows that came since its last plot."""
    plotter = ExperimentPlotter(ExperimentLoader(run_dir))
    before = plotter.plot_training_curves(["train_loss"], save=False)
    with (run_dir / "logs" / "metrics.csv").open("a") as file:
        file.write("500,25,0.001,0.001,0.001,1,7e4\n")
    after = plotter.plot_training_curves(["train_loss"], save=False)
    ends = [figure.axes[0].get_lines()[0].get_xdata()[-1] for figure in (before, after)]
    assert ends == [59, 500]


def test_a_folder_that_cannot_be_made_is_said(run_dir: Path) -> None:
    """Where the folder for plots cannot be made, the error names it and says how to name another."""
    (run_dir / "plots").write_text("a file")
    with pytest.raises(OSError, match="output_dir="):
        ExperimentPlotter(ExperimentLoader(run_dir))


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="there is always a display")
def test_show_without_a_display_warns(run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a display show=True is a warning that says why, and the figure is returned."""
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    plotter = ExperimentPlotter(ExperimentLoader(run_dir))
    with pytest.warns(UserWarning, match="not shown: there is no display"):
        assert isinstance(plotter.plot_training_curves(save=False, show=True), Figure)


# -- all four


@pytest.mark.print_dpi
def test_quick_plot_saves_four(run_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """quick_plot saves the four plots into the run's plots folder, at 300 dots per inch, and prints their paths."""
    quick_plot(run_dir)
    wanted = [str(run_dir / "plots" / f"{kind}_exp7.png") for kind in KINDS]
    assert [line.removeprefix("saved ") for line in capsys.readouterr().out.splitlines()] == wanted
    assert sorted(os.listdir(run_dir / "plots")) == sorted(Path(path).name for path in wanted)
    for path in wanted:
        with Image.open(path) as image:
            assert image.size[0] == 14 * 300 and round(image.info["dpi"][0]) == 300


def test_quick_plot_of_nothing() -> None:
    """A path where nothing is, is a FileNotFoundError."""
    with pytest.raises(FileNotFoundError):
        quick_plot("no/such/run")


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        (0, {"train_loss": float}),
        (1, {"train_loss": float}),
        (30, {"train_loss": lambda step: float("nan")}),
        (30, {"accuracy": lambda step: step / 30}),
        (30, {"learning_rate": lambda step: 0.0}),
        (30, {"$odd_{name}$ \U0001f9ea": lambda step: step, "loss": lambda step: 1e300 if step % 2 else -1e300}),
        (3, {f"metric_{index}": float for index in range(60)}),
    ],
    ids=["header only", "one row", "all NaN", "no loss", "constant zero", "odd", "60 metrics"],
)
def test_no_run_stops_a_batch(rows: int, columns: dict[str, Any], tmp_path: Path) -> None:
    """Any run gets its four pictures; of one in which there would be nothing a line says what is missing."""
    run = ExperimentLoader(make_run(tmp_path / "odd", rows, **columns))
    said: list[str] = []
    paths = save_plots(run, tmp_path / "out", notify=said.append)
    made = [path.name.removesuffix("_odd.png") for path in paths]
    assert made == [kind for kind in KINDS if kind in made] and made[0] == "dashboard"
    assert len(made) + len(said) == len(KINDS) and all(": " in line for line in said)
    for path in paths:
        with Image.open(path) as image:
            assert image.size[0] == 14 * picture.PRINT_DPI


def test_plotting_needs_no_pyplot(run_dir: Path) -> None:
    """Making all plots loads no pyplot, so that none of its figures can leak."""
    program = (
        "import sys; from livemon import quick_plot; "
        f"quick_plot({str(run_dir)!r}); assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True, capture_output=True)


def test_each_metric_has_a_picture_of_its_own(tmp_path: Path) -> None:
    """Metrics whose names differ in what a file's name cannot tell, such as `a/b` and `a_b`, overwrite nothing; the
    picture of one is called the same whether it is drawn alone or with the others."""
    same = {name: lambda step: 1.0 / (step + 1) for name in ("a/b", "a_b", "A_b", "val_loss")}
    plotter = ExperimentPlotter(ExperimentLoader(make_run(tmp_path / "exp", 5, **same)), tmp_path / "out")
    plotter.plot_each()
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"A_b_exp.png", "a_b_2_exp.png", "a_b_3_exp.png", "val_loss_exp.png"}
    for path in (tmp_path / "out").iterdir():
        path.unlink()
    plotter.plot_metric("a/b")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a_b_3_exp.png"]


@pytest.mark.print_dpi
def test_a_plotter_of_several(
    make_runs: Callable[..., list[Path]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A plotter of several runs saves into ./plots under the names that scripts know, and prints where."""
    monkeypatch.chdir(tmp_path)
    plotter = ExperimentPlotter(MultiExperimentLoader(make_runs(tmp_path, 2)))
    assert plotter.is_multi and plotter.output_dir == Path("plots") and plotter.output_dir.is_dir()
    plotter.plot_summary_dashboard(figsize=(10, 6))
    plotter.plot_training_curves(["train_loss"])
    assert {path.name for path in plotter.output_dir.iterdir()} == {
        "comparison_dashboard.png", "training_curves_comparison.png"
    }
    assert "plots/comparison_dashboard.png" in capsys.readouterr().out
    with Image.open("plots/comparison_dashboard.png") as image:
        assert image.size == (3000, 1800)
    with pytest.raises(ValueError, match="nope"):
        plotter.plot_loss_landscape("nope")
    dynamics = plotter.plot_optimization_dynamics(save=False)
    assert titles(dynamics) == ["tokens_per_second"]
    assert "no learning rate and no gradient norm was logged" in words(dynamics)


def test_custom_plots_by_subclassing(make_runs: Callable[..., list[Path]], tmp_path: Path) -> None:
    """A subclass that draws with what a plotter has (loader, its metrics and config, output_dir) works."""
    import matplotlib.pyplot as plt

    class Mine(ExperimentPlotter):
        def plot_mine(self) -> Figure:
            frame = self.loader.load_metrics()
            figure, axes = plt.subplots()
            axes.plot(frame["step"], frame["train_loss"], label=str(self.loader.get_config_value("n")))
            figure.savefig(self.output_dir / "mine.png")
            plt.close(figure)
            return figure

    run = make_runs(tmp_path, 1)[0]
    Mine(ExperimentLoader(run)).plot_mine()
    assert (run / "plots" / "mine.png").is_file()


def test_into_axes_of_ones_own(make_runs: Callable[..., list[Path]], tmp_path: Path) -> None:
    """`ax=` draws into a user's figure: a line a run, named in the legend, and nothing is saved."""
    figure = Figure()
    axes: Axes = figure.add_subplot()
    plotter = ExperimentPlotter(MultiExperimentLoader(make_runs(tmp_path, 2)), tmp_path / "out")
    assert plotter.plot_metric("train_loss", ax=axes) is figure
    legend = axes.get_legend()
    assert legend is not None and [text.get_text() for text in legend.get_texts()] == ["n=0 seed=0", "n=1 seed=1"]
    assert list((tmp_path / "out").iterdir()) == []
    single = ExperimentPlotter(ExperimentLoader(tmp_path / "run_n0"), tmp_path / "out")
    assert single.plot_metric("train_loss", ax=Figure().add_subplot()) is not None


def test_one_picture_a_metric(make_runs: Callable[..., list[Path]], tmp_path: Path) -> None:
    """`plot_each` saves one picture for every metric that has data, of a run and of several."""
    dirs = make_runs(tmp_path, 2)
    ExperimentPlotter(ExperimentLoader(dirs[0])).plot_each()
    assert {path.name for path in (dirs[0] / "plots").iterdir()} == {
        "train_loss_run_n0.png", "tokens_per_second_run_n0.png"
    }
    ExperimentPlotter(MultiExperimentLoader(dirs), tmp_path / "out").plot_each(figsize=(4, 3))
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "train_loss_comparison.png", "tokens_per_second_comparison.png"
    }


def test_losses_together(tmp_path: Path) -> None:
    """Training loss and all evaluation losses stand in one panel, over steps or epochs; without an epoch that is an
    error."""
    writer = ScriptedWriter(tmp_path / "run" / "logs" / "metrics.csv",
                            ["step", "epoch", "train_loss", "mode1_loss", "mode2_loss", "lr"])
    for step in range(10):
        writer.append(step=step, epoch=step / 5, train_loss=1.0, mode1_loss=2.0, mode2_loss=3.0, lr=0.1)
    plotter = ExperimentPlotter(ExperimentLoader(tmp_path / "run"))
    for figure, end in ((plotter.plot_train_vs_eval(save=False), 9), (plotter.plot_loss_by_epoch(save=False), 1.8)):
        lines = [line for line in figure.axes[0].get_lines() if line.get_visible()]
        assert len(lines) == 3 and max(line.get_xdata()[-1] for line in lines) == pytest.approx(end)
    ScriptedWriter(tmp_path / "bare" / "metrics.csv", ["step", "loss"]).append(step=1, loss=1.0)
    with pytest.raises(ValueError, match="no 'epoch' to draw over"):
        ExperimentPlotter(ExperimentLoader(tmp_path / "bare")).plot_loss_by_epoch(save=False)


def test_which_settings_matter_in_pictures(make_runs: Callable[..., list[Path]], tmp_path: Path) -> None:
    """Importance is a bar a setting; parallel coordinates are a line a run and an axis a setting that differs, the seed
    left out; of one run both are an error."""
    dirs = make_runs(tmp_path, 8)
    plotter = ExperimentPlotter(MultiExperimentLoader(dirs), tmp_path / "out")
    assert any(word.startswith("n  (more is better") for word in words(plotter.plot_importance()))
    axes = plotter.plot_parallel_coordinates().axes[0]
    assert [text.get_text() for text in axes.texts if text.get_fontweight() == "bold"] == ["n", "train_loss"]
    assert {"train_loss", "n"} <= {text.get_text() for text in axes.texts}
    assert sum(len(line.get_xdata()) == 2 and list(line.get_xdata()) == [0, 1] for line in axes.get_lines()) == 8
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"importance.png", "parallel_coordinates.png"}
    with pytest.raises(ValueError, match="needs several runs"):
        ExperimentPlotter(ExperimentLoader(dirs[0])).plot_importance()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right of their own there")
def test_a_folder_for_plots_that_leads_out_of_the_run(
    run_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where `plots` in a run is a link to somewhere else, the library writes nothing there, as the command: a warning
    says where the plots are. A folder that the user names is his own; so is a link within the run."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (run_dir / "plots").symlink_to(outside)
    monkeypatch.chdir(tmp_path)
    with pytest.warns(UserWarning, match="plots is a link out of the run, .* the plots go to livemon-plots"):
        plotter = ExperimentPlotter(ExperimentLoader(run_dir))
    plotter.plot_summary_dashboard()
    with pytest.warns(UserWarning, match="link out of the run"):
        quick_plot(run_dir)
    assert list(outside.iterdir()) == []
    assert len(list((tmp_path / "livemon-plots" / "exp7").glob("*.png"))) == 4
    assert ExperimentPlotter(ExperimentLoader(run_dir), run_dir / "plots").output_dir == run_dir / "plots"
    (run_dir / "plots").unlink()
    (run_dir / "pictures").mkdir()
    (run_dir / "plots").symlink_to("pictures")
    assert ExperimentPlotter(ExperimentLoader(run_dir)).output_dir == run_dir / "plots"


def test_a_moving_picture_ends_where_it_was(run_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a moving picture no panel leaves its place: each board has the panels of the last one, in their order and with
    their widths; where nothing has been logged yet they say so. The last is the dashboard as it is."""
    shown: list[Board] = []
    monkeypatch.setattr("livemon.views.mpl.moving.save_moving",
                        lambda boards, last, path, style: shown.extend([*boards, last]) or path)
    ExperimentPlotter(ExperimentLoader(run_dir), tmp_path).save_moving(tmp_path / "run.gif")
    whole = [(panel.key, panel.span) for panel in BoardMaker(ExperimentLoader(run_dir)).dashboard().panels]
    for board in shown:
        assert [(panel.key, panel.span) for panel in board.panels] == whole
    assert any(panel.message == "not logged yet" for panel in shown[0].panels)
    assert not any(panel.message == "not logged yet" for panel in shown[-1].panels)
