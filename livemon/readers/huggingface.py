"""Hugging Face's `trainer_state.json`: the whole history of a training, rewritten with each checkpoint.

Between two checkpoints nothing is written. During the training, the newest state is in the newest
`checkpoint-<step>/`; `trainer.save_state()` writes one into the output folder itself.
"""

from __future__ import annotations

import math
import os
import re
import stat
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livemon.readers.base import Facts, Format, Reader, Update
from livemon.readers.encodings.json_rows import DECODER, block_of, flattened, plain_block_of
from livemon.system.filesystems import is_settled_at
from livemon.system.listing import Listing, is_git_lfs_pointer
from livemon.system.shared_files import read_regular
from livemon.system.tail import Status
from livemon.tables.anomalies import Anomaly
from livemon.tables.meaning import bookkeeping
from livemon.tables.table import Block

__all__ = ["STATE_NAME", "HuggingFace", "HuggingFaceReader"]

STATE_NAME = "trainer_state.json"
LARGEST_BYTES = 1 << 30
QUIET_SECONDS = 5.0  # for this long after a write, a file that cannot be read counts as half written

_CHECKPOINT = re.compile(r"checkpoint-(\d+)")
_NO_SETTINGS = frozenset(("log_history", "stateful_callbacks", "global_step", "epoch", "total_flos", "best_metric",
                          "best_global_step", "best_model_checkpoint", "is_hyper_param_search", "is_local_process_zero",
                          "is_world_process_zero", "num_input_tokens_seen", "trial_name", "trial_params"))

_Seen = tuple[int, int, int]  # time of change, bytes, inode: a difference means that the file must be read again


@dataclass(frozen=True, slots=True)
class _State:
    """The content of one file."""

    path: Path
    seen: _Seen
    content: Mapping[str, Any]
    history: Sequence[Any]

    @property
    def step(self) -> int:
        step = self.content.get("global_step")
        return step if isinstance(step, int) else 0

    def begins_like(self, other: _State) -> bool:
        """Whether its history begins with all of the other's."""
        try:
            return self.history[: len(other.history)] == other.history  # all NaNs of DECODER are one object
        except RecursionError:
            return False


@dataclass(slots=True)
class _Broken:
    """A file that cannot be read at present."""

    seen: _Seen
    since: float
    problem: str
    is_reported: bool = False


