from __future__ import annotations

from livemon.boards.model import SettingRow
from livemon.boards.settings_table import settings_table


def test_settings_that_differ_come_first() -> None:
    """Each setting of any run has a row, with None where a run lacks it; equal numbers are equal however they are
    written."""
    rows = settings_table([{"model.depth": 2, "lr": 0.1, "note": "first"},
                           {"model.depth": 2.0, "lr": 1e-05, "seed": 3}])
    assert rows == (
        SettingRow("lr", True, ("0.1", "1e-05")),
        SettingRow("note", True, ("first", None)),
        SettingRow("seed", True, (None, "3")),
        SettingRow("model.depth", False, ("2", "2.0")),
    )


def test_a_single_run_differs_in_nothing() -> None:
    """The settings of one run stand in the order of its config; there may be none."""
    assert settings_table([{"b": True, "a": "x"}]) == (
        SettingRow("b", False, ("True",)), SettingRow("a", False, ("x",)))
    assert settings_table([]) == ()
