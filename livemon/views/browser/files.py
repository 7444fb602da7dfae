"""The files of the page, read once: names in requests are looked up here and never become paths."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from livemon.views import looks, style
from livemon.views.keys import KEYS, MOUSE

__all__ = ["PAGE", "UPLOT", "loaded_files", "page_files", "why_no_page"]

PAGE = Path(__file__).parent / "page"
UPLOT = ("uPlot.iife.min.js", "uPlot.min.css")
_NAMED = re.compile(r'(?:page/|from "\./)([\w.]+)["?]')  # in our HTML and scripts
_COMMENT = re.compile(r"^[ \t]*/\*\*.*?\*/[ \t]*\n", re.MULTILINE | re.DOTALL)  # that fills its lines
_REMARK = re.compile(r"(?<=[;{,]) +// .*$", re.MULTILINE)  # after a line of code
_SPACE = re.compile(r"\s*([{};,])\s*|(?<=[\w-]:)\s+")  # superfluous in a style sheet
_WITH_TEXT = re.compile("[\"'`/]")
_BESIDE_SIGNS = re.compile(r" *(=>|[=,;{}()?:&|]) *")
_TYPE = re.compile(r"/\*\* @(?:type|param) [^*]*\*/ ")
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
    files = {path.name: (_TYPES[path.suffix], _lean(path)) for path in sorted(folder.iterdir())
             if path.suffix in _TYPES}
    for name in UPLOT:
        files[name] = _TYPES[Path(name).suffix], (folder / "uplot" / name).read_bytes()
    scripts = b"".join(content for _, content in files.values())
    version = hashlib.sha256(scripts).hexdigest()[:12]  # tabs share a worker only if they have the same version
    table = {**_table(), "style": style_name, "version": version}
    files["table.json"] = "application/json", json.dumps(table, separators=(",", ":")).encode()
    return files


def loaded_files() -> dict[str, bytes]:
    """The files that a first visit loads: the page, the files that it names, and their imports."""
    files = {name: content for name, (_, content) in page_files().items()}
    loaded, asked = {}, ["index.html", "table.json"]
    while asked:
        name = asked.pop()
        if name in files and name not in loaded:
            loaded[name] = files[name]
            asked += _NAMED.findall(files[name].decode()) if "uPlot" not in name else []
    return loaded


def _lean(path: Path) -> bytes:
    """The file without comments and type annotations, which a browser does not need."""
    if path.suffix == ".css":
        sheet = _SPACE.sub(lambda match: match.group(1) or "", path.read_text(encoding="utf-8"))
        return sheet.replace(";}", "}").encode()
    if path.suffix != ".js":
        return b"\n".join(map(bytes.strip, path.read_bytes().splitlines()))
    text = _REMARK.sub("", _TYPE.sub("", _COMMENT.sub("", path.read_text(encoding="utf-8"))))
    return "\n".join(map(_dense, (line for line in map(str.strip, text.splitlines())
                                  if line and not line.startswith("//")))).encode()


def _dense(line: str) -> str:
    """A line of a script without spaces around its operators. A line with a string or a regular expression stays as it
    is."""
    return line if _WITH_TEXT.search(line) else _BESIDE_SIGNS.sub(r"\1", line)


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
