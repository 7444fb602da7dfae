"""What a search for runs looks at, and what it leaves alone."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from livemon.runs.discovery import begun_below, discover_experiments, find_run, no_metrics_message, run_at, runs_below
from livemon.runs.experiment import ExperimentLoader
from livemon.runs.folder_of_runs import SeveralRunsWarning

DATABASE = Path(__file__).parents[1] / "data" / "runs" / "mlflow_sqlite" / "mlflow.db"
WATCHED = """
import json, sys
seen = []
sys.addaudithook(lambda event, given: seen.append((event, str(given[0]))) if event in ("open", "os.scandir") else None)
from pathlib import Path
from livemon.runs.discovery import runs_below
before = len(seen)
runs = [str(found.path) for found in runs_below(Path(sys.argv[1]))]
print(json.dumps([runs, seen[before:]]))
"""


def make_run(folder: Path) -> Path:
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "metrics.csv").write_text("step,loss\n1,2\n")
    for name in ("best_model.pt", "last.ckpt"):
        (folder / "checkpoints" / name).write_bytes(b"weights")
    for name in ("model.safetensors", "weights.pkl", "data.npy", "all.zip", "optimizer.pt"):
        (folder / name).write_bytes(b"step,loss\n1,2\n")
    return folder


def test_a_search_opens_no_weights_and_lists_each_folder_once(tmp_path: Path) -> None:
    """Of a tree of runs, only files that may be metrics are opened, and no folder is listed twice."""
    wanted = [make_run(tmp_path / "sweep" / name) for name in ("a", "b")]
    result = subprocess.run([sys.executable, "-c", WATCHED, str(tmp_path)], capture_output=True, text=True, check=True)
    runs, seen = json.loads(result.stdout)
    assert runs == [str(path) for path in wanted]
    opened = {Path(path).name for event, path in seen if event == "open" and path.startswith(str(tmp_path))}
    assert opened == {"metrics.csv"}
    listed = [path for event, path in seen if event == "os.scandir" and path.startswith(str(tmp_path))]
    assert len(listed) == len(set(listed)) and not any("checkpoints" in path for path in listed)


@pytest.mark.parametrize("depth", [0, 1])
def test_a_folder_that_becomes_a_run_while_it_is_searched(
    tmp_path: Path, depth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training that makes its folder of logs between our look at the run's folder and that below it is the run, not
    its folder of logs: else its note is not seen, and its end is taken for another attempt."""
    from livemon.runs import discovery

    run = tmp_path / "run"
    run.mkdir()
    look_into, looked = discovery._search, []

    def look_while_it_begins(folder: Any, *rest: Any) -> Any:
        if folder.path == run and not looked:
            looked.append(run)
            (run / "logs").mkdir()
            (run / "logs" / "metrics.csv").write_text("step,loss\n1,2\n")
            folder = discovery.Listing(run)
        return look_into(folder, *rest)

    monkeypatch.setattr(discovery, "_search", look_while_it_begins)
    (run / "notes.txt").write_text("a folder that is not empty is looked into")
    found = find_run(run if depth == 0 else tmp_path)
    assert looked and found is not None
    assert (found[0].path, found[0].main) == (run, run / "logs" / "metrics.csv")


def test_a_search_follows_no_link_to_a_file_outside(tmp_path: Path) -> None:
    """A link to a file is followed only where it stays below the folder that is searched."""
    outside, base = tmp_path / "outside", tmp_path / "base"
    make_run(outside)
    make_run(base / "inside")
    (base / "by_file").mkdir()
    (base / "by_file" / "metrics.csv").symlink_to(outside / "metrics.csv")
    (base / "alias").mkdir()
    (base / "alias" / "metrics.csv").symlink_to(base / "inside" / "metrics.csv")
    (base / "loop").mkdir()
    (base / "loop" / "loop").symlink_to(base / "loop")
    (base / "loop" / "metrics.csv").symlink_to("metrics.csv")
    assert [found.path.name for found in runs_below(base)] == ["alias", "inside"]
    assert ExperimentLoader(base / "by_file" / "metrics.csv").refresh() == 1  # Who names a file means it.


