"""view_process.py: the view of a training, in a process of its own."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from livemon.live import tied_view
from livemon_integrations import view_process
from livemon_integrations.attachment import Attachment, Settings
from livemon_integrations.error_guard import Guard
from livemon_integrations.view_process import ViewProcess, chosen_view, last_line, open_view

SCRIPT = """
import sys
from pathlib import Path
from livemon_integrations.attachment import Attachment, Settings
from livemon_integrations.error_guard import Guard
attachment = Attachment(Path("run"), Settings(sys.argv[1], plots=False, deadline=5), Guard(), framework="test")
attachment.add({"x": 1}, 0)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at /proc")
def test_the_view_does_not_outlive_a_killed_training(tmp_path: Path) -> None:
    """The view's process ends by itself when the training is killed."""
    script = SCRIPT + "print(attachment._view._process.pid, flush=True)\nimport time\ntime.sleep(60)"
    training = subprocess.Popen(
        [sys.executable, "-c", script, "file"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True,
    )  # fmt: skip
    assert training.stdout is not None
    view = int(training.stdout.readline())
    picture = tmp_path / "livemon_run.png"
    deadline = time.monotonic() + 60
    while not picture.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert picture.exists()
    training.kill()
    training.communicate()
    while _runs(view) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _runs(view)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at /proc")
def test_the_view_ends_although_a_child_of_a_killed_training_holds_its_input(tmp_path: Path) -> None:
    """Where the killed training had forked, a worker of a data loader for instance, the view's input does not end: the
    view sees by the training's number that it is gone."""
    script = SCRIPT + """
import os, time
child = os.fork()
if child == 0:
    time.sleep(120)
    os._exit(0)
print(attachment._view._process.pid, child, flush=True)
time.sleep(60)
"""
    training = subprocess.Popen(
        [sys.executable, "-c", script, "file"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True,
    )  # fmt: skip
    assert training.stdout is not None
    view, child = map(int, training.stdout.readline().split())
    try:
        deadline = time.monotonic() + 60
        while not (tmp_path / "livemon_run.png").exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        training.kill()
        training.wait()
        while _runs(view) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not _runs(view) and _runs(child)
    finally:
        os.kill(child, signal.SIGKILL)
        training.kill()
        training.communicate()


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("environment", "local"),
    [
        ({"DISPLAY": ":0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({}, False),
        ({"DISPLAY": "localhost:10.0"}, False),
        ({"DISPLAY": "localhost:10.0", "SSH_CONNECTION": "10.0.0.1 50000 10.0.0.2 22"}, False),
    ],
)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="says what holds on Linux")
def test_a_window_opens_on_a_local_display_only(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], local: bool
) -> None:
    """view="auto" opens no window through a remote shell's X forwarding, nor where there is no display."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert view_process._has_local_display() is local


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a shell script in the place of the Python that shows the view."""
    program = folder / "fake"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for the view")
@pytest.mark.parametrize(("script", "deadline", "left_plots"), [
    ("sleep 1; exit 0", 20.0, True), ("sleep 1; exit 1", 20.0, True), ("sleep 1; exit 3", 20.0, False),
    ("exec sleep 60", 1.0, False),
])
def test_plots_are_there_where_the_view_saw_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, deadline: float, left_plots: bool
) -> None:
    """A view that was there at the end and ended by itself has left the plots; one that fell over, or is still there at
    the deadline and is killed, has not."""
    stand_in(tmp_path, monkeypatch, script)
    view = ViewProcess(tmp_path, "file")
    assert view.end(deadline) is left_plots
    assert view._process.poll() is not None


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for the view")
def test_a_view_that_is_silent_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A view that gives no sign of life is waited for no longer than that takes; one that gives them, until its end."""
    monkeypatch.setattr(tied_view, "SILENT_SECONDS", 1.5)
    stand_in(tmp_path, monkeypatch, "exec sleep 60")
    begun = time.monotonic()
    assert not ViewProcess(tmp_path, "file").end(50.0)
    assert time.monotonic() - begun < 25
    stand_in(tmp_path, monkeypatch, "for i in 1 2 3 4 5 6; do echo; sleep 0.5; done; exit 0")
    assert ViewProcess(tmp_path, "file").end(50.0)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="stops a process")
def test_the_plots_of_a_training_whose_view_is_frozen(tmp_path: Path) -> None:
    """Where the view's process is stopped at the end, the plots are made by another one, long before the deadline."""
    script = SCRIPT.replace("plots=False, deadline=5", "plots=True, deadline=100") + """
import os, signal, time
while not os.path.exists("livemon_run.png"):
    time.sleep(0.1)
view = attachment._view._process.pid
os.kill(view, signal.SIGSTOP)
begun = time.monotonic()
attachment.end("finished")
print(time.monotonic() - begun)
"""
    done = subprocess.run([sys.executable, "-c", script, "file"], cwd=tmp_path, capture_output=True, text=True,
                          check=False, timeout=180)
    assert done.returncode == 0 and float(done.stdout) < 80
    assert "plots are in run/plots" in done.stderr and len(list((tmp_path / "run" / "plots").iterdir())) == 3


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for the view")
def test_plots_that_there_was_no_time_for_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the view has used up the time, a warning says that there are no plots, and how to make them."""
    stand_in(tmp_path, monkeypatch, "exec sleep 60")
    attachment = Attachment(tmp_path / "run", Settings("file", plots=True, deadline=0.5), Guard(), framework="test")
    attachment.add({"x": 1}, 0)
    attachment.end("finished")
    assert "the final plots were not ready" in caplog.text and "livemon plot" in caplog.text


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for the view")
def test_a_view_that_was_closed_early_has_left_no_plots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A window that its user closed before the end has not made the plots."""
    stand_in(tmp_path, monkeypatch, "exit 0")
    view = ViewProcess(tmp_path, "window")
    view._process.wait(20)
    assert not view.end(5.0)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for the view")
def test_a_view_that_cannot_show_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A view that could not show anything is a warning with the last line that it said."""
    stand_in(tmp_path, monkeypatch, "echo a long story >&2; echo no display >&2; echo >&2; exit 2")
    with caplog.at_level(logging.WARNING, "livemon"):
        assert not ViewProcess(tmp_path, "window").end(20.0)
    assert caplog.messages == ["livemon: the view did not work: no display"]
    assert last_line(b"") == "no message"


def test_none_is_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A view that is named is the one; "none" opens nothing, nor does "auto" where nobody could see it."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 50000 10.0.0.2 22")
    assert [chosen_view(view) for view in ("window", "file", "notebook", "none")] == [
        "window", "file", "notebook", "none"]
    assert open_view(tmp_path, "none") is None and open_view(tmp_path, "auto") is None
