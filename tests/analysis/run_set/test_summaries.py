"""Summaries that are kept while the run's files stay as they are."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from livemon import MultiExperimentLoader, discover_experiments
from livemon.analysis.run_set import summaries as module
from livemon.analysis.run_set.summaries import clear_summaries
from livemon.system.shared_files import open_regular

SEED_LAYOUT = Path(__file__).parents[2] / "data" / "runs" / "seed_layout" / "experiments"


def test_unchanged_runs_are_not_read_again(
    age: Callable[[Path, float], None], tmp_path: Path, counted: list[str]
) -> None:
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
def test_what_changed_is_read_again(
    make_run: Callable[..., Path], age: Callable[[Path, float], None], change: str, tmp_path: Path, counted: list[str]
) -> None:
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


def test_a_run_that_is_written_to_is_not_kept(
    make_run: Callable[..., Path], tmp_path: Path, counted: list[str]
) -> None:
    """A run that changed seconds ago is read each time: it may change again within a tick of the file's clock."""
    run = make_run(tmp_path / "run", {"step": [1], "train_loss": [2.0]}, {"lr": 1})
    for _ in range(2):
        MultiExperimentLoader([run]).get_all_summaries()
    assert len(counted) == 2


def test_a_broken_cache_is_no_obstacle(
    make_run: Callable[..., Path],
    age: Callable[[Path, float], None],
    tmp_path: Path,
    own_cache: Path,
    counted: list[str],
) -> None:
    """Where the cache cannot be read or written, the runs are read."""
    own_cache.joinpath("summaries.sqlite").write_bytes(b"no database" * 1000)
    run = make_run(tmp_path / "run", {"step": [1], "train_loss": [2.0]}, {"lr": 1})
    age(run, 3600)
    assert MultiExperimentLoader([run]).get_all_summaries()["run"]["metrics"]["train_loss"]["final"] == 2.0


@pytest.mark.parametrize("content", [b"no database" * 1000, b"other"])
def test_a_broken_cache_is_replaced(
    make_run: Callable[..., Path],
    age: Callable[[Path, float], None],
    content: bytes,
    tmp_path: Path,
    own_cache: Path,
    counted: list[str],
) -> None:
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
def test_odd_texts_in_the_cache(
    make_run: Callable[..., Path], age: Callable[[Path, float], None], text: str, tmp_path: Path, own_cache: Path
) -> None:
    """Whatever stands in the cache for a run, the run is read."""
    run = make_run(tmp_path / "run", {"step": [1], "train_loss": [2.0]}, {"lr": 1})
    age(run, 3600)
    MultiExperimentLoader([run]).get_all_summaries()
    with contextlib.closing(sqlite3.connect(own_cache / "summaries.sqlite")) as database, database:
        database.execute("UPDATE runs SET text = ?", (text,))
    assert MultiExperimentLoader([run]).get_all_summaries()["run"]["metrics"]["train_loss"]["final"] == 2.0


def test_names_that_are_no_text(
    make_run: Callable[..., Path], age: Callable[[Path, float], None], tmp_path: Path, counted: list[str]
) -> None:
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


def test_what_is_kept_is_found_from_elsewhere(
    make_run: Callable[..., Path],
    age: Callable[[Path, float], None],
    tmp_path: Path,
    counted: list[str],
    monkeypatch: pytest.MonkeyPatch,
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
def test_a_kept_run_that_became_a_fifo(
    make_run: Callable[..., Path], age: Callable[[Path, float], None], tmp_path: Path
) -> None:
    """Nothing waits for a FIFO in the place of metrics that were kept."""
    run = make_run(tmp_path / "run", {"step": [1], "train_loss": [2.0]}, {"lr": 1})
    age(run, 3600)
    MultiExperimentLoader([run]).get_all_summaries()
    (run / "logs" / "metrics.csv").unlink()
    os.mkfifo(run / "logs" / "metrics.csv")
    assert MultiExperimentLoader([run]).get_all_summaries()["run"]["metrics"] == {}
    with pytest.raises(OSError, match="not a regular file"):
        open_regular(run / "logs" / "metrics.csv")


def test_where_the_cache_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """LIVEMON_CACHE may begin with ~; where it names a file, clearing the cache says so."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LIVEMON_CACHE", "~/x")
    assert clear_summaries() == tmp_path / "x" / "summaries.sqlite"
    (tmp_path / "x").touch()
    with pytest.raises(OSError, match=r"the cache folder is .*x, which is a file .*; LIVEMON_CACHE names another"):
        clear_summaries()


def test_what_other_code_has_read_is_read_again(
    make_run: Callable[..., Path], age: Callable[[Path, float], None], tmp_path: Path, counted: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where livemon's readers have changed, the same files may have other rows: what was kept before is not shown."""
    run = make_run(tmp_path / "run", {"step": [1, 2], "train_loss": [2.0, 1.0]}, {"lr": 1})
    age(run, 3600)
    for reading in ("one", "one", "another"):
        monkeypatch.setattr(module, "_reading", lambda reading=reading: reading)
        MultiExperimentLoader([run]).get_all_summaries()
    assert len(counted) == 2
    monkeypatch.undo()
    assert len(module._reading()) == 64 and module._reading() == module._reading()


def test_a_last_row_without_its_line_end_is_not_kept_before_it_shows(
    make_run: Callable[..., Path], age: Callable[[Path, float], None], tmp_path: Path, counted: list[str]
) -> None:
    """A last row without its line end comes without a change of the file: a summary without it is not kept."""
    run = make_run(tmp_path / "run", {"step": [1, 2], "train_loss": [2.0, 1.5]}, {"lr": 1})
    metrics = run / "logs" / "metrics.csv"
    metrics.write_text(metrics.read_text().rstrip("\n"))
    for seconds, final in ((30, 2.0), (300, 1.5)):
        age(run, seconds)
        summary = MultiExperimentLoader([run]).get_all_summaries()["run"]
        assert summary["metrics"]["train_loss"]["final"] == final
    assert len(counted) == 2