def test_linked_runs(tmp_path: Path) -> None:
    """A link to a run's folder is a run, once: not where the run, or one that it is a part of, is found in its own
    place, and not by a second link. What lies below a link is not searched, and that is said where there is no run."""
    outside, base = tmp_path / "outside", tmp_path / "base"
    make_run(outside / "x")
    make_run(outside / "sweep" / "y")
    make_run(base / "own" / "logs")
    for name, place in (("link", outside / "x"), ("second", outside / "x"), ("latest", base / "own"),
                        ("part", base / "own" / "logs"), ("sweep", outside / "sweep"), ("up", tmp_path), ("self", base),
                        ("nowhere", outside / "gone"), ("null", Path("/dev/null"))):
        (base / name).symlink_to(place)
    assert [found.path.relative_to(base).as_posix() for found in runs_below(base)] == ["own", "link"]
    assert [path.name for path in discover_experiments(base)] == ["link", "own"]
    assert [path.name for path in discover_experiments(base, "latest*")] == ["latest"]
    assert ExperimentLoader(base / "link").refresh() == 1
    only = tmp_path / "only"
    only.mkdir()
    (only / "sweep").symlink_to(outside / "sweep")
    with pytest.raises(FileNotFoundError, match="Links to folders are not searched: sweep; name where they lead"):
        ExperimentLoader(only).load_metrics()


def test_linked_logs(tmp_path: Path) -> None:
    """A link that is called `logs` is followed: a run whose logs lie elsewhere is a run, and so are runs below it; a
    link that leads in a circle is not."""
    make_run(tmp_path / "scratch" / "a" / "logs")
    run = tmp_path / "runs" / "a"
    run.mkdir(parents=True)
    (run / "logs").symlink_to(tmp_path / "scratch" / "a" / "logs")
    for name, place in (("b", "."), ("c", ".."), ("d", "../e"), ("e", "../d")):
        (tmp_path / "runs" / name).mkdir()
        (tmp_path / "runs" / name / "logs").symlink_to(place)
    assert [found.path for found in runs_below(tmp_path / "runs")] == [run]
    assert find_run(run) is not None and discover_experiments(tmp_path / "runs") == [run]
    assert ExperimentLoader(run).refresh() == 1
    above = tmp_path / "project"
    above.mkdir()
    (above / "logs").symlink_to(tmp_path / "scratch")
    assert [found.path for found in runs_below(above)] == [above / "logs" / "a"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_a_search_is_never_held_up(tmp_path: Path) -> None:
    """A FIFO or a folder with the name of a metrics file is no run, and nothing waits for it."""
    os.mkfifo(tmp_path / "metrics.csv")
    (tmp_path / "a" / "progress.json").mkdir(parents=True)
    (tmp_path / "a" / "trainer_state.json").mkdir()
    os.mkfifo(tmp_path / "a" / "mlflow.db")
    os.mkfifo(tmp_path / "a" / "run-1.wandb")
    os.mkfifo(tmp_path / "a" / "events.out.tfevents.1.host")
    assert find_run(tmp_path) is None


def test_parts_of_a_run_are_no_runs(tmp_path: Path) -> None:
    """With `**`, the `logs` of a run is not found beside the run; a run below another one is."""
    make_run(tmp_path / "exp" / "logs")
    make_run(tmp_path / "exp" / "nested")
    names = [path.relative_to(tmp_path).as_posix() for path in discover_experiments(tmp_path, "**")]
    assert names == ["exp", "exp/nested"]


def test_a_folder_that_may_not_be_entered_stops_nothing(tmp_path: Path) -> None:
    """Beside a folder that can be listed but not entered, the runs are found; in it there is none. (As nobody.)"""
    make_run(tmp_path / "run")
    closed = make_run(tmp_path / "closed")
    closed.chmod(0o744)
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o055)
    code = """
import os, sys
from livemon import ExperimentLoader, discover_experiments
from livemon.readers.registry import formats
formats()  # What is imported is imported now: Python itself may lie where nobody may read.
if os.getuid() == 0:
    os.setuid(65534)
run = ExperimentLoader(sys.argv[1])
print(run.refresh(), [path.name for path in discover_experiments(sys.argv[1])],
      [path.name for path in discover_experiments(sys.argv[1], "**")],
      ExperimentLoader(sys.argv[1] + "/closed").refresh())
"""
    env = {**os.environ, "LIVEMON_CACHE": str(tmp_path / "cache")}
    result = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, env=env)
    closed.chmod(0o755)
    assert result.stdout == "1 ['run'] ['run'] 0\n", result.stderr


