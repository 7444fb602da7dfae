"""The settings of a run as they may be shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from livemon.system.secrets import masked_setting
from livemon.tables.plain import leaves

__all__ = ["flat_settings", "masked_config"]


def flat_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """A config with dotted keys instead of dicts in dicts, and `***` for what looks like a secret: what is shown may be
    sent to others. Lists stay one value, as tuples."""
    return {name: masked_setting(name, value) for name, _, value in leaves(config, ".")}


def masked_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """A config as it is, with `***` for what looks like a secret."""
    return {name: masked_config(value) if isinstance(value, Mapping) else masked_setting(str(name), value)
            for name, value in config.items()}
