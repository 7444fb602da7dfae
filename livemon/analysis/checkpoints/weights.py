"""Statistics of the weights in a checkpoint: only on request, in a separate process, without executing any code in it.

`tensors` describes the supported files and the refused ones. A file may be larger than memory: numbers are read in
blocks.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from livemon.analysis.checkpoints.tensors import OpenedTensors, Tensor, in_pairs, open_weights, plain_text
from livemon.system.processes import hidden_flags, python_code

__all__ = ["WeightsError", "weight_statistics"]

Blocks = Iterator[NDArray[np.float64]]


class WeightsError(ValueError):
    """A checkpoint whose weights cannot be read; the message says which and why."""


def weight_statistics(path: str | Path, previous: str | Path | None = None, *, timeout: float = 3600.0) -> pd.DataFrame:
    """Statistics of every tensor in a checkpoint, computed in another process.

    Args:
        path: A `.safetensors` file, or one saved by torch (`.pt`, `.pth`, `.ckpt`).
        previous: An earlier checkpoint of the same run to compare with.
        timeout: Seconds.

    Returns:
        Index `layer`; `shape`, `dtype`, `count`, `norm`, `mean`, `std`, `zeros` (a share from 0 to 1), `nan_count`,
            `inf_count`; with `previous` also `change` (the norm of the difference divided by the earlier norm; 0 for no
            change, infinity if all was 0 before; NaN for a layer that is new or has another shape). Norm, mean, std and
            change are over the finite values, `change` over those that are finite in both, and NaN without any:
            `nan_count` and `inf_count` say how many were left out.
        `inf_count`; with `previous` also `change` (the norm of the difference, by the norm before; 0 where nothing
        changed, infinity where all was 0; NaN for a layer that is new or has another shape). Norm, mean, std and change
        are over the finite values, of `change` over those that are finite in both, and NaN where there are none:
        `nan_count` and `inf_count` say how many were left out.

    Raises:
        WeightsError: It is not a checkpoint, would execute code, or needs torch, which is not installed.
        FileNotFoundError: There is no such file.
    """
    given = [Path(path) for path in (path, previous) if path is not None]
    for checkpoint in given:
        if checkpoint.is_dir():
            raise WeightsError(f"{checkpoint}: it is a folder of parts; livemon reads the weights of single files")
        if not checkpoint.is_file():
            raise FileNotFoundError(f"no checkpoint at {checkpoint}")
    command = python_code("from livemon.analysis.checkpoints.weights import _main; _main()", *map(str, given))
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False,
                              creationflags=hidden_flags())
    except subprocess.TimeoutExpired:
        raise WeightsError(f"{path}: its weights were not read within {timeout:g} s") from None
    if done.returncode != 0:
        raise WeightsError(f"{path}: its weights cannot be read: {_what_happened(done)}")
    answer = json.loads(done.stdout)
    if answer["problem"]:
        which = given[answer["place"]]
        raise WeightsError(f"{which}: its weights cannot be read: {answer['problem']}")
    if answer["left_out"]:
        warnings.warn(f"{path}: tensors left out: {answer['left_out']}", stacklevel=2)
    columns = ["layer", "shape", "dtype", "count", "norm", "mean", "std", "zeros", "nan_count", "inf_count"]
    table = pd.DataFrame(answer["rows"], columns=[*columns, "change"] if previous is not None else columns)
    table = table.assign(shape=table["shape"].map(tuple)).set_index("layer")
    table.attrs["left_out"] = answer["left_out"]
    return table


def _what_happened(done: subprocess.CompletedProcess[bytes]) -> str:
    """Why the process ended without an answer."""
    if done.returncode < 0:
        return (f"the process that read them was ended by signal {-done.returncode}"
                + (", as happens when memory runs out" if done.returncode == -9 else ""))
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return plain_text(lines[-1]) if lines else f"the process that read them ended with status {done.returncode}"


def _main() -> None:
    """The main function of the separate process: the paths of one or two checkpoints in, JSON out."""
    paths = [Path(word) for word in sys.argv[1:]]
    answer: dict[str, Any] = {"problem": "", "place": 0, "left_out": "", "rows": []}
    opened: list[OpenedTensors] = []
    try:
        for answer["place"], path in enumerate(paths):
            opened.append(open_weights(path))
        answer["place"] = 0
        answer["rows"] = _rows(opened[0], opened[1].tensors if len(paths) > 1 else None)
        answer["left_out"] = str(opened[0].left_out)
        if not answer["rows"]:
            left_out = answer["left_out"]
            raise ValueError(f"it has no tensor that can be read: {left_out}" if left_out else "it holds no tensors")
    except Exception as error:
        answer["problem"] = plain_text(str(error), 500) or type(error).__name__
    json.dump(answer, sys.stdout)


def _rows(opened: OpenedTensors, before: dict[str, Tensor] | None) -> list[dict[str, Any]]:
    rows = []
    for name, tensor in opened.tensors.items():
        row: dict[str, Any] = {"layer": name, "shape": list(tensor.shape), "dtype": tensor.dtype}
        try:
            row |= _described(tensor.blocks(tensor.repeated, in_order=False), tensor.repeats)
            if before is not None:
                row["change"] = _change(tensor, before.get(name))
        except (RuntimeError, TypeError, NotImplementedError) as error:  # torch, for types that it cannot convert
            why = plain_text(str(error), 80)
            opened.left_out.add(f"of type {tensor.dtype}, which cannot be read here: {why}", name)
            continue
        rows.append(row)
    return rows


# Sums of squares use units, which are powers of two: squares of float64 exceed the range of float64.
_MIDDLE = 300  # 2**-300 to 2**300 need no unit
_LEAST = -1200  # less than the exponent of any number


def _unit(values: NDArray[np.float64]) -> int:
    """The exponent of a power of two in which values can be squared; infinity and NaN are ignored."""
    sizes = np.abs(values)
    largest = float(sizes.max(initial=0.0))
    if not math.isfinite(largest):
        largest = float(sizes.max(initial=0.0, where=np.isfinite(sizes)))
    exponent = math.frexp(largest)[1] if largest else _LEAST
    return 0 if abs(exponent) < _MIDDLE else exponent


def _scaled(values: NDArray[np.float64], unit: int) -> NDArray[np.float64]:
    return np.ldexp(values, -unit) if unit else values


class _Squares:
    """A sum of squares that neither overflows nor underflows: `total` in units of 2**(2 * unit)."""

    def __init__(self) -> None:
        self.total = 0.0
        self.unit = _LEAST

    def add(self, values: NDArray[np.float64], shift: int = 0) -> None:
        """Add the squares of values times 2**shift."""
        before, unit = self.unit, _unit(values)
        self.unit = max(before, unit + shift)
        self.total = math.ldexp(self.total, 2 * (before - self.unit))
        self.total += float((_scaled(values, self.unit - shift) ** 2).sum())

    def root(self, repeats: int = 1) -> float:
        """The root of `repeats` times the sum; infinity beyond float64."""
        return float(np.ldexp(math.sqrt(self.total * repeats), self.unit))

    def by(self, other: _Squares) -> float:
        """The ratio of the root of this sum to that of another one, which is not 0."""
        return float(np.ldexp(math.sqrt(self.total) / math.sqrt(other.total), self.unit - other.unit))


@np.errstate(over="ignore", invalid="ignore")
def _described(blocks: Blocks, repeats: int = 1) -> dict[str, Any]:
    """The statistics of a tensor in which each number stands for `repeats` positions."""
    count = finite = zeros = nans = infs = 0
    mean = squares = 0.0  # of the finite values; the mean and the sum of squared deviations are updated with each block
    total = _Squares()
    for block in blocks:
        fine = np.isfinite(block)
        good = block if fine.all() else block[fine]
        count += len(block)
        if len(good) < len(block):
            nans += int(np.isnan(block).sum())
            infs += int(np.isinf(block).sum())
        zeros += int((block == 0).sum())
        if len(good):
            before = total.unit
            total.add(good)
            mean = math.ldexp(mean, before - total.unit)
            squares = math.ldexp(squares, 2 * (before - total.unit))
            good = _scaled(good, total.unit)
            delta = float(good.mean()) - mean
            both = finite + len(good)
            squares += float(((good - good.mean()) ** 2).sum()) + delta**2 * finite * len(good) / both
            mean += delta * len(good) / both
            finite = both
    known = finite or not count  # the norm of no values is 0
    return {"count": count * repeats, "norm": total.root(repeats) if known else math.nan,
            "mean": float(np.ldexp(mean, total.unit)) if finite else math.nan,
            "std": float(np.ldexp(math.sqrt(squares / finite), total.unit)) if finite else math.nan,
            "zeros": zeros / count if count else 0.0, "nan_count": nans * repeats, "inf_count": infs * repeats}


@np.errstate(over="ignore", invalid="ignore")
def _change(tensor: Tensor, before: Tensor | None) -> float:
    if before is None or before.shape != tensor.shape:
        return math.nan
    apart, was = _Squares(), _Squares()
    finite = 0
    try:
        for new, old in in_pairs(tensor, before):
            both = np.isfinite(new) & np.isfinite(old)
            finite += int(both.sum())
            ours, theirs = new[both], old[both]
            unit = max(_unit(ours), _unit(theirs))
            half = 1 if unit else 0  # two huge numbers may differ by more than float64 can represent
            apart.add(_scaled(ours, unit + half) - _scaled(theirs, unit + half), unit + half)
            was.add(theirs)
    except ValueError:  # they represent too many numbers
        return math.nan
    if finite == 0:
        return math.nan
    return apart.by(was) if was.total > 0 else 0.0 if apart.total == 0 else math.inf
