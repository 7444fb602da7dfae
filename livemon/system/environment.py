"""Environment variables of livemon and of schedulers."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["base_of", "is_disabled", "is_strict", "job_ends_at"]


def is_strict() -> bool:
    """Whether livemon raises its own errors instead of reporting them: `LIVEMON_STRICT`, which tests set."""
    return _is_set("LIVEMON_STRICT")


def is_disabled() -> bool:
    """Whether nothing is recorded and no view is opened: `LIVEMON_DISABLED`."""
    return _is_set("LIVEMON_DISABLED")


def job_ends_at() -> float | None:
    """When the scheduler will end the job of this process, in unix seconds; None if that is not known."""
    ends = os.environ.get("SLURM_JOB_END_TIME", "")
    return float(ends) if ends.isdigit() else None


def base_of(path: str | os.PathLike[str] | None) -> Path:
    """The folder to search for runs; None as a path stands for the folder that LIVEMON_DIR names, else the current
    one."""
    return Path(path if path is not None else os.environ.get("LIVEMON_DIR") or ".")


def _is_set(name: str) -> bool:
    return os.environ.get(name, "0") not in ("", "0")
