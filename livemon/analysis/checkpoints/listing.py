"""A run's checkpoints as a table, with the last one before the first NaN. No checkpoint is opened."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from livemon.runs.experiment import ExperimentLoader
from livemon.states import State
from livemon.tables import names

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["checkpoint_table", "paths_of_checkpoints", "step_in_name"]

_STEP = re.compile(r"(?:global_?step|step|iter(?:ation)?|checkpoint|ckpt)[=_\-]?(\d+)", re.IGNORECASE)
_HUGGING_FACE = ("model*.safetensors", "pytorch_model*.bin", "adapter_model.safetensors", "adapter_model.bin")
_EPOCH = re.compile(r"epoch[=_\-]?(\d+)", re.IGNORECASE)


def checkpoint_table(run: ExperimentLoader, metric: str | None = None) -> pd.DataFrame:
    """The checkpoints of a run, by step; those without a step in their names come last.

    They are the files of `list_checkpoints`, and Hugging Face's folders `checkpoint-<step>` beside the metrics.

    Args:
        metric: The metric to search for the first NaN or infinity, and to show at each step; None: the first bad value
            of any loss, and the run's main metric.

    Returns:
        Index `checkpoint` (the name of the file or folder, with the run's folder in front if another folder of the run
            has a checkpoint with that name); `step` and `epoch` (from the name, or NaN), `bytes`, `saved` (time, UTC),
            `kind` ("best", "final", "last" for the last one of a run that has not finished, or ""), `value` (the
            metric's newest value up to that step, or NaN), `last_good` (True for the newest one before the first value
            that is not finite; for a run without one, for the newest), `path` (of the weights; if a folder has them in
            several files, the folder). `attrs`: `metric`, `first_bad` (its step, or None).
        run has one of that name); `step` and `epoch` (of the name; NaN where it does not say), `bytes`, `saved` (time,
        UTC), `kind` ("best", "final", "last" for the last one of a run that has not finished, or ""), `value` (the
        metric's newest value up to that step; NaN where there is none), `last_good` (True for the newest one from
        before the first value that is not finite, of a run without one for the newest), `path` (of the weights; of a
        folder in which they are in several files, the folder).
        `attrs`: `metric`, `first_bad` (its step, or None).
    """
    import pandas as pd

    run.refresh()
    checkpoints = _checkpoints(run)
    known = run.metric_names
    chosen, _ = names.parse_metric_choice(metric, known)
    main = names.find_metric(chosen, known) if chosen else run.main_metric()
    if metric is not None and main is None:
        raise ValueError(f"{run.label} has no metric {chosen!r}; it has {', '.join(known) or 'none'}")
    first_bad = _first_bad(run, [main] if chosen and main else [name for name in known if "loss" in name.lower()])
    series = run.series(main) if main is not None else pd.Series(dtype=np.float64)
    rows = [_row(name, files, series, has_finished=run.state == State.FINISHED) for name, files in checkpoints]
    again = {name for name, count in Counter(name for name, _ in checkpoints).items() if count > 1}
    for row, (name, files) in zip(rows, checkpoints, strict=True):
        if name in again:
            row["checkpoint"] = f"{files[0].parent.parent.name}/{name}"
    columns = ["checkpoint", "step", "epoch", "bytes", "saved", "kind", "value", "path"]
    table = pd.DataFrame(rows, columns=columns).sort_values(["step", "checkpoint"], kind="stable", na_position="last")
    last = _last_good(table, first_bad)
    table.insert(7, "last_good", [row == last for row in table.index])
    table = table.set_index("checkpoint")
    table.attrs |= {"metric": main, "first_bad": first_bad}
    return table


def _last_good(table: pd.DataFrame, first_bad: float | None) -> Any:
    """The row of the newest checkpoint before the first bad step, or of the newest if nothing was bad: by step, else by
    the time at which it was saved. None without one."""
    steps = table["step"] if first_bad is None else table["step"].where(table["step"] < first_bad)
    if steps.notna().any():
        return steps.idxmax()
    return table["saved"].idxmax() if first_bad is None and table["saved"].notna().any() else None


def paths_of_checkpoints(run: ExperimentLoader) -> list[tuple[float, Path]]:
    """The step and the file (or folder) of each checkpoint whose name gives a step, the lowest step first."""
    paths = ((step_in_name(name), files[0].parent if files[0].parent.name == name else files[0])
             for name, files in _checkpoints(run))
    return sorted((step, path) for step, path in paths if np.isfinite(step))


def _checkpoints(run: ExperimentLoader) -> list[tuple[str, list[Path]]]:
    """The name of each checkpoint, and its files."""
    checkpoints = [(path.name, [path]) for path in run.list_checkpoints()]
    return checkpoints + [checkpoint for folder in run.exp_dirs for checkpoint in _folders(folder)]


def step_in_name(name: str) -> float:
    """The step in a checkpoint's name (`checkpoint_step_1000.pt`, `epoch=3-step=40.ckpt`); NaN if there is none."""
    match = _STEP.search(name)
    return float(match[1]) if match else np.nan


def _folders(folder: Path) -> list[tuple[str, list[Path]]]:
    """Hugging Face's checkpoints, each with the files that contain its weights."""
    folders = []
    for checkpoint in sorted(folder.glob("checkpoint-*")):
        files = sorted(path for pattern in _HUGGING_FACE for path in checkpoint.glob(pattern))
        if files:
            folders.append((checkpoint.name, files))
    return folders


def _row(name: str, files: list[Path], series: pd.Series, *, has_finished: bool) -> dict[str, Any]:
    import pandas as pd

    step, epoch = step_in_name(name), _EPOCH.search(name)
    kind = next((word for word in ("best", "final", "last") if word in name.lower()), "")
    kind = "final" if kind == "last" and has_finished else kind
    try:
        size = sum(map(_size, files))
        saved = float(int(max(path.stat().st_mtime for path in files)))
    except OSError:  # deleted in the meantime
        size, saved = 0, np.nan
    before = series[np.asarray(series.index, np.float64) <= step] if np.isfinite(step) else series.iloc[:0]
    return {"checkpoint": name, "step": step, "epoch": float(epoch[1]) if epoch else np.nan, "bytes": size,
            "saved": pd.to_datetime(saved, unit="s", utc=True), "kind": kind,
            "value": float(before.iloc[-1]) if len(before) else np.nan,
            "path": str(files[0] if len(files) == 1 else files[0].parent)}


def _size(path: Path) -> int:
    """The bytes of a file, or of those below a folder."""
    if not os.path.isdir(path):
        return path.stat().st_size
    return sum(os.lstat(os.path.join(where, name)).st_size for where, _, names in os.walk(path) for name in names)


def _first_bad(run: ExperimentLoader, metrics: list[str]) -> float | None:
    """The step of the first value of these metrics that is not finite."""
    steps = []
    for name in metrics:
        series = run.series(name)
        bad = np.flatnonzero(~np.isfinite(series.to_numpy(np.float64)))
        if len(bad):
            steps.append(float(series.index[bad[0]]))
    return min(steps, default=None)
