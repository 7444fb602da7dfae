"""The settings of a run as they may be shown."""

from __future__ import annotations

from livemon.tables.settings import flat_settings, masked_config


def test_settings_are_flat_and_secrets_masked() -> None:
    """Nested settings have dotted names, lists are tuples, and what looks like a secret is masked."""
    config = {"a": {"b": [1, 2]}, "c": 1, "login": {"api_key": "abc"}}
    assert flat_settings(config) == {"a.b": (1, 2), "c": 1, "login.api_key": "***"}


def test_a_config_keeps_its_form() -> None:
    """Only what looks like a secret changes."""
    config = {"lr": 0.1, "login": {"api_key": "abc", "user": "me"}}
    assert masked_config(config) == {"lr": 0.1, "login": {"api_key": "***", "user": "me"}}
