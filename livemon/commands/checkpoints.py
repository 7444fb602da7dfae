"""`livemon checkpoints`: a run's checkpoints, and the statistics of the weights in one where that is asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from livemon import wording
from livemon.analysis.checkpoints import checkpoint_table
from livemon.analysis.tables import render_table
from livemon.analysis.weights import weight_statistics
from livemon.experiment import ExperimentLoader
from livemon.views.terminal import put_result

__all__ = ["run_checkpoints"]


def run_checkpoints(path: Path, say: Callable[[str], None], *, metric: str | None, form: str, weights: str | None
                    ) -> None:
    """List a run's checkpoints, or the statistics of one's weights (`weights`: its name, or "last").

    Raises:
        FileNotFoundError: There is no run, no checkpoint, or not this one.
        ValueError: The weights cannot be read, or the run has no such metric.
    """
    run = ExperimentLoader(path)
    table = checkpoint_table(run, metric)
    if table.empty:
        raise FileNotFoundError(f"no checkpoints in {run.exp_dir / 'checkpoints'}")
    if weights is None:
        first_bad = table.attrs["first_bad"]
        if first_bad is not None:
            good = table.index[table["last_good"]].tolist()
            say(f"the first value that is no number is at step {wording.count(first_bad)}; the last checkpoint before "
                f"it is {good[0] if good else 'none'}")
        shown = table.drop(columns="path")
        shown = shown.dropna(axis="columns", how="all").assign(saved=shown["saved"].astype(str))
    else:
        stepped = table[table["step"].notna()]
        newest = (stepped if len(stepped) else table).index[-1]
        name = newest if weights == "last" else weights
        if name not in table.index:
            raise FileNotFoundError(f"no checkpoint {name!r}; there are {', '.join(table.index)}")
        before = stepped[stepped["step"] < table.loc[name, "step"]]
        previous = before["path"].iloc[-1] if len(before) else None
        shown = weight_statistics(str(table.loc[name, "path"]), previous)
        shown = shown.assign(shape=["x".join(map(str, shape)) or "1" for shape in shown["shape"]])
        say(f"{name}" + (f", changes since {before.index[-1]}" if previous is not None else ""))
    for line in render_table(shown, form).split("\n"):
        put_result(line, sys.stdout)
