"""What matplotlib cannot put into a PDF file: bookmarks, which readers show beside the pages, and pages higher than
their figure."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["with_bookmarks"]


_BOX = re.compile(rb"/MediaBox \[ *0 0 ([\d.]+) ([\d.]+) *\]")


def with_bookmarks(content: bytes, bookmarks: Sequence[tuple[str, int]], height: float) -> bytes:
    """Add bookmarks to a file of matplotlib, and make pages at least so high. The file is extended as the format
    allows: new objects and another table of objects are appended, and the old content stays.

    Args:
        content: The file.
        bookmarks: For each its title, and its page from 0.
        height: In points. The content of a lower page moves to its top.
    """
    trailer = content[content.rindex(b"trailer") :]
    count, root, before = (_number(pattern, trailer) for pattern in (rb"/Size (\d+)", rb"/Root (\d+) 0 R",
                                                                     rb"startxref\s+(\d+)"))
    catalog = _object(content, root)
    kids = re.search(rb"/Kids \[([^\]]*)\]", _object(content, _number(rb"/Pages (\d+) 0 R", catalog)))
    assert kids is not None
    pages = re.findall(rb"(\d+) 0 R", kids[1])
    first = count + 1  # the outlines are the object before the first bookmark
    last = count + len(bookmarks)
    objects = {root: catalog.rstrip().removesuffix(b">>") + b" /Outlines %d 0 R /PageMode /UseOutlines >>" % count,
               count: b"<< /Type /Outlines /First %d 0 R /Last %d 0 R /Count %d >>" % (first, last, len(bookmarks))}
    for number, (title, page) in enumerate(bookmarks, first):
        beside = (b" /Prev %d 0 R" % (number - 1) if number > first else b"") + (
            b" /Next %d 0 R" % (number + 1) if number < last else b"")
        objects[number] = b"<< /Title <%s> /Parent %d 0 R /Dest [%s 0 R /Fit]%s >>" % (
            ("\ufeff" + title).encode("utf-16-be").hex().encode(), count, pages[page], beside)
    for page_number in map(int, pages):
        page_object = _object(content, page_number)
        box = _BOX.search(page_object)
        if box is not None and float(box[2]) < height - 1:
            higher = b"/MediaBox [ 0 %.2f %s %s ]" % (float(box[2]) - height, box[1], box[2])
            objects[page_number] = page_object.replace(box[0], higher)
    added, table, at = b"", b"xref\n0 1\n0000000000 65535 f \n", len(content)
    for number, text in objects.items():
        table += b"%d 1\n%010d 00000 n \n" % (number, at + len(added))
        added += b"%d 0 obj\n%s\nendobj\n" % (number, text)
    end = b"trailer\n<< /Size %d /Root %d 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (last + 1, root, before,
                                                                                   at + len(added))
    return content + added + table + end if bookmarks else content


def _number(pattern: bytes, text: bytes) -> int:
    match = re.search(pattern, text)
    assert match is not None
    return int(match[1])


def _object(content: bytes, number: int) -> bytes:
    """The content of an object, between its head and its end."""
    match = re.search(rb"(?:^|\n)%d 0 obj\s*(.*?)\s*endobj" % number, content, re.DOTALL)
    assert match is not None
    return match[1]
