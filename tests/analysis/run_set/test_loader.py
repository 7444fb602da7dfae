from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from livemon import ExperimentLoader, MultiExperimentLoader

SEED_LAYOUT = Path(__file__).parents[2] / "data" / "runs" / "seed_layout" / "experiments"
REAL_RUNS = Path(__file__).parents[4] / "shared" / "experiments"
REAL = sorted(path.parent.parent for path in REAL_RUNS.glob("*/logs/metrics.csv"))
DERIVED = ["time_elapsed_hours", "time_elapsed_minutes", "train_loss_improvement", "train_loss_pct_improvement"]


def test_loaders_in_the_order_given() -> None:
    """`loaders` is a dict of ExperimentLoaders by folder name, in the order given."""
    dirs = [SEED_LAYOUT / name for name in ("lr1.0", "baseline_lr0.5", "diverged_nan")]
    loaders = MultiExperimentLoader(dirs).loaders
    assert list(loaders) == ["lr1.0", "baseline_lr0.5", "diverged_nan"]
    assert all(isinstance(run, ExperimentLoader) and run.name == name for name, run in loaders.items())


def test_a_run_that_cannot_be_loaded_is_skipped(tmp_path: Path) -> None:
    """A path where nothing is, is skipped with a warning that names it; the others are loaded."""
    with pytest.warns(UserWarning, match="no_such: skipped: nothing at"):
        runs = MultiExperimentLoader([SEED_LAYOUT / "lr0.1", tmp_path / "no_such"])
    assert list(runs.loaders) == ["lr0.1"]


def test_metrics_equal_pandas(seeds: MultiExperimentLoader) -> None:
    """`load_all_metrics` gives what pandas reads from each file, derived columns aside, and leaves it in the loader."""
    frames = seeds.load_all_metrics()
    assert list(frames) == seeds.names
    for name, frame in frames.items():
        own = frame.drop(columns=DERIVED)
        pd.testing.assert_frame_equal(own, pd.read_csv(SEED_LAYOUT / name / "logs" / "metrics.csv"))
        assert seeds.loaders[name].metrics is frame


@pytest.mark.skipif(not REAL, reason="the users' own runs are not beside this clone (shared/experiments)")
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_real_runs_equal_pandas() -> None:
    """Each of the users' own runs gives what pandas reads from its file."""
    for name, frame in MultiExperimentLoader(REAL).load_all_metrics().items():
        wanted = pd.read_csv(REAL_RUNS / name / "logs" / "metrics.csv")
        own = frame.drop(columns=[column for column in DERIVED if column not in wanted], errors="ignore")
        for column in wanted:
            if len(wanted) and wanted[column].dtype.kind in "if":
                np.testing.assert_array_equal(own[column].to_numpy(float), wanted[column].to_numpy(float))
        assert list(own) == list(wanted) and len(own) == len(wanted)


def test_a_run_without_metrics_ends_no_batch(make_run: Callable[..., Path], tmp_path: Path) -> None:
    """A run without metrics is left out of what is read, with a warning that names it; one with a header stays."""
    good = make_run(tmp_path / "good", {"step": [1, 2], "train_loss": [2.0, 1.0]}, {})
    make_run(tmp_path / "header", {"step": [], "train_loss": []}, {})
    (tmp_path / "empty").mkdir()
    runs = MultiExperimentLoader([good, tmp_path / "header", tmp_path / "empty"])
    with pytest.warns(UserWarning, match="empty: skipped: Metrics file not found") as said:
        frames = runs.load_all_metrics()
    assert {name: len(frame) for name, frame in frames.items()} == {"good": 2, "header": 0}
    assert {one.filename for one in said} == {__file__}


