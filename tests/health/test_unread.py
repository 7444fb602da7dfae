from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livemon.commands.check import run_check
from livemon.commands.status import run_status
from livemon.health.examination import Examination
from livemon.health.finding import Verdict
from livemon.health.unread import why_unread
from livemon.runs.experiment import ExperimentLoader

NEEDS_ROOT = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become nobody")


def write(path: Path) -> Path:
    """The rows of a run that learns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    losses = (0.1 + 2 * np.exp(-np.arange(300) / 40)) * np.exp(np.random.default_rng(0).normal(size=300) * 0.05)
    path.write_text("step,train_loss\n" + "".join(f"{step},{loss}\n" for step, loss in enumerate(losses)))
    return path


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that everybody may enter; pytest's own is closed to others."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def nobody() -> Iterator[None]:
    """A user without rights."""
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@NEEDS_ROOT
@pytest.mark.parametrize("closed", ["val.csv", "logs/metrics.csv", "logs"])
def test_a_run_with_rows_that_may_not_be_read_is_not_healthy(folder: Path, closed: str, capsys: Any) -> None:
    """What a closed file says nobody knows: the run is unknown, with the file and the reason, and both commands end
    with 2; once it may be read, the run is healthy again."""
    write(folder / "run" / "train.csv")
    write(folder / "run" / ("logs/metrics.csv" if closed == "logs" else closed))
    judge = [lambda: run_status(folder / "run", print, as_json=False),
             lambda: run_check([str(folder / "run")], print, as_json=False)]
    assert [one() for one in judge] == [0, 0]
    assert "unknown" not in capsys.readouterr().out
    (folder / "run" / closed).chmod(0)
    with nobody():
        statuses = [one() for one in judge]
    (folder / "run" / closed).chmod(0o755)
    assert statuses == [2, 2]
    line, *document = capsys.readouterr().out.splitlines()
    assert "health unknown: " in line and "healthy" not in line
    assert document[0].startswith("unknown") and f"{closed} cannot be read (Permission denied)" in document[1]


@NEEDS_ROOT
def test_files_without_rows_do_not_count(folder: Path) -> None:
    """A weights file or a note that is closed takes nothing from what is known of the rows; nor does a file beside the
    one that was named."""
    named = write(folder / "run" / "train.csv")
    for name in ("best.pt", "notes.md"):
        (folder / "run" / name).write_bytes(b"x")
        (folder / "run" / name).chmod(0)
    (folder / "run" / "checkpoints").mkdir(mode=0)
    run = ExperimentLoader(folder / "run")
    run.refresh()
    with nobody():
        assert why_unread(run) == ""
    write(folder / "run" / "val.csv").chmod(0)
    alone = ExperimentLoader(named)
    alone.refresh()
    with nobody():
        assert why_unread(run).endswith("val.csv cannot be read (Permission denied)")
        assert why_unread(alone) == ""


def test_a_file_that_has_gone_is_known(tmp_path: Path) -> None:
    """The rows of a file that was deleted are kept, so they are judged."""
    path = write(tmp_path / "run" / "train.csv")
    run = ExperimentLoader(tmp_path / "run")
    run.refresh()
    path.unlink()
    run.refresh()
    examination = Examination(run)
    assert run.anomalies and examination.verdict(examination.findings()) is Verdict.HEALTHY