class HuggingFaceReader:
    """Follows the states in one output folder.

    It reads the state with the most steps, and prefers the output folder's own if that has as many. But if a newer file
    has different rows, not just fewer, a new training has begun in the folder, and the reader follows that.

    Args:
        path: The output folder; or one `trainer_state.json`, which then is the only one that is read.
        plain: Whether to convert every value separately.
        clock: A monotonic clock, in seconds.
        now: The clock with which file times are compared, in unix seconds.

    Attributes:
        path: The source.
    """

    def __init__(
        self, path: Path, *, plain: bool = False, clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.path = path
        self._plain = plain
        self._clock = clock
        self._now = now
        self._shown: _State | None = None
        self._facts = Facts()
        self._looks = 0  # the number of looks at files whose times are not reliable yet
        self._found: dict[Path, _Seen] = {}
        self._broken: dict[Path, _Broken] = {}

    def read(self) -> Update:
        """Read what is new; see `readers.Update`. If no file has changed, only the folder is listed."""
        states, problem = self._look()
        if problem:
            return Update(status=Status.UNREADABLE, problem=problem)
        anomalies = self._problems(states)
        if states == self._found and not anomalies:
            return self._nothing_new(anomalies)
        self._found = states
        newest = self._newest(states)
        anomalies += self._problems(states)  # again: a file that was last written long ago is reported at once
        if newest is None or (self._shown and (newest.path, newest.seen) == (self._shown.path, self._shown.seen)):
            return self._nothing_new(anomalies)
        if self._shown is not None and self._is_held and not newest.begins_like(self._shown):
            return self._nothing_new(anomalies)  # the old rows stay until the held file can be read
        return self._show(newest, anomalies)

    def _nothing_new(self, anomalies: list[Anomaly]) -> Update:
        problem = next((broken.problem for broken in self._broken.values() if broken.is_reported), "")
        if problem and self._shown is None and not self._is_held:
            return Update(anomalies=tuple(anomalies), status=Status.UNREADABLE, problem=problem)
        status = Status.REWRITING if self._is_held else Status.OK if self._found else Status.MISSING
        return Update(anomalies=tuple(anomalies), status=status)

    @property
    def _is_held(self) -> bool:
        """Whether there is a file that may be half written."""
        return any(not broken.is_reported for broken in self._broken.values())

    @property
    def facts(self) -> Facts:
        """What the state says about the run: some of its arguments, its steps, and whether it has ended."""
        return self._facts

    @property
    def files(self) -> Sequence[Path]:
        """The existing states, and the path where the next may appear."""
        return [*self._found, self.path] if self.path not in self._found else list(self._found)

    # -- files

    def _look(self) -> tuple[dict[Path, _Seen], str]:
        """The existing states with their times and sizes; or why the folder cannot be read."""
        try:
            states = _states(self.path)
            return {path: self._with_coarse_times(path, seen) for path, seen in states.items()}, ""
        except OSError as error:
            return {}, f"cannot read {self.path}: {error.strerror or error}"

    def _with_coarse_times(self, path: Path, seen: _Seen) -> _Seen:
        """The time and size of a file; with a new mark at each look if they may not show a change yet."""
        changed, size, _ = seen
        if is_settled_at(changed, self._now):
            return seen
        self._looks += 1
        return changed, size, -self._looks

    def _newest(self, states: Mapping[Path, _Seen]) -> _State | None:
        """The state to show; None if none can be read."""
        by_step = (self._read(path, states[path]) for path in sorted(states, key=_steps, reverse=True))
        own = self._read(top, states[top]) if (top := self.path / STATE_NAME) in states else None
        furthest = next((state for state in by_step if state is not None), None)
        if own is not None and (furthest is None or own.step >= furthest.step):
            furthest = own
        last_written = max(states, key=lambda path: states[path], default=None)
        latest = self._read(last_written, states[last_written]) if last_written is not None else None
        if latest is None or furthest is None or furthest.begins_like(latest):
            return furthest
        return latest

    def _read(self, path: Path, seen: _Seen) -> _State | None:
        """A file's content; None, with the reason noted, if it cannot be read."""
        if self._shown is not None and (self._shown.path, self._shown.seen) == (path, seen):
            return self._shown
        if path in self._broken:
            return None
        try:
            if seen[1] > LARGEST_BYTES:
                raise ValueError(f"it is larger than {LARGEST_BYTES >> 20} MiB")
            content = DECODER.decode(read_regular(path).decode("utf-8", "replace"))
            if not isinstance(content, dict) or not isinstance(content.get("log_history"), list):
                raise ValueError("it has no log_history")
        except (OSError, ValueError, RecursionError) as error:
            self._broken[path] = _Broken(seen, self._clock(), f"{path} cannot be read: {error}")
            return None
        return _State(path, seen, content, content["log_history"])

    def _problems(self, states: Mapping[Path, _Seen]) -> list[Anomaly]:
        """The files that have been unreadable for too long to be half written; each is reported once."""
        anomalies = []
        self._broken = {path: broken for path, broken in self._broken.items() if states.get(path) == broken.seen}
        for path, broken in self._broken.items():
            is_old = self._now() - broken.seen[0] / 1e9 >= QUIET_SECONDS
            if not broken.is_reported and (is_old or self._clock() - broken.since >= QUIET_SECONDS):
                broken.is_reported = True
                anomalies.append(Anomaly("state unreadable", str(path), None, broken.problem))
        return anomalies

    # -- rows

    def _show(self, newest: _State, anomalies: list[Anomaly]) -> Update:
        shown, self._shown = self._shown, newest
        self._facts = _facts(newest)
        goes_on = shown is not None and newest.begins_like(shown)
        entries = newest.history[len(shown.history) :] if shown is not None and goes_on else newest.history
        block = self._block(entries, newest.path, anomalies)
        status = Status.REWRITING if self._is_held else Status.OK
        return Update(shown is not None and not goes_on, None, block, tuple(anomalies), status)

    def _block(self, entries: Sequence[Any], path: Path, anomalies: list[Anomaly]) -> Block | None:
        rows = []
        for entry in entries:
            try:
                if not isinstance(entry, dict):
                    raise ValueError("it is not an object")
                rows.append(flattened(entry))
            except (ValueError, RecursionError) as error:
                message = f"an entry of log_history is not a row: {error}"
                anomalies.append(Anomaly("row rejected", str(path), None, message))
        block, too_large = plain_block_of(rows) if self._plain else block_of(rows)
        anomalies += [Anomaly("overflow", str(path), None, f"{number.name}: the number is too large for a float64")
                      for number in too_large]
        return block if rows else None


class HuggingFace(Format):
    """The output folder of a `transformers.Trainer`."""

    name = "Hugging Face"

    def find(self, folder: Listing) -> list[Path]:
        """The folder itself, if it has a state, or a checkpoint with one."""
        below = (folder.below(name) for name in folder.folders if _CHECKPOINT.fullmatch(name))
        return [folder.path] if any(_has_state(candidate) for candidate in (folder, *below)) else []

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether it has the trainer's file name, and begins like an object."""
        return path.name == STATE_NAME and head.lstrip().startswith(b"{")

    def open(self, path: Path, *, plain: bool = False) -> Reader:
        """A reader for an output folder, or for one state."""
        return HuggingFaceReader(path, plain=plain)

    def written(self, path: Path) -> float | None:
        """When the newest state was written."""
        try:
            return max((changed / 1e9 for changed, _, _ in _states(path).values()), default=None)
        except OSError:
            return None

    def spellings(self, name: str) -> tuple[str, ...]:
        """The spellings in TensorBoard's files, where `eval_loss` is `eval/loss` and `loss` is `train/loss`."""
        for split in ("eval", "test"):
            if name.startswith(f"{split}_"):
                return name, f"{split}/{name.removeprefix(f'{split}_')}"
        return name, f"train/{name}"


# -- the content of a state


def _has_state(folder: Listing) -> bool:
    return STATE_NAME in folder.files and not is_git_lfs_pointer(folder.path / STATE_NAME)


def _states(path: Path) -> dict[Path, _Seen]:
    """The states in an output folder, or the one state at a path, with their times and sizes. Raises OSError."""
    if not path.is_dir():
        return _seen([path])
    with os.scandir(path) as entries:
        names = [entry.name for entry in entries if _CHECKPOINT.fullmatch(entry.name)]
    return _seen([path / STATE_NAME, *(path / name / STATE_NAME for name in names)])


def _seen(paths: Sequence[Path]) -> dict[Path, _Seen]:
    seen = {}
    for path in paths:
        try:
            status = path.stat()
        except OSError:
            continue
        if stat.S_ISREG(status.st_mode):
            seen[path] = (status.st_mtime_ns, status.st_size, status.st_ino)
    return seen


def _steps(path: Path) -> int:
    """The step of a checkpoint, by its folder's name; -1 for other folders."""
    match = _CHECKPOINT.fullmatch(path.parent.name)
    return int(match[1]) if match else -1


def _facts(state: _State) -> Facts:
    settings = {name: value for name, value in state.content.items()
                if name not in _NO_SETTINGS and isinstance(value, int | float | str)}
    trial = state.content.get("trial_params")
    name, max_steps = state.content.get("trial_name"), state.content.get("max_steps")
    total = max_steps if isinstance(max_steps, int) and max_steps > 0 else None
    evidence = _end(state, total)
    return Facts(settings | (trial if isinstance(trial, dict) else {}), "finished" if evidence else None, evidence,
                 total, name if isinstance(name, str) else "", _odd(state.history), main=_best_by(state))


def _best_by(state: _State) -> str:
    """The metric of an evaluation that has the best value at the step of the best model; "" if none has it, or several
    have."""
    best, step = state.content.get("best_metric"), state.content.get("best_global_step")
    if not isinstance(best, int | float):
        return ""
    if not isinstance(step, int):
        checkpoint = _CHECKPOINT.fullmatch(Path(str(state.content.get("best_model_checkpoint"))).name)
        step = int(checkpoint[1]) if checkpoint else None
    rows = [row for row in state.history if isinstance(row, dict) and (step is None or row.get("step") == step)]
    names = {str(name) for row in rows for name, value in row.items() if value == best}
    names = {name for name in names if name.startswith("eval_") and not bookkeeping(name)}
    return names.pop() if len(names) == 1 else ""


def _end(state: _State, total: int | None) -> str:
    """The evidence that the training has ended, or ""."""
    rows = [row for row in state.history if isinstance(row, dict)]
    ends = [index for index, row in enumerate(rows) if "train_runtime" in row]
    if ends and not any("loss" in row for row in rows[ends[-1] :]) and rows[ends[-1]].get("step") == state.step:
        return f"trainer_state.json has the summary (train_runtime) that a training ends with, at step {state.step:,}"
    if total is not None and state.step >= total:
        return (f"trainer_state.json is at step {state.step:,} of {total:,}; what was logged after that checkpoint is "
                "not in it")
    return ""


def _odd(history: Sequence[Any]) -> tuple[str, ...]:
    """Signs of NaN losses that the trainer has left out of its log, as it does by default."""
    zero = hidden = None
    for row in history:
        if not isinstance(row, dict) or not isinstance(loss := row.get("loss"), int | float):
            continue
        if loss == 0.0 and zero is None:
            zero = row.get("step")
        gradient = row.get("grad_norm")
        if hidden is None and _is_finite(loss) and isinstance(gradient, float) and not _is_finite(gradient):
            hidden = row.get("step")
    why = "transformers leaves NaN losses out of the loss that it logs (logging_nan_inf_filter)"
    notes = []
    if hidden is not None:
        notes.append(f"grad_norm is not finite at step {hidden} where loss is: {why}")
    if zero is not None:
        notes.append(f"loss is exactly 0 at step {zero}: {why}, and a stretch of nothing but NaN is logged as 0")
    return tuple(notes)


def _is_finite(number: float) -> bool:
    """Whether a number is finite. All whole numbers are, even those too large for a float64."""
    return isinstance(number, int) or math.isfinite(number)
