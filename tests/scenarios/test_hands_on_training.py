"""A real mouse and real keys on the window of `livemon watch`, on each toolkit: over a Lightning training in another
process, and over several runs."""

from __future__ import annotations

import ctypes
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from livemon.boards.dashboard import BoardMaker
from livemon.boards.lens.json_form import read_lens
from livemon.runs.experiment import ExperimentLoader
from tests.started import started

pytestmark = [
    pytest.mark.skipif(shutil.which("xdotool") is None, reason="no xdotool here (Debian: apt-get install xdotool)"),
    pytest.mark.alone,
    pytest.mark.timeout(300),
]

HERE = Path(__file__).parent
PATIENCE = 150.0  # a loaded machine
FIRST = 160  # steps to the first pause of the training, so many that each panel is there
TOOLKITS = pytest.mark.parametrize("toolkit", ["TkAgg", "QtAgg"])


def xdotool(*words: object) -> str:
    done = subprocess.run(["xdotool", *map(str, words)], capture_output=True, text=True, check=False, timeout=30)
    return done.stdout.strip()


class Window:
    """The window of a `livemon watch`, what it shows, and the file of what it prints."""

    def __init__(self, process: subprocess.Popen[str], said: Path) -> None:
        self.process = process
        self.said = said

    def state(self) -> dict[str, Any]:
        assert self.process.stdin is not None and self.process.stdout is not None
        try:
            self.process.stdin.write("state\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        assert line, f"the window is gone with exit status {self.process.wait(30)}: {self.said.read_text('utf-8')}"
        return dict(json.loads(line))

    def until(self, holds: Callable[[dict[str, Any]], object], what: str = "") -> dict[str, Any]:
        """The first state for which this holds."""
        deadline = time.monotonic() + PATIENCE
        state: dict[str, Any] = {}
        while time.monotonic() < deadline:
            state = self.state()
            if state and holds(state):
                return state
            time.sleep(0.03)
        raise AssertionError(f"never: {what}; it shows {state}")

    def lens(self, **wanted: object) -> dict[str, Any]:
        """The state once the lens has these values; None: it has not."""
        return self.until(lambda state: all(state["lens"].get(name) == value for name, value in wanted.items()),
                          f"a lens with {wanted}")

    def key(self, name: str, **wanted: object) -> dict[str, Any]:
        """Press a key; the state once the lens has these values."""
        xdotool("key", name)
        return self.lens(**wanted)

    def point(self, panel: str, across: float = 0.5, up: float = 0.5) -> None:
        """Move the pointer to a place in a panel."""
        left, top, right, bottom = self.state_of(panel)["rect"]
        xdotool("mousemove", round(left + across * (right - left)), round(bottom - up * (bottom - top)))

    def state_of(self, panel: str) -> dict[str, Any]:
        return dict(self.until(lambda state: panel in state["panels"], f"a panel {panel}")["panels"][panel])

    def drag(self, panel: str, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drag from a place in a panel to another."""
        self.point(panel, *start)
        xdotool("mousedown", 1)
        for share in (0.3, 0.7, 1.0):
            self.point(panel, *(a + share * (b - a) for a, b in zip(start, end, strict=True)))
            time.sleep(0.05)
        xdotool("mouseup", 1)


class Training:
    """A Lightning training in another process, which trains as far as it is told."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._to = FIRST  # steps

    def begin(self, folder: Path) -> None:
        """Train in this folder, once the training before is over, to the first pause."""
        self._to = FIRST
        self._tell(str(folder))

    def go_on(self) -> None:
        """Train 30 steps more."""
        self._to += 30
        self._tell(str(self._to))

    def end(self) -> None:
        """Finish."""
        self._tell("stop")

    def _tell(self, order: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(order + "\n")
        self._process.stdin.flush()


@pytest.fixture(scope="module", autouse=True)
def training() -> Iterator[Training | None]:
    """One process for all tests: Lightning takes long to import, and does so beside the tests that come first; None
    where it is not installed."""
    if importlib.util.find_spec("lightning") is None:
        yield None
        return
    with started([sys.executable, str(HERE / "live_lightning_on_show.py")], stdin=subprocess.PIPE,
                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            yield Training(process)
        finally:
            process.kill()


@contextmanager
def watched(toolkit: str, display: str, cwd: Path, *words: str) -> Iterator[Window]:
    """A window, at the left top of the screen; without a toolkit the test is skipped."""
    env = {**os.environ, "MPLBACKEND": toolkit, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "PYTHONFAULTHANDLER": "1"}
    command = [sys.executable, str(HERE / "watched_window.py"), "watch", *words, "--view", "window"]
    with open(cwd / "said.txt", "w", encoding="utf-8") as said, subprocess.Popen(
            command, env=env, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True
    ) as process:
        try:
            window = Window(process, cwd / "said.txt")
            state = window.until(lambda state: state["frames"] >= 1, "a window")
            if toolkit.removesuffix("Agg").lower() not in state["toolkit"]:
                pytest.skip(f"{toolkit} opens no window here")
            name = xdotool("search", "--sync", "--onlyvisible", "--name", "^livemon:").split()[-1]
            xdotool("windowmove", name, 0, 0)
            xdotool("windowfocus", name)
            yield window
        finally:
            process.kill()


@TOOLKITS
def test_several_runs_under_real_hands(toolkit: str, display: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
                                       ) -> None:
    """Keys and clicks are about the run whose curve or name is there; the list of runs opens, chooses and closes."""
    monkeypatch.setenv("DISPLAY", display)
    for number, name in enumerate(("ours_a", "ours_b", "ours_c")):
        folder = tmp_path / "runs" / name
        folder.mkdir(parents=True)
        rows = [f"{step},{2 + number - step / 200},{1.5 + number - step / 200},{step / 300}" for step in range(200)]
        rows[150] = "150,nan,5.0,0.5"
        (folder / "metrics.csv").write_text("\n".join(["step,train_loss,val_loss,acc", *rows]) + "\n",
                                            encoding="utf-8")
    with watched(toolkit, display, tmp_path, "runs/ours_*") as window:
        first = window.until(lambda state: "loss" in state["panels"], "curves")
        window.point("loss", 0.5, 0.5)
        window.until(lambda state: state["cursor"] is not None, "a cursor")
        name, (x, y) = next((name, at) for name, at in first["panels"]["loss"]["names"].items() if "ours_b" in name)
        xdotool("mousemove", round(x), round(y), "click", 1)
        hidden = window.until(lambda state: state["lens"].get("hidden_runs"), "a run that is hidden")
        assert "ours_b" in hidden["lens"]["hidden_runs"][0]
        window.key("BackSpace", hidden_runs=None)
        window.point("loss", 0.4, 0.4)
        xdotool("key", "i")
        window.until(lambda state: state["lens"].get("alone_run") and state["panels"]["loss"]["curves"] < first[
            "panels"]["loss"]["curves"], "a run alone")
        window.key("BackSpace", alone_run=None)
        for key, wanted in (("l", {"log": ["loss"]}), ("o", {"limits": "full"}), ("S", {"smooth": 0.97}),
                            ("p", {"pinned": ["loss"]}), ("Return", {"large": "loss"}), ("Home", {"large": None}),
                            ("End", {"zoom": "last:10%"}), ("Home", {"zoom": None}), ("x", {"x": None})):
            window.point("loss", 0.4, 0.4)
            window.key(key, **wanted)
        window.key("g", group_by="")
        assert "loss" in window.state()["panels"]  # no two of them differ by their seed alone: the curves stay
        window.key("BackSpace", group_by=None)
        xdotool("key", "n")
        window.until(lambda state: state["lens"].get("mark") is not None, "an event")
        window.key("Home", mark=None)
        xdotool("key", "Escape")
        listed = window.until(lambda state: len(state["runs"]) == 3, "the list of runs")
        assert all(is_shown for _, is_shown in listed["runs"])
        xdotool("key", "Down")
        chosen = window.until(lambda state: state["chosen"], "a run that is chosen")["chosen"]
        xdotool("key", "space")
        window.until(lambda state: [chosen, False] in state["runs"], "two runs")
        xdotool("key", "Return")
        window.lens(runs=[chosen])
        window.key("Home", runs=None)
        if toolkit == "QtAgg":  # the other one's training saves, too, and five files take a while
            xdotool("key", "e")
            window.until(lambda state: state["message"].startswith("saved "), "what was saved")
            said = (tmp_path / "said.txt").read_text(encoding="utf-8")
            assert "livemon watch 'runs/ours_*' --once --view file" in said
        xdotool("key", "q")
        assert window.process.wait(60) == 0


@pytest.mark.parametrize(("toolkit", "how"), [("TkAgg", "asks"), ("QtAgg", "asks"), ("QtAgg", "destroys")])
def test_closing_the_window_from_outside_ends_the_watch(
    toolkit: str, how: str, display: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """A window manager that asks the window to close, and a program that destroys it, end the watch as `q` does. (Tk
    itself ends any process whose window is destroyed from outside.)"""
    monkeypatch.setenv("DISPLAY", display)
    (tmp_path / "metrics.csv").write_text("step,train_loss\n0,2.0\n1,1.0\n", encoding="utf-8")
    with watched(toolkit, display, tmp_path, "metrics.csv") as window:
        window.until(lambda state: state["panels"], "a curve")
        name = xdotool("search", "--onlyvisible", "--name", "^livemon:").split()[-1]
        if how == "asks":
            ask_to_close(int(name))
        else:
            xdotool("windowclose", name)
        assert window.process.wait(60) == 0


class _ClientMessage(ctypes.Structure):
    """A message of X11 to a window, with the room that the library wants for any event."""

    _fields_ = (("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("send_event", ctypes.c_int),
                ("display", ctypes.c_void_p), ("window", ctypes.c_ulong), ("message_type", ctypes.c_ulong),
                ("format", ctypes.c_int), ("data", ctypes.c_long * 5), ("room", ctypes.c_long * 24))


def ask_to_close(window: int) -> None:
    """Ask a window to close, as a window manager does when its cross is clicked."""
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype, x11.XInternAtom.restype = ctypes.c_void_p, ctypes.c_ulong
    display = ctypes.c_void_p(x11.XOpenDisplay(None))
    protocols, delete = (x11.XInternAtom(display, name, 0) for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW"))
    message = _ClientMessage(type=33, window=window, message_type=protocols, format=32)
    message.data[0] = delete
    x11.XSendEvent(display, ctypes.c_ulong(window), 0, ctypes.c_long(0), ctypes.byref(message))
    x11.XCloseDisplay(display)


@TOOLKITS
def test_a_training_under_real_hands(
    toolkit: str, display: str, training: Training | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    livemon: Callable[..., Any],
) -> None:  # fmt: skip
    """The window is there before the first row, at its final size; while a training goes on no edge moves, nor at its
    end; mouse and keys do what the help says; what `e` saved draws the same again."""
    if training is None:
        pytest.skip("no Lightning here")
    monkeypatch.setenv("DISPLAY", display)
    folder = tmp_path / "runs" / "version_0"
    folder.mkdir(parents=True)
    with watched(toolkit, display, tmp_path, "runs/version_0") as window:
        first = window.until(lambda state: state["words"] == ["waiting for the first row"], "a window that waits")
        assert first["size"][0] > 0.7 * 1600 and first["size"][1] > 0.7 * 900, first
        training.begin(folder)
        begun = window.until(lambda state: len(state["panels"]) == 3 and "accuracy" in state["panels"] and
                             state["panels"]["loss"]["last"] >= FIRST - 2, "three panels")
        assert begun["size"] == first["size"]
        look_closer(window, training)
        press_each_key(window, training)
        home = window.key("Home", zoom=None, log=None)
        training.go_on()
        later = window.until(lambda state: state["panels"]["loss"]["last"] > home["panels"]["loss"]["last"], "more")
        training.end()
        over = window.until(lambda state: state["state"] in ("finished", "stopped"), "the end")
        for state in (later, over):
            assert {name: panel["rect"] for name, panel in state["panels"].items()} == {
                name: panel["rect"] for name, panel in home["panels"].items()}
        window.point("loss")
        change_axis(window)
        if toolkit == "TkAgg":
            save_and_draw_again(window, tmp_path, livemon)
        xdotool("key", "q")
        assert window.process.wait(60) == 0


def look_closer(window: Window, training: Training) -> None:
    """The pointer has values beside it; a drag zooms x, with Shift y; a double click goes back; a click on the words
    about the zoom follows the newest part, which moves on."""
    window.point("loss")
    window.until(lambda state: state["cursor"] is not None, "a cursor")
    low, high = window.state_of("loss")["x"]
    window.drag("loss", (0.2, 0.5), (0.4, 0.5))
    zoomed = window.until(lambda state: state["lens"].get("zoom"), "a zoom")
    ends = [float(end) for end in zoomed["lens"]["zoom"].split(":")]
    assert ends == pytest.approx([low + 0.2 * (high - low), low + 0.4 * (high - low)], abs=0.05 * (high - low))
    assert zoomed["zoomed"].startswith("zoomed to step")
    left, top, _, bottom = window.until(lambda state: state["zoomed at"], "words about the zoom")["zoomed at"]
    xdotool("mousemove", round(left + 5), round((top + bottom) / 2), "click", 1)
    newest = window.lens(zoom="last:10%")
    end = newest["panels"]["loss"]["x"][1]
    training.go_on()
    window.until(lambda state: state["panels"]["loss"]["x"][1] > end, "the newest part moves on")
    time.sleep(0.5)  # or the next clicks would be a double one with the last
    window.drag("accuracy", (0.5, 0.2), (0.52, 0.8))
    window.until(lambda state: state["lens"].get("zoom_y"), "a zoom of y")
    time.sleep(0.5)
    xdotool("click", "--repeat", 2, "--delay", 60, 1)
    window.lens(zoom_y=None, zoom="last:10%")
    window.key("Home", zoom=None)


def press_each_key(window: Window, training: Training) -> None:
    """Each key does what the help says."""
    window.point("loss", 0.4, 0.5)
    window.until(lambda state: state["cursor"] is not None, "a cursor")
    change_axis(window)
    change_axis(window)
    window.key("o", limits="full")
    window.key("S", smooth=0.97)
    window.key("s", smooth=0.9)
    window.key("x", x="epoch")
    window.key("BackSpace", x=None)
    window.key("a", attempts="latest")
    window.key("p", pinned=["loss"])
    window.key("h", hidden=["train_loss", "val_loss"])
    window.until(lambda state: "loss" not in state["panels"], "no panel of losses")
    window.key("BackSpace", hidden=None)
    window.point("loss", 0.4, 0.5)
    assert len(window.key("i")["lens"].get("hidden", ["one"])) == 1
    window.key("BackSpace", hidden=None)
    window.point("loss", 0.4, 0.5)
    window.key("Return", large="loss")
    window.until(lambda state: list(state["panels"]) == ["loss"], "one panel")
    window.key("Return", large=None)
    window.until(lambda state: len(state["panels"]) >= 2, "all panels")
    window.key("Home", limits=None)
    marks: dict[str, float] = {}
    for _ in range(3):
        before = window.state()["lens"].get("mark")
        xdotool("key", "n")
        marked = window.until(lambda state, before=before: "(" in state["message"] and  # type: ignore[misc]
                              state["lens"].get("mark") not in (None, before), "an event")
        marks[marked["message"].split(" (")[0]] = marked["lens"]["mark"]
    assert marks["off the scale in loss"] == 31 and marks["NaN in loss"] == 47, marks
    window.key("shift+n", mark=47)
    window.key("shift+n", mark=31)
    xdotool("key", "slash")
    xdotool("type", "acc[")
    window.until(lambda state: "not an expression yet" in state["message"], "a half typed expression")
    window.until(lambda state: "loss" not in state["panels"], "what is meant alone")
    xdotool("key", "BackSpace", "Return")
    window.key("BackSpace", select=None)
    themes = [window.state()["theme"]]
    xdotool("key", "d")
    window.until(lambda state: state["theme"] != themes[0], "another theme")
    xdotool("key", "question")
    window.until(lambda state: state["help"], "the help")
    xdotool("key", "Escape")
    window.until(lambda state: not state["help"], "no help")
    xdotool("key", "w")
    held = window.until(lambda state: state["held"], "a window that holds still")
    training.go_on()
    time.sleep(0.5)
    assert window.state()["panels"]["loss"]["last"] == held["panels"]["loss"]["last"]
    xdotool("key", "w")
    window.until(lambda state: state["panels"]["loss"]["last"] > held["panels"]["loss"]["last"], "that it goes on")
    size = window.state()["size"]
    for key in ("f", "F11"):
        xdotool("key", key)
        time.sleep(0.3)
    assert window.until(lambda state: state["size"] == size, "the size of before")


def change_axis(window: Window) -> None:
    """`l` makes a logarithmic axis linear, and a linear one logarithmic."""
    before = window.state_of("loss")["scale"]
    xdotool("key", "l")
    after = window.until(lambda state: state["panels"]["loss"]["scale"] != before, "another axis")
    assert after["lens"]["linear" if before == "log" else "log"] == ["loss"]


def save_and_draw_again(window: Window, folder: Path, livemon: Callable[..., Any]) -> None:
    """`e` saves what is seen, and the lens of it draws the same board from the command line."""
    seen = window.state()
    xdotool("key", "e")
    window.until(lambda state: state["message"].startswith("saved "), "what was saved")
    (lens,), (picture,) = folder.glob("livemon_*.json"), folder.glob("livemon_*.png")
    assert json.loads(lens.read_text(encoding="utf-8")) == seen["lens"]
    assert picture.stat().st_size > 10_000 and {path.suffix for path in folder.glob("livemon_*")} == {
        ".png", ".svg", ".pdf", ".csv", ".json"}
    said = (folder / "said.txt").read_text(encoding="utf-8")
    command = next(line for line in said.splitlines() if "livemon plot runs/version_0" in line)
    assert "--log loss" in command or "--linear loss" in command
    again = livemon("watch", "runs/version_0", "--lens", lens.name, "--once", "--view", "file", "-o", "again.png",
                    cwd=folder)
    assert again.returncode == 0 and (folder / "again.png").stat().st_size > 10_000, again.stderr
    run = ExperimentLoader(folder / "runs" / "version_0")
    run.refresh()
    board = BoardMaker(run, read_lens(lens, print)).dashboard()
    assert {panel.title: (panel.y_scale, list(panel.x_limits)) for panel in board.panels} == {
        name: (panel["scale"], panel["limits"]) for name, panel in seen["panels"].items()}
