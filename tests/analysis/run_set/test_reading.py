"""Runs read one at a time, here or by an executor."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from livemon import MultiExperimentLoader, discover_experiments
from livemon.analysis import Comparison, ComparisonOptions, compare_groups, leaderboard, parameter_importance, sort_runs
from livemon.analysis.run_set.reading import Study, Task
from livemon.runs.source import Source

SEED_LAYOUT = Path(__file__).parents[2] / "data" / "runs" / "seed_layout" / "experiments"


def test_an_executor_gives_the_same(make_run: Callable[..., Path], tmp_path: Path) -> None:
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
def test_what_an_executor_fails_to_read_is_read_here(
    make_run: Callable[..., Path],
    age: Callable[[Path, float], None],
    how: str,
    here: int,
    tmp_path: Path,
    counted: list[str],
) -> None:
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


def test_no_config_is_one_warning(make_run: Callable[..., Path], tmp_path: Path) -> None:
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


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, str]]:
    """How often each source was opened and read, by what was done and the run's name; also in threads."""
    count: Counter[tuple[str, str]] = Counter()
    opening, reading = Source.__init__, Source.refresh

    def opened(source: Source, form: Any, path: Path, *more: Any, **named: Any) -> None:
        count["opened", path.parents[1].name] += 1
        opening(source, form, path, *more, **named)

    def read(source: Source) -> int:
        count["read", source.path.parents[1].name] += 1
        return reading(source)

    monkeypatch.setattr(Source, "__init__", opened)
    monkeypatch.setattr(Source, "refresh", read)
    return count


@pytest.mark.parametrize("how", ["in memory", "spooled", "by an executor"])
def test_a_study_is_read_once(
    how: str, looks: Counter[tuple[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    make_run: Callable[..., Path],
) -> None:
    """Sorting, leaderboard, tests, importance and picture open and read each run once, in memory, beyond what may stay
    in memory, and by an executor; rows that come meanwhile are in none of them."""
    dirs = [make_run(tmp_path / f"{name}_s{seed}", {"step": [1, 2, 3], "val_loss": [3.0, 2.0 + level, 1.0 + level]},
                     {"level": level, "seed": seed}) for name, level in (("a", 0.5), ("b", 0.75)) for seed in range(3)]
    if how == "spooled":
        monkeypatch.setattr("livemon.analysis.run_set.reading._KEPT_BYTES", 0)
    study = Study()
    with ThreadPoolExecutor(2) as executor:
        if how == "by an executor":
            tasks = [Task(path.name, (path,)) for path in dirs]
            assert study.read_ahead(tasks, executor) == {path: [] for path in dirs}
        runs = MultiExperimentLoader(sort_runs(dirs, study=study).runs, study=study, cache=False,
                                     executor=executor if how == "by an executor" else None)
        first = leaderboard(runs, "val_loss").table.to_csv()
        for path in dirs:
            with open(path / "logs" / "metrics.csv", "a") as file:
                file.write("4,0.0\n")
        assert compare_groups(runs, "val_loss").table["difference"].abs().tolist() == [0.25]
        parameter_importance(runs, "val_loss")
        assert Comparison(runs, ComparisonOptions()).dashboard().panels
        assert leaderboard(runs, "val_loss").table.to_csv() == first
    assert set(looks.values()) == {1} and len(looks) == 2 * len(dirs)


def test_a_temporary_folder_that_is_full_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_run: Callable[..., Path]
) -> None:
    """Where a study finds no room for what memory should not hold, memory holds it: no run is called empty. (The full
    disk is a fake.)"""
    dirs = [make_run(tmp_path / name, {"step": [1], "val_loss": [loss]}) for name, loss in (("a", 1.0), ("b", 2.0))]

    def full(**_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("livemon.analysis.run_set.reading._KEPT_BYTES", 0)
    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    study = Study()
    found = sort_runs(dirs, study=study)
    assert found.empty == [] and len(found.runs) == 2
    assert len(leaderboard(MultiExperimentLoader(found.runs, study=study), "val_loss").table) == 2