def test_summaries_equal_pandas(seeds: MultiExperimentLoader) -> None:
    """`get_all_summaries` has min, max, mean and std as pandas finds them over the finite values."""
    summaries = seeds.get_all_summaries()
    assert list(summaries) == seeds.names
    for name, summary in summaries.items():
        frame = pd.read_csv(SEED_LAYOUT / name / "logs" / "metrics.csv")
        for metric, numbers in summary["metrics"].items():
            logged = frame[metric][np.isfinite(frame[metric])]
            if len(logged):
                wanted = {"min": logged.min(), "max": logged.max(), "mean": logged.mean(), "std": logged.std()}
                assert {key: numbers[key] for key in wanted} == pytest.approx(wanted)
            assert all(isinstance(value, float) for value in numbers.values())


def test_compare_metrics_is_a_column_a_run(seeds: MultiExperimentLoader) -> None:
    """`compare_metrics` has the index `step` and a column a run, whose values are those of the file; a run that ended
    early is NaN behind its end."""
    table = seeds.compare_metrics("train_loss")
    assert (table.index.name, list(table)) == ("step", seeds.names)
    assert table.index.dtype == np.int64
    for name in table:
        frame = pd.read_csv(SEED_LAYOUT / name / "logs" / "metrics.csv").set_index("step")["train_loss"]
        np.testing.assert_array_equal(table.loc[frame.index, name], frame)
    assert table["killed_at_90"].dropna().index[-1] == 90
    assert table["lr0.1"].iloc[-1] == pytest.approx(0.293651, abs=1e-6)


def test_repeated_steps_do_not_fail(make_run: Callable[..., Path], tmp_path: Path) -> None:
    """Where a step stands in several rows its last value counts; where a later attempt goes over steps it wins."""
    twice = make_run(tmp_path / "twice", {"step": [1, 1, 2, 2, 3], "loss": [9.0, 8.0, 7.0, None, 6.0]}, {})
    again = make_run(tmp_path / "again", {"step": [1, 2, 3, 2, 3], "loss": [9.0, 8.0, 7.0, 1.0, 0.5]}, {})
    table = MultiExperimentLoader([twice, again]).compare_metrics("loss")
    assert table["twice"].tolist() == [8.0, 7.0, 6.0]
    assert table["again"].tolist() == [9.0, 1.0, 0.5]


def test_steps_that_do_not_overlap(make_run: Callable[..., Path], tmp_path: Path) -> None:
    """Runs whose steps do not overlap have all steps of both, each its own values only."""
    dirs = [make_run(tmp_path / name, {"step": steps, "loss": [1.0, 2.0]}, {})
            for name, steps in (("early", [0, 10]), ("late", [500, 510]))]
    table = MultiExperimentLoader(dirs).compare_metrics("loss")
    assert table.index.tolist() == [0, 10, 500, 510]
    assert table["late"].dropna().tolist() == [1.0, 2.0]


def test_a_metric_that_only_some_have(make_run: Callable[..., Path], tmp_path: Path) -> None:
    """A run without the metric is left out with a warning that names it; where no run has it the table has no column
    and the warning says so."""
    dirs = [make_run(tmp_path / name, {"step": [1], name: [1.0]}, {}) for name in ("alpha", "beta")]
    runs = MultiExperimentLoader(dirs)
    with pytest.warns(UserWarning, match="beta: no metric 'alpha'"):
        assert list(runs.compare_metrics("alpha")) == ["alpha"]
    with pytest.warns(UserWarning, match="alpha, beta: no metric 'nope', nor has any other run"):
        assert runs.compare_metrics("nope").shape == (0, 0)


def test_all_nan_and_constant(make_run: Callable[..., Path], tmp_path: Path) -> None:
    """A run that is all NaN keeps its column, a constant its value, a single run is a table of one column."""
    bad = make_run(tmp_path / "bad", {"step": [1, 2], "loss": [float("nan")] * 2}, {})
    flat = make_run(tmp_path / "flat", {"step": [1, 2], "loss": [3.0, 3.0]}, {})
    table = MultiExperimentLoader([bad, flat]).compare_metrics("loss")
    assert table["bad"].isna().all() and table["flat"].tolist() == [3.0, 3.0]
    assert MultiExperimentLoader([flat]).compare_metrics("loss").shape == (2, 1)


