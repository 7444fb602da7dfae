"""Runs `livemon` with the arguments that follow, and tells what its window shows: for each line on standard input a
line of JSON."""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

from livemon.boards.lens.json_form import lens_to_json
from livemon.cli import main
from livemon.views.mpl import picture
from livemon.views.mpl.window import WindowView

opened: list[WindowView] = []
asked: list[str] = []


def state() -> dict[str, Any]:
    """What the window shows now."""
    window = opened[0]
    if (parts := window._opened) is None:
        return {}
    touch, blitter, canvas = parts.touch, parts.blitter, parts.canvas
    if blitter.board is None or blitter.painter.layout is None:
        return {}
    board, painter, touched = blitter.board, blitter.painter, touch.touched
    if painter.panels.keys() != {panel.key for panel in board.panels[: len(painter.layout.panels)]}:
        return {}  # it is being drawn
    scale, height = canvas.figure.dpi / 72, canvas.figure.bbox.height
    ratio = canvas.device_pixel_ratio if "qt" in type(canvas).__module__ else 1.0  # Tk's pixels are the screen's

    def on_screen(rect: Any) -> list[float]:
        return [rect.left * scale / ratio, (height - rect.top * scale) / ratio, rect.right * scale / ratio,
                (height - rect.bottom * scale) / ratio]

    panels = {}
    for panel in board.panels:
        artists = painter.panels.get(panel.key)
        if artists is None or artists.space is None:
            continue
        lines = [line for line in artists.axes.get_lines() if line.get_visible()]
        panels[panel.title] = {
            "rect": on_screen(artists.space.axes), "limits": panel.x_limits, "x": artists.space.x, "y": artists.space.y,
            "scale": artists.axes.get_yscale(), "curves": sum(len(line.get_xdata()) > 1 for line in lines),
            "names": {f"{run}{metric}": [(box[0] + box[2]) / 2 * scale / ratio,
                                         (height - (box[1] + box[3]) / 2 * scale) / ratio]
                      for box, metric, run in artists.names},
            "last": max((float(line.x[-1]) for line in panel.lines if len(line.x)), default=None)}
    zoomed = painter.zoomed_at
    return {
        "toolkit": type(canvas).__module__, "title": board.title, "state": board.header.state,
        "words": [panel.message for panel in board.panels], "zoomed": board.header.zoomed,
        "zoomed at": None if zoomed is None else on_screen(zoomed), "theme": blitter.theme, "help": touched.help,
        "message": touched.message, "cursor": touched.x, "panels": panels, "held": window._held is not None,
        "runs": [[run.name, run.is_shown] for run in board.runs], "chosen": painter.chosen_run,
        "lens": json.loads(lens_to_json(board.lens)) if board.lens is not None else {}, "asked": len(asked),
        "events": sorted({event.kind for event in board.events}), "frames": window.frames,
        "size": list(canvas.get_width_height()), "left out": len(board.panels) - len(panels)}


def tell() -> None:
    for _ in sys.stdin:
        try:
            now = state() if opened else {}
        except (RuntimeError, AttributeError, KeyError, IndexError):  # the window changes meanwhile
            now = {}
        print(json.dumps(now), file=told, flush=True)


told = sys.stdout
usual_open = WindowView.open


def open_and_tell(self: WindowView) -> None:
    usual_open(self)
    opened.append(self)
    usual = self._ask_for
    self._opened.touch._looking._ask = lambda lens: (asked.append(lens_to_json(lens)), usual(lens))  # type: ignore[union-attr]


if __name__ == "__main__":
    sys.stdout = sys.stderr
    WindowView.open = open_and_tell
    picture.PRINT_DPI = 60  # nobody looks at the pixels
    threading.Thread(target=tell, daemon=True).start()
    main()
