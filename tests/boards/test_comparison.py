from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from livemon import MultiExperimentLoader, discover_experiments
from livemon.analysis.statistics.leaderboard import leaderboard
from livemon.boards.comparison import Comparison, ComparisonOptions
from livemon.testing import ScriptedWriter
from livemon.views.mpl.picture import render

SEED_LAYOUT = Path(__file__).parents[1] / "data" / "runs" / "seed_layout" / "experiments"

pytestmark = pytest.mark.filterwarnings("ignore:.*no config.json:UserWarning")


def words(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts if text.get_visible()]


def titles(figure: Figure) -> list[str]:
    return [axes.get_title(loc="left") for axes in figure.axes]


def test_dashboard_of_the_seed_layout() -> None:
    """Five runs: training loss overlaid, final loss as bars, learning rates, throughput; the diverged one is said."""
    comparison = Comparison(MultiExperimentLoader(discover_experiments(SEED_LAYOUT)))
    board = comparison.dashboard()
    panels = {panel.title: panel for panel in board.panels}
    assert list(panels) == ["train_loss", "final train_loss", "val_loss", "final val_loss",
                            "learning_rate", "mean tokens_per_second"]
    assert panels["final train_loss"].rows[0].label == "lr1.0"
    assert panels["final train_loss"].rows[-1].text == "NaN"
    assert panels["train_loss"].y_scale == "log" and panels["learning_rate"].y_scale == "linear"
    assert board.header.problems == ("NaN at the end of diverged nan",)
    throughput = comparison.points("tokens_per_second")["lr0.1"].y
    assert next(row for row in panels["mean tokens_per_second"].rows if row.label == "lr0.1").value == throughput.mean()


def test_the_same_colour_in_every_panel() -> None:
    """A run has one colour, in curves and bars alike."""
    board = Comparison(MultiExperimentLoader(discover_experiments(SEED_LAYOUT))).dashboard()
    seen: dict[str, set[str]] = {}
    for panel in board.panels:
        for line in panel.lines:
            if line.label:
                seen.setdefault(line.name, set()).add(line.colour)
        for row in panel.rows:
            seen.setdefault(row.label, set()).add(row.colour)
    assert len(seen) == 5 and all(len(colours) == 1 for colours in seen.values())


def test_groups_are_drawn_with_a_band(make_runs: Callable[..., list[Path]], tmp_path: Path) -> None:
    """Grouped runs are one curve a group, with a band and n (in the note where all have the same), and rows with
    intervals."""
    dirs = make_runs(tmp_path, 6)
    for place, folder in enumerate(dirs):
        (folder / "config.json").write_text(json.dumps({"lr": 0.1 if place < 3 else 0.2, "seed": place}))
    comparison = Comparison(MultiExperimentLoader(dirs), ComparisonOptions(group_by="", middle="iqm"))
    board = comparison.dashboard()
    assert [line.label for line in board.panels[0].lines] == ["lr=0.1", "lr=0.2"]
    assert len(board.panels[0].bands) == 2
    assert all(row.low is not None and row.low <= row.value <= row.high for row in board.panels[1].rows)
    note = board.panels[0].note
    assert "interquartile mean and 95 % t interval" in note and note.endswith(" · n = 3")
    assert board.panels[0].bands[0].text == "interquartile mean and 95 % t interval (n = 3), reaches below 0"
    assert board.panels[1].note == "lowest first · interquartile mean and 95 % t interval"
    figure = render(board)
    assert len(figure.axes[0].collections) >= 2


def test_over_another_axis(make_runs: Callable[..., list[Path]], tmp_path: Path) -> None:
    """Curves are drawn over epochs where that is asked for; until an x where the rest is not wanted."""
    runs = MultiExperimentLoader(make_runs(tmp_path, 2))
    panel = Comparison(runs, ComparisonOptions(x="epoch")).panel("train_loss")
    assert (panel.x_label, panel.x_limits[1]) == ("epoch", 3.0)
    assert Comparison(runs, ComparisonOptions(until=9)).panel("train_loss").lines[-1].x[-1] == 9


