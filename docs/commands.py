"""Makes the page "Commands" from the commands themselves, so that it can say nothing else than `--help`.

mkdocs calls `on_files`, as mkdocs.yml says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import typer
from mkdocs.structure.files import File, Files

from livemon.cli import app

INTRODUCTION = """# Commands

`livemon COMMAND --help` prints the same. Results go to standard output, messages to standard error. Without a path a
command takes the newest run below the current folder, where it says so. `livemon --version` prints the version.
"""


def on_files(files: Files, config: Any, **_: Any) -> Files:
    """mkdocs has found the pages: add this one."""
    files.append(File.generated(config, "commands.md", content=page()))
    return files


def page() -> str:
    """The page as Markdown."""
    command: Any = typer.main.get_command(app)
    parts = [part for name, one in command.commands.items() for part in _command(name, one)]
    return "\n".join([INTRODUCTION, *parts]) + "\n"


def _command(name: str, command: Any) -> Iterator[str]:
    shown = [one for one in command.params if not getattr(one, "hidden", False) and one.name != "help"]
    words = [_argument(one) for one in shown if one.param_type_name == "argument"]
    yield f"## livemon {name}\n"
    yield f"{_text(command.help or '')}\n"
    yield "```\n" + " ".join(["livemon", name, *words, "[OPTIONS]"]) + "\n```\n"
    sections = list(dict.fromkeys(getattr(one, "rich_help_panel", None) for one in shown))
    for section in sections:
        if section is not None:
            yield f"\n**{section}**\n"
        yield "| argument or option | what it does |\n| --- | --- |"
        yield from _rows(one for one in shown if getattr(one, "rich_help_panel", None) == section)
    yield ""


def _rows(params: Iterable[Any]) -> Iterator[str]:
    for one in params:
        title = _argument(one) if one.param_type_name == "argument" else _option(one)
        yield f"| <code>{_text(title)}</code> | {_text(one.help or '')} |"


def _argument(one: Any) -> str:
    words = str(one.metavar or one.name.upper())
    return words if one.required or words.startswith("[") else f"[{words}]"


def _option(one: Any) -> str:
    return ", ".join([*one.opts, *one.secondary_opts]) + ("" if one.is_flag else f" {one.metavar}")


def _text(text: str) -> str:
    """A text as one paragraph of a table's cell, with no mark-up in it."""
    return re.sub(r"[|<*_`\[]", lambda found: f"&#{ord(found[0])};", " ".join(text.split()))
