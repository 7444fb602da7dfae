"""The keys of the terminal's screen in a real terminal, on runs that stand still: what each does to what is seen."""

from __future__ import annotations

import json
import math
import os
import shlex
import shutil
import sys
import time
from pathlib import Path

import pytest

from tests.tmux import Tmux, tmux

__all__ = ["tmux"]  # a fixture

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="no tmux here (Debian: apt-get install tmux)")


def write(folder: Path, rows: list[str], **config: object) -> None:
    folder.mkdir(parents=True)
    (folder / "metrics.csv").write_text("step,train_loss,lr\n" + "".join(f"{row}\n" for row in rows))
    (folder / "config.json").write_text(json.dumps(config))
    long_ago = time.time() - 3600  # the clock hardly ever moves
    os.utime(folder / "metrics.csv", (long_ago, long_ago))


def watch(tmux: Tmux, path: str) -> None:
    """Start a watch whose kept lens is of this test alone."""
    command = shlex.join([sys.executable, "-m", "livemon", "watch", path])
    tmux.keys(f"LIVEMON_STATE=$PWD/state {command}; echo status=$?", "Enter")
    tmux.until(lambda text: "? help" in text)


def last(text: str) -> str:
    return text.rstrip().splitlines()[-1] if text.strip() else ""


def leave(tmux: Tmux) -> str:
    tmux.keys("q")
    shown = tmux.until(lambda text: "status=" in text.replace("status=$?", ""))
    assert "status=0" in shown and "Traceback" not in shown
    return shown


def test_keys_of_one_run(tmux: Tmux, tmp_path: Path) -> None:
    """`n` and `N` go over NaN, spike and restart; `h` hides a panel, `backspace` brings it back, arrows turn to panels
    without room, `p` puts one first; `:` is completed by `tab`, `ctrl+w` takes a word back, and a stretch is zoomed to;
    what is filtered stays on the screen; `e` saves PNG, SVG, CSV and text of what is seen, and `q` meanwhile waits for
    that."""
    rows = [f"{step},{'nan' if step == 60 else 80 if step == 120 else 3 * math.exp(-step / 50) + 0.2},{1 - step / 400}"
            for step in [*range(150), *range(140, 200)]]
    write(tmp_path / "run7", rows)
    watch(tmux, "run7")
    for key, words in (("n", "NaN in loss (1 of"), ("n", "off the scale in loss (2 of"), ("n", "restart (3 of"),
                       ("N", "off the scale in loss (2 of")):
        tmux.keys(key)
        tmux.until(lambda text, words=words: words in last(text))  # type: ignore[misc]
    tmux.keys("h")
    tmux.until(lambda text: "1 hidden" in last(text) and "\nlearning rate " in text and "\nloss " not in text)
    tmux.keys("BSpace")
    tmux.until(lambda text: "hidden" not in last(text) and "\nloss " in text)
    tmux.keys("Escape", "Down", "Down")
    tmux.until(lambda text: "\nlearning rate " in text and last(text).endswith("panel 2 of 3"))
    tmux.keys("p")
    tmux.keys("Escape")
    tmux.until(lambda text: "\nlearning rate " in text and "more panels" in last(text))
    tmux.keys("Home", ":")
    tmux.keys("-l", "smo")
    tmux.keys("Tab")
    tmux.until(lambda text: last(text).startswith(":smooth_"))
    tmux.keys("C-w")
    tmux.until(lambda text: last(text).startswith(":_"))
    tmux.keys("-l", "zoom 100:140")
    tmux.keys("Enter")
    tmux.until(lambda text: "zoomed to step 100 - 140" in text)
    tmux.keys("/", "t", "r", "Enter", "Left")
    tmux.until(lambda text: last(text).startswith("step ") and "/tr" in last(text))
    tmux.keys("e")
    tmux.until(lambda text: last(text).startswith("saving"))
    shown = leave(tmux)
    assert "saved livemon_run7.png" in shown and "--zoom 100:140" in shown
    for form, head in (("png", b"\x89PNG"), ("svg", b"<?xml"), ("csv", b"panel,"), ("txt", b"run7 ")):
        saved = (tmp_path / f"livemon_run7.{form}").read_bytes()
        assert saved.startswith(head) and len(saved) > 200, (form, saved[:80])


def test_keys_of_several_runs(tmux: Tmux, tmp_path: Path) -> None:
    """In the list of runs `space` draws a run beside another, `m` puts two side by side with what differs, `f` keeps
    those that meet a condition and says so, `g` makes one curve of those that differ by their seed."""
    for number, (lr, seed) in enumerate([(0.1, 0), (0.1, 1), (0.01, 0)]):
        rows = [f"{step},{3 * math.exp(-step * lr / 10) + 0.2 + seed / 20},{lr}" for step in range(100)]
        write(tmp_path / "runs" / f"exp{number}", rows, lr=lr, seed=seed)
    watch(tmux, "runs")
    tmux.keys("Escape")
    tmux.until(lambda text: "3 runs" in text and "space overlay" in last(text))
    tmux.keys("Space")  # the run that is chosen is the only one on show
    tmux.until(lambda text: "the only run that is drawn stays" in last(text))
    tmux.keys("Up", "Up", "Up", "m", "Down", "m", "Space")
    shown = tmux.until(lambda text: "2 runs ●" in text and "last train_loss" in text)
    assert any(line.startswith("•*") or line.startswith(" *") for line in shown.splitlines())
    tmux.keys("f")
    tmux.keys("-l", "lr=0.1")
    tmux.keys("Enter")
    tmux.until(lambda text: last(text).endswith("runs lr=0.1") and "exp2" not in text and "exp1" in text)
    tmux.keys("m", "Down", "Space", "Escape")
    tmux.until(lambda text: "g seeds" in last(text))
    tmux.keys("g")
    tmux.until(lambda text: "g each run" in last(text) and "n = 2" in text)
    leave(tmux)
