"""`livemon checkpoints`: a run's checkpoints, and on request the statistics of a checkpoint's weights."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from livemon import wording
from livemon.analysis.checkpoints.listing import checkpoint_table
from livemon.analysis.checkpoints.weights import weight_statistics
from livemon.analysis.table_formats import render_table
from livemon.live.opening import open_run
from livemon.system.streams import put_lines

__all__ = ["run_checkpoints"]


def run_checkpoints(path: Path | None, notify: Callable[[str], None], *, metric: str | None, form: str,
                    weights: str | None, join: bool = True, header: Sequence[str] = ()) -> None:
    """List a run's checkpoints, or print the statistics of the weights in one (`weights`: its name, a unique part of
    it, or "last").

    Raises:
        FileNotFoundError: There is no run, no checkpoint, or not the one asked for.
        ValueError: The weights cannot be read, or the run has no such metric.
    """
    if weights is not None and metric is not None:
        raise ValueError("--metric is about the list of checkpoints, --weights about what is in one: leave out one of "
                         "them")
    run = open_run(path, notify, join=join, header=header)
    table = checkpoint_table(run, metric)
    if table.empty:
        raise FileNotFoundError(f"no checkpoints in {run.exp_dir / 'checkpoints'}, and no checkpoint-<step> with "
                                f"weights in {run.exp_dir}")
    if weights is None:
        first_bad = table.attrs["first_bad"]
        if first_bad is not None:
            good = table.index[table["last_good"]].tolist()
            last_good = f"the last checkpoint before it is {good[0]}" if good else "no checkpoint was saved before it"
            notify(f"the first value that is not finite is at step {wording.count(first_bad)}; {last_good}")
        shown = table.assign(saved=table["saved"].astype(str))
        if form not in ("json", "csv"):
            shown = shown.drop(columns="path").dropna(axis="columns", how="all")
            # An unknown step is blank, not NaN, and the other steps stay whole numbers.
            kinds = {"step": "Int64", "epoch": "Int64"}
            shown = shown.astype({name: kind for name, kind in kinds.items() if name in shown})
            # An older checkpoint is not worse: its cell is blank, not "no".
            shown = shown.assign(last_good=["yes" if last else "" for last in shown["last_good"]])
            shown = shown.rename(columns={"value": str(table.attrs["metric"])})
    else:
        stepped = table[table["step"].notna()]
        newest = (stepped if len(stepped) else table).index[-1]
        name = newest if weights == "last" else _named(weights, list(table.index))
        before = stepped[stepped["step"] < table.loc[name, "step"]]
        previous = before["path"].iloc[-1] if len(before) else None
        if Path(str(table.loc[name, "path"])).is_dir():
            raise ValueError(f"{name}: its weights are in several files, which livemon does not put together")
        if previous is not None and Path(previous).is_dir():
            previous = None
        shown = weight_statistics(str(table.loc[name, "path"]), previous)
        shown = shown.assign(shape=["x".join(map(str, shape)) or "1" for shape in shown["shape"]])
        notify(f"{name}" + (f", changes since {before.index[-1]}" if previous is not None else ""))
    put_lines(render_table(shown, form))


def _named(part: str, checkpoints: Sequence[str]) -> str:
    """The checkpoint with this name, or the only one whose name contains this part: "step_30" is not in "step_300"."""
    if part in checkpoints:
        return part
    before, behind = r"(?<!\d)" * part[:1].isdigit(), r"(?!\d)" * part[-1:].isdigit()
    whole = re.compile(before + re.escape(part) + behind)
    matching = [name for name in checkpoints if whole.search(name)]
    if len(matching) == 1:
        return matching[0]
    if matching:
        raise FileNotFoundError(f"{part!r} can be {', '.join(matching)}: name one")
    raise FileNotFoundError(f"no checkpoint {part!r}; {wording.instead_of(part, checkpoints)}")
