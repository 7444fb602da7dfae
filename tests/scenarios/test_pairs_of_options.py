"""Options of `livemon compare` two at a time: both have effect, or an error or a note says which has none."""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]

# option -> words that change what `compare . --group-by algo -o p.svg` gives.
OPTIONS = {
    "--metric": ["--metric", "acc:max=Accuracy"], "--label": ["--label", "a=Anna"], "--tasks": ["--tasks", "task"],
    "--task-scale": ["--tasks", "task", "--task-scale", "minmax"], "--baseline": ["--baseline", "b"],
    "--at": ["--at", "step:2"], "--x": ["--x", "epoch"], "--middle": ["--middle", "median"],
    "--band": ["--band", "sem"], "--test": ["--test", "permutation"], "--pair": ["--pair", "none"],
    "--importance": ["--importance"], "--limit": ["--limit", "2"], "--table": ["--table", "tests"],
    "--json": ["--json"], "--csv": ["--csv"], "--markdown": ["--markdown"], "--latex": ["--latex"],
    "--select": ["--select", "acc|loss"], "--lines": ["--lines"], "--smooth": ["--smooth", "0.9"],
    "--xlim": ["--xlim", "2:4"], "--ylim": ["--ylim", "0:9"], "--log-x": ["--log-x"], "--xlabel": ["--xlabel", "t"],
    "--log": ["--log", "acc"], "--linear": ["--linear", "val_loss"], "--until": ["--until", "4"],
    "--style": ["--style", "dark"], "--paper": ["--paper"], "--width": ["--width", "5"], "--height": ["--height", "2"],
    "--outline-text": ["--outline-text"], "--output": ["-o", "p.csv"],
}
# Pairs of which one means the same whatever the other is, so that nothing can be seen of it: why.
ALIKE = {
    frozenset(("--paper", "--width")): "a width asks for a figure for a paper, too",
    frozenset(("--paper", "--height")): "a height asks for a figure for a paper, too",
    frozenset(("--ylim", "--linear")): "an axis with 0 on it is linear anyway",
    frozenset(("--smooth", "--linear")): "smoothed so strongly the losses span no decades, and are linear anyway",
    frozenset(("--log-x", "--output")): "no step is 0, so no point is left out",
    frozenset(("--linear", "--output")): "points are the same on any axis",
    frozenset(("--tasks", "--task-scale")): "the words of the second have those of the first",
}
QUICK = (("--label", "--limit"), ("--table", "--csv"), ("--tasks", "--lines"), ("--xlim", "--until"),
         ("--paper", "--output"), ("--json", "--csv"), ("--log", "--paper"))
PAIRS = [pair for pair in itertools.combinations(OPTIONS, 2) if frozenset(pair) not in ALIKE]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three algorithms on two tasks with three seeds each; their losses fall by decades."""
    base, rng = tmp_path_factory.mktemp("study"), np.random.default_rng(3)
    for number, (algo, task, seed) in enumerate(itertools.product("abc", ("t1", "t2"), range(3))):
        folder = base / f"run{number}"
        folder.mkdir()
        settings = {"algo": algo, "task": task, "lr": 0.1 + seed % 2, "seed": seed}
        (folder / "config.json").write_text(json.dumps(settings))
        level = "abc".index(algo) + (task == "t2") + 0.1 + 0.3 * rng.random()
        rows = [f"{step},{step / 2},{level * 10**-step + 1e-6 * rng.random()},{level / (9 - step) + rng.random() / 9}"
                for step in range(1, 6)]
        (folder / "metrics.csv").write_text("\n".join(["step,epoch,val_loss,acc", *rows, ""]))
    return base


@pytest.fixture
def outcome(study: Path, livemon: Command, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    """Runs the command with some options; what it prints and draws, as a text, and its messages. Pictures are not
    painted: what would be is written out."""
    def save(what: Any, path: Path, request: Any) -> Path:
        asked = (request.width, request.height, request.chosen_style, request.outline_text, request.is_for_paper)
        with np.printoptions(threshold=100_000):
            path.write_text(f"{what!r} {asked!r}")
        return path

    for module in ("compare", "compare_tasks"):
        monkeypatch.setattr(f"livemon.commands.{module}.save_board", save)
        monkeypatch.setattr(f"livemon.commands.{module}.save_paper", save)

    def run(*options: str) -> tuple[int, str, str]:
        for picture in study.glob("p.*"):
            picture.unlink()
        words = list(itertools.chain.from_iterable(OPTIONS[option] for option in options))
        output = [] if "--output" in options else ["-o", "p.svg"]
        done = livemon("compare", ".", "--group-by", "algo", *output, *words, cwd=study)
        drawn = "".join(picture.read_text() for picture in sorted(study.glob("p.*")))
        return done.returncode, done.stdout + drawn, done.stderr

    return run


ALONE: dict[str, tuple[int, str, str]] = {}  # option -> what it gives by itself


def is_told(pair: tuple[str, str], outcome: Callable[..., tuple[int, str, str]]) -> str:
    """What is wrong with a pair; "" where nothing is."""
    for option in pair:
        if option not in ALONE:
            ALONE[option] = outcome(option)
    status, shown, messages = outcome(*pair)
    if "Traceback" in messages or "Traceback" in shown:
        return f"{pair}: a traceback"
    if status:
        return "" if status == 2 and any(option in messages for option in pair) else f"{pair}: {status} {messages}"
    silent = [option for option, other in (pair, pair[::-1]) if ALONE[other][0] == 0 and shown == ALONE[other][1]
              and option not in messages]
    return f"{pair}: no word that {silent[0]} has no effect" if silent else ""


def test_some_pairs_of_options(outcome: Callable[..., tuple[int, str, str]]) -> None:
    """A few of the pairs, one of each kind of answer: the quick part of the tests below."""
    assert [wrong for pair in QUICK if (wrong := is_told(pair, outcome))] == []


@pytest.mark.slow
@pytest.mark.parametrize("option", OPTIONS)
def test_each_changes_something(option: str, outcome: Callable[..., tuple[int, str, str]]) -> None:
    """Each option by itself changes what is printed or drawn, so that a pair can be judged by that."""
    status, shown, messages = outcome(option)
    assert status == 0, messages
    assert shown != outcome()[1]


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize("first", OPTIONS)
def test_all_pairs_of_options(first: str, outcome: Callable[..., tuple[int, str, str]]) -> None:
    """Two options are in effect together, or an error or a note names the one that is not; never a traceback."""
    assert [wrong for pair in PAIRS if pair[0] == first and (wrong := is_told(pair, outcome))] == []
