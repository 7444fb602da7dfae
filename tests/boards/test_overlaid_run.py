"""One of several runs that lie over each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from livemon.boards import Lens
from livemon.boards.overlaid_run import OverlaidRun, SharedFacts
from livemon.boards.run_tracks import Run

STEPS = np.arange(100)
LENS = Lens(x="step")


def read(run: Run, lens: Lens = LENS) -> OverlaidRun:
    overlaid = OverlaidRun(run, lens)
    overlaid.read(0.0)
    return overlaid


def test_a_run_is_read_until_it_has_a_new_row(run_of: Callable[..., Any], add: Callable[..., Any]) -> None:
    """A zoom and a number of pixels need no further reading, another choice of metrics does, once. A new row ends that
    for each of them; what was read before may still be shown."""
    run = run_of({"step": STEPS, "val_loss": 1 - STEPS / 1000, "acc": STEPS / 100})
    overlaid = read(run)
    chosen = Lens(x="step", select="acc")
    assert overlaid.is_read(Lens(x="step", pixels=300)) and not overlaid.is_read(chosen)
    overlaid.tracks.set_lens(chosen)
    overlaid.read(0.0)
    assert overlaid.is_read(chosen) and overlaid.facts.metrics == ("acc",)
    assert overlaid.is_read(LENS) and overlaid.facts.metrics == ("val_loss", "acc")
    add(run.tables[0], {"step": [100], "val_loss": [0.9], "acc": [1.0]})
    assert not overlaid.is_read(LENS) and not overlaid.is_read(chosen) and overlaid.is_read(LENS, may_be_older=True)
    assert overlaid.limits == (0.0, 99.0)


def test_facts_stay_while_a_run_only_grows(run_of: Callable[..., Any], add: Callable[..., Any]) -> None:
    """More points leave the facts the same object; a further metric, or tables that were replaced, make another."""
    run = run_of({"step": STEPS, "val_loss": 1 - STEPS / 1000})
    overlaid = read(run)
    facts, seen = overlaid.facts, SharedFacts({"a": overlaid.facts})
    add(run.tables[0], {"step": [100], "val_loss": [0.9]})
    overlaid.read(1.0)
    assert overlaid.facts is facts and overlaid.limits == (0.0, 100.0) and seen.are_of({"a": overlaid.facts})
    add(run.tables[0], {"step": [101], "acc": [0.5]})
    overlaid.read(2.0)
    assert overlaid.facts is not facts and not seen.are_of({"a": overlaid.facts})
    facts, run.tables = overlaid.facts, [*run_of({"step": STEPS, "val_loss": 1 - STEPS / 1000, "acc": STEPS}).tables]
    overlaid.read(3.0)
    assert overlaid.facts is not facts and overlaid.facts.metrics == facts.metrics


def test_what_runs_share(run_of: Callable[..., Any]) -> None:
    """Runs without points are not among them; the axes are those that all have, spellings of one metric are one, and
    the order of the runs belongs to it."""
    columns = {"a": {"step": STEPS, "epoch": STEPS // 10, "train_loss": 1.0 / (1 + STEPS), "acc": STEPS / 100},
               "b": {"step": STEPS, "loss": 1.0 / (1 + STEPS), "acc": STEPS / 100}, "c": {"step": STEPS}}
    each = {name: read(run_of(of_run)).facts for name, of_run in columns.items()}
    shared = SharedFacts(each)
    assert shared.names == ("a", "b") and shared.axes == ["step"]
    assert shared.metrics == {"train_loss": {"a": "train_loss", "b": "loss"}, "acc": {"a": "acc", "b": "acc"}}
    assert (shared.main, shared.rising) == ("train_loss", False) and [*shared.of_main] == ["a", "b"]
    assert shared.are_of(each) and not shared.are_of(dict(reversed(each.items())))
