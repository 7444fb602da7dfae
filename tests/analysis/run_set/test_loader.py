from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
import warnings
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from livemon import ExperimentLoader, MultiExperimentLoader, discover_experiments
from livemon.analysis.run_set.summaries import clear_summaries
from livemon.analysis.statistics.leaderboard import leaderboard
from livemon.system.listing import open_regular
from livemon.testing import ScriptedWriter

SEED_LAYOUT = Path(__file__).parents[2] / "data" / "runs" / "seed_layout" / "experiments"
REAL_RUNS = Path(__file__).parents[4] / "shared" / "experiments"
REAL = sorted(path.parent.parent for path in REAL_RUNS.glob("*/logs/metrics.csv"))
DERIVED = ["time_elapsed_hours", "time_elapsed_minutes", "train_loss_improvement", "train_loss_pct_improvement"]


def make_run(folder: Path, rows: dict[str, list[Any]], config: dict[str, Any] | None = None) -> Path:
    """A run's folder with these columns; None is a blank cell."""
    writer = ScriptedWriter(folder / "logs" / "metrics.csv", list(rows))
    for values in zip(*rows.values(), strict=True):
        writer.append(**{name: value for name, value in zip(rows, values, strict=True) if value is not None})
    if config is not None:
        (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.fixture
def seeds() -> MultiExperimentLoader:
    return MultiExperimentLoader(discover_experiments(SEED_LAYOUT))


# -- scripts of the earlier toolkit


def test_loaders_in_the_order_given() -> None:
    """`loaders` is a dict of ExperimentLoaders by folder name, in the order given."""
    dirs = [SEED_LAYOUT / name for name in ("lr1.0", "baseline_lr0.5", "diverged_nan")]
    loaders = MultiExperimentLoader(dirs).loaders
    assert list(loaders) == ["lr1.0", "baseline_lr0.5", "diverged_nan"]
    assert all(isinstance(run, ExperimentLoader) and run.name == name for name, run in loaders.items())


def test_names_are_longer_only_where_they_collide(tmp_path: Path) -> None:
    """Four `version_0` stay four, told apart by the folders above; a run given twice stays two; others keep theirs."""
    dirs = [make_run(tmp_path / rest, {"step": [1], "loss": [1.0]}) for rest in
            ("a/version_0", "b/version_0", "x/c/version_0", "y/c/version_0", "other")]
    names = MultiExperimentLoader([*dirs, dirs[-1]]).names
    assert names == ["a/version_0", "b/version_0", "x/c/version_0", "y/c/version_0", "other", "other (2)"]


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


def test_a_run_without_metrics_ends_no_batch(tmp_path: Path) -> None:
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


def test_repeated_steps_do_not_fail(tmp_path: Path) -> None:
    """Where a step stands in several rows its last value counts; where a later attempt goes over steps it wins."""
    twice = make_run(tmp_path / "twice", {"step": [1, 1, 2, 2, 3], "loss": [9.0, 8.0, 7.0, None, 6.0]}, {})
    again = make_run(tmp_path / "again", {"step": [1, 2, 3, 2, 3], "loss": [9.0, 8.0, 7.0, 1.0, 0.5]}, {})
    table = MultiExperimentLoader([twice, again]).compare_metrics("loss")
    assert table["twice"].tolist() == [8.0, 7.0, 6.0]
    assert table["again"].tolist() == [9.0, 1.0, 0.5]


def test_steps_that_do_not_overlap(tmp_path: Path) -> None:
    """Runs whose steps do not overlap have all steps of both, each its own values only."""
    dirs = [make_run(tmp_path / name, {"step": steps, "loss": [1.0, 2.0]}, {})
            for name, steps in (("early", [0, 10]), ("late", [500, 510]))]
    table = MultiExperimentLoader(dirs).compare_metrics("loss")
    assert table.index.tolist() == [0, 10, 500, 510]
    assert table["late"].dropna().tolist() == [1.0, 2.0]


def test_a_metric_that_only_some_have(tmp_path: Path) -> None:
    """A run without the metric is left out with a warning that names it; where no run has it the table has no column
    and the warning says so."""
    dirs = [make_run(tmp_path / name, {"step": [1], name: [1.0]}, {}) for name in ("alpha", "beta")]
    runs = MultiExperimentLoader(dirs)
    with pytest.warns(UserWarning, match="beta: no metric 'alpha'"):
        assert list(runs.compare_metrics("alpha")) == ["alpha"]
    with pytest.warns(UserWarning, match="alpha, beta: no metric 'nope', nor has any other run"):
        assert runs.compare_metrics("nope").shape == (0, 0)


def test_a_well_known_name_finds_each_runs_own(tmp_path: Path) -> None:
    """`train_loss` finds `loss` in one run and `train/loss` in another, and says so."""
    dirs = [make_run(tmp_path / str(place), {"step": [1], name: [float(place)]}, {})
            for place, name in enumerate(("train_loss", "loss", "train/loss"))]
    with pytest.warns(UserWarning, match="is used for it") as warned:
        table = MultiExperimentLoader(dirs).compare_metrics("train_loss")
    assert table.iloc[-1].tolist() == [0.0, 1.0, 2.0]
    assert len(warned) == 2


def test_all_nan_and_constant(tmp_path: Path) -> None:
    """A run that is all NaN keeps its column, a constant its value, a single run is a table of one column."""
    bad = make_run(tmp_path / "bad", {"step": [1, 2], "loss": [float("nan")] * 2}, {})
    flat = make_run(tmp_path / "flat", {"step": [1, 2], "loss": [3.0, 3.0]}, {})
    table = MultiExperimentLoader([bad, flat]).compare_metrics("loss")
    assert table["bad"].isna().all() and table["flat"].tolist() == [3.0, 3.0]
    assert MultiExperimentLoader([flat]).compare_metrics("loss").shape == (2, 1)


def test_over_epochs_and_time(tmp_path: Path) -> None:
    """x is the epoch, the seconds since the run began (a clock's stamps too), or the wall clock, where a run has it."""
    clock = make_run(tmp_path / "clock", {"step": [1, 2], "timestamp": [1.7e9, 1.7e9 + 60], "loss": [2.0, 1.0]}, {})
    watch = make_run(tmp_path / "watch", {"step": [1, 2], "time_elapsed_seconds": [5, 65], "loss": [2.0, 1.0]}, {})
    runs = MultiExperimentLoader([clock, watch])
    assert runs.compare_metrics("loss", x="time").index.tolist() == [0, 5, 60, 65]
    with pytest.warns(UserWarning, match="watch: skipped: has no wall time"):
        assert runs.compare_metrics("loss", x="wall").index.tolist() == [1.7e9, 1.7e9 + 60]
    with pytest.warns(UserWarning, match="skipped"), pytest.raises(KeyError, match="no run has the x 'epoch'"):
        runs.compare_metrics("loss", x="epoch")


def test_runs_without_the_axis_of_most_are_said(tmp_path: Path) -> None:
    """Without an x the step is taken; a run that has only epochs is not drawn among steps, and that is said."""
    steps = [make_run(tmp_path / name, {"step": [100, 200], "loss": [2.0, 1.0]}, {}) for name in ("a", "b")]
    epochs = make_run(tmp_path / "keras", {"epoch": [0, 1], "loss": [2.0, 1.0]}, {})
    with pytest.warns(UserWarning, match="keras: left out: no step"):
        assert list(MultiExperimentLoader([*steps, epochs]).compare_metrics("loss")) == ["a", "b"]


def test_filter_experiments(tmp_path: Path) -> None:
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


# -- beyond


def test_labels_by_what_differs(seeds: MultiExperimentLoader, tmp_path: Path) -> None:
    """Labels are the settings that differ, else the parts of the names that do, else what is given."""
    dirs = [make_run(tmp_path / f"run_{rate}", {"step": [1]}, {"lr": rate, "wd": 0.1, "output_dir": str(rate)})
            for rate in (0.1, 0.001)]
    assert list(MultiExperimentLoader(dirs).labels.values()) == ["lr=0.1", "lr=0.001"]
    assert seeds.labels["baseline_lr0.5"] == "baseline lr0.5"  # three runs share each setting
    assert list(MultiExperimentLoader(dirs, labels=["one", "two"]).labels.values()) == ["one", "two"]
    assert list(MultiExperimentLoader(dirs, labels={"run_0.1": "high"}).labels.values()) == ["high", "lr=0.001"]
    with pytest.raises(ValueError, match="3 labels for 2 runs"):
        MultiExperimentLoader(dirs, labels=["a", "b", "c"])
    with pytest.raises(ValueError, match="labels are given for x"):
        MultiExperimentLoader(dirs, labels={"x": "y"})


def test_several_folders_are_one_run(tmp_path: Path) -> None:
    """A list of folders among the runs is one run of several attempts."""
    first = make_run(tmp_path / "exp", {"step": [1, 2, 3], "loss": [3.0, 2.0, 9.0]}, {})
    second = make_run(tmp_path / "exp_20250101_000000", {"step": [3, 4], "loss": [1.0, 0.5]}, {})
    table = MultiExperimentLoader([[first, second]]).compare_metrics("loss")
    assert table.iloc[:, 0].tolist() == [3.0, 2.0, 1.0, 0.5]


def test_an_executor_gives_the_same(tmp_path: Path) -> None:
    """Reading over an executor gives what reading here gives, warnings included."""
    dirs = [*discover_experiments(SEED_LAYOUT), make_run(tmp_path / "odd", {"step": [1], "acc": [1.0]}, {"lr": 1})]
    told: list[tuple[int, int]] = []
    with ThreadPoolExecutor(2) as executor:
        spread = MultiExperimentLoader(dirs, executor=executor, progress=lambda *now: told.append(now), cache=False)
        here = MultiExperimentLoader(dirs, cache=False)
        with pytest.warns(UserWarning, match="odd: no metric 'train_loss'"):
            pd.testing.assert_frame_equal(spread.compare_metrics("train_loss"), here.compare_metrics("train_loss"))
        assert repr(spread.get_all_summaries()) == repr(here.get_all_summaries())
        assert repr(spread.load_all_metrics()) == repr(here.load_all_metrics())
    assert told[-1] == (len(dirs), len(dirs))


OTHER_PROCESSES = """
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from livemon import MultiExperimentLoader, discover_experiments

if __name__ == "__main__":
    dirs = discover_experiments(FOLDER)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        spread = MultiExperimentLoader(dirs, executor=executor, cache=False)
        here = MultiExperimentLoader(dirs, cache=False)
        assert spread.compare_metrics("train_loss").equals(here.compare_metrics("train_loss"))
        assert repr(spread.get_all_summaries()) == repr(here.get_all_summaries())
        assert list(spread.load_all_metrics()) == here.names and spread.settings == here.settings
"""


def test_other_processes_give_the_same(tmp_path: Path) -> None:
    """What is wanted of runs can be asked for in other processes."""
    script = tmp_path / "spread.py"
    script.write_text(OTHER_PROCESSES.replace("FOLDER", repr(str(SEED_LAYOUT))))
    subprocess.run([sys.executable, str(script)], check=True, timeout=100)


# -- summaries that are kept


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The runs that were summarised by reading them."""
    read: list[str] = []
    summarise = ExperimentLoader.get_summary

    def counting(run: ExperimentLoader, **options: Any) -> dict[str, Any]:
        read.append(run.name)
        return summarise(run, **options)

    monkeypatch.setattr(ExperimentLoader, "get_summary", counting)
    return read


def age(folder: Path, seconds: float) -> None:
    """Make everything in a folder that old."""
    for path in folder.rglob("*"):
        os.utime(path, (time.time() - seconds,) * 2)


def test_unchanged_runs_are_not_read_again(tmp_path: Path, counted: list[str]) -> None:
    """A run whose files are what they were is not read again; nothing is written into it."""
    shutil.copytree(SEED_LAYOUT, tmp_path / "runs")
    age(tmp_path / "runs", 3600)
    before = sorted((tmp_path / "runs").rglob("*"))
    dirs = discover_experiments(tmp_path / "runs")
    first = MultiExperimentLoader(dirs).get_all_summaries()
    assert len(counted) == 5
    assert repr(MultiExperimentLoader(dirs).get_all_summaries()) == repr(first)
    assert len(counted) == 5
    assert sorted((tmp_path / "runs").rglob("*")) == before


@pytest.mark.parametrize("change", ["row", "same size and time", "a row in the middle", "config", "another file"])
def test_what_changed_is_read_again(change: str, tmp_path: Path, counted: list[str]) -> None:
    """A new row, other bytes of the same size and time, a changed config, or another file make the run be read."""
    steps = list(range(1, 202))
    run = make_run(tmp_path / "run", {"step": steps, "train_loss": [2.0] * 100 + [5.0] + [1.0] * 100},
                   {"model_config": "a"})
    age(run, 3600)
    MultiExperimentLoader([run]).get_all_summaries()
    metrics = run / "logs" / "metrics.csv"
    status = metrics.stat()
    if change == "row":
        with metrics.open("a") as file:
            file.write("202,0.5\n")
    elif change in ("same size and time", "a row in the middle"):
        time.sleep(0.02)  # a tick of the clock by which the system notes changes
        old, new = ("1.0", "0.5") if change == "same size and time" else ("5.0", "7.0")
        metrics.write_text(metrics.read_text().replace(old, new))
        os.utime(metrics, ns=(status.st_atime_ns, status.st_mtime_ns))
    elif change == "config":
        (run / "config.json").write_text('{"model_config": "b"}')
    else:
        (run / "hparams.yaml").write_text("model_config: c\n")
    summary = MultiExperimentLoader([run]).get_all_summaries()["run"]
    assert len(counted) == 2
    assert summary["model_type"] == ("b" if change == "config" else "a")
    if change in ("row", "same size and time"):
        assert summary["metrics"]["train_loss"]["final"] == 0.5
    if change == "a row in the middle":
        assert summary["metrics"]["train_loss"]["max"] == 7.0


def test_a_run_that_is_written_to_is_not_kept(tmp_path: Path, counted: list[str]) -> None:
    """A run that changed seconds ago is read each time: it may change again within a tick of the file's clock."""
    run = make_run(tmp_path / "run", {"step": [1], "train_loss": [2.0]}, {"lr": 1})
    for _ in range(2):
        MultiExperimentLoader([run]).get_all_summaries()
    assert len(counted) == 2


def test_a_broken_cache_is_no_obstacle(tmp_path: Path, own_cache: Path, counted: list[str]) -> None:
    """Where the cache cannot be read or written, the runs are read."""
    own_cache.joinpath("summaries.sqlite").write_bytes(b"no database" * 1000)
    run = make_run(tmp_path / "run", {"step": [1], "train_loss": [2.0]}, {"lr": 1})
    age(run, 3600)
    assert MultiExperimentLoader([run]).get_all_summaries()["run"]["metrics"]["train_loss"]["final"] == 2.0


@pytest.mark.parametrize("content", [b"no database" * 1000, b"other"])
def test_a_broken_cache_is_replaced(content: bytes, tmp_path: Path, own_cache: Path, counted: list[str]) -> None:
    """A file that is no database, or another's, is written anew, and what is kept then is found."""
    path = own_cache / "summaries.sqlite"
    if content == b"other":
        with contextlib.closing(sqlite3.connect(path)) as database, database:
            database.execute("CREATE TABLE runs (a)")
    else:
        path.write_bytes(content)
    run = make_run(tmp_path / "run", {"step": [1], "train_loss": [2.0]}, {"lr": 1})
    age(run, 3600)
    for _ in range(2):
        MultiExperimentLoader([run]).get_all_summaries()
    assert len(counted) == 1


@pytest.mark.parametrize("text", ["", "null", "[]", "[" * 100_000, '{"metrics": 3}', '{"metrics": "x", "summary": []}'])
def test_odd_texts_in_the_cache(text: str, tmp_path: Path, own_cache: Path) -> None:
    """Whatever stands in the cache for a run, the run is read."""
    run = make_run(tmp_path / "run", {"step": [1], "train_loss": [2.0]}, {"lr": 1})
    age(run, 3600)
    MultiExperimentLoader([run]).get_all_summaries()
    with contextlib.closing(sqlite3.connect(own_cache / "summaries.sqlite")) as database, database:
        database.execute("UPDATE runs SET text = ?", (text,))
    assert MultiExperimentLoader([run]).get_all_summaries()["run"]["metrics"]["train_loss"]["final"] == 2.0


def test_names_that_are_no_text(tmp_path: Path, counted: list[str]) -> None:
    """A folder whose name is no UTF-8 is kept as any other."""
    run = make_run(tmp_path / "run", {"step": [1], "train_loss": [2.0]}, {"lr": 1})
    odd = tmp_path / os.fsdecode(b"r\xff")
    try:
        run.rename(odd)
    except OSError:
        pytest.skip("this file system takes no such name")
    age(odd, 3600)
    for _ in range(2):
        assert len(MultiExperimentLoader([odd]).get_all_summaries()) == 1
    assert len(counted) == 1


def test_what_is_kept_is_found_from_elsewhere(tmp_path: Path, counted: list[str], monkeypatch: pytest.MonkeyPatch
                                              ) -> None:
    """A run that was named by a relative path is not read again where it is named from another folder, nor where its
    logs are linked; it is where those change."""
    run = make_run(tmp_path / "a" / "run", {"step": [1], "train_loss": [2.0]}, {"lr": 1})
    (run / "logs").rename(tmp_path / "elsewhere")
    (run / "logs").symlink_to(tmp_path / "elsewhere")
    age(run, 3600)
    age(tmp_path / "elsewhere", 3600)
    for folder, path in (("a", "run"), (".", "a/run"), ("a/run", "../run")):
        monkeypatch.chdir(tmp_path / folder)
        assert MultiExperimentLoader([path]).get_all_summaries()["run"]["metrics"]["train_loss"]["final"] == 2.0
    assert len(counted) == 1
    (tmp_path / "elsewhere" / "more.csv").write_text("step,acc\n1,1\n")
    MultiExperimentLoader([run]).get_all_summaries()
    assert len(counted) == 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_a_kept_run_that_became_a_fifo(tmp_path: Path) -> None:
    """Nothing waits for a FIFO in the place of metrics that were kept."""
    run = make_run(tmp_path / "run", {"step": [1], "train_loss": [2.0]}, {"lr": 1})
    age(run, 3600)
    MultiExperimentLoader([run]).get_all_summaries()
    (run / "logs" / "metrics.csv").unlink()
    os.mkfifo(run / "logs" / "metrics.csv")
    assert MultiExperimentLoader([run]).get_all_summaries()["run"]["metrics"] == {}
    with pytest.raises(OSError, match="no regular file"):
        open_regular(run / "logs" / "metrics.csv")


def test_where_the_cache_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """LIVEMON_CACHE may begin with ~; where it names a file, clearing the cache says so."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LIVEMON_CACHE", "~/x")
    assert clear_summaries() == tmp_path / "x" / "summaries.sqlite"
    (tmp_path / "x").touch()
    with pytest.raises(OSError, match=r"the cache folder is .*x, which is a file .*; LIVEMON_CACHE names another"):
        clear_summaries()


@pytest.mark.parametrize("depth", [200, 900, 5000])
def test_a_config_that_is_nested_deep(depth: int, tmp_path: Path) -> None:
    """A config nested deeper than anybody writes is left out, with a warning that says so; the run is not."""
    run = make_run(tmp_path / "deep", {"step": [1], "train_loss": [2.0]})
    (run / "config.json").write_text('{"a": ' * depth + "1" + "}" * depth)
    runs = MultiExperimentLoader([run, make_run(tmp_path / "b", {"step": [1], "train_loss": [2.0]}, {"lr": 1})])
    with pytest.warns(UserWarning, match=r"deep: config.json cannot be used: it is nested deeper than 100 levels; its"):
        assert runs.configs == {"deep": {}, "b": {"lr": 1}}
    assert len(runs.labels) == 2


# -- executors that fail


class _Failing(ThreadPoolExecutor):
    """Stands in for a cluster: its node dies with the first batch, or it takes nothing any more."""

    def __init__(self, how: str) -> None:
        super().__init__(1)
        self._how = how
        self._asked = 0

    def submit(self, *given: Any, **more: Any) -> Future[Any]:  # type: ignore[override]
        self._asked += 1
        if self._how == "takes no more" and self._asked > 2:
            raise RuntimeError("cannot schedule new futures")
        if self._how == "node died" and self._asked == 2:
            failed: Future[Any] = Future()
            failed.set_exception(OSError("node died"))
            return failed
        return super().submit(*given, **more)


@pytest.mark.parametrize(("how", "here"), [("takes no more", 3), ("node died", 1)])
def test_what_an_executor_fails_to_read_is_read_here(how: str, here: int, tmp_path: Path, counted: list[str]) -> None:
    """Runs that an executor does not read are read here, in order, with a warning that names them and says why; all are
    kept in the cache."""
    dirs = [make_run(tmp_path / f"r{place}", {"step": [1], "train_loss": [float(place)]}, {"lr": 1})
            for place in range(5)]
    age(tmp_path, 3600)
    with _Failing(how) as executor:
        runs = MultiExperimentLoader(dirs, executor=executor)
        with pytest.warns(UserWarning, match=r"read here, as the executor failed: \w+: (node|cannot)") as warned:
            found = runs.get_all_summaries()
    assert [one["metrics"]["train_loss"]["final"] for one in found.values()] == [0, 1, 2, 3, 4]
    told = str(next(one.message for one in warned if "executor" in str(one.message)))
    assert sum(name in told for name in ("r0", "r1", "r2", "r3", "r4")) == here
    MultiExperimentLoader(dirs).get_all_summaries()
    assert len(counted) == 5


KILLED = """
import os, signal, warnings
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from livemon import MultiExperimentLoader, discover_experiments

if __name__ == "__main__":
    dirs = discover_experiments(FOLDER)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        os.kill(executor.submit(os.getpid).result(), signal.SIGKILL)
        with warnings.catch_warnings(record=True) as said:
            found = MultiExperimentLoader(dirs, executor=executor, cache=False).get_all_summaries()
    assert len(found) == len(dirs) and any("BrokenProcessPool" in str(one.message) for one in said), said
"""


def test_a_worker_that_is_killed(tmp_path: Path) -> None:
    """Where a worker of a pool is killed, the runs are read here."""
    script = tmp_path / "killed.py"
    script.write_text(KILLED.replace("FOLDER", repr(str(SEED_LAYOUT))))
    subprocess.run([sys.executable, str(script)], check=True, timeout=100)


def test_no_config_is_one_warning(tmp_path: Path) -> None:
    """Many runs without a config are one warning that names the first and counts the others."""
    dirs = [make_run(tmp_path / f"r{place}", {"step": [1], "loss": [1.0]}) for place in range(9)]
    with pytest.warns(UserWarning, match="no config") as warned:
        MultiExperimentLoader(dirs).get_all_summaries()
    assert [str(one.message) for one in warned] == [
        "r0, r1, r2 and 6 more: no config.json; the config is taken as empty"
    ]


def test_memory_holds_one_run(tmp_path: Path) -> None:
    """Reading summaries keeps no run open: the loaders are not even made."""
    runs = MultiExperimentLoader(discover_experiments(SEED_LAYOUT))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        runs.get_all_summaries()
    assert "loaders" not in vars(runs)


ROWS = {"step": [0, 1], "loss": [2.0, 1.0]}


def test_labels_never_collide(tmp_path: Path) -> None:
    """A label that is given may be another run's name: each run keeps a label of its own, so that none is lost."""
    dirs = [make_run(tmp_path / name, ROWS) for name in ("a", "b", "c")]
    labels = MultiExperimentLoader(dirs, labels={"a": "b"}).labels
    assert labels["a"] == "b" and len(set(labels.values())) == 3
    twice = MultiExperimentLoader([dirs[0], dirs[0], make_run(tmp_path / "a (2)", ROWS)])
    assert len(set(twice.names)) == 3


def test_labels_of_a_run_that_is_not_there(tmp_path: Path) -> None:
    """A run that is skipped takes its label with it; a label for what nobody named is an error."""
    dirs = [make_run(tmp_path / "a", ROWS), tmp_path / "missing"]
    with pytest.warns(UserWarning, match="missing: skipped"):
        assert MultiExperimentLoader(dirs, labels={"a": "A", "missing": "M"}).labels == {"a": "A"}
    with pytest.raises(ValueError, match="labels are given for b"):
        MultiExperimentLoader(dirs[:1], labels={"b": "B"})


def test_a_filter_that_is_a_function_meets_what_is_missing(tmp_path: Path) -> None:
    """A function that cannot take None leaves out the runs without the setting."""
    configs = {"a": {"lr": 0.5}, "b": {"other": 1}, "c": {"lr": 0.1}}
    dirs = [make_run(tmp_path / name, ROWS, config) for name, config in configs.items()]
    assert MultiExperimentLoader(dirs).filter_experiments(lr=lambda rate: rate >= 0.3).names == ["a"]


def test_recorded_runs_have_wall_time(tmp_path: Path) -> None:
    """Seconds of training become the clock's by what livemon.json says of each attempt: the pause between is there."""
    folder = make_run(tmp_path / "a", {"step": [0, 1, 2], "time_elapsed_seconds": [1.0, 5.0, 11.0], "loss": [3, 2, 1]})
    attempts = {"started": 9_000.0 + 1.7e9, "elapsed": 5.5, "earlier": [{"started": 1.7e9, "elapsed": 0}]}
    (folder / "livemon.json").write_text(json.dumps(attempts))
    found = MultiExperimentLoader([folder]).compare_metrics("loss", x="wall")
    assert found.index.tolist() == [1.7e9 + 1, 1.7e9 + 5, 1.7e9 + 9_005.5]


def test_a_curve_is_meant_before_a_single_number(tmp_path: Path) -> None:
    """A `train_loss` of one number is the mean of a training; runs are compared by the curve, which is `loss`."""
    run = Path(__file__).parents[2] / "data" / "runs" / "hf_plain"
    with pytest.warns(UserWarning, match="'train_loss' is a single number; 'loss' is used"):
        found = MultiExperimentLoader([run]).compare_metrics("train_loss")["hf_plain"].dropna()
    assert len(found) == 9 and found.iloc[-1] == pytest.approx(3.84215, abs=1e-4)
    assert len(ExperimentLoader(run).series("train_loss")) == 1
    assert leaderboard(MultiExperimentLoader([run]), "train_loss").rows[0]["final"] == pytest.approx(found.iloc[-1])
