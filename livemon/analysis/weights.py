"""Statistics of the weights in a checkpoint: only when asked for, in a process of its own, without running anything.

`.safetensors` is read by its own description and mapped, so that a file may be larger than memory. Anything else is
opened by torch with `weights_only=True` and mapped: torch then makes nothing but tensors and plain containers. A file
that wants more is refused.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["WeightsError", "weight_statistics"]

_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
          "U8": "u1", "U16": "<u2", "U32": "<u4", "U64": "<u8", "BOOL": "?"}
_CHUNK = 1 << 20  # values at a time
_LARGEST_HEADER = 100 << 20
_DEEPEST = 20

Blocks = Iterator[NDArray[Any]]


class WeightsError(ValueError):
    """A checkpoint whose weights cannot be read; the message says which and why."""


def weight_statistics(path: str | Path, previous: str | Path | None = None, *, timeout: float = 3600.0) -> pd.DataFrame:
    """Statistics of every tensor in a checkpoint, computed in another process.

    Args:
        path: A `.safetensors`, or what torch saved (`.pt`, `.pth`, `.ckpt`).
        previous: An earlier checkpoint of the same run, to compare with.
        timeout: Seconds.

    Returns:
        Index `layer`; `shape`, `dtype`, `count`, `norm`, `mean`, `std`, `zeros` (a share from 0 to 1), `nan_count`,
        `inf_count`; with `previous` also `change` (the norm of the difference, by the norm before; 0 where nothing
        changed, infinity where all was 0; NaN for a layer that is new or has another shape). Norm, mean, std and change
        are over the finite values, of `change` over those that are finite in both, and NaN where there are none:
        `nan_count` and `inf_count` say how many were left out.

    Raises:
        WeightsError: It is no checkpoint, wants to run something, or torch is needed and not installed.
        FileNotFoundError: It is not there.
    """
    given = [Path(one) for one in (path, previous) if one is not None]
    for one in given:
        if not one.is_file():
            raise FileNotFoundError(f"no checkpoint at {one}")
    command = [sys.executable, "-c", "from livemon.analysis.weights import _main; _main()", *map(str, given)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        raise WeightsError(f"{path}: its weights were not read within {timeout:g} s") from None
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or [f"the process ended with status {done.returncode}"])[-1]
        raise WeightsError(f"{path}: its weights cannot be read: {reason}")
    rows = json.loads(done.stdout)
    columns = ["layer", "shape", "dtype", "count", "norm", "mean", "std", "zeros", "nan_count", "inf_count"]
    table = pd.DataFrame(rows, columns=[*columns, "change"] if previous is not None else columns)
    return table.assign(shape=table["shape"].map(tuple)).set_index("layer")


def _main() -> None:
    """In the process of its own: the paths of one or two checkpoints in, JSON out."""
    paths = [Path(word) for word in sys.argv[1:]]
    try:
        tensors = _open(paths[0])
        before = _open(paths[1]) if len(paths) > 1 else {}
        rows = []
        for name, tensor in tensors.items():
            row = {"layer": name, "shape": list(tensor.shape), "dtype": tensor.dtype, **_described(tensor.blocks())}
            if len(paths) > 1:
                row["change"] = _change(tensor, before.get(name))
            rows.append(row)
    except Exception as error:
        sys.exit(" ".join(str(error).split())[:500] or type(error).__name__)
    json.dump(rows, sys.stdout)


class _Tensor:
    """A tensor in a file: its shape and type, and its values in blocks of float64."""

    def __init__(self, values: Any, shape: tuple[int, ...], dtype: str) -> None:
        self._values = values  # flat; an array or a torch tensor, mapped from the file
        self.shape = shape
        self.dtype = dtype

    def blocks(self) -> Blocks:
        for start in range(0, math.prod(self.shape), _CHUNK):
            part = self._values[start : start + _CHUNK]
            if self.dtype == "BF16":
                yield (np.asarray(part, np.uint32) << 16).view(np.float32).astype(np.float64)
            elif isinstance(part, np.ndarray):
                yield part.astype(np.float64)
            else:
                yield part.double().numpy()


def _open(path: Path) -> dict[str, _Tensor]:
    return _open_safetensors(path) if path.suffix == ".safetensors" else _open_torch(path)


def _open_safetensors(path: Path) -> dict[str, _Tensor]:
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(_LARGEST_HEADER, size - 8):
            raise ValueError("it is no safetensors file: the length of its description is wrong")
        header = json.loads(file.read(length))
    found = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        dtype, shape, (start, end) = entry["dtype"], tuple(map(int, entry["shape"])), entry["data_offsets"]
        if dtype not in _TYPES:
            raise ValueError(f"{name} is of type {dtype}, which livemon does not read")
        kind, count = np.dtype(_TYPES[dtype]), math.prod(shape)
        if count * kind.itemsize != end - start or start < 0 or 8 + length + end > size:
            raise ValueError(f"{name} does not lie where the description says; the file is cut or damaged")
        values = np.memmap(path, kind, "r", 8 + length + start, (count,)) if count else np.empty(0, kind)
        found[name] = _Tensor(values, shape, dtype)
    return found


def _open_torch(path: Path) -> dict[str, _Tensor]:
    try:
        import torch
    except ImportError:
        raise ValueError(f"{path.suffix} needs torch, which is not installed; .safetensors does not") from None
    try:
        loaded = torch.load(path, map_location="cpu", mmap=True, weights_only=True)
    except RuntimeError:  # of the old format, which cannot be mapped
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    found: dict[str, _Tensor] = {}
    for name, tensor in _tensors(loaded, "", _DEEPEST):
        plain = tensor.detach()
        if plain.is_sparse or plain.is_complex() or plain.is_quantized:
            continue
        flat = plain.reshape(-1)
        found[name] = _Tensor(flat, tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."))
    if not found:
        raise ValueError("it holds no tensors")
    return found


def _tensors(item: Any, name: str, deeper: int) -> Iterator[tuple[str, Any]]:
    """The tensors in dicts and lists, by dotted names."""
    if hasattr(item, "detach") and hasattr(item, "reshape"):
        yield name or "tensor", item
    elif deeper > 0:
        pairs = item.items() if isinstance(item, dict) else enumerate(item) if isinstance(item, list | tuple) else ()
        for key, part in pairs:
            yield from _tensors(part, f"{name}.{key}" if name else str(key), deeper - 1)


@np.errstate(over="ignore", invalid="ignore")
def _described(blocks: Blocks) -> dict[str, Any]:
    count = finite = zeros = nans = infs = 0
    mean = squares = 0.0  # of the finite values; the mean and the sum of squared deviations go on from block to block
    total = 0.0
    for block in blocks:
        good = block[np.isfinite(block)]
        count += len(block)
        nans += int(np.isnan(block).sum())
        infs += int(np.isinf(block).sum())
        zeros += int((block == 0).sum())
        if len(good):
            delta = float(good.mean()) - mean
            both = finite + len(good)
            squares += float(((good - good.mean()) ** 2).sum()) + delta**2 * finite * len(good) / both
            mean += delta * len(good) / both
            finite = both
            total += float((good**2).sum())
    known = finite or not count  # of no value at all the norm is 0
    return {"count": count, "norm": math.sqrt(total) if known else math.nan, "mean": mean if finite else math.nan,
            "std": math.sqrt(squares / finite) if finite else math.nan, "zeros": zeros / count if count else 0.0,
            "nan_count": nans, "inf_count": infs}


@np.errstate(over="ignore", invalid="ignore")
def _change(tensor: _Tensor, before: _Tensor | None) -> float:
    if before is None or before.shape != tensor.shape:
        return math.nan
    apart = was = 0.0
    finite = 0
    for new, old in zip(tensor.blocks(), before.blocks(), strict=True):
        both = np.isfinite(new) & np.isfinite(old)
        finite += int(both.sum())
        apart += float(((new[both] - old[both]) ** 2).sum())
        was += float((old[both] ** 2).sum())
    if finite == 0:
        return math.nan
    return math.sqrt(apart) / math.sqrt(was) if was > 0 else 0.0 if apart == 0 else math.inf
