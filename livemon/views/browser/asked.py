"""The requests of pages, from their addresses: the lens of each page, and the last update that it received."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace

from livemon.boards.lens.json_form import lens_from_json
from livemon.boards.lens.value import Lens, OptionError

__all__ = ["Words", "asked_cursors", "asked_lens", "asked_pages"]

Words = Mapping[str, str]  # "lens", as JSON; "width" of a panel in pixels; "panels", at most; "since", a cursor

_LONGEST_LENS = 100_000  # characters
_PIXELS = (300, 600, 900, 1400)  # widths of panels: pages of similar size share their curves
_MOST_PANELS = 1000
_CURSOR = re.compile(r"[\w-]{1,100}\Z", re.ASCII)
_NO_CURSOR = "-"


def asked_pages(query: Words) -> list[Words]:
    """The requests of the pages that share a connection: a list in "of"; without it there is one page.

    Raises:
        OptionError: The list is not valid.
    """
    text = query.get("of")
    if text is None:
        return [query]
    try:
        pages = json.loads(text)
    except (ValueError, RecursionError):
        pages = None
    if not isinstance(pages, list) or not all(isinstance(page, dict) for page in pages):
        raise OptionError("what the pages ask for is not a list of JSON objects")
    return [{name: str(value) for name, value in page.items()} for page in pages]


def asked_cursors(pages: list[Words], last_id: str) -> list[str]:
    """The cursor of the last update that each page received.

    Args:
        pages: The requests of the pages.
        last_id: The id of the last event, when a browser resumes a broken connection: the number of the event's page,
            then the cursors of all pages.
    """
    cursors = last_id.split(" ")[1:]
    if len(cursors) != len(pages):
        cursors = [page.get("since", "") for page in pages]
    return [cursor if _CURSOR.match(cursor) else _NO_CURSOR for cursor in cursors]


def asked_lens(page: Words, home: Lens) -> Lens:
    """The lens of a page. `home`: for a page that names none.

    Raises:
        OptionError: It is not a lens.
    """
    text = page.get("lens", "")
    if len(text) > _LONGEST_LENS:
        raise OptionError("the lens in the address is too long")
    lens = lens_from_json(text, "the lens in the address")[0] if text else home
    width, panels = (_count(page.get(name, "")) for name in ("width", "panels"))
    pixels = next((pixels for pixels in _PIXELS if pixels >= (width or 900)), _PIXELS[-1])
    return replace(lens, pixels=pixels, max_panels=min(panels or home.max_panels, _MOST_PANELS))


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 and int(text) > 0 else None
