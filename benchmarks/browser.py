"""How soon a row that is written is a pixel of the page, and what the page weighs.

    python benchmarks/browser.py [--rows 40]

A writer appends a row every 0.35 s; a real Chromium shows the page, and notes when it has drawn each row.
"""

from __future__ import annotations

import argparse
import os
import queue
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import livemon
from livemon.testing import ScriptedWriter
from livemon.views.browser.files import page_files
from livemon.views.browser.view import BrowserView
from tests import chromium

NOTES_ROWS = """window.drawn = {}; const take = livemon.takes.bind(livemon);
livemon.takes = (message) => { take(message); const step = livemon.board.panels.get('loss').lines.at(-1).x.at(-1);
requestAnimationFrame(() => requestAnimationFrame(() => { window.drawn[step] ??= Date.now(); })); }"""
FIRST = 200
PAUSE_SECONDS = 0.35


def append_to_pixel(folder: Path, rows: int) -> list[float]:
    """Milliseconds from a row to its pixel, in order of size."""
    views: queue.Queue[BrowserView] = queue.Queue()
    opened = BrowserView.open

    def open_and_tell(view: BrowserView) -> None:
        is_new = not view.address
        opened(view)
        if is_new:
            views.put(view)

    BrowserView.open = open_and_tell  # type: ignore[method-assign]
    writer = ScriptedWriter(folder / "metrics.csv", ["step", "train_loss", "val_loss"])
    for step in range(FIRST):
        writer.append(step=step, train_loss=1 / (step + 1))
    thread = threading.Thread(target=livemon.watch, args=(folder,),
                              kwargs={"view": "browser", "port": 0, "keep_open": True})
    thread.start()
    view = views.get(timeout=60)
    program = chromium.find()
    assert program is not None, "no Chromium here"
    browser = chromium.Chromium(program)
    tab = browser.tab(view.address)
    tab.wait("window.livemon && livemon.frames > 0 && document.querySelectorAll('canvas').length > 0")
    tab.do(NOTES_ROWS)
    written = {}
    for step in range(FIRST, FIRST + rows):
        time.sleep(PAUSE_SECONDS)
        written[step] = 1000 * time.time()
        writer.append(step=step, train_loss=1 / (step + 1))
    tab.wait(f"window.drawn[{FIRST + rows - 1}]")
    drawn = tab.do("window.drawn")
    view.close()
    thread.join()
    browser.close()
    return sorted(drawn[str(step)] - at for step, at in written.items() if str(step) in drawn)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=40)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LIVEMON_STATE"] = folder
        times = append_to_pixel(Path(folder, "run"), rows)
    median, late = (times[int(share * (len(times) - 1))] for share in (0.5, 0.95))
    print(f"append to pixel: median {median:.0f} ms, 95 % {late:.0f} ms, "
          f"{len(times)} of {rows} rows drawn each in a frame of its own; load {os.getloadavg()[0]:.1f}")
    print(f"page: {sum(len(content) for _, content in page_files().values()):,} bytes")


if __name__ == "__main__":
    main()
