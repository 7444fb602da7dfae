"""Words of a command line that are taken as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import typer
from typer.core import TyperCommand
from typer.testing import CliRunner

from livemon.commands.plain_words import NotPlainError, plain_value, take_plain_words


class Plain(TyperCommand):
    """A command that takes plain words as they are."""

    def get_params(self, ctx: Any) -> list[Any]:
        params = super().get_params(ctx)
        for param in params:
            take_plain_words(param)
        return params


def parsed(command: type[TyperCommand], words: list[str]) -> str:
    """What a command with parameters of each kind prints for these words."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None)

    @app.command(cls=command)
    def show(
        paths: list[str],
        out: Annotated[Path | None, typer.Option()] = None,
        into: Annotated[Path | None, typer.Option(parser=lambda text: Path(text) / "x")] = None,
        at: Annotated[int | None, typer.Option(parser=int)] = None,
        kind: Annotated[Literal["a", "b"], typer.Option()] = "a",
        name: Annotated[list[str] | None, typer.Option()] = None,
        much: Annotated[float, typer.Option()] = 20.0,
        first: Annotated[int | None, typer.Option(min=1)] = None,
        quick: Annotated[bool, typer.Option()] = False,
    ) -> None:
        print([paths, out, into, at, kind, name, much, first, quick])

    result = CliRunner().invoke(app, words, prog_name="show")
    return f"{result.exit_code} {result.output}"


@pytest.mark.parametrize("words", [
    "a", "a b --out x/y", "a --into d", "a --at 3", "a --at x", "a --kind b", "a --kind c", "a --name n --name m",
    "a --much 3", "a --much 2.5", "a --much -1", "a --much x", "a --first 0",
    "a --first 2 --quick", "", "--help", "a --no-such", "a --out"])
def test_nothing_changes(words: str) -> None:
    """Each command line means, or is refused, as typer does it alone."""
    assert parsed(Plain, words.split()) == parsed(TyperCommand, words.split())


@pytest.mark.parametrize(("value", "annotation", "expected"), [
    ("x", str, "x"), ("", str, ""), ("no/such", Path, Path("no/such")), (["a", "b"], list[str], ["a", "b"]),
    (("a",), list[Path], [Path("a")]), ("a", Literal["a", "b"], "a"), (True, bool, True),
    ("0", int, 0), ("12", int, 12), ("3", float, 3.0), ("0.25", float, 0.25)])
def test_plain(value: Any, annotation: Any, expected: Any) -> None:
    """Texts, paths, given choices and digits are taken as they are."""
    assert plain_value(value, annotation) == expected


@pytest.mark.parametrize(("value", "annotation"), [
    ("3e1", float), ("-3", int), ("3.0", int), ("inf", float), ("\u0663", int), ("c", Literal["a", "b"]), ("yes", bool),
    (None, str), ([], list[str]), ("x", None), ("x", Any), (["x"], list[int])])
def test_what_is_not_plain(value: Any, annotation: Any) -> None:
    """Numbers with more than digits, words that are no choice, and types that are not known are left to typer."""
    with pytest.raises(NotPlainError):
        plain_value(value, annotation)
