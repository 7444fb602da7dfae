from __future__ import annotations

import os
from pathlib import Path

import pytest

from livemon.reports.content import Paragraph, Report, Section
from livemon.reports.saving import FORMATS, check_place, save_report

REPORT = Report("title", ("lead",), "good", (Section("a", "A", (Paragraph("text"),)),), "now")


@pytest.mark.parametrize("form", FORMATS)
def test_each_form_is_written(form: str, tmp_path: Path) -> None:
    """The suffix is the form, in capitals, too."""
    path = tmp_path / f"r.{form.upper()}"
    assert save_report(REPORT, path)[0] == path and path.stat().st_size > 20


def test_a_place_is_refused_before_any_work(tmp_path: Path) -> None:
    """Another suffix, a folder, and a folder that is not there are refused, with what is wrong."""
    with pytest.raises(ValueError, match=r"ends in \.html, \.pdf or \.md|ends in \.pdf or \.md"):
        check_place(tmp_path / "r.docx")
    with pytest.raises(ValueError, match="a report's name ends in"):
        check_place(tmp_path)
    with pytest.raises(FileNotFoundError, match="does not exist; create it first"):
        check_place(tmp_path / "none" / "r.pdf")


@pytest.mark.skipif(os.name != "posix" or not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("form", FORMATS)
def test_a_full_disk_leaves_what_was_there(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the disk is full the message says so, the old report stays, and nothing half is left."""
    path = tmp_path / f"r.{form}"
    path.write_text("before")
    real = open

    def full(file: object, mode: str = "r", *args: object, **kinds: object) -> object:
        return real("/dev/full", "wb", 0) if "x" in mode else real(file, mode, *args, **kinds)  # type: ignore[call-overload]

    monkeypatch.setattr("livemon.system.atomic.open", full, raising=False)
    with pytest.raises(OSError, match=r"cannot write the report .*No space left.*free some space"):
        save_report(REPORT, path)
    assert path.read_text() == "before" and [one.name for one in tmp_path.iterdir()] == [path.name]


@pytest.mark.skipif(os.name != "posix", reason="needs a limit to the size of files")
@pytest.mark.parametrize("form", FORMATS)
def test_a_disk_that_is_full_in_the_middle_is_told(form: str, tmp_path: Path) -> None:
    """Where the disk takes the beginning only, the message is that of the disk, and what was there stays."""
    import resource

    words = " ".join(f"word{number}" for number in range(2000))
    long = Report("title", ("lead",), "good", (Section("a", "A", (Paragraph(words),)),), "now")
    path = tmp_path / f"r.{form}"
    path.write_text("before")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(OSError, match=r"cannot write the report .*File too large"):
            save_report(long, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.read_text() == "before" and [one.name for one in tmp_path.iterdir()] == [path.name]
