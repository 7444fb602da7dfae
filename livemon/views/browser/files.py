"""The files of the page, read once: names in requests are looked up here and never become paths."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from livemon.views import looks, style
from livemon.views.keys import KEYS, MOUSE

__all__ = ["PAGE", "UPLOT", "page_files", "version_of", "why_no_page"]

PAGE = Path(__file__).parent / "page"
_MAIN = '<script src="page/main.js" type="module"></script>'
_VERSION = re.compile(rb'data-version="\w*"')
_IMPORT = re.compile(rb'^import .* from "\./([\w.]+)";$', re.MULTILINE)
UPLOT = ("uPlot.iife.min.js", "uPlot.min.css")
_TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
          ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


def why_no_page(folder: Path = PAGE) -> str | None:
    """Why the page is missing, and what to do; None if it is there."""
    if all((folder / "uplot" / name).is_file() for name in UPLOT):
        return None
    return ("the page draws with uPlot, which npm downloads while livemon is being installed; npm was missing then. "
            "Install Node.js, which brings npm, and install livemon again (pip install --force-reinstall --no-deps "
            "livemon); the other views work without it")


def page_files(style_name: str | None = None, folder: Path = PAGE) -> dict[str, tuple[str, bytes]]:
    """Name -> type and content. `style_name`: "light" or "dark"; None: as in the browser's settings."""
    files = {path.name: (_TYPES[path.suffix], path.read_bytes()) for path in sorted(folder.iterdir())
             if path.suffix in _TYPES}
    kind, page = files["index.html"]
    modules = [f'<link rel="modulepreload" href="page/{name}">' for name in _imported_by("main.js", files)]
    files["index.html"] = kind, page.replace(_MAIN.encode(), "\n".join([*modules, _MAIN]).encode())
    for name in UPLOT:
        files[name] = _TYPES[Path(name).suffix], (folder / "uplot" / name).read_bytes()
    versioned = _VERSION.sub(f'data-version="{version_of(files)}"'.encode(), files["index.html"][1])
    files["index.html"] = kind, versioned
    table = {**_table(), "style": style_name}
    files["table.json"] = "application/json", json.dumps(table, separators=(",", ":")).encode()
    return files


def _imported_by(name: str, files: Mapping[str, tuple[str, bytes]]) -> list[str]:
    """The modules that a module needs, directly or not: a browser that knows them asks for all of them at once."""
    names = [name]
    for known in names:  # it grows
        names += [match.decode() for match in _IMPORT.findall(files[known][1]) if match.decode() not in names]
    return names[1:]


def version_of(files: Mapping[str, tuple[str, bytes]]) -> str:
    """The version of the page with these files. Tabs share a worker only if they have the same version, and a page
    reloads itself when it meets the server of another version."""
    content = b"".join(content for name, (_, content) in sorted(files.items()) if name != "table.json")
    return hashlib.sha256(_VERSION.sub(b"", content)).hexdigest()[:12]


def _table() -> dict[str, Any]:
    """The looks and keys, from the one table for all views."""
    of = looks.BROWSER
    return {
        "colours": {theme: {**style.palette(theme), **{f"frame-{name}": value
                    for name, value in style.colours(theme).items()}} for theme in ("light", "dark")},
        "lines": {kind: asdict(look) for kind, look in of.lines.items()},
        "marks": {kind: asdict(look) for kind, look in of.marks.items()},
        "rows": asdict(of.rows), "bands": [of.alpha_of_bands(count) for count in (1, 2, 3)],
        "keys": [asdict(key) for key in KEYS], "mouse": MOUSE,
        "states": style.STATES,
    }
