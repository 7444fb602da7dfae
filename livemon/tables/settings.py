"""The settings of a run in a form that may be shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from livemon.system.secrets import masked_setting
from livemon.tables.plain import leaves

__all__ = ["flat_settings", "masked_config"]


def flat_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """A config with dotted keys instead of nested dicts, and `***` for everything that looks like a secret, because
    views may be sent to others. A list stays a single value, as a tuple."""
    return {name: masked_setting(name, value) for name, _, value in leaves(config, ".")}


def masked_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """A config with its structure, and `***` for everything that looks like a secret."""
    return {name: masked_config(value) if isinstance(value, Mapping) else masked_setting(str(name), value)
            for name, value in config.items()}
