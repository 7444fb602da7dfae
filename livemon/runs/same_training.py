"""Whether rows in two folders, or at two times in one folder, belong to the same training.

A training that continues keeps its settings, and its steps continue. No file states that, so this module weighs the
evidence for and against, and evidence against wins.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livemon.runs.config import read_config
from livemon.system.filesystems import birth_time
from livemon.system.path_rules import slashed
from livemon.tables.differences import count_same
from livemon.tables.plain import leaves, to_plain
from livemon.tables.table import Table
from livemon.tables.x_axis import find_axis

__all__ = ["Stretch", "Stretches", "Training", "compared_kind", "same_settings", "same_training", "steps_go_on",
           "stretches_of", "training_in"]

_GAP_OF_RUN = 0.05  # a training may continue this share of its length, or ten usual steps, beyond its end
_GAP_STEPS = 10
LARGEST_SETTINGS = 1 << 18  # characters of JSON; larger ones are not compared
_MADE_ANEW_SECONDS = 1.0


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Settings in which attempts of one training may differ, by their whole names: where it continues from, where it writes
# to, when and under which name it runs, and on which machines.
_FREE = _words("""
    resume resumed resume_from resumed_from resume_path resume_ckpt resume_checkpoint resume_from_checkpoint auto_resume
    init_from load_from load_checkpoint ckpt ckpt_path ckpt_dir checkpoint checkpoints checkpoint_path checkpoint_dir
    checkpoints_dir restore_path _name_or_path
    output out out_dir outdir output_dir output_path output_folder save_dir save_path log_dir logdir log_path
    logging_dir logs_dir run_dir exp_dir experiment_dir results_dir work_dir workdir default_root_dir
    tensorboard_dir cache_dir tmp_dir temp_dir
    timestamp time_stamp start_time started started_at date datetime created created_at
    run_id run_name exp_id exp_name experiment_id experiment_name job_id job_name slurm_job_id wandb_id wandb_run_id
    trial_id uuid
    host hostname pid node nodes num_nodes nnodes node_rank rank local_rank global_rank world_size device devices
    num_devices device_count gpu gpus gpu_ids n_gpu n_gpus num_gpus accelerator master_addr master_port port
""")
_FREE_AT_THE_TOP = frozenset(("name", "id", "version", "time"))  # at deeper levels, a name may be that of a model
_LENGTHS = _words("""
    max_steps total_steps max_train_steps train_steps total_timesteps max_iters max_iterations total_iterations
    num_iterations epochs n_epochs num_epochs max_epochs total_epochs num_train_epochs
""")
_BETWEEN = "\0"  # between the keys of a nested setting: keys may contain a dot or a slash, but not this
_DEEPEST = 20  # keys of a setting; deeper settings are compared as a whole
_WORD_BORDER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[-. ]")


@dataclass(frozen=True, slots=True)
class Training:
    """The known facts about the training in a folder beside its rows.

    Attributes:
        settings: Its settings; None if no file has any.
        created: When the folder was created, unix seconds; None if the system does not say.
    """

    settings: Mapping[str, Any] | None = None
    created: float | None = None


def training_in(folder: Path) -> Training:
    """The facts that are known now about the training in a folder."""
    settings = to_plain(read_config(folder)[0])  # in the form of a note that was written and read again
    small = len(json.dumps(settings)) <= LARGEST_SETTINGS
    return Training(settings if small else None, birth_time(folder))


def same_training(old: Table, new: Table, before: Training, now: Training) -> bool:
    """Whether the rows now in a file belong to the training whose rows were there before.

    They do if the first row is the same; or if the steps continue, in the same folder, or in a folder that was created
    anew with settings that are known and the same; or if the training starts over, like one that failed early, in the
    same folder and without different settings.

    Args:
        old, new: All rows, before and now.
        before, now: The known facts about the training, before and now.
    """
    if min(old.n_rows, new.n_rows) == 0 or count_same(new, old, 0, 1):
        return True
    other_settings = not same_settings(before.settings, now.settings)
    made_anew = (before.created is not None and now.created is not None
                 and now.created - before.created > _MADE_ANEW_SECONDS)
    if steps_go_on(stretches_of(old), stretches_of(new)):
        return not made_anew or bool(before.settings and now.settings and not other_settings)
    return not (other_settings or made_anew)


@dataclass(frozen=True, slots=True)
class Stretch:
    """The steps, or epochs, that some rows cover.

    Attributes:
        first: The step of the first row.
        low, high: The lowest and the highest step.
        usual: The median difference from one row to the next, 0 for one row.
    """

    first: float
    low: float
    high: float
    usual: float

    @classmethod
    def of(cls, steps: NDArray[Any]) -> Stretch | None:
        """The stretch of the finite steps; None if there are none."""
        steps = np.asarray(steps, np.float64)
        steps = steps[np.isfinite(steps)]
        if not len(steps):
            return None
        gaps = np.sort(np.abs(np.diff(steps)))  # faster than NumPy's median, which matters for thousands of runs
        half = len(gaps) // 2
        usual = float((gaps[half] + gaps[(len(gaps) - 1) // 2]) / 2) if len(gaps) else 0.0
        return cls(float(steps[0]), float(steps.min()), float(steps.max()), usual)

    def goes_on_with(self, following: Stretch) -> bool:
        """Whether the following stretch begins above the lowest step of this one, and at most a gap beyond its highest.
        """
        gap = max(_GAP_STEPS * self.usual, _GAP_OF_RUN * (self.high - self.low))
        return self.low < following.first <= self.high + gap


Stretches = Mapping[str, Stretch]  # "step" and "epoch", as far as the rows have them


def stretches_of(table: Table) -> Stretches:
    """The stretches that a table's rows cover."""
    axes = {kind: find_axis(kind, [table]) for kind in ("step", "epoch")}
    stretches = {kind: Stretch.of(table.columns[name].values) for kind, name in axes.items() if name}
    return {kind: stretch for kind, stretch in stretches.items() if stretch is not None}


