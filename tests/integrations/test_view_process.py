"""view_process.py: the view of a training, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from livemon_integrations import view_process

SCRIPT = """
import sys
from pathlib import Path
from livemon_integrations.attachment import Attachment, Settings
from livemon_integrations.guard import Guard
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
