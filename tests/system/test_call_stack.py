"""Whose line a warning is about."""

from __future__ import annotations

import sys
import warnings
from types import ModuleType
from typing import Any

import pytest

from livemon.system.call_stack import user_stacklevel


def module_of(name: str, text: str, **given: Any) -> ModuleType:
    """A module of this name."""
    module = ModuleType(name)
    vars(module).update(given)
    exec(compile(text, f"{name}.py", "exec"), vars(module))
    return module


WARN = "def warn():\n    warnings.warn('odd', stacklevel=user_stacklevel())\n"


@pytest.mark.parametrize("depth", [0, 1, 5])
def test_a_warning_names_the_users_line(depth: int) -> None:
    """However deep in livemon a warning arises, it names the line of the nearest caller outside."""
    ours = module_of("livemon.deep.inside", WARN, warnings=warnings, user_stacklevel=user_stacklevel)
    call = ours.warn
    for _ in range(depth):
        call = module_of("livemon.above", "def call():\n    inner()\n", inner=call).call
    line = sys._getframe().f_lineno + 2
    with pytest.warns(UserWarning, match="odd") as said:
        call()
    assert (said[0].filename, said[0].lineno) == (__file__, line)


def test_a_module_that_is_only_called_alike_is_the_users() -> None:
    """`livemon_plots` is no part of livemon: its line is the one that is named."""
    ours = module_of("livemon.inside", WARN, warnings=warnings, user_stacklevel=user_stacklevel)
    theirs = module_of("livemon_plots", "def call():\n    inner()\n", inner=ours.warn)
    with pytest.warns(UserWarning, match="odd") as said:
        theirs.call()
    assert (said[0].filename, said[0].lineno) == ("livemon_plots.py", 2)