def compared_kind(before: Stretches, after: Stretches) -> str | None:
    """The axis that both have: "step", or else "epoch"; None if there is none."""
    return next((kind for kind in ("step", "epoch") if kind in before and kind in after), None)


def steps_go_on(before: Stretches, after: Stretches) -> bool:
    """Whether the steps of rows, or else their epochs, continue."""
    kind = compared_kind(before, after)
    return kind is not None and before[kind].goes_on_with(after[kind])


def same_settings(
    settings: Mapping[str, Any] | None, others: Mapping[str, Any] | None, name: str = "", other_name: str = ""
) -> bool:
    """Whether settings belong to one training, of which the others are a later attempt.

    A setting that only one of them has is not compared. Attempts may differ in the settings of `_FREE`, and a later
    attempt may train for longer.

    Args:
        settings, others: None or {} if they are not known: then nothing differs.
        name, other_name: The names of the two runs' folders: texts that differ only in these count as the same.
    """
    mine, theirs = _flat(settings or {}), _flat(others or {})
    return all(_fits(full, mine[full], theirs[full], (name, other_name)) for full in mine.keys() & theirs.keys())


def _flat(settings: Mapping[Any, Any]) -> dict[str, Any]:
    """Each setting by its full name."""
    flat = leaves(settings, _BETWEEN, lambda value, depth: not value or depth >= _DEEPEST)
    return {name: value for name, _, value in flat}


def _fits(name: str, mine: Any, theirs: Any, folders: tuple[str, str]) -> bool:
    key = _WORD_BORDER.sub("_", name.rpartition(_BETWEEN)[2]).lower()
    if key in _FREE or (_BETWEEN not in name and key in _FREE_AT_THE_TOP):
        return True
    if key in _LENGTHS and _is_length(mine) and _is_length(theirs):
        return bool(theirs >= mine)
    return _same_value(mine, theirs, folders)


def _is_length(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _same_value(mine: Any, theirs: Any, folders: tuple[str, str]) -> bool:
    if isinstance(mine, str) and isinstance(theirs, str):
        return _without(mine, folders[0]) == _without(theirs, folders[1])
    if isinstance(mine, list | tuple) and isinstance(theirs, list | tuple):
        return len(mine) == len(theirs) and all(
            _same_value(my_value, other, folders) for my_value, other in zip(mine, theirs, strict=True)
        )
    both_nan = isinstance(mine, float) and isinstance(theirs, float) and math.isnan(mine) and math.isnan(theirs)
    return both_nan or bool(mine == theirs)


def _without(text: str, folder: str) -> list[str]:
    """A text, cut at the slashes, with "" instead of the name of the run's own folder."""
    return ["" if folder and part == folder else part for part in slashed(text).split("/")]
