"""The texts in a PNG file: its tEXt chunks. Only chunks before the picture are read."""

from __future__ import annotations

import struct
from pathlib import Path

from livemon.system.shared_files import open_regular

__all__ = ["SIGNATURE", "text_in"]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LONGEST = 4096  # bytes of a chunk that is read
_MOST_CHUNKS = 32


def text_in(path: Path, keyword: str) -> str:
    """The text under this keyword; "" if there is no such text, or if the file is not a PNG file or cannot be read."""
    try:
        with open_regular(path) as file:
            if file.read(len(SIGNATURE)) != SIGNATURE:
                return ""
            for _ in range(_MOST_CHUNKS):
                head = file.read(8)
                if len(head) < 8:
                    return ""
                length, kind = struct.unpack(">I4s", head)
                if kind == b"IDAT" or length > _LONGEST:
                    return ""
                data = file.read(length + 4)[:-4]  # a checksum follows
                word, _, text = data.partition(b"\0")
                if kind == b"tEXt" and word == keyword.encode("latin-1"):
                    return text.decode("latin-1")
    except OSError:
        pass
    return ""
