"""The process of a view, seen from the one that has opened it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from livemon.live.tied_view import KILL_SECONDS, TiedProcess, end_process


def test_a_process_is_ended_within_its_time() -> None:
    """A process that does not end by itself is killed, and waited for no longer than that takes."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"])
    begun = time.monotonic()
    end_process(process)
    assert time.monotonic() - begun < KILL_SECONDS + 20
    assert process.wait(60) != 0


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for the command")
def test_what_has_ended_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that has ended already is not waited for, and can be let go of."""
    program = tmp_path / "fake"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    with tempfile.TemporaryFile() as errors:
        tied = TiedProcess(["watch"], errors)
        tied.process.wait(60)
        begun = time.monotonic()
        tied.wait(60.0)
        tied.end()
    assert time.monotonic() - begun < 20 and tied.process.returncode == 3
