"""The settings of runs side by side: flat, from their configs or names, and the meaningful differences."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from livemon.analysis.run_set.name_settings import guess_settings, pattern_settings
from livemon.tables.settings import flat_settings

__all__ = ["SEEDS", "as_compared", "find_key", "is_seed", "seed_of", "settings_of", "distinguishing_settings",
           "without_noise"]

SEEDS = frozenset(("seed", "random_seed", "random_state", "rng_seed", "seed_everything", "global_seed", "manual_seed"))
# Keys that differ between any two runs, and say nothing about what was tried.
_NOISE = re.compile(r"(^|[._])(name|run_?name|run_?id|id|uuid|dir|path|folder|output|file|time|date|timestamp|host"
                    r"|hostname|node|pid|user|cmd|command|version|notes?|tags?|resume|ckpt|checkpoint|wandb|log|logging"
                    r"|save|device|port)s?($|[._])|_(dir|path|name|id|file)$", re.IGNORECASE)
_TELLS = re.compile(r"(model|dataset|data|optim\w*|(lr_)?scheduler|task|env|arch|policy)_?(name|id|path|version)?")
# Short spellings of keys that people type.
_SHORT = {"lr": "learning_rate", "wd": "weight_decay", "bs": "batch_size", "model": "model_config",
          "data": "dataset_name"}


def settings_of(
    names: Sequence[str], configs: Sequence[Mapping[str, Any]], pattern: str | None = None
) -> tuple[list[dict[str, Any]], list[str]]:
    """The flat settings of each run.

    Args:
        names: The runs' folders.
        configs: The config of each run, or {}.
        pattern: How the names are made (see `name_settings.pattern_settings`); its settings win over the config. None:
            names are only used for runs without a config.

    Returns:
        The settings, and the names that the pattern did not match.
    """
    if pattern is not None:
        settings = pattern_settings(names, pattern)
        unmatched = [name for name, in_name in zip(names, settings, strict=True) if not in_name]
        return [flat_settings(config) | in_name for config, in_name in zip(configs, settings, strict=True)], unmatched
    without = [name for name, config in zip(names, configs, strict=True) if not config]
    guessed = dict(zip(without, guess_settings(without), strict=True))
    return [flat_settings(config) if config else dict(guessed[name])
            for name, config in zip(names, configs, strict=True)], []


def without_noise(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings without names, paths, dates and the like, and without unset ones."""
    return {key: value for key, value in settings.items() if value is not None
            and (not _NOISE.search(key) or _TELLS.fullmatch(key.rsplit(".", 1)[-1]))}


def distinguishing_settings(settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """The keys whose values are not the same in all runs, without meaningless ones, in the order of the configs."""
    clean = [without_noise(of_run) for of_run in settings]
    keys = dict.fromkeys(key for of_run in clean for key in of_run)
    return [key for key in keys if len({as_compared(of_run.get(key)) for of_run in clean}) > 1]


def find_key(key: str, settings: Sequence[Mapping[str, Any]]) -> str | None:
    """The key that `key` refers to: itself, a short spelling (`lr`), or the last part of a dotted key; None if no run
    has it.
    """
    known = list(dict.fromkeys(name for of_run in settings for name in of_run))
    wanted = {key, _SHORT.get(key, key), *(short for short, long in _SHORT.items() if long == key)}
    exact = [name for name in known if name == key] or [name for name in known if name in wanted]
    return next(iter(exact or [name for name in known if name.rsplit(".", 1)[-1] in wanted]), None)


def as_compared(value: Any) -> str:
    """A setting's value as a text that is the same for equal values, such as 0 and 0.0."""
    whole = isinstance(value, float) and value.is_integer()
    return repr(int(value) if whole else value)


def is_seed(key: str) -> bool:
    """Whether the setting is the run's seed, under any name."""
    return key.rsplit(".", 1)[-1].lower() in SEEDS


def seed_of(settings: Mapping[str, Any]) -> Any:
    """The run's seed, or None."""
    return next((value for key, value in settings.items() if is_seed(key)), None)
