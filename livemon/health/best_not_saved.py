"""A best step without a checkpoint."""

from __future__ import annotations

import numpy as np

from livemon import wording
from livemon.health.advice import Saved
from livemon.health.condition import LONGEST_NAME
from livemon.health.finding import Finding, Kind, Severity
from livemon.runs.experiment import ExperimentLoader

__all__ = ["find_unsaved_best"]


def find_unsaved_best(run: ExperimentLoader, metric: str | None, checkpoints: Saved) -> Finding | None:
    """Find out whether the best step lies as far from all checkpoints as they lie from each other, and name the best of
    them.

    Args:
        metric: The main metric, or None.
        checkpoints: Those whose names give a step, the lowest first.
    """
    direction = run.direction(metric) if metric is not None else None
    if metric is None or direction is None or not checkpoints:
        return None
    if any("best" in path.name.lower() for path in run.list_checkpoints()):
        return None
    _, at, logged = run.columns.latest_points(metric, "step" if run.x_column("step") else None)
    values = np.where(np.isfinite(logged), logged, np.nan).astype(np.float64)
    if not np.isfinite(values).any():
        return None
    sign = 1.0 if direction == "min" else -1.0
    best = int(np.nanargmin(sign * values))
    best_at = float(at[best])
    saved = np.array([step for step, _ in checkpoints])
    nearest = float(np.abs(saved - best_at).min())
    apart = float(np.diff(np.unique(at)).min()) if len(np.unique(at)) > 1 else 1.0
    if nearest <= apart:
        return None
    kept = np.searchsorted(at.astype(np.float64), saved, side="right") - 1
    of_saved = np.where(kept >= 0, sign * values[np.maximum(kept, 0)], np.inf)
    keep = int(np.argmin(np.where(np.isnan(of_saved), np.inf, of_saved)))
    step, name = checkpoints[keep][0], checkpoints[keep][1].name
    value = wording.value_text(metric, float(values[best]))
    return Finding(
        Kind.BEST_NOT_SAVED, Severity.INFO, metric, float(at[-1]), best_at, float(values[best]),
        f"the best {wording.clipped(metric, LONGEST_NAME)}, {value} at step {wording.count(best_at)}, has no "
        "checkpoint", f"the best checkpoint on disk is of step {wording.count(step)}: keep {wording.clipped(name, 80)}",
        evidence={"keep_step": step, "keep": name})
