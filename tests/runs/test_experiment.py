"""A path means a run; its rows, numbers, settings and state."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from livemon.boards import Options
from livemon.boards.dashboard import BoardMaker
from livemon.boards.metric_groups import PACE_GROUP
from livemon.runs import series
from livemon.runs.experiment import ExperimentLoader, NoMetricsError
from livemon.tables.x_axis import find_axis

DATA = Path(__file__).parents[1] / "data"
EXPECTED: dict[str, Any] = json.loads((DATA / "expected.json").read_text(encoding="utf-8"))
IN_DATABASES = {"mlflow_sqlite|mlflow_sqlite/mlflow.db": "exp1.run0", "trackio_local|trackio_local/proj.db": "run0"}
REAL_RUNS = Path(__file__).parents[3] / "shared" / "experiments"


def same(left: float, right: str) -> bool:
    wanted = float(right)
    return (math.isnan(left) and math.isnan(wanted)) or math.isclose(left, wanted, rel_tol=1e-5)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("key", EXPECTED)
def test_real_runs_say_what_their_writers_logged(key: str) -> None:
    """Every metric of a real run has as many points as were logged, with the same first and last ones."""
    expected = EXPECTED[key]
    files = sorted(DATA / "runs" / file for file in expected.get("files", [expected.get("file")]))
    run = ExperimentLoader(files[0] / IN_DATABASES[key] if key in IN_DATABASES else files)
    frame = run.load_metrics()
    if not key.startswith(("mmengine", "mlflow")):  # There, rows of another kind are in the file, too.
        assert len(frame) == expected.get("rows", len(frame))
    for logged, points in expected["series"].items():
        name = f"val/{logged}" if key.startswith("mmengine_run val") and logged != "mse" else logged
        if name not in run.metric_names and frame[name].dtype == "str":
            assert frame[name].count() == points["n"] and frame[name].dropna().iloc[-1] == points["last"][1]
            continue
        series = run.series(name, x=expected.get("x"), attempts="all")
        assert len(series) == points["n"], name
        for place, (x, y) in ((0, points["first"]), (-1, points["last"])):
            assert same(series.index[place], x) and same(series.iloc[place], y), (name, place)


@pytest.mark.parametrize(
    "path", sorted((DATA / "runs").rglob("metrics.csv")), ids=lambda path: "/".join(path.parts[-4:-1])
)
def test_load_metrics_equals_pandas(path: Path) -> None:
    """On a clean file load_metrics gives what pandas gives, exactly, before the derived columns."""
    frame = ExperimentLoader(path).load_metrics()
    theirs = pd.read_csv(path)
    pd.testing.assert_frame_equal(frame[list(theirs.columns)], theirs, check_exact=True)


@pytest.mark.skipif(not REAL_RUNS.is_dir(), reason="the users' own runs are not beside this clone (shared/experiments)")
def test_load_metrics_equals_pandas_on_the_users_runs() -> None:
    """The same for the runs of our users, one of which has only a header."""
    for path in sorted(REAL_RUNS.glob("*/logs/metrics.csv")):
        frame, theirs = ExperimentLoader(path).load_metrics(), pd.read_csv(path)
        pd.testing.assert_frame_equal(frame[list(theirs.columns)], theirs, check_exact=True)


def test_derived_columns_stand_behind_the_files_own(tmp_path: Path, write_run: Callable[..., Path]) -> None:
    """Elapsed hours and minutes and the loss improvement are derived where their sources exist."""
    run = write_run(tmp_path / "a", "step,train_loss,time_elapsed_seconds\n1,4.0,60\n2,3.0,3600\n")
    frame = ExperimentLoader(run).load_metrics()
    assert list(frame.columns) == ["step", "train_loss", "time_elapsed_seconds", "time_elapsed_hours",
                                   "time_elapsed_minutes", "train_loss_improvement", "train_loss_pct_improvement"]
    assert frame.iloc[-1][["time_elapsed_hours", "time_elapsed_minutes"]].tolist() == [1.0, 60.0]
    assert frame.iloc[-1][["train_loss_improvement", "train_loss_pct_improvement"]].tolist() == [1.0, 25.0]


def test_a_resumed_stretch_wins_over_what_it_overtakes(tmp_path: Path, write_run: Callable[..., Path]) -> None:
    """attempts="latest" keeps the newest value of a step that was trained twice; "all" keeps both."""
    run = ExperimentLoader(write_run(tmp_path / "a", "step,loss\n1,5\n2,4\n3,3\n4,9\n3,2\n4,1\n"))
    assert run.series("loss").to_dict() == {1: 5, 2: 4, 3: 2, 4: 1}
    assert run.series("loss", attempts="all").tolist() == [5, 4, 3, 9, 2, 1]


def test_attempts_are_judged_for_each_metric_by_itself(tmp_path: Path, write_run: Callable[..., Path]) -> None:
    """Validation rows with a step axis of their own are no restart of the training."""
    run = ExperimentLoader(write_run(tmp_path / "a", "step,train_loss,val_loss\n10,3,\n0,,9\n20,2,\n1,,8\n30,1,\n"))
    assert run.series("train_loss").to_dict() == {10: 3, 20: 2, 30: 1}
    assert run.series("val_loss").to_dict() == {0: 9, 1: 8}


def test_well_known_names_find_other_spellings(tmp_path: Path, write_run: Callable[..., Path]) -> None:
    """train_loss finds train_loss_step and says so; an exact name always wins."""
    run = ExperimentLoader(write_run(tmp_path / "a", "step,train_loss_step,val/loss,lr-Adam\n1,3,4,0.1\n"))
    with pytest.warns(UserWarning, match="'train_loss_step' is used"):
        assert run.series("train_loss").name == "train_loss_step"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert run.series("val_loss").name == "val/loss"
        assert run.series("learning_rate").name == "lr-Adam"


def test_the_x_axis_can_be_chosen(tmp_path: Path, write_run: Callable[..., Path]) -> None:
    """x takes step, epoch, time, row, or a column; another one is an error that names what there is."""
    run = ExperimentLoader(write_run(tmp_path / "a", "step,epoch,tokens,loss\n10,0,100,3\n20,1,200,2\n"))
    assert run.series("loss", x="epoch").index.tolist() == [0, 1]
    assert run.series("loss", x="row").index.tolist() == [0, 1]
    assert run.series("loss", x="tokens").index.tolist() == [100, 200]
    with pytest.raises(KeyError, match=r"no x 'time'.*step, epoch, row"):
        run.series("loss", x="time")
    with pytest.raises(KeyError, match=r"no metric 'acc'.*loss"):
        run.series("acc")
    with pytest.raises(ValueError, match="attempts must be"):
        run.series("loss", attempts="newest")  # type: ignore[arg-type]


def test_rows_without_an_epoch_take_it_from_the_row_behind(tmp_path: Path, write_run: Callable[..., Path]) -> None:
    """Lightning's learning-rate rows have no epoch of their own."""
    run = ExperimentLoader(write_run(tmp_path / "a", "epoch,step,lr,loss\n,0,0.1,\n0,4,,3\n,5,0.05,\n1,9,,2\n"))
    assert run.series("lr", x="epoch").index.tolist() == [0, 1]


