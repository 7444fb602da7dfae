"""A lens as JSON, and back: pages keep it in their address, and `--lens FILE` reads it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

from livemon.boards.lens.stretch import Stretch
from livemon.boards.lens.value import Lens, OptionError, as_lens
from livemon.system.shared_files import read_regular
from livemon.system.streams import put_message

__all__ = ["VERSION", "lens_from_json", "lens_to_json", "lens_of", "plain", "read_lens"]

VERSION = 1
_UNTOLD = ("max_panels", "pixels")  # about the screen, not the view of the run


def plain(lens: Lens) -> dict[str, Any]:
    """The values of a lens that differ from its defaults, as texts, numbers and lists."""
    chosen = {field.name: getattr(lens, field.name) for field in fields(lens)
              if field.name not in _UNTOLD and getattr(lens, field.name) != field.default}
    return {name: str(value) if isinstance(value, Stretch) else _listed(value) for name, value in chosen.items()}


def _listed(value: Any) -> Any:
    return [_listed(item) for item in value] if isinstance(value, tuple) else value


def lens_to_json(lens: Lens) -> str:
    """One JSON object, with a key for each value that differs from the default."""
    return json.dumps({"version": VERSION, **plain(lens)}, ensure_ascii=False)


def lens_from_json(text: str, source: str = "the lens") -> tuple[Lens, list[str]]:
    """The lens, and the keys that this version does not know, which are ignored.

    Args:
        text: As `lens_to_json` writes it.
        source: The origin of the text, for messages.

    Raises:
        OptionError: It is not a lens; the message says why, and what is allowed.
    """
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise OptionError(f"{source} is not valid JSON: {error}") from None
    if not isinstance(values, dict):
        raise OptionError(f"{source} is not a JSON object; a lens looks like {lens_to_json(Lens(x='time'))}")
    known = {field.name for field in fields(Lens)} - set(_UNTOLD)
    unknown = [name for name in values if name not in known and name != "version"]
    try:
        return as_lens({name: value for name, value in values.items() if name in known}), unknown
    except OptionError as error:
        raise OptionError(f"{source}: {error}") from None


def read_lens(path: str | os.PathLike[str], notify: Callable[[str], None]) -> Lens:
    """The lens in a file; a message names the keys that this version does not know.

    Raises:
        OptionError: There is no such file, or no lens in it.
    """
    try:
        text = read_regular(path).decode("utf-8-sig")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise OptionError(f"--lens {path} cannot be read: {why or error}") from None
    lens, unknown = lens_from_json(text, f"--lens {path}")
    if unknown:
        notify(f"{path}: this version of livemon does not know {', '.join(unknown)}; the rest is used")
    return lens


def lens_of(
    options: Mapping[str, Any], base: str | os.PathLike[str] | Lens | None = None,
    notify: Callable[[str], None] = put_message,
) -> Lens:
    """The lens that these options make, on top of another lens.

    Args:
        options: A value for each field of a lens; None and () count as not given.
        base: A lens, the path of one (see `read_lens`), or None.
        notify: Prints a message.

    Raises:
        OptionError: A value is not valid, or the file is not a lens.
    """
    if base is not None and not isinstance(base, Lens):
        base = read_lens(base, notify)
    given = {name: value for name, value in options.items() if value is not None and value != ()}
    if base is None:
        return as_lens(given)
    return replace(as_lens(plain(base) | given), max_panels=base.max_panels, pixels=base.pixels)