@pytest.mark.parametrize("path", ["x" * 300, "a\0b", "/".join("x" * 200 for _ in range(30))])
def test_a_path_that_cannot_be_is_not_there(tmp_path: Path, path: str) -> None:
    """A name that is too long for the system, or no name, is one error: there is nothing."""
    with pytest.raises(FileNotFoundError):
        ExperimentLoader(tmp_path / path)


def test_databases_are_counted_and_matched(tmp_path: Path) -> None:
    """Runs in a database beside a run are counted; a pattern reaches them by the database's name, or with `**`."""
    make_run(tmp_path)
    shutil.copy(DATABASE, tmp_path / "mlflow.db")
    assert ExperimentLoader(tmp_path).others == 2
    inside = [tmp_path / "mlflow.db" / name for name in ("exp1.run0", "exp1.run1")]
    assert discover_experiments(tmp_path) == discover_experiments(tmp_path, "mlflow.db/*") == inside
    assert discover_experiments(tmp_path, "*.db/*run1") == inside[1:]
    assert discover_experiments(tmp_path, "**") == [tmp_path, *inside]
    with pytest.raises(ValueError, match="it must be relative"):
        discover_experiments(tmp_path, "/abs/*")


def test_a_folder_above_means_the_newest_run_and_counts_the_others(
    tmp_path: Path, write_run: Callable[..., Path]
) -> None:
    """Of several runs the one written last is meant."""
    for number in range(3):
        path = write_run(tmp_path / f"version_{number}", "step,loss\n1,2\n") / "logs" / "metrics.csv"
        os.utime(path, (1000 + number % 2, 1000 + number % 2))
    with pytest.warns(SeveralRunsWarning, match="holds 3 runs, and the newest is used"):
        run = ExperimentLoader(tmp_path)
    assert (run.name, run.others) == ("version_1", 2)
    found, others = find_run(tmp_path) or (None, None)
    assert found is not None and (found.main, others) == (tmp_path / "version_1" / "logs" / "metrics.csv", 2)


def test_discover_takes_the_pattern_for_names_directly_below(tmp_path: Path, write_run: Callable[..., Path]) -> None:
    """A glob on the names directly below the base; deeper runs only with **; folders without metrics are no runs."""
    write_run(tmp_path / "b_run", "step,loss\n1,2\n")
    write_run(tmp_path / "a_run", "step,loss\n1,2\n")
    write_run(tmp_path / "group" / "deep_run", "step,loss\n1,2\n")
    (tmp_path / "empty").mkdir()
    assert [path.name for path in discover_experiments(tmp_path)] == ["a_run", "b_run"]
    assert [path.name for path in discover_experiments(tmp_path, "b*")] == ["b_run"]
    assert [path.name for path in discover_experiments(tmp_path, "**")] == ["a_run", "b_run", "deep_run"]
    with pytest.raises(FileNotFoundError):
        discover_experiments(tmp_path / "nowhere")


def test_what_our_callbacks_keep_is_no_run(tmp_path: Path) -> None:
    """Rows of earlier attempts in `.livemon` are a part of their run, whatever the pattern; who names it means it."""
    kept = tmp_path / "exp" / ".livemon"
    make_run(tmp_path / "exp")
    kept.mkdir()
    (kept / "attempt_1.csv").write_text("step,loss\n1,2\n")
    for base, pattern, names in ((tmp_path, "**", ["exp"]), (tmp_path / "exp", "*", []),
                                 (tmp_path, "*/*", []), (tmp_path / "exp", ".livemon", [".livemon"])):
        assert [path.name for path in discover_experiments(base, pattern)] == names
    assert [run.path.name for run in runs_below(tmp_path)] == ["exp"]


