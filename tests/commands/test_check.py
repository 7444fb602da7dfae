from __future__ import annotations

import json
import math
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livemon.system.processes import started

Command = Callable[..., Any]


def write(folder: Path, losses: Any) -> Path:
    """A run with these losses."""
    folder.mkdir(parents=True)
    rows = "".join(f"{step},{loss}\n" for step, loss in enumerate(losses))
    (folder / "metrics.csv").write_text(f"step,train_loss\n{rows}")
    return folder


def losses(fault: str = "") -> list[float]:
    """A loss that falls, to which something happens."""
    values = (0.1 + 2 * np.exp(-np.arange(300) / 40)) * np.exp(np.random.default_rng(0).normal(size=300) * 0.05)
    if fault == "nan":
        values[200:] = math.nan
    if fault == "spike":
        values[200] = 30
    return values[: 3 if fault == "short" else None].tolist()


@pytest.mark.parametrize(("fault", "status", "verdict", "kind"), [
    ("", 0, "healthy", None), ("spike", 3, "warning", "spike"), ("nan", 4, "critical", "nan"),
    ("short", 2, "unknown", None)])
def test_the_exit_status_says_the_verdict(tmp_path: Path, livemon: Command, fault: str, status: int, verdict: str,
                                          kind: str | None) -> None:  # fmt: skip
    """0 healthy, 3 warning, 4 critical, 2 where nothing can be judged; JSON and text say the same."""
    write(tmp_path / "run", losses(fault))
    text, document = livemon("check", "run", cwd=tmp_path), livemon("check", "run", "--json", cwd=tmp_path)
    assert (text.returncode, document.returncode) == (status, status), text.stderr
    found = json.loads(document.stdout)
    assert found["schema"] == 1
    (run,) = found["runs"]
    assert run["verdict"] == verdict and text.stdout.startswith(verdict)
    worst = [one for one in run["findings"] if one["severity"] != "info"]
    assert [one["kind"] for one in worst] == ([kind] if kind else [])
    if kind:
        assert worst[0]["since"] == 200 and worst[0]["message"] in text.stdout and worst[0]["advice"] in text.stdout
        assert worst[0]["evidence"]
    if fault == "short":
        assert "too few points" in text.stdout


def test_several_runs(tmp_path: Path, livemon: Command) -> None:
    """Of a folder of runs each is judged, the worst first; the status is that of the worst, and those that could not be
    judged are counted."""
    for number, fault in enumerate(["", "spike", "nan", "short"]):
        write(tmp_path / "runs" / f"r{number}", losses(fault))
    result = livemon("check", "runs", "--json", cwd=tmp_path)
    assert result.returncode == 4
    assert [run["verdict"] for run in json.loads(result.stdout)["runs"]] == [
        "critical", "warning", "unknown", "healthy"]
    assert "1 of 4 runs could not be judged" in result.stderr


@pytest.mark.parametrize(("faults", "status"), [(("", "short"), 0), (("short", "spike"), 3), (("short", "short"), 2)])
def test_runs_that_cannot_be_judged_do_not_count_beside_others(
        tmp_path: Path, livemon: Command, faults: tuple[str, str], status: int) -> None:
    """A run that has just begun does not change the status of a folder whose other runs can be judged, and is counted
    on standard error; its own verdict stays unknown."""
    for number, fault in enumerate(faults):
        write(tmp_path / "runs" / f"r{number}", losses(fault))
    result = livemon("check", "runs", "--json", cwd=tmp_path)
    assert result.returncode == status
    verdicts = [run["verdict"] for run in json.loads(result.stdout)["runs"]]
    assert verdicts.count("unknown") == faults.count("short") and len(verdicts) == 2
    assert ("1 of 2 runs could not be judged" in result.stderr) == (status != 2)


def test_the_newest_run_is_meant(tmp_path: Path, livemon: Command) -> None:
    """PATH left out means the newest run below the current folder."""
    write(tmp_path / "runs" / "r1", losses("nan"))
    assert livemon("check", cwd=tmp_path).returncode == 4


def test_no_run_at_all(tmp_path: Path, livemon: Command) -> None:
    """Where there is no run, a line says so, and the status is 2."""
    (tmp_path / "empty").mkdir()
    for words in (["missing"], ["empty"]):
        result = livemon("check", *words, cwd=tmp_path)
        assert result.returncode == 2 and result.stderr and "Traceback" not in result.stderr