def test_nothing_to_compare(tmp_path: Path) -> None:
    """No run at all is one clear error; runs without rows, or without a common metric, still make a board."""
    with pytest.raises(ValueError, match="there is no run to compare"):
        Comparison(MultiExperimentLoader([]))
    for name, metric in (("a", "alpha"), ("b", "beta")):
        ScriptedWriter(tmp_path / name / "logs" / "metrics.csv", ["step", metric]).append(step=1, **{metric: 1.0})
    ScriptedWriter(tmp_path / "empty" / "logs" / "metrics.csv", ["step", "loss"])
    runs = MultiExperimentLoader([tmp_path / name for name in ("a", "b", "empty")])
    board = Comparison(runs).dashboard()
    assert [panel.message for panel in board.panels if panel.message] == []
    assert board.header.progress[-1] == "no learning rate and no throughput was logged"
    assert Comparison(runs).training_curves().panels[0].note == "not in 2 of 3"
    with pytest.raises(ValueError, match="no run has the metric 'nope'"):
        Comparison(runs, ComparisonOptions(metric="nope"))


def test_what_nobody_logged_is_a_word(tmp_path: Path) -> None:
    """Where no run logged its throughput, the dashboard says so in a word, and keeps no empty panel for it."""
    dirs = []
    for name in ("a", "b"):
        writer = ScriptedWriter(tmp_path / name / "logs" / "metrics.csv", ["step", "train_loss", "learning_rate"])
        for step in range(5):
            writer.append(step=step, train_loss=1.0 / (step + 1), learning_rate=0.1)
        dirs.append(tmp_path / name)
    board = Comparison(MultiExperimentLoader(dirs)).dashboard()
    assert [panel.title for panel in board.panels] == ["train_loss", "final train_loss", "learning_rate"]
    assert "no throughput was logged" in board.header.progress


def test_what_a_board_says_of_hours_and_points(tmp_path: Path) -> None:
    """Over the wall clock the axis says since when; a metric with a single point has the axis of the others."""
    base = 1_700_000_000.0
    for place in range(2):
        folder = tmp_path / f"r{place}"
        writer = ScriptedWriter(folder / "logs" / "metrics.csv", ["step", "time", "train_loss", "learning_rate"])
        writer.append(step=0, time=base, train_loss=1.0, learning_rate=0.1)
        writer.append(step=1, time=base + 7200, train_loss=0.5)
    runs = MultiExperimentLoader([tmp_path / "r0", tmp_path / "r1"])
    panels = {one.title: one for one in Comparison(runs, ComparisonOptions(x="wall")).dashboard().panels}
    assert panels["train_loss"].x_label == "hours since the first run began"
    assert panels["learning_rate"].x_limits == panels["train_loss"].x_limits == (0.0, 2.0)
    assert "1 identical to another" in panels["learning_rate"].note


def test_table_and_picture_rank_by_the_same_number(make_runs: Callable[..., list[Path]], tmp_path: Path) -> None:
    """The rows of the dashboard are the numbers of the table, in its order, whatever `at` is; their title says
    which."""
    dirs = make_runs(tmp_path, 4)
    for number, rows in enumerate((5, 40, 12, 30)):  # a run that is further on is not better for it
        path = dirs[number] / "logs" / "metrics.csv"
        path.write_text("".join(path.read_text().splitlines(keepends=True)[: rows + 1]))
    runs = MultiExperimentLoader(dirs)
    titles = {"step:4": "train_loss at step 4", "final": "final train_loss", "best": "best train_loss"}
    for at, title in titles.items():
        panel = Comparison(runs, ComparisonOptions(metric="train_loss:min", at=at)).dashboard().panels[1]
        table = leaderboard(runs, "train_loss", rising=False, at=at)
        assert [row.label for row in panel.rows] == [runs.labels[row["run"]] for row in table.rows], at
        assert [row.value for row in panel.rows] == [table.numbers.values[row["run"]] for row in table.rows]
        assert panel.title.startswith(title), panel.title


