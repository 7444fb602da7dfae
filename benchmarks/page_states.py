"""Whether everybody can use the page of `--view browser`: axe-core in each of its states, light and dark, on a screen
and on a phone.

    python benchmarks/page_states.py [NAME ...] [--pictures FOLDER]

Prints a line for each state, and the violations; with violations it ends with status 1. `--pictures` keeps a picture of
each, to be looked at.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests import chromium
from tests.chromium import Chromium, Tab
from tests.page import watched
from tests.scenarios.test_page_access import AXE, VIOLATIONS

SIZES = ((1280, 800), (390, 844))
THEMES = ("light", "dark")
SHOWN = "window.livemon && livemon.frames > 0 && livemon.board.order.length > 0"
STEPS = 300


@dataclass(frozen=True)
class State:
    """A state of the page.

    Attributes:
        name: Its name.
        make: Writes its runs into a folder, and returns their paths.
        do: A script that leads to it; "" for none.
        until: A condition that is true then.
        is_closed: Whether livemon has ended.
    """

    name: str
    make: Callable[[Path], list[Path]]
    do: str = ""
    until: str = "true"
    is_closed: bool = False


# Runs -----------------------------------------------------------------------------------------------------------------


def write(path: Path, columns: dict[str, list[float]], config: dict[str, object] | None = None) -> Path:
    """A run with these columns."""
    path.mkdir(parents=True)
    with (path / "metrics.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["step", *columns])
        rows.writerows([step, *(f"{value:.5g}" for value in row)]
                       for step, row in enumerate(zip(*columns.values(), strict=True)))
    if config is not None:
        (path / "config.json").write_text(json.dumps(config))
    return path


def falling(number: int) -> list[float]:
    """A loss."""
    noise = np.random.default_rng(number).standard_normal(STEPS)
    return list(2 * np.exp(-np.arange(STEPS) / (40 + number)) + 0.02 * noise + 0.2 + number / 500)


def empty(folder: Path) -> list[Path]:
    """A run without a row."""
    return [write(folder / "empty", {"train_loss": [], "val_loss": []})]


def one_row(folder: Path) -> list[Path]:
    """A run with a single row."""
    return [write(folder / "row", {"train_loss": [2.3], "accuracy": [0.1]})]


def one(folder: Path) -> list[Path]:
    """A run with a NaN, a spike, checkpoints and settings."""
    loss = falling(0)
    loss[2], loss[150] = math.nan, 40.0
    path = write(folder / "one", {"train_loss": loss, "val_loss": falling(3), "accuracy": falling(5)},
                 {"lr": 0.1, "seed": 3, "model": {"depth": 4}})
    (path / "checkpoint-100.pt").write_bytes(b"")
    return [path]


def failed(folder: Path) -> list[Path]:
    """A run that failed."""
    path = write(folder / "failed", {"train_loss": [*falling(0)[:200], *[math.nan] * 100]})
    (path / "livemon.json").write_text(json.dumps({"livemon": 1, "state": "failed", "reason": "nan"}))
    return [path]


def several(count: int) -> Callable[[Path], list[Path]]:
    """So many runs, with settings."""
    return lambda folder: [
        write(folder / f"run{number}", {"train_loss": falling(number), "val_loss": falling(number + 7)},
              {"lr": 0.001 * 10 ** (number % 4), "seed": number // 4}) for number in range(count)]


def wide(folder: Path) -> list[Path]:
    """A run with 200 metrics that have nothing in common."""
    first = ("alpha", "bravo", "cedar", "delta", "ember", "fjord", "grove", "heron", "ivory", "jolly")
    second = ("Rate", "Norm", "Flux", "Depth", "Gain", "Drift", "Noise", "Share", "Speed", "Heat", "Mass", "Charge",
              "Spin", "Width", "Angle", "Pitch", "Tone", "Slope", "Shade", "Grain")
    names = [one + two for one in first for two in second]
    return [write(folder / "wide", {name: falling(number) for number, name in enumerate(names)})]


# States ---------------------------------------------------------------------------------------------------------------

LIST = "livemon.act('leave')"
LISTED = "document.querySelectorAll('#runs tbody tr').length > 1"
STATES = (
    State("empty", empty),
    State("one row", one_row),
    State("one run", one, until="document.querySelector('#notices li') !== null"),
    State("zoomed", one, "livemon.move({action: 'zoom', low: 100, high: 200})",
          "Boolean(livemon.board.parts.lens.zoom)"),
    State("logarithmic", one, "livemon.move({action: 'log', panel: 'loss'})",
          "livemon.frames > 1"),
    State("a curve hidden", one, "livemon.move({action: 'curve', metric: 'val_loss'})",
          "document.querySelector('.is-hidden') !== null"),
    State("one panel large", one, "livemon.move({action: 'large', panel: 'loss'})",
          "Boolean(livemon.board.parts.lens.large)"),
    State("filter that nothing meets", one, "livemon.move({action: 'filter', text: 'zzz'})",
          "livemon.board.parts.lens.select"),
    State("filter that is not valid", one, "livemon.move({action: 'filter', text: '['})",
          "!document.getElementById('message').hidden"),
    State("cursor", one, "livemon.choose([...livemon.views.values()][0]); livemon.pointAt(150)",
          "!document.getElementById('place').hidden"),
    State("help", one, "livemon.act('help')", "document.getElementById('dialog').open"),
    State("what can be saved", one, "livemon.act('save')", "document.getElementById('dialog').open"),
    State("settings", one, "livemon.act('settings')", "document.getElementById('dialog').open"),
    State("failed", failed, until="document.querySelector('#line .problem') !== null"),
    State("livemon has ended", one, until="!document.getElementById('connection').hidden", is_closed=True),
    State("5 runs", several(5)),
    State("groups", several(8), "livemon.move({action: 'groups'})", "livemon.board.parts.lens.group_by !== undefined"),
    State("list of 5 runs", several(5), LIST, LISTED),
    State("settings as lines", several(5), f"{LIST}.then(() => livemon.runs.lines.click())",
          "document.querySelector('.parallel svg') !== null"),
    State("settings side by side", several(5), "livemon.act('settings')", "document.getElementById('dialog').open"),
    State("list that no run meets", several(5),
          f"{LIST}.then(() => livemon.move({{action: 'runs where', text: 'lr>9'}}))",
          "Boolean(livemon.board.parts.lens.where)"),
    State("50 runs", several(50)),
    State("list of 50 runs", several(50), LIST, LISTED),
    State("500 runs", several(500)),
    State("list of 500 runs", several(500), LIST, LISTED),
    State("200 panels", wide, "document.getElementById('all-panels').click()", "livemon.board.order.length >= 200"),
)


def check(state: State, browser: Chromium, folder: Path, pictures: Path | None) -> list[str]:
    """The violations in a state, in all sizes and themes."""
    violations: list[str] = []
    paths = state.make(folder)
    with watched(paths if len(paths) > 1 else paths[0]) as view:
        tabs = []
        for width, height in SIZES:
            for theme in THEMES:
                tab = browser.tab(width=width, height=height)
                tab.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
                tab.go(view.address)
                tab.wait(SHOWN)
                if state.do:
                    tab.do(f"(async () => {{ await {state.do}; }})()" if ";" not in state.do else f"{state.do}; 1")
                tabs.append((tab, f"{width} {theme}"))
        if state.is_closed:
            view.close()
        for tab, look in tabs:
            tab.wait(state.until)
            violations += [f"{look}: {words}" for words in axe(tab)]
            violations += [f"{look}: {problem}" for problem in tab.problems if not state.is_closed]
            if pictures is not None:
                tab.picture(pictures / f"{state.name} {look}.png".replace(" ", "_"))
            tab.close()
    return violations


def axe(tab: Tab) -> list[str]:
    """The violations that axe-core finds; its script comes through the DevTools."""
    time.sleep(0.3)  # until what is asked for is drawn
    tab.do(AXE.read_text(encoding="utf-8") + "; undefined")
    found: list[str] = tab.do(VIOLATIONS)
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", help="states; all without any")
    parser.add_argument("--pictures", type=Path, help="a folder for a picture of each state")
    words = parser.parse_args()
    program = chromium.find()
    if program is None:
        sys.exit("no Chromium here (Debian: apt-get install chromium)")
    if not AXE.is_file():
        sys.exit("no axe-core here (make node_modules)")
    if words.pictures is not None:
        words.pictures.mkdir(parents=True, exist_ok=True)
    browser, count, total = Chromium(program), 0, 0
    with contextlib.closing(browser), tempfile.TemporaryDirectory() as folder:
        os.environ["LIVEMON_STATE"], os.environ["LIVEMON_CACHE"] = f"{folder}/state", f"{folder}/cache"
        for number, state in enumerate(state for state in STATES if state.name in words.names or not words.names):
            violations = check(state, browser, Path(folder, str(number)), words.pictures)
            count, total = count + len(SIZES) * len(THEMES), total + len(violations)
            print(f"{state.name}: {len(violations)} violations", *violations, sep="\n  ", flush=True)
    print(f"axe-core in {count} states: {total} violations")
    sys.exit(1 if total else 0)


if __name__ == "__main__":
    main()
