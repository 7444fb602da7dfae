"""Stable-Baselines3's `evaluations.npz`: the evaluations of its `EvalCallback`, rewritten with each of them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livemon.readers.base import Format, Reader
from livemon.readers.whole_file import Rows, WholeFileReader
from livemon.system.listing import Listing

__all__ = ["Sb3Evaluations"]

NAME = "evaluations.npz"
LARGEST_BYTES = 256 << 20
STEPS = "time/total_timesteps"
# array in the file -> the callback's name in other logs for its mean over an evaluation's episodes
_MEANS = {"results": "eval/mean_reward", "ep_lengths": "eval/mean_ep_length", "successes": "eval/success_rate"}


def _parse(data: bytes) -> Rows:
    """A row for each evaluation. Nothing is unpickled: an archive with objects is refused."""
    if not data:
        return Rows([])
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST_BYTES:
                raise ValueError(f"it holds more than {LARGEST_BYTES >> 20} MiB")
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            kept = {name: arrays[name] for name in ("timesteps", *_MEANS) if name in arrays.files}
    except ValueError:
        raise
    except Exception as error:  # zipfile, its three compressions and NumPy raise different errors for each damage
        raise ValueError(f"it is not an archive of arrays: {error}") from None
    steps = kept.pop("timesteps", None)
    if steps is None or steps.ndim != 1 or "results" not in kept or steps.dtype.kind not in "iuf":
        raise ValueError("it has no evaluations: `timesteps` and `results` are not there")
    columns: dict[str, NDArray[np.float64]] = {}
    for name, values in kept.items():
        if values.dtype.kind not in "biuf" or values.ndim < 1 or len(values) != len(steps):
            raise ValueError(f"{name} does not have an entry for each of {len(steps)} evaluations")
        episodes = values.reshape(len(values), -1).astype(np.float64)
        if not episodes.shape[1]:
            continue
        columns[_MEANS[name]] = episodes.mean(axis=1)
        if name == "results":
            columns["eval/std_reward"] = episodes.std(axis=1)
    return Rows([{STEPS: step, **{name: float(values[row]) for name, values in columns.items()}}
                 for row, step in enumerate(steps.tolist())])


class Sb3Evaluations(Format):
    """`evaluations.npz` in the folder of a run, or in its `logs`, `eval` or `results`."""

    name = "Stable-Baselines3 evaluations"

    def find(self, folder: Listing) -> list[Path]:
        """The files, if they begin like a ZIP archive."""
        candidates = (folder, *(folder.below(name) for name in ("logs", "eval", "results", "evaluations")))
        return [candidate.path / NAME for candidate in candidates
                if NAME in candidate.files and self.recognises(candidate.path / NAME, candidate.head(NAME))]

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether the file is an archive of arrays, with `timesteps` first."""
        return path.suffix == ".npz" and head.startswith(b"PK") and b"timesteps.npy" in head

    def open(self, path: Path, *, plain: bool = False) -> Reader:
        """A reader for one file."""
        return WholeFileReader(path, _parse, LARGEST_BYTES, plain=plain)