def test_filter_experiments(make_run: Callable[..., Path], tmp_path: Path) -> None:
    """Runs are filtered by their settings: a value, several, a function, a nested name, a short name; names stay."""
    dirs = [make_run(tmp_path / group / "run", {"step": [1], "loss": [1.0]},
                     {"learning_rate": rate, "model": {"n_layer": layers}})
            for group, rate, layers in (("a", 0.1, 2), ("b", 0.01, 2), ("c", 0.01, 4))]
    runs = MultiExperimentLoader(dirs)
    assert runs.filter_experiments(learning_rate=0.01).names == ["b/run", "c/run"]
    assert runs.filter_experiments(lr=0.01, n_layer=4).names == ["c/run"]
    assert runs.filter_experiments(**{"model.n_layer": [2, 3]}).names == ["a/run", "b/run"]
    assert runs.filter_experiments(lr=lambda rate: rate > 0.05).names == ["a/run"]
    with pytest.warns(UserWarning, match=r"no run has the setting 'learnin_rate'; did you mean learning_r") as said:
        assert runs.filter_experiments(learnin_rate=1).names == []
    assert said[0].filename == __file__


def test_several_folders_are_one_run(make_run: Callable[..., Path], tmp_path: Path) -> None:
    """A list of folders among the runs is one run of several attempts."""
    first = make_run(tmp_path / "exp", {"step": [1, 2, 3], "loss": [3.0, 2.0, 9.0]}, {})
    second = make_run(tmp_path / "exp_20250101_000000", {"step": [3, 4], "loss": [1.0, 0.5]}, {})
    table = MultiExperimentLoader([[first, second]]).compare_metrics("loss")
    assert table.iloc[:, 0].tolist() == [3.0, 2.0, 1.0, 0.5]


@pytest.mark.parametrize("depth", [200, 900, 5000])
def test_a_config_that_is_nested_deep(make_run: Callable[..., Path], depth: int, tmp_path: Path) -> None:
    """A config nested deeper than anybody writes is left out, with a warning that says so; the run is not."""
    run = make_run(tmp_path / "deep", {"step": [1], "train_loss": [2.0]})
    (run / "config.json").write_text('{"a": ' * depth + "1" + "}" * depth)
    runs = MultiExperimentLoader([run, make_run(tmp_path / "b", {"step": [1], "train_loss": [2.0]}, {"lr": 1})])
    with pytest.warns(UserWarning, match=r"deep: config.json cannot be used: it is nested deeper than 100 levels; an"):
        assert runs.configs == {"deep": {}, "b": {"lr": 1}}
    assert len(runs.labels) == 2


ROWS = {"step": [0, 1], "loss": [2.0, 1.0]}


def test_labels_of_a_run_that_is_not_there(make_run: Callable[..., Path], tmp_path: Path) -> None:
    """A run that is skipped takes its label with it; a label for what nobody named is an error."""
    dirs = [make_run(tmp_path / "a", ROWS), tmp_path / "missing"]
    with pytest.warns(UserWarning, match="missing: skipped"):
        assert MultiExperimentLoader(dirs, labels={"a": "A", "missing": "M"}).labels == {"a": "A"}
    with pytest.raises(ValueError, match="labels are given for b"):
        MultiExperimentLoader(dirs[:1], labels={"b": "B"})


def test_a_filter_that_is_a_function_meets_what_is_missing(make_run: Callable[..., Path], tmp_path: Path) -> None:
    """A function that cannot take None leaves out the runs without the setting."""
    configs = {"a": {"lr": 0.5}, "b": {"other": 1}, "c": {"lr": 0.1}}
    dirs = [make_run(tmp_path / name, ROWS, config) for name, config in configs.items()]
    assert MultiExperimentLoader(dirs).filter_experiments(lr=lambda rate: rate >= 0.3).names == ["a"]
