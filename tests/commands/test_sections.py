"""The sections of the help of `livemon compare`."""

from __future__ import annotations

import typer.main

from livemon.cli import app
from livemon.commands.sections import COMPARE


def test_the_help_of_compare_is_in_sections() -> None:
    """Each option of `compare` is in a section, and no section names one that is not there."""
    command = typer.main.get_command(app).commands["compare"]  # type: ignore[attr-defined]
    params = command.get_params(command.make_context("compare", ["x"], resilient_parsing=True))
    options = {next(word for word in param.opts if word.startswith("--")): param.rich_help_panel for param in params
               if any(word.startswith("--") for word in param.opts) and param.name != "help"}
    assert {option for section in COMPARE.values() for option in section} == set(options)
    assert set(options.values()) == set(COMPARE)
