"""The writer of a report, by the name of its file."""

from __future__ import annotations

import errno
from pathlib import Path

from livemon.reports.content import Report
from livemon.system.atomic import need_folder_of
from livemon.views.style import Theme

__all__ = ["FORMATS", "check_place", "save_report"]

FORMATS = ("html", "pdf", "md")


def check_place(path: Path, option: str = "-o") -> Path:
    """Refuse a path to which no report can be written, before any work is done for it.

    Raises:
        ValueError: The suffix is not that of a report.
        OSError: The folder does not exist, or cannot be written to.
    """
    if path.is_dir() or path.suffix.lower().removeprefix(".") not in FORMATS:
        raise ValueError(f"{option} {path}: a report's name ends in .{', .'.join(FORMATS[:-1])} or .{FORMATS[-1]}")
    need_folder_of(path, option)
    return path


def save_report(report: Report, path: Path, style: Theme | None = None) -> list[Path]:
    """Write a report atomically. Returns the paths of its files, the report itself first.

    Args:
        report: The report.
        path: The file; its suffix is the format.
        style: None: light, or for a page as in the browser's settings.

    Raises:
        ValueError: The suffix is not that of a report.
        OSError: It cannot be written; an earlier file stays.
    """
    form = path.suffix.lower().removeprefix(".")
    try:
        if form == "md":
            from livemon.reports.markdown import save_markdown

            return save_markdown(report, path, style or "light")
        if form == "html":
            from livemon.reports.page import save_page

            return [save_page(report, path, style)]
        if form == "pdf":
            from livemon.reports.pdf import save_pdf

            return [save_pdf(report, path)]
    except OSError as error:
        advice = "; free some space, or name another folder" if error.errno == errno.ENOSPC else ""
        raise OSError(error.errno, f"cannot write the report {path}: {error.strerror or error}{advice}") from error
    raise ValueError(f"{path.name}: a report's name ends in .{', .'.join(FORMATS[:-1])} or .{FORMATS[-1]}")