def test_groups_are_of_what_was_logged_unless_asked(tmp_path: Path) -> None:
    """A group's curve and band are of the values as logged, which no default smooths; asked for, it is said."""
    dirs = []
    for seed in range(3):
        folder = tmp_path / f"s{seed}"
        writer = ScriptedWriter(folder / "logs" / "metrics.csv", ["step", "train_loss"])
        for step in range(200):
            writer.append(step=step, train_loss=2.0 + ((step + seed) % 2))
        (folder / "config.json").write_text(json.dumps({"lr": 0.1, "seed": seed}))
        dirs.append(folder)
    runs = MultiExperimentLoader(dirs)
    logged = Comparison(runs, ComparisonOptions(group_by="lr", band="minmax")).panel("train_loss")
    assert set(logged.bands[0].low) == {2.0} and set(logged.bands[0].high) == {3.0}
    assert not logged.smoothing and "smoothed" not in logged.note
    asked = Comparison(runs, ComparisonOptions(group_by="lr", band="minmax", smooth=0.9)).panel("train_loss")
    assert asked.smoothing == (0.9,) and asked.note.startswith("smoothed (EMA 0.9) · ")
    assert asked.bands[0].high[-1] < 2.7


def test_a_group_hides_no_run(tmp_path: Path) -> None:
    """A group whose run diverged says so in the header, beside its number and on its curve; one of which no run has a
    finite value is there, too."""
    dirs = []
    for method, values in {"a": [2.0, 1.0, 0.5], "b": [2.0, math.nan, math.nan], "c": [math.nan] * 3}.items():
        for seed in range(2):
            folder = tmp_path / f"{method}{seed}"
            writer = ScriptedWriter(folder / "logs" / "metrics.csv", ["step", "train_loss"])
            for step, value in enumerate(values if seed or method == "c" else [2.0, 1.5, 1.25]):
                writer.append(step=step, train_loss=value)
            (folder / "config.json").write_text(json.dumps({"method": method, "seed": seed}))
            dirs.append(folder)
    board = Comparison(MultiExperimentLoader(dirs), ComparisonOptions(group_by="method", at="final")).dashboard()
    assert board.header.problems == ("NaN at the end of 3 runs of 2 groups",)
    curves, rows = board.panels[:2]
    assert curves.warning == "1 group without a finite value"
    assert {mark.text for mark in curves.marks if mark.kind == "nan"} == {
        "method=b: NaN in 1 of 2 runs", "method=c: NaN in 2 of 2 runs"}
    assert {row.label: row.text for row in rows.rows}["method=b"] == "1.250, 1 NaN"


def test_what_only_keeps_books_has_no_panel(tmp_path: Path) -> None:
    """Counters, processes and Lightning's placeholder get no panel of their own, unless they are named."""
    for name in ("a", "b"):
        columns = ["step", "loss", "num_episodes", "pid", "hp_metric"]
        writer = ScriptedWriter(tmp_path / name / "logs" / "metrics.csv", columns)
        for step in range(3):
            writer.append(step=step, loss=1.0 - step / 9, num_episodes=step, pid=41, hp_metric=-1)
    comparison = Comparison(MultiExperimentLoader([tmp_path / "a", tmp_path / "b"]))
    assert [panel.title for panel in comparison.training_curves().panels] == ["loss"]
    assert [panel.title for panel in comparison.training_curves(["pid"]).panels] == ["pid"]


def _runs_with(folder: Path, columns: dict[str, float]) -> MultiExperimentLoader:
    for name, factor in (("a", 1.0), ("b", 2.0)):
        log = ScriptedWriter(folder / name / "logs" / "metrics.csv", ["step", *columns])
        for step in range(1, 11):
            log.append(step=step, **{metric: factor * value * step for metric, value in columns.items()})
    return MultiExperimentLoader([folder / "a", folder / "b"])


