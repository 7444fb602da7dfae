"""A disk that is nearly full."""

from __future__ import annotations

from livemon.health.finding import Finding, Kind, Severity
from livemon.runs.experiment import ExperimentLoader
from livemon.states import State
from livemon.system.disk_space import free_bytes

__all__ = ["find_full_disk", "has_full_disk"]

_LITTLE = 1 << 30  # bytes: less than a checkpoint of a small language model
_HARDLY_ANY = 100 << 20
_PART = 0.02  # of the disk
_FULL = 1 << 20  # bytes


def has_full_disk(run: ExperimentLoader) -> bool:
    """Whether the disk of a run is full now, whether or not the run goes on."""
    return (room := free_bytes(run.exp_dir)) is not None and room[0] < _FULL


def find_full_disk(run: ExperimentLoader) -> Finding | None:
    """Find out whether the disk of a running training has so little space that the next checkpoint may not fit."""
    if run.state not in (State.RUNNING, State.WAITING) or (room := free_bytes(run.exp_dir)) is None:
        return None
    free, total = room
    if free > _LITTLE or free > _PART * total:
        return None
    severity = Severity.CRITICAL if free < _HARDLY_ANY else Severity.WARNING
    return Finding(Kind.DISK, severity, "", None, None, float(free),
                   f"the disk of {run.exp_dir} has {free / 2**20:,.0f} MiB left",
                   "delete old checkpoints: the next one may not fit, and rows may be lost",
                   evidence={"free_bytes": free, "total_bytes": total})
