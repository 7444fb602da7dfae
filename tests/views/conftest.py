"""Boards to draw: a usual one, and awkward ones."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from livemon.boards.model import Bars, Board, Box, Header, Line, Mark, Panel, SummaryRow

STEPS = np.arange(0.0, 1000.0, 10.0)


def curve(key: str, *, points: int = 100, span: int = 1, label: str = "train 1.234", **known: Any) -> Panel:
    """A panel with a raw and a smoothed line."""
    x = np.linspace(0.0, 990.0, points)
    y = 1 + np.exp(-x / 300)
    lines = (Line(key, "raw", x, y + 0.05 * np.sin(x), "blue"), Line(key, "main", x, y, "blue", label))
    return replace(Panel(key, key, (0.0, 1000.0), (0.9, 2.1), lines=lines, x_label="step", span=span), **known)


def boxes() -> Panel:
    made = tuple(Box(str(i), 1.0, 2.0, 2.5, 3.0, 4.0, 10) for i in range(1, 21))
    return Panel("boxes", "training loss by epoch", (0.5, 20.5), (0.0, 5.0), boxes=made)


def bars() -> Panel:
    return Panel(
        "bars",
        "gradient norm, distribution",
        (0.0, 4.0),
        (0.0, 9.0),
        bars=Bars(np.arange(5.0), np.array([1.0, 8.0, 4.0, 2.0]), "green"),
    )


def make_board(*panels: Panel, **known: Any) -> Board:
    header = Header(
        "exp7",
        "running",
        "",
        ("step 990/2,000", "epoch 3", "ETA 2h10"),
        "val_loss 1.2 (best 1.1 @ 800)",
        "row 4 s ago (usually 5 s)",
        ("3 NaN since 410",),
    )
    summary = tuple(
        SummaryRow(name, 1.0, 0.9, -3.0, ("1.000", "0.900", "-3.0 %"))
        for name in ("train_loss", "val_loss", "grad_norm")
    )
    usual: dict[str, Any] = {
        "headline": ("val_loss 1.2 ↓", "best 1.1 @ 800", "orange"),
        "summary": summary,
        "config": (("lr", "0.001"), ("batch", "32")),
    }
    return Board(**({"title": "exp7", "header": header, "panels": panels} | usual | known))


def usual_board(**known: Any) -> Board:
    marks = (
        Mark("beyond", 10.0, None, "blue", "33.1 at step 10"),
        Mark("best", 800.0, 1.1, "blue"),
        Mark("nan", 410.0, None, "blue"),
        Mark("inf", 420.0, None, "blue", edge="bottom"),
        Mark("restart", 500.0, None, "grey"),
        Mark("epoch", 300.0, None, "grey", "epoch 2"),
    )
    rest = [curve(f"metric {i}") for i in range(4)]
    return make_board(curve("loss", span=2, note="100 points", marks=marks), *rest, boxes(), bars(), **known)


def _line(key: str, x: list[float], y: list[float], label: str = "") -> Panel:
    kept = Line(key, "points", np.array(x, float), np.array(y, float), "blue", label)
    return Panel(key, key, (0.0, 10.0), (0.0, 1.0), lines=(kept,))


LONG = "a_very_long_metric_name_that_nobody_would_type_by_hand/" * 4


def awkward_boards() -> dict[str, Board]:
    """name -> a board that has something odd about it."""
    odd_names = [
        r"$\frac{broken$",
        "_under_score_^2",
        "loss 📉 \U0001f9ea",
        "損失 ≤ 3",
        "tab\tand\nline",
        "\x1b[31mred",
        "e\u0301 \u200d",
        "%s {x} \\n",
    ]
    flags = "top", "bottom"
    return {
        "empty": make_board(headline=None, summary=(), config=()),
        "only a summary": make_board(),
        "message": make_board(Panel("m", "loss", (0, 1), (0, 1), message="no finite value yet: " + "all is NaN " * 30)),
        "one point": make_board(_line("p", [5.0], [0.5], "p 0.5")),
        "all NaN": make_board(_line("n", [1.0, 2.0], [np.nan, np.nan], "n NaN")),
        "lonely points": make_board(_line("l", [1.0, 2.0, 3.0], [0.2, np.nan, 0.4], "l 0.4")),
        "no points": make_board(_line("z", [], [], "z")),
        "log with a zero": make_board(curve("log", y_scale="log", y_limits=(0.0, 2.0))),
        "wide log": make_board(curve("wide", y_scale="log", y_limits=(1e-12, 1e15))),
        "narrow log": make_board(curve("narrow", y_scale="log", y_limits=(1.01, 1.02))),
        "tiny range": make_board(curve("tiny", x_limits=(1e9, 1e9 + 3), y_limits=(1.0000001, 1.0000002))),
        "no range": make_board(curve("none", x_limits=(5.0, 5.0), y_limits=(0.0, 1e-300))),
        "twelve": make_board(curve("loss", span=2), *[curve(f"metric {i}") for i in range(11)]),
        "a thousand left out": make_board(curve("loss", span=2), left_out=988, hint="988 more panels: --select REGEX"),
        "long names": make_board(
            curve(LONG, span=2, label=f"{LONG} 1.234", note=LONG, warning=LONG),
            headline=(LONG, LONG, "red"),
            config=tuple((f"{LONG}{i}", LONG) for i in range(30)),
            hint=LONG,
            summary=tuple(SummaryRow(f"{LONG}{i}", 1, 1, 1, ("1" * 20, "2" * 20, "3" * 20)) for i in range(30)),
        ),
        "odd names": make_board(
            *[curve(name, label=f"{name} 1.2", note=name, message=name) for name in odd_names],
            hint=odd_names[0],
            summary=tuple(SummaryRow(name, 1, 1, 1, ("1", "2", "3")) for name in odd_names),
            config=tuple((name, name) for name in odd_names),
            headline=(odd_names[0], odd_names[2], "blue"),
        ),
        "many labels": make_board(
            curve(
                "labels",
                lines=tuple(Line(f"m{i}", "main", STEPS, np.full(100, 1.5), "red", f"m{i} 1.5") for i in range(40)),
            )
        ),
        "many marks": make_board(
            curve(
                "marks",
                marks=tuple(
                    Mark("beyond", float(i), None, "blue", f"{i} at step {i}", flags[i % 2]) for i in range(100)
                ),
            )
        ),
        "many boxes": make_board(boxes(), bars(), curve("epoch", x_label="epoch", x_limits=(0.0, 2.0))),
    }


@pytest.fixture
def usual() -> Callable[..., Board]:
    """Makes a usual board; keywords change it."""
    return usual_board


@pytest.fixture
def panel_of() -> Callable[..., Panel]:
    """Makes a panel with a raw and a smoothed line."""
    return curve


@pytest.fixture
def board_of() -> Callable[..., Board]:
    """Makes a board of some panels."""
    return make_board


@pytest.fixture(params=awkward_boards())
def awkward(request: pytest.FixtureRequest) -> Board:
    """Each of the awkward boards."""
    return awkward_boards()[request.param]


@pytest.fixture(scope="session")
def screen() -> Iterator[str]:
    """A display to open windows on: the one that is there, else an Xvfb of our own, on a number that is free."""
    if os.environ.get("DISPLAY"):
        yield os.environ["DISPLAY"]
        return
    if shutil.which("Xvfb") is None:
        pytest.skip("no display, and Xvfb is not installed (Debian and Ubuntu: apt install xvfb)")
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1600x900x24", "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(command, pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as pipe:
            number = pipe.readline().strip()  # written when the server is ready; empty where it ended
        if not number:
            pytest.fail("Xvfb does not start")
        os.environ["DISPLAY"] = f":{number}"
        yield f":{number}"
    finally:
        os.environ.pop("DISPLAY", None)
        server.terminate()
        server.wait()
