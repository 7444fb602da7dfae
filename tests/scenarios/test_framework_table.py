"""The table of frameworks in docs/formats.md."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path
from types import ModuleType

import pytest

from livemon.tables.meaning import main_metric


@pytest.fixture
def frameworks() -> ModuleType:
    """docs/frameworks.py."""
    path = Path(__file__).parents[2] / "docs" / "frameworks.py"
    spec = importlib.util.spec_from_file_location("frameworks", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_says_what_the_code_says(frameworks: ModuleType) -> None:
    """The step, the main metric and the direction of each framework are as they are found now; else: run the script."""
    assert frameworks.written() == frameworks.table()


def test_the_order_of_columns_makes_no_difference(frameworks: ModuleType) -> None:
    """Each framework's run has the same main metric, however its columns are shuffled."""
    for text in frameworks.COLUMNS.values():
        columns = text.split()
        expected = main_metric(columns)
        for seed in range(5):
            shuffled = list(columns)
            random.Random(seed).shuffle(shuffled)
            assert main_metric(shuffled) == expected