def test_the_task_has_its_own_metric_beside_the_losses(tmp_path: Path) -> None:
    """Accuracy is in the dashboard with its ranking, the validation's rather than the training's; runs that have
    losses alone have no panel more."""
    board = Comparison(_runs_with(tmp_path / "x", {
        "train_loss": 1, "val_loss": 2, "train_acc": 0.1, "val_acc": 0.2, "val_num_samples": 5})).dashboard()
    assert [panel.title for panel in board.panels] == [
        "train_loss", "final train_loss", "val_loss", "final val_loss", "val_acc", "final val_acc"]
    assert [row.label for row in board.panels[-1].rows] == ["b", "a"] and board.panels[-1].note == "highest first"
    board = Comparison(_runs_with(tmp_path / "y", {"train_loss": 1, "val_loss": 2})).dashboard()
    assert len(board.panels) == 4


def test_the_return_of_agents_comes_first(tmp_path: Path) -> None:
    """Where agents are compared, their return stands before the loss."""
    board = Comparison(_runs_with(tmp_path, {"train/loss": 1, "rollout/ep_rew_mean": 2})).dashboard()
    assert [panel.title for panel in board.panels] == [
        "rollout/ep_rew_mean", "final rollout/ep_rew_mean", "train/loss", "final train/loss"]


def test_panels_are_named_as_the_log_names_metrics(tmp_path: Path) -> None:
    """A title is the name that every run logs; where runs spell a metric differently, it is the well-known name."""
    columns = {"loss": 1.0, "eval_loss": 2.0, "eval_accuracy": 0.1, "lr": 0.1}
    board = Comparison(_runs_with(tmp_path / "x", columns)).dashboard()
    assert [panel.title for panel in board.panels[::2]] == ["loss", "eval_loss", "eval_accuracy", "lr"]
    _runs_with(tmp_path / "y", {"train_loss": 1.0, "eval_loss": 2.0})
    mixed = Comparison(MultiExperimentLoader([tmp_path / "x" / "a", tmp_path / "y" / "b"])).dashboard()
    assert [panel.title for panel in mixed.panels[:3:2]] == ["train_loss", "eval_loss"]


def test_how_fast_evaluations_run_is_no_result(tmp_path: Path) -> None:
    """The throughput and the time of evaluations are no row and no panel of a comparison, and none is called missing;
    that of the training is one."""
    columns = {"eval_samples_per_second": 900.0, "train_loss": 1.0, "eval_loss": 2.0, "eval_runtime": 1.0}
    of_evaluations = Comparison(_runs_with(tmp_path / "x", columns))
    assert [panel.title for panel in of_evaluations.dashboard().panels[::2]] == ["train_loss", "eval_loss"]
    assert "throughput" not in " ".join(of_evaluations.dashboard().header.progress)
    assert [panel.title for panel in of_evaluations.training_curves().panels] == ["train_loss", "eval_loss"]
    of_training = Comparison(_runs_with(tmp_path / "y", {**columns, "samples_per_second": 5.0}))
    assert of_training.dashboard().panels[-1].title == "mean samples_per_second"


def test_selected_metrics_are_the_dashboard(tmp_path: Path) -> None:
    """--select draws the metrics whose names match, each with its ranking, and counts those beyond the eighth; a
    pattern that no metric matches is an error that names what there is."""
    runs = _runs_with(tmp_path, {"train_loss": 1, "val_acc": 2, **{f"score_{number}": 1 for number in range(9)}})
    board = Comparison(runs, ComparisonOptions(select="val|train_l")).dashboard()
    assert [panel.title for panel in board.panels] == ["train_loss", "final train_loss", "val_acc",
                                                       "final val_acc"]
    board = Comparison(runs, ComparisonOptions(select="score")).dashboard()
    assert (len(board.panels), board.left_out, board.hint) == (16, 1, "1 more match 'score'")
    with pytest.raises(ValueError, match="no metric matches 'nope'; there are train_loss"):
        Comparison(runs, ComparisonOptions(select="nope")).dashboard()