def test_summary_has_only_floats_and_counts_what_is_not_finite(tmp_path: Path, write_run: Callable[..., Path]) -> None:
    """Scripts print every value with :.6f; NaN and infinity are counted, and the best comes from finite values."""
    text = "step,loss,val_acc,never\n1,3.0,0.1,\n2,nan,0.9,\n3,1.0,0.4,\n4,inf,,\n"
    summary = ExperimentLoader(write_run(tmp_path / "a", text, model_config="m", dataset_name="d")).get_summary()
    assert (summary["model_type"], summary["dataset"], summary["total_steps"]) == ("m", "d", 4)
    assert set(summary["metrics"]) == {"loss", "val_acc"}
    loss = summary["metrics"]["loss"]
    assert all(type(value) is float for numbers in summary["metrics"].values() for value in numbers.values())
    assert [loss[key] for key in ("best", "best_step", "count", "nan_count", "inf_count")] == [1, 3, 4, 1, 1]
    assert math.isinf(loss["final"])
    assert (loss["min"], loss["max"], loss["mean"], loss["std"]) == (1.0, 3.0, 2.0, math.sqrt(2))
    assert summary["metrics"]["val_acc"]["best"] == 0.9


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_summary_of_a_metric_that_is_all_nan(tmp_path: Path, write_run: Callable[..., Path]) -> None:
    """Without a finite value there is no min or max, and the best is NaN; the counts are there."""
    summary = ExperimentLoader(write_run(tmp_path / "a", "step,loss\n1,nan\n2,nan\n")).get_summary()
    assert summary["metrics"]["loss"]["nan_count"] == 2.0
    assert "min" not in summary["metrics"]["loss"] and math.isnan(summary["metrics"]["loss"]["best"])


def test_missing_things_are_said(tmp_path: Path) -> None:
    """A missing folder, one without metrics, a file that is no metrics: FileNotFoundError with what was looked for."""
    with pytest.raises(FileNotFoundError, match="nothing at"):
        ExperimentLoader(tmp_path / "nowhere" / "deeper")
    (tmp_path / "empty").mkdir()
    run = ExperimentLoader(tmp_path / "empty")
    assert run.refresh() == 0
    with pytest.raises(NoMetricsError, match=r"Metrics file not found: .*logs/metrics.csv"):
        run.load_metrics()
    (tmp_path / "notes.txt").write_text("hello\nworld\n")
    with pytest.raises(NoMetricsError, match="is not a metrics file"):
        ExperimentLoader(tmp_path / "notes.txt").load_metrics()


def test_metrics_may_come_later(tmp_path: Path, write_run: Callable[..., Path]) -> None:
    """A loader of a folder without metrics finds them once they are there."""
    run = ExperimentLoader(tmp_path)
    assert (run.refresh(), run.state) == (0, "waiting")
    write_run(tmp_path / "lightning_logs" / "version_0", "step,loss\n1,2\n")
    assert run.refresh() == 1
    assert run.name == "version_0"


