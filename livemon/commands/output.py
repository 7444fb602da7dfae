"""The file that `-o` names: checked before any work is done for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from livemon.system.atomic import need_folder_of

__all__ = ["FORMATS", "MOVING", "is_moving", "is_page", "is_picture", "picture_path"]

FORMATS = ("png", "pdf", "svg")
MOVING = ("gif", "mp4")
_SUFFIX = re.compile(r"\.[a-z]\w{0,4}", re.IGNORECASE)  # `study_lr0.1` has none


def is_picture(output: Path, formats: Sequence[str] = FORMATS) -> bool:
    """Whether this names a file in one of these formats; else it is a folder.

    Raises:
        ValueError: It looks like a file of another type.
    """
    if output.is_dir() or not _SUFFIX.fullmatch(output.suffix):
        return False
    if output.suffix.lower().removeprefix(".") not in formats:
        raise ValueError(f"-o {output}: a picture's name ends in .{', .'.join(formats[:-1])} or .{formats[-1]}; for a "
                         "folder of this name, make it first")
    return True


def is_moving(output: Path) -> bool:
    """Whether this names a moving picture."""
    return output.suffix.lower().removeprefix(".") in MOVING and not output.is_dir()


def is_page(output: Path | None) -> bool:
    """Whether this names an HTML page."""
    return output is not None and output.suffix.lower() == ".html" and not output.is_dir()


def picture_path(output: Path, name: str, formats: Sequence[str] = FORMATS) -> Path:
    """The path of the picture: `output`, or `name` in it if it is a folder. `formats`: the allowed suffixes.

    Raises:
        ValueError: Its suffix is not that of a picture.
        OSError: The folder does not exist, or cannot be written to.
    """
    if output.is_dir():
        output = output / name
    elif not is_picture(output, formats):
        raise ValueError(f"-o {output}: no folder of this name is there, and a picture's name ends in "
                         f".{', .'.join(formats[:-1])} or .{formats[-1]}")
    need_folder_of(output, "-o")
    return output
