"""A report as a page in one file: the page of the browser view with its data inside. It needs no network, and loads
nothing: a policy in the file only allows its own scripts and styles, by their hashes.

Without scripts it shows its texts, its tables, and its curves as pictures.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from livemon.boards.model import Board, Header, Panel
from livemon.reports.compact_svg import compact_svg
from livemon.reports.content import Block, Lines, Paragraph, Picture, Report, Tabular
from livemon.system.atomic import encoded, replacing
from livemon.views import style as looks_of_page
from livemon.views.browser.files import page_files, why_no_page
from livemon.views.browser.packed import packed
from livemon.views.browser.plain import look_of, named_lines, plain_panel, plain_parts
from livemon.views.style import Theme

__all__ = ["save_page"]

_CURVES = "curves"  # the section whose pictures become the page's panels
_STYLE = Path(__file__).parent / "page.css"
_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (async function|function|class|const) (\w+)", re.MULTILINE)


def save_page(report: Report, path: Path, style: Theme | None = None) -> Path:
    """Write a report. `style`: light or dark; None: as in the browser's settings.

    Raises:
        ValueError: The page's drawing library was missing when livemon was installed; the message says what to do.
        OSError: It cannot be written; an earlier file stays.
    """
    if (why_not := why_no_page()) is not None:
        raise ValueError(f"no report as a page can be written: {why_not} (a .pdf or .md, too)")
    content = encoded(_document(report, style))
    with replacing(path) as file:
        file.write(content)
    return path


# The document ---------------------------------------------------------------------------------------------------------


def _document(report: Report, style: Theme | None) -> str:
    files = {name: content.decode("utf-8") for name, (_, content) in page_files(style).items()}
    files["source.js"] = files["file_source.js"]  # the page only uses what both provide
    styles = [_colours(style), files["uPlot.min.css"].strip(), files["style.css"], _STYLE.read_text("utf-8")]
    sheet = "\n".join(styles)
    plain_sheet = "#tools{display:none}#part-curves .still{display:block}"
    scripts = [_shortened(files["pixels.js"]), files["uPlot.iife.min.js"].strip()]
    main = _bundled(files, "main")
    data = _data(report, files["table.json"], draws_rows="rows.js" in files)
    policy = (f"default-src 'none'; script-src {' '.join(map(_hash, (*scripts, main)))}; style-src {_hash(sheet)} "
              f"{_hash(plain_sheet)}; img-src data: blob:; base-uri 'none'; form-action 'none'")
    head = [
        "<!doctype html>", '<html lang="en">', "<head>", '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_text(report.title)}</title>", '<link rel="icon" href="data:,">', f"<style>{sheet}</style>",
        f"<noscript><style>{plain_sheet}</style></noscript>", "</head>",
    ]
    tail = [f'<script type="application/json" id="livemon-data">{data}</script>',
            *(f"<script>{script}</script>" for script in scripts), f'<script type="module">{main}</script>', "</html>"]
    return "\n".join([*head, _body(report, files["index.html"], style), *tail]) + "\n"


def _body(report: Report, index: str, style: Theme | None) -> str:
    """The body of the page: the report with its panels."""
    body = index[index.index("<body>") : index.index("</body>")]
    body = re.sub(r"<noscript>.*?</noscript>", "", body, flags=re.DOTALL)
    body = body.replace('<h1 id="title">livemon</h1>', f'<h1 id="title">{_text(report.title)}</h1>')
    before, panels, after = re.split(r"<main>(.*)</main>", body, flags=re.DOTALL)
    lead = "\n".join(f"<p>{_text(sentence)}</p>" for sentence in report.lead[:-1])
    last = f'<p class="is-{report.tone}">{_text(report.lead[-1])}</p>' if report.lead else ""
    contents = " ".join(f'<li><a href="#part-{section.key}">{_text(section.title)}</a></li>'
                        for section in report.sections)
    parts = [f'<div class="lead">{lead}{last}</div>', f'<nav aria-label="contents"><ul>{contents}</ul></nav>']
    for section in report.sections:
        parts.append(f'<section class="part" id="part-{section.key}" aria-label="{_text(section.title)}">'
                     f"<h2>{_text(section.title)}</h2>")
        parts += [_block(block, style) for block in section.blocks]
        parts += [panels, "</section>"] if section.key == _CURVES else ["</section>"]
    parts.append(f'<p class="made">{_text(report.made)}</p>')
    return "\n".join([before, '<main class="report">', *parts, "</main>", after, "</body>"])


def _block(block: Block, style: Theme | None) -> str:
    if isinstance(block, Paragraph):
        return f'<p class="is-{block.tone}">{_text(block.text)}</p>'
    if isinstance(block, Lines):
        lines = "\n".join(_text(line) for line in block.lines)
        return f'<p>{_text(block.title)}:</p><pre tabindex="0" role="group" aria-label="output">{lines}</pre>'
    if isinstance(block, Picture):
        return f'<img class="still" alt="{_text(block.words)}" src="{_as_address(compact_svg(block.board, style))}">'
    return _table(block)


def _table(table: Tabular) -> str:
    title = f"<h3>{_text(table.title)}</h3>" if table.title else ""
    caption = f'<p class="caption">{_text(table.caption)}</p>' if table.caption else ""
    if not table.rows:
        return title + caption
    kinds = [' class="number"' if number else "" for number in table.to_right]
    head = "".join(f'<th scope="col"{kind}>{_text(name) or "&nbsp;"}</th>' if name else f"<td{kind}></td>"
                   for name, kind in zip(table.head, kinds, strict=True))
    rows = []
    for index, row in enumerate(table.rows):
        cells = [f"<b>{_text(cell)}</b>" if (index, column) in table.best else _text(cell)
                 for column, cell in enumerate(row)]
        rest = "".join(f"<td{kind}>{cell}</td>" for cell, kind in zip(cells[1:], kinds[1:], strict=True))
        rows.append(f'<tr><th scope="row"{kinds[0]}>{cells[0]}</th>{rest}</tr>')
    label = _text(table.title or "table")
    return (f'{title}<div class="wide" tabindex="0" role="group" aria-label="{label}"><table><thead><tr>{head}</tr>'
            f"</thead><tbody>{''.join(rows)}</tbody></table></div>{caption}")


def _text(text: str) -> str:
    """The escaped text: no tags, no attributes, no marks that change the direction of text."""
    plain = "".join(sign if sign.isprintable() else " " if sign.isspace() else "\N{REPLACEMENT CHARACTER}"
                    for sign in text)
    return html.escape(plain, quote=True)


def _as_address(svg: str) -> str:
    """A picture as a data URL, as readable as an attribute allows."""
    escaped = svg.replace("'", "&apos;").replace("%", "%25").replace("#", "%23").replace('"', "'")
    return "data:image/svg+xml," + escaped.replace("&", "&amp;")


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
    return f"'sha256-{digest}'"


def _colours(style: Theme | None) -> str:
    """The colours before a script sets them, or without scripts."""

    def of(theme: Theme, mark: str = "") -> str:
        named = {**looks_of_page.palette(theme), **looks_of_page.colours(theme)}
        looks = {"color-scheme": theme, **{f"--{name}": value for name, value in named.items()}}
        return f":root{{{';'.join(f'{name}:{value}{mark}' for name, value in looks.items())}}}"

    paper = of("light", " !important")  # always white
    shown = of(style) if style else f"{of('light')}@media (prefers-color-scheme:dark){{{of('dark')}}}"
    return f"{shown}@media print{{{paper}}}"


# Its scripts ----------------------------------------------------------------------------------------------------------


def _bundled(files: Mapping[str, str], main: str) -> str:
    """The modules as one script: each becomes a function that returns its exports."""
    done: list[str] = []
    pieces: list[str] = []

    def add(name: str) -> None:
        source = files[f"{name}.js"]
        for needed in _IMPORT.findall(source):
            if needed[1] not in done:
                add(needed[1])
        exported = [match[1] for match in _EXPORT.findall(source)]
        code = _IMPORT.sub(lambda match: f"const {{{match[1].replace(' as ', ': ')}}} = ${match[2]};", source)
        code = _EXPORT.sub(lambda match: f"{match[1]} {match[2]}", code)
        pieces.append(f"const ${name} = (() => {{\n{_shortened(code)}\nreturn {{ {', '.join(exported)} }};\n}})();")
        done.append(name)

    add(main)
    return "\n".join(pieces)


def _shortened(script: str) -> str:
    """A script without comment lines and indentation."""
    kept: list[str] = []
    is_comment = False
    for line in script.splitlines():
        plain = line.strip()
        is_comment = is_comment or plain.startswith("/**")
        if not is_comment and plain and not plain.startswith("//"):
            kept.append(re.sub(r"/\*\* @type \{[^*]*\} \*/ ?", "", plain))
        if is_comment and "*/" in plain:
            rest = plain.partition("*/")[2].strip()
            kept += [rest] if rest else []
            is_comment = False
    text = "\n".join(kept)
    assert "</script" not in text.lower()
    return text


# Its data -------------------------------------------------------------------------------------------------------------


def _data(report: Report, table: str, *, draws_rows: bool) -> str:
    boards = [picture.board for section in report.sections if section.key == _CURVES for picture in section.blocks
              if isinstance(picture, Picture)]
    boards = boards if draws_rows else [_without_rows(board) for board in boards]
    message = _message(_together(boards)) if boards else _message(Board(report.title, Header(report.title, ""), ()))
    command, python = report.again
    data = {"table": json.loads(table), "message": message, "words": {"command": command, "python": python}}
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _without_rows(board: Board) -> Board:
    """The board without panels of rows, which are tables in the report."""
    return replace(board, panels=tuple(panel for panel in board.panels if not panel.rows))


def _together(boards: list[Board]) -> Board:
    """The boards as one: the panels of the others follow those of the first."""
    panels = [replace(panel, key=f"{number}:{panel.key}") if number else panel for number, board in enumerate(boards)
              for panel in board.panels]
    return replace(boards[0], panels=tuple(panels), left_out=0, hint="")


def _message(board: Board) -> dict[str, Any]:
    """The data of a board for the page, with packed points."""
    parts = plain_parts(board)
    parts["lens"] = {}
    return {"whole": True, "parts": parts, "order": [panel.key for panel in board.panels],
            "panels": [_packed_panel(panel) for panel in board.panels]}


def _packed_panel(panel: Panel) -> dict[str, Any]:
    """Smoothed curves and bands count as computed, because they were not logged."""
    raw = {(line.run, line.metric) for line in panel.lines if line.kind == "raw"}
    fields = plain_panel(panel)
    fields["bands"] = [{**plain, "x": packed(band.x), "low": packed(band.low, is_computed=True),
                        "high": packed(band.high, is_computed=True)}
                       for plain, band in zip(fields["bands"], panel.bands, strict=True)]
    fields["lines"] = [
        {"key": name, **look_of(line), "keep": 0, "x": packed(line.x),
         "y": packed(line.y, is_computed=line.kind == "main" and (line.run, line.metric) in raw)}
        for name, line in named_lines(panel).items()]
    return fields