def test_an_infinite_step_is_survived(tmp_path: Path, write_run: Callable[..., Path]) -> None:
    """total_steps is the highest finite step."""
    run = ExperimentLoader(write_run(tmp_path / "a", "step,loss\n1,2\ninf,1\n", lr=1))
    assert run.get_summary()["total_steps"] == 1


def test_a_column_that_is_added_and_filled_doubles_nothing(tmp_path: Path, write_run: Callable[..., Path]) -> None:
    """A writer that adds a column with values for the old rows, too, has deleted no row."""
    path = write_run(tmp_path / "a", "step,loss\n1,2\n2,1\n", lr=1) / "logs" / "metrics.csv"
    run = ExperimentLoader(tmp_path / "a")
    run.refresh()
    path.write_text("step,loss,val\n1,2,5\n2,1,4\n3,0,3\n")
    assert run.refresh() == 1
    assert (len(run.tables), run.anomalies, run.series("val").tolist()) == (1, [], [5, 4, 3])


def test_checkpoints_and_metadata(tmp_path: Path, write_run: Callable[..., Path]) -> None:
    """Weights are listed by suffix, sorted; the metadata says what there is."""
    run_dir = write_run(tmp_path / "a", "step,loss\n1,2\n", lr=1)
    (run_dir / "checkpoints").mkdir()
    for name in ("b.pt", "a.ckpt", "notes.txt"):
        (run_dir / "checkpoints" / name).write_text("")
    run = ExperimentLoader(run_dir)
    assert [path.name for path in run.list_checkpoints()] == ["a.ckpt", "b.pt"]
    assert run.get_experiment_metadata() == {
        "experiment_name": "a", "experiment_path": str(run_dir), "config": {"lr": 1},
        "num_checkpoints": 2, "has_metrics": True, "has_tensorboard": False,
    }  # fmt: skip


def test_whole_steps_stay_whole_beyond_float_precision(tmp_path: Path, write_run: Callable[..., Path]) -> None:
    """A step above 2**53 is kept exactly."""
    step = 2**53 + 1
    frame = ExperimentLoader(write_run(tmp_path / "a", f"step,loss\n{step},2\n")).load_metrics()
    assert frame["step"].tolist() == [step] and frame["step"].dtype == np.int64


@pytest.mark.filterwarnings("ignore:.*no config.json")
def test_the_best_of_what_counts(tmp_path: Path) -> None:
    """The summary's best is the header's: where a later attempt went over the same steps again, it wins."""
    path = tmp_path / "metrics.csv"
    path.write_text("step,loss\n1,0.9\n2,0.1\n3,0.8\n2,0.7\n3,0.6\n")
    run = ExperimentLoader(tmp_path)
    loss = run.get_summary()["metrics"]["loss"]
    assert (loss["best"], loss["best_step"], loss["min"], loss["count"]) == (0.6, 3, 0.6, 5)
    assert "(best 0.600 @ 3)" in BoardMaker(run).dashboard().header.line()


@pytest.mark.filterwarnings("ignore:.*no config.json")
@pytest.mark.parametrize("unit", [1, 1000, 1_000_000, 1_000_000_000])
def test_times_in_thousandths(tmp_path: Path, unit: int) -> None:
    """Times since 1970 in milliseconds, as some write them, or in micro- or nanoseconds are as long as in seconds."""
    start = 1_700_000_000
    lines = "".join(f"{row},0.5,{(start + 2 * row) * unit}\n" for row in range(100))
    (tmp_path / "metrics.csv").write_text("step,loss,timestamp\n" + lines)
    run = ExperimentLoader(tmp_path)
    assert run.get_summary()["training_duration_seconds"] == pytest.approx(198)
    assert run.pace.usual_seconds == pytest.approx(2.0)
    board = BoardMaker(run, Options(x="time")).dashboard()
    assert board.panels[0].x_label == "seconds"
    assert board.panels[0].lines[0].x[-1] == pytest.approx(198)
    (pace,) = [panel for panel in board.panels if panel.key == PACE_GROUP.key]
    assert pace.lines[0].y[-1] == pytest.approx(2.0)


def test_a_summary_looks_for_the_axis_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_run: Callable[..., Path]
) -> None:
    """However many metrics a run has, its summary looks for its steps equally often."""
    looked: list[int] = []
    for count in (2, 300):
        names = [f"metric_{number}" for number in range(count)]
        text = ",".join(["step", *names]) + "\n" + ",".join("1" * (count + 1)) + "\n"
        folder = write_run(tmp_path / str(count), text, steps=1)
        run = ExperimentLoader(folder)
        run.refresh()
        calls: list[str] = []

        def counted(kind: str, tables: Any, calls: list[str] = calls) -> str | None:
            calls.append(kind)
            return find_axis(kind, tables)

        monkeypatch.setattr(series, "find_axis", counted)
        assert len(run.get_summary(refresh=False)["metrics"]) == count
        looked.append(len(calls))
    assert looked[0] == looked[1]