def test_a_folder_above_a_source_that_is_a_folder_is_a_run_of_its_own(tmp_path: Path) -> None:
    """A run whose source is its own folder does not make the folder above it a part of it."""
    make_run(tmp_path)
    (tmp_path / "env").mkdir()
    for number in range(2):
        (tmp_path / "env" / f"{number}.monitor.csv").write_text('#{"t_start": 1.0}\nr,l,t\n1,5,0.5\n')
    assert {path.name for path in discover_experiments(tmp_path, "**")} == {tmp_path.name, "env"}


@pytest.mark.parametrize(("name", "data", "words"), [
    ("a.png", b"\x89PNG\r\n\x1a\n", "It is a picture"),
    ("last.ckpt", b"PK\x03\x04" + b"\0" * 99, "checkpoints of PyTorch"),
    ("w.bin", b"a\0b", "It is not text"), ("empty", b"", "It is empty"), ("blank", b" \n", "only blanks"),
    ("words.md", b"# A plan\nfor today\n", "Its first line, '# A plan', is neither"),
    ("m.csv.gz", b"step,loss\n", "has the name of a gzip file but is not one"),
    ("m.csv.gz", b"\x1f\x8b" + b"?" * 50, "cannot be unpacked"),
    ("m.txt.gz", b"\x1f\x8b" + b"?" * 50, "only *.csv.gz, *.tsv.gz, *.jsonl.gz are read"),
    ("run-a.wandb", b"garbage" * 9, "has the name of a W&B run file but does not begin like one"),
    ("events.out.tfevents.1.host", bytes(range(1, 99)), "has the name of an event file but does not begin like one"),
])
def test_a_file_that_no_reader_knows(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    """Of a file that is named and that nothing reads, it is said what is wrong with it; it is not waited for."""
    (tmp_path / name).write_bytes(data)
    assert words in no_metrics_message(tmp_path / name)
    assert run_at(tmp_path / name) is None


def test_a_console_log_makes_no_run_of_a_folder_of_runs(tmp_path: Path) -> None:
    """A folder with what a training printed is no run where runs lie below it; it is one where none do."""
    for name in ("study", "alone"):
        (tmp_path / name).mkdir()
        lines = "".join(f"step {step}: loss {1 / step:.3f}\n" for step in range(1, 9))
        (tmp_path / name / "train.log").write_text(lines)
    make_run(tmp_path / "study" / "run")
    assert [path.name for path in discover_experiments(tmp_path)] == ["alone"]
    assert {path.name for path in discover_experiments(tmp_path, "**")} == {"alone", "run"}


def test_a_folder_opens_on_a_run_that_runs(tmp_path: Path) -> None:
    """Issue 19: of the runs in a folder a running one comes first, and the newest of those; else the newest."""
    now = time.time()
    for name, age in (("old", 5000), ("slow", 900), ("ended", 100)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "metrics.csv").write_text("step,loss\n1,2\n2,1\n")
        os.utime(tmp_path / name / "metrics.csv", (now - age, now - age))
    found = find_run(tmp_path)
    assert found is not None and found[0].path == tmp_path / "ended"
    note = {"state": "running", "pid": os.getpid(), "host": socket.gethostname()}
    (tmp_path / "slow" / "livemon.json").write_text(json.dumps(note))
    found = find_run(tmp_path)
    assert found is not None and found[0].path == tmp_path / "slow" and found[1] == 2


def test_a_run_that_failed_before_its_first_row_is_found_by_its_note(tmp_path: Path) -> None:
    """A folder with livemon's note of a run that has not finished, and without metrics, is a run that has begun; others
    are not."""
    for name, note in (("dead", '{"state": "running", "pid": 1}'), ("done", '{"state": "finished"}'), ("other", "{}")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "livemon.json").write_text(note)
    (tmp_path / "empty").mkdir()
    assert begun_below(tmp_path, ()) == [tmp_path / "dead"]
    assert begun_below(tmp_path, [tmp_path / "dead"]) == []
