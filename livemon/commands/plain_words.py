"""Arguments that need hardly any conversion: text, paths, digits, and options that were not given.

Since release 0.29 typer converts every argument with pydantic, even if there is nothing to convert; loading pydantic
costs a fifth of what pandas does. typer still handles everything else (a number within limits, a word that may be
wrong).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

__all__ = ["NotPlainError", "plain_value", "take_plain_words"]

_DIGITS = {int: re.compile(r"[0-9]{1,15}"), float: re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})?")}


class NotPlainError(ValueError):
    """An argument that typer has to convert or to refuse."""


def take_plain_words(param: Any) -> None:
    """Let a typer parameter take its plain arguments as they are."""
    described = getattr(param, "type_descriptor", None)
    if described is None or "process_value" in vars(param):
        return  # an older typer, which converts without pydantic; or this was done before
    parser: Callable[[str], Any] | None = described.parameter_info.parser
    several = param.multiple or param.nargs == -1
    by_typer: Callable[[Any, Any], Any] = param.process_value
    has_limits = described.parameter_info.min is not None or described.parameter_info.max is not None

    def process_value(ctx: Any, value: Any) -> Any:
        try:
            if has_limits:
                raise NotPlainError
            plain = plain_value(value, described.annotation) if parser is None else _parsed(value, parser)
        except NotPlainError:
            if value is not None or param.required:
                return by_typer(ctx, value)
            plain = () if several else None
        return plain if param.callback is None else param.callback(ctx, param, plain)

    param.process_value = process_value


def _parsed(value: Any, parser: Callable[[str], Any]) -> Any:
    """The value that an option's own parser makes of a word. typer reports a word that the parser refuses.

    Raises:
        NotPlainError: There is no word, or the parser refuses it.
    """
    if not isinstance(value, str):
        raise NotPlainError
    try:
        return parser(value)
    except Exception as error:
        raise NotPlainError from error


def plain_value(value: Any, annotation: Any) -> Any:
    """The value of a word or of several.

    Args:
        value: A word, several, or a default.
        annotation: The type of the parameter.

    Raises:
        NotPlainError: The word has to be converted, or may be wrong.
    """
    if get_origin(annotation) is list and isinstance(value, (list, tuple)) and value:
        return [plain_value(item, get_args(annotation)[0]) for item in value]
    if get_origin(annotation) is Literal and value in get_args(annotation):
        return value
    if isinstance(annotation, type) and get_origin(annotation) is None:
        if annotation is Path and isinstance(value, str) and (os.access(value, os.R_OK) or not os.path.lexists(value)):
            return Path(value)
        if annotation in (str, bool, Path) and isinstance(value, annotation):
            return value
        if annotation in _DIGITS and isinstance(value, str) and _DIGITS[annotation].fullmatch(value):
            return annotation(value)
    raise NotPlainError
