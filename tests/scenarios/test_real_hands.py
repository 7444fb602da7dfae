"""A real mouse and real keys on a real window, on each toolkit: what they ask for."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from tests.started import started

pytestmark = [
    pytest.mark.skipif(shutil.which("xdotool") is None, reason="no xdotool here (Debian: apt-get install xdotool)"),
    pytest.mark.alone,
]

PROGRAM = """
import json, sys, threading, time
from pathlib import Path
from livemon import ExperimentLoader
from livemon.boards.dashboard import BoardMaker
from livemon.boards.lens.json_form import lens_to_json
from livemon.views.mpl.window import WindowView, gui_backend

if gui_backend() != sys.argv[2]:
    print("absent", flush=True)
    sys.exit(0)
run = ExperimentLoader(sys.argv[1])
run.refresh()
maker = BoardMaker(run)
window = WindowView(style="dark", title="livemon hands", size=(1000, 640))

def ask(lens):
    maker.set_lens(lens)
    window.draw(maker.dashboard())
    print(lens_to_json(lens), flush=True)

def say_where():
    while window.frames < 2:
        time.sleep(0.05)
    canvas = window._opened.canvas
    figure = canvas.figure
    scale, height = figure.dpi / 72, figure.bbox.height
    ratio = canvas.device_pixel_ratio if sys.argv[2] == "QtAgg" else 1.0  # Tk's pixels are those of the screen
    found = {}
    for key, artists in window._opened.blitter.painter.panels.items():
        axes = artists.space.axes
        found[key] = [axes.left * scale / ratio, (height - axes.top * scale) / ratio,
                      axes.right * scale / ratio, (height - axes.bottom * scale) / ratio, *artists.space.x]
    print(json.dumps(found), flush=True)

window.ask = ask
window.open()
window.draw(maker.dashboard())
threading.Timer(1.0, lambda: window.draw(maker.dashboard(1.7e9))).start()
threading.Thread(target=say_where, daemon=True).start()
window.run()
print("closed" if window.closed_by_user else "gone", flush=True)
"""


def xdotool(*words: object) -> str:
    done = subprocess.run(["xdotool", *map(str, words)], capture_output=True, text=True, check=False, timeout=30)
    return done.stdout.strip()


def next_line(stream: IO[str], seconds: float = 60.0) -> str:
    """The next line that the program prints."""
    ready, _, _ = select.select([stream], [], [], seconds)
    assert ready, "it says nothing"
    return stream.readline().strip()


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "hands"
    (folder / "logs").mkdir(parents=True)
    rows = [f"{step},{5 - step / 500},{step / 1000}" for step in [*range(1000), *range(900, 1100)]]
    rows[300], rows[500] = "300,nan,0.3", "500,400.0,0.5"
    (folder / "logs" / "metrics.csv").write_text("\n".join(["step,train_loss,acc", *rows]) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def window(
    request: pytest.FixtureRequest, run: Path, display: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[IO[str], dict[str, Any]]]:
    """What an open window prints, and where its panels are on the screen."""
    monkeypatch.setenv("DISPLAY", display)
    env = {**os.environ, "MPLBACKEND": request.param}
    with started([sys.executable, "-c", PROGRAM, str(run), request.param], env=env, stdout=subprocess.PIPE,
                 stderr=subprocess.PIPE, text=True, bufsize=1) as process:
        assert process.stdout is not None
        try:
            first = next_line(process.stdout)
            if first == "absent":
                pytest.skip(f"{request.param} opens no window here")
            name = xdotool("search", "--onlyvisible", "--name", "livemon hands").split()[-1]
            xdotool("windowmove", name, 0, 0)
            xdotool("windowfocus", name)
            yield process.stdout, json.loads(first)
        finally:
            process.kill()


@pytest.mark.parametrize("window", ["TkAgg", "QtAgg"], indirect=True)
def test_mouse_and_keys_ask_for_lenses(window: tuple[IO[str], dict[str, Any]]) -> None:
    """A drag zooms where the hand dragged; keys are about the panel under the pointer; a double click goes back; n and
    N go to the NaN, the spike, the restart and the best, and back; q closes the window as its user does."""
    said, places = window
    left, top, right, bottom, low, high = places["loss"]
    middle = (top + bottom) / 2

    def at(share: float) -> int:
        return round(left + share * (right - left))

    for key, place in [("n", 300), ("n", 500), ("n", 900), ("n", 1099), ("n", 300), ("shift+n", 1099)]:
        xdotool("key", key)
        assert json.loads(next_line(said))["mark"] == place, key
    xdotool("key", "Home")
    assert "mark" not in json.loads(next_line(said))
    xdotool("mousemove", at(0.2), middle, "mousedown", 1)
    for share in (0.25, 0.35, 0.4):
        xdotool("mousemove", at(share), middle)
        time.sleep(0.1)
    xdotool("mouseup", 1)
    ends = [float(end) for end in json.loads(next_line(said))["zoom"].split(":")]
    assert ends == pytest.approx([low + 0.2 * (high - low), low + 0.4 * (high - low)], abs=0.01 * (high - low))
    for key, asked in (("l", {"log": ["loss"]}), ("o", {"limits": "full"}), ("S", {"smooth": 0.97}),
                       ("h", {"hidden": ["train_loss"]}), ("BackSpace", {"hidden": None}), ("Home", {"zoom": None})):
        xdotool("key", key)
        lens = json.loads(next_line(said))
        assert {name: lens.get(name) for name in asked} == asked
    xdotool("key", "End")
    assert json.loads(next_line(said))["zoom"] == "last:10%"
    xdotool("click", "--repeat", 2, "--delay", 60, 1)
    assert "zoom" not in json.loads(next_line(said))
    xdotool("key", "slash")
    xdotool("type", "ac")
    assert [json.loads(next_line(said))["select"] for _ in range(2)] == ["a", "ac"]
    xdotool("key", "Return")
    xdotool("key", "q")
    assert next_line(said) == "closed"