def resumed(folder: Path) -> None:
    """A run that went on in another folder: its loss leaps once there."""
    values, then = losses("spike"), time.time() - 600
    for name, first, last in (("version_0", 0, 190), ("version_1", 180, 300)):
        (folder / name).mkdir(parents=True)
        rows = "".join(f"{step},{values[step]}\n" for step in range(first, last))
        (folder / name / "metrics.csv").write_text(f"step,train_loss\n{rows}")
    for path in (folder / "version_0" / "metrics.csv", folder / "version_0"):
        os.utime(path, (then, then))


def test_a_run_that_went_on_is_judged_as_one(tmp_path: Path, livemon: Command) -> None:
    """`check` of a folder of the run, of the folder above, and of both names judges the rows of both, as `status` does;
    with `--apart` both commands take the folder alone."""
    resumed(tmp_path / "runs")
    status = json.loads(livemon("status", "runs/version_1", "--json", cwd=tmp_path).stdout)
    assert status["rows"] == 310
    for words in (["runs/version_1"], ["runs/version_0"], ["runs"], ["runs/version_0", "runs/version_1"]):
        done = livemon("check", *words, "--json", cwd=tmp_path)
        (run,) = json.loads(done.stdout)["runs"]
        assert (run["rows"], run["verdict"]) == (310, status["verdict"]), words
        assert "one run of 2 attempts" in done.stderr
    apart = json.loads(livemon("check", "runs", "--apart", "--json", cwd=tmp_path).stdout)["runs"]
    assert sorted(run["rows"] for run in apart) == [120, 190]
    for command in ("check", "status"):
        alone = json.loads(livemon(command, "runs/version_1", "--apart", "--json", cwd=tmp_path).stdout)
        assert alone.get("runs", [alone])[0]["rows"] == 120


def test_lines_fit_a_terminal(tmp_path: Path, livemon: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a terminal a finding is broken between words, and goes on below its beginning; into a pipe it is one line."""
    write(tmp_path / "run", losses("nan"))
    whole = livemon("check", "run", cwd=tmp_path).stdout.splitlines()
    assert max(map(len, whole)) > 80
    monkeypatch.setattr("livemon.commands.check.terminal_width", lambda stream: 80)
    broken = livemon("check", "run", cwd=tmp_path).stdout.splitlines()
    assert max(map(len, broken)) <= 80 and " ".join(" ".join(broken).split()) == " ".join(" ".join(whole).split())
    assert all(line.startswith(" " * 26) for line in broken if line not in whole and not line[2:10].strip())


def test_healthy_beside_an_unknown_end_says_until_when(tmp_path: Path, livemon: Command) -> None:
    """A run that writes no more, and does not say why, is healthy up to its last row; its state has its evidence, for
    `check` as for `status`."""
    path = write(tmp_path / "run", losses()) / "metrics.csv"
    hour_ago = time.time() - 3600
    os.utime(path, (hour_ago, hour_ago))
    check, status = livemon("check", "run", cwd=tmp_path).stdout, livemon("status", "run", cwd=tmp_path).stdout
    assert "healthy up to its last row; now unknown: no new row for 1h00" in " ".join(check.split())
    assert "unknown: no new row for 1h00" in status and "healthy up to its last row" in status


def test_runs_without_rows(tmp_path: Path, livemon: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of runs that `record` began and that have no row yet, one waits while its process lives, and one is told to have
    failed where it is gone; if the disk is full, that is named, not memory."""
    notes: dict[str, dict[str, Any]] = {
        "alive": {"pid": os.getpid(), "process_started": started(os.getpid())}, "gone": {"pid": 1 << 22}}
    for name, note in notes.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "livemon.json").write_text(json.dumps(
            {"livemon": 1, "state": "running", "host": socket.gethostname(), **note}))
    told = livemon("check", ".", cwd=tmp_path)
    document = json.loads(livemon("check", ".", "--json", cwd=tmp_path).stdout)
    assert told.returncode == 4 and [(run["state"], run["verdict"], run["rows"]) for run in document["runs"]] == [
        ("failed", "critical", 0), ("waiting", "unknown", 0)]
    assert "nothing to judge: no row yet; its process is alive" in told.stdout and "did memory run out" in told.stdout
    monkeypatch.setattr("livemon.health.disk.free_bytes", lambda folder: (0, 1 << 40))
    full = livemon("check", ".", cwd=tmp_path).stdout
    assert "its disk is full: rows may be missing" in full and "did memory run out" not in full
    assert "critical disk" in full  # of the run that waits: it is why no row comes
