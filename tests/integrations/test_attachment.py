"""attachment.py: what every integration does alike."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

import pytest

import livemon_integrations.attachment as attachment_module
from livemon_integrations.attachment import Attachment, Settings, add_rows, next_version
from livemon_integrations.error_guard import Guard


def attach(folder: Path, **options: Any) -> Attachment:
    settings = Settings("none", plots=False, deadline=5)
    return Attachment(folder, settings, Guard(), framework="test", **options)


def notes_of(folder: Path) -> dict[str, Any]:
    notes = json.loads((folder / "livemon.json").read_text())
    assert isinstance(notes, dict)
    return notes


def test_one_line_says_where_to_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """The beginning says in one line which run it is and how to look at it, with quotes where a shell needs them."""
    monkeypatch.chdir(tmp_path)
    attach(tmp_path / "my runs" / "a").end("finished")
    assert capsys.readouterr().err == "livemon: to watch this run: livemon watch 'my runs/a'\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_standard_error_that_takes_nothing_costs_the_line_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing can be said any more, the training is recorded all the same, and its end is noted."""
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stderr", full)
        attachment = attach(tmp_path / "run")
        attachment.add({"loss": 1.0}, 0)
        attachment.end("finished")
        monkeypatch.undo()
        with contextlib.suppress(OSError):
            full.close()
    assert notes_of(tmp_path / "run")["state"] == "finished"
    assert (tmp_path / "run" / "logs" / "metrics.csv").read_text().count("\n") == 2


def test_a_run_that_logged_nothing_has_no_plots(tmp_path: Path, capsys: Any) -> None:
    """Without a row there is nothing to draw: a line says so, and nothing has failed."""
    attachment = Attachment(tmp_path / "run", Settings("none", plots=True, deadline=30), Guard(), framework="test")
    attachment.end("finished")
    assert "nothing was logged" in capsys.readouterr().err
    assert not (tmp_path / "run" / "plots").exists()


