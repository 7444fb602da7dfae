from __future__ import annotations

import asyncio
import time

import pytest

from livemon.recording.ends import standing_after, standing_after_sigterm


class TrialPruned(Exception):  # noqa: N818
    """As Optuna's."""


class OutOfMemoryError(RuntimeError):
    """As torch's."""


@pytest.mark.parametrize(("error", "state", "reason"), [
    (None, "finished", None), (SystemExit(), "finished", None), (SystemExit("loss is nan"), "failed", "nan"),
    (SystemExit("no data"), "failed", "error"), (SystemExit(130), "stopped", "interrupted"),
    (SystemExit(137), "failed", "killed"), (KeyboardInterrupt(), "stopped", "interrupted"),
    (GeneratorExit(), "stopped", "interrupted"), (asyncio.CancelledError(), "stopped", "interrupted"),
    (TrialPruned("at step 3"), "stopped", "pruned"), (OutOfMemoryError(), "failed", "out of memory"),
    (MemoryError(), "failed", "out of memory"), (FloatingPointError(), "failed", "nan"),
    (ValueError("x"), "failed", "error"),
])
def test_what_an_error_says_of_the_run(error: BaseException | None, state: str, reason: str | None) -> None:
    """Somebody's wish stops a run, and a search's; all other errors are failures, each with its reason."""
    assert standing_after(error)[:2] == (state, reason)


def test_sigterm_at_the_end_of_a_slurm_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal shortly before the end that Slurm gave the job is its time limit; at any other time it is preemption."""
    for ends, reason in ((time.time() + 30, "time limit"), (time.time() + 3600, "preempted")):
        monkeypatch.setenv("SLURM_JOB_END_TIME", str(int(ends)))
        assert standing_after_sigterm() == ("failed", reason, "SIGTERM")
    monkeypatch.delenv("SLURM_JOB_END_TIME")
    assert standing_after(SystemExit(143)) == ("failed", "preempted", "SIGTERM")