@pytest.mark.parametrize("seconds", [0.0, 0.3])
def test_a_wait_for_the_plots_is_said(
    seconds: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Issue 19: where the end of the training waits for the final plots, a line says so and how to do without; a moment
    needs no line."""
    monkeypatch.setattr(attachment_module, "SAID_AFTER_SECONDS", 0.1)
    monkeypatch.setattr(attachment_module, "_plot", lambda folder, left: (time.sleep(seconds), (0, b""))[1])
    attachment = Attachment(tmp_path / "run", Settings("none", plots=True, deadline=30), Guard(), framework="test")
    attachment.add({"x": 1}, 0)
    attachment.end("finished")
    told = capsys.readouterr().err
    assert ("saving the final plots; the end of the training waits for them, at most 30 s" in told) == (seconds > 0)
    assert "plots are in" in told


def test_no_signal_handler_is_installed(tmp_path: Path) -> None:
    """While a training is watched every signal has the handler that it had before."""
    numbers = [number for number in signal.valid_signals() if number not in (signal.SIGKILL, signal.SIGSTOP)]
    before = {number: signal.getsignal(number) for number in numbers}
    attachment = attach(tmp_path / "run")
    attachment.add({"x": 1}, 0)
    assert {number: signal.getsignal(number) for number in numbers} == before
    attachment.end("finished")
    assert {number: signal.getsignal(number) for number in numbers} == before


def test_rows_of_a_test_come_after_the_end(tmp_path: Path) -> None:
    """Rows that are added after the end leave the note of how it ended as it was."""
    attachment = attach(tmp_path / "run", facts={"parameters": 3})
    attachment.add({"x": 1}, 0)
    attachment.end("failed", "why", speed=2.5)
    before = notes_of(tmp_path / "run")
    assert (before["state"], before["evidence"], before["parameters"], before["speed"]) == ("failed", "why", 3, 2.5)
    add_rows(tmp_path / "run", [({"test": 2}, 5)])
    assert notes_of(tmp_path / "run") == before
    assert len((tmp_path / "run" / "logs" / "metrics.csv").read_text().splitlines()) == 3


def test_versions_count_up(tmp_path: Path) -> None:
    """The next version is one more than the highest; what is no version does not count."""
    assert next_version(tmp_path / "none").name == "version_0"
    for name in ("version_0", "version_9", "version_x"):
        (tmp_path / name).mkdir()
    assert next_version(tmp_path).name == "version_10"


SCRIPT = """
import sys
from pathlib import Path
from livemon_integrations.attachment import Attachment, Settings
from livemon_integrations.error_guard import Guard
attachment = Attachment(Path("run"), Settings(sys.argv[1], plots=False, deadline=5), Guard(), framework="test")
attachment.add({"x": 1}, 0)
"""


@pytest.mark.parametrize(
    ("end", "state", "evidence"),
    [
        ("", "finished", "the process ended"),
        ("1 / 0", "failed", "ZeroDivisionError: division by zero"),
        ("raise KeyboardInterrupt", "stopped", "KeyboardInterrupt"),
    ],
)
def test_a_training_whose_end_nobody_said_ends_with_the_process(
    tmp_path: Path, end: str, state: str, evidence: str
) -> None:
    """Where the framework does not say how it ended, the process's end does; only the user's error is printed."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT + end, "none"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    notes = notes_of(tmp_path / "run")
    assert (notes["state"], notes["evidence"]) == (state, evidence)
    assert len((tmp_path / "run" / "logs" / "metrics.csv").read_text().splitlines()) == 2
    lines = [line for line in done.stderr.splitlines() if not line.startswith("livemon: to watch")]
    assert lines == [] if not end else lines[0].startswith("Traceback")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("method", ["fork", pytest.param("spawn", marks=pytest.mark.slow)])
@pytest.mark.filterwarnings("ignore")
def test_workers_of_a_data_loader(tmp_path: Path, method: str) -> None:
    """Workers that are forked or spawned while the recorder's thread holds its lock, and stay for another epoch,
    neither hang nor write."""
    torch = pytest.importorskip("torch")
    attachment = attach(tmp_path / "run")
    attachment.add({"x": 1}, 0)
    recorder = attachment.recorder
    assert recorder is not None
    data = torch.utils.data.TensorDataset(torch.arange(32))
    loader = torch.utils.data.DataLoader(
        data, batch_size=4, num_workers=4, multiprocessing_context=method, persistent_workers=True
    )
    for _ in range(2):
        with recorder._lock:
            batches = [int(batch[0].sum()) for batch in loader]
        assert sum(batches) == sum(range(32))
    loader._iterator._shutdown_workers()
    attachment.add({"x": 2}, 1)
    attachment.end("finished")
    assert len((tmp_path / "run" / "logs" / "metrics.csv").read_text().splitlines()) == 3
    assert notes_of(tmp_path / "run")["state"] == "finished"
    if method == "spawn":  # Python's own helper, which would stay until the process ends
        resource_tracker._resource_tracker._stop()


def test_a_report_and_a_picture_for_the_loggers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """report=True leaves a report beside the plots, share=True hands the dashboard to the loggers; each only where it
    was asked for, and a logger that fails costs neither the other nor the training."""
    commands, shared = [], []

    def in_process(words: Any, seconds: float) -> tuple[int, bytes]:
        commands.append(words[0])
        (tmp_path / "run" / "plots").mkdir(exist_ok=True)
        (tmp_path / "run" / "plots" / "dashboard_run.png").touch()
        return 0, b""

    def fails(picture: Path) -> None:
        raise RuntimeError("no connection")

    monkeypatch.setattr(attachment_module, "_in_process", in_process)
    monkeypatch.setattr(attachment_module, "targets_of", lambda loggers: {
        "W&B": fails, "TensorBoard": lambda picture: shared.append((loggers, picture.name))})
    monkeypatch.setenv("LIVEMON_STRICT", "")
    for asked in (False, True):
        settings = Settings("none", plots=True, deadline=30, report=asked, share=asked)
        attachment = Attachment(tmp_path / "run", settings, Guard(), framework="test", loggers=lambda: ["a logger"])
        attachment.add({"x": 1}, 0)
        attachment.end("finished")
        assert commands == ["plot", "plot", "report"][: 3 if asked else 1]
    assert shared == [(["a logger"], "dashboard_run.png")]
    told = capsys.readouterr().err
    assert "the report is" in told and "the dashboard is in TensorBoard as livemon/dashboard" in told
    assert "share with W&B: RuntimeError: no connection" in caplog.text
