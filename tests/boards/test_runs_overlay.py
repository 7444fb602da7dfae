"""The curves of several runs, as they grow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from livemon.boards import Lens, runs_overlay
from livemon.boards.run_tracks import RunTracks
from livemon.boards.runs_overlay import RunsOverlay

STEPS = np.arange(100)


def test_those_behind_are_looked_at_once_a_second(run_of: Callable[..., Any], add: Callable[..., Any]) -> None:
    """Of twelve runs a new point of a coloured one is there at once, of a pale one a second later; for a picture that
    is kept, at once."""
    runs = {f"r{number}": run_of({"step": STEPS, "val_loss": 1 + number / 10 - STEPS / 1000}) for number in range(12)}
    overlay = RunsOverlay()

    def ends(now: float | None) -> dict[str, float]:
        seen = overlay.read(runs, Lens(), now)
        assert seen is not None
        panels, _ = overlay.panels(seen, Lens(), {})
        return {line.run: float(line.x[-1]) for line in panels[0].lines if line.kind != "superseded"}

    assert set(ends(10.0).values()) == {99.0} and set(overlay.colours) == {f"r{number}" for number in range(6)}
    for run in runs.values():
        add(run.tables[0], {"step": [100], "val_loss": [0.9]})
    soon = ends(10.5)
    assert (soon["r0"], soon["r8"]) == (100.0, 99.0)
    assert ends(11.1)["r8"] == 100.0
    add(runs["r8"].tables[0], {"step": [101], "val_loss": [0.9]})
    assert ends(None)["r8"] == 101.0


def test_runs_without_a_new_row_are_not_read(
    run_of: Callable[..., Any], add: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second later a run that has nothing new is asked how it stands, and no more; what it is then, is shown."""
    runs = {name: run_of({"step": STEPS, "val_loss": 1 - STEPS / 1000}) for name in "abc"}
    overlay, read = RunsOverlay(), []
    overlay.read(runs, Lens(), 10.0)
    usual = RunTracks.read_metrics
    monkeypatch.setattr(RunTracks, "read_metrics", lambda tracks: (read.append(tracks.run), usual(tracks))[1])
    add(runs["b"].tables[0], {"step": [100], "val_loss": [0.9]})
    for run in runs.values():
        run.state = "finished"
    seen = overlay.read(runs, Lens(), 11.5)
    assert read == [runs["b"]]
    assert seen is not None and seen.ended and seen.newest == 100.0 and seen.axes == ("step", "row")


def test_a_panel_keeps_its_place(run_of: Callable[..., Any], add: Callable[..., Any]) -> None:
    """A metric that appears later stands behind; what is pinned comes first."""
    runs = {name: run_of({"step": STEPS, "val_loss": 1 - STEPS / 200, "zebra": STEPS * 1.0}) for name in "ab"}
    overlay = RunsOverlay()

    def titles(lens: Lens) -> list[str]:
        seen = overlay.read(runs, lens, None)
        assert seen is not None
        return [panel.title for panel in overlay.panels(seen, lens, {})[0]]

    assert titles(Lens()) == ["loss", "zebra"]
    add(runs["b"].tables[0], {"step": [100], "acc": [0.5]})
    assert titles(Lens()) == ["loss", "zebra", "accuracy"]
    assert titles(Lens(pinned=("acc",))) == ["accuracy", "loss", "zebra"]
    assert titles(Lens(large="zebra")) == ["zebra"] and titles(Lens(hidden=("zebra",))) == ["loss", "accuracy"]


def test_the_main_metric_is_never_left_out(run_of: Callable[..., Any]) -> None:
    """With room for few panels that of the main metric is among them, as on the board of one run."""
    columns = {"step": STEPS, "train_loss": 1 - STEPS / 200, "val_acc": STEPS / 100, "grad_norm": 1.0 + STEPS * 0,
               "learning_rate": 0.1 + STEPS * 0, "zeta_q": STEPS * 1.0}
    runs = {name: run_of(columns) for name in "ab"}
    lens = Lens(metric="zeta_q:max", max_panels=2)
    overlay = RunsOverlay()
    seen = overlay.read(runs, lens, None)
    assert seen is not None
    assert [panel.title for panel in overlay.panels(seen, lens, {})[0]][:2] == ["loss", "zeta_q"]


def test_runs_without_the_axis_are_left_out_and_named(run_of: Callable[..., Any]) -> None:
    """Where one run has no epochs, only the others lie over these, and the reading says which does not."""
    runs = {"a": run_of({"step": STEPS, "epoch": STEPS // 10, "loss": 1.0 / (1 + STEPS)}),
            "b": run_of({"step": STEPS, "loss": 1.0 / (1 + STEPS)})}
    seen = RunsOverlay().read(runs, Lens(x="epoch"), None)
    assert seen is not None and (seen.names, seen.not_over, seen.x_label) == (("a",), ("b",), "epoch")
    usual = RunsOverlay().read(runs, Lens(), None)
    assert usual is not None and usual.names == ("a", "b") and usual.axes == ("step", "row")


def test_values_that_are_no_numbers(run_of: Callable[..., Any]) -> None:
    """A run of which no value is finite breaks nothing: it has marks and no curve, the others their curves."""
    runs = {"a": run_of({"step": STEPS, "loss": np.full(100, np.nan)}),
            "b": run_of({"step": STEPS, "loss": STEPS + 1.0})}
    overlay = RunsOverlay()
    seen = overlay.read(runs, Lens(), None)
    assert seen is not None and seen.ranked == ["b"]
    panel = overlay.panels(seen, Lens(), {})[0][0]
    assert {line.run for line in panel.lines} == {"b"} and {mark.kind for mark in panel.marks} == {"nan", "best"}


def test_a_new_point_of_one_run_makes_its_lines_alone(run_of: Callable[..., Any], add: Callable[..., Any]) -> None:
    """Of twelve runs, of which one has a new point, the lines of the others are the same objects as before."""
    runs = {f"r{number}": run_of({"step": STEPS, "val_loss": 1 + number / 10 - STEPS / 1000}) for number in range(12)}
    overlay = RunsOverlay()

    def lines(now: float) -> dict[tuple[str, str], Any]:
        seen = overlay.read(runs, Lens(), now)
        assert seen is not None
        return {(line.run, line.kind): line for line in overlay.panels(seen, Lens(), {})[0][0].lines}

    add(runs["r0"].tables[0], {"step": [100], "val_loss": [0.95]})
    before = lines(10.0)
    add(runs["r0"].tables[0], {"step": [101], "val_loss": [0.94]})
    after = lines(10.1)
    assert before.keys() == after.keys()
    assert {run for run, kind in before if before[run, kind] is not after[run, kind]} == {"r0"}
    assert after["r0", "main"].x[-1] == 101.0


def test_limits_stay_where_other_runs_become_the_best(run_of: Callable[..., Any], add: Callable[..., Any]) -> None:
    """Where a run behind becomes one of the best, others have colours, and no axis moves."""
    runs = {f"r{number}": run_of({"step": STEPS, "val_loss": 2 + number / 10 - STEPS / 100}) for number in range(12)}
    overlay = RunsOverlay()

    def panel(now: float) -> Any:
        seen = overlay.read(runs, Lens(), now)
        assert seen is not None
        return overlay.panels(seen, Lens(), {})[0][0]

    add(runs["r0"].tables[0], {"step": [100], "val_loss": [0.9]})
    before = panel(10.0)
    add(runs["r11"].tables[0], {"step": [101], "val_loss": [1.0]})
    after = panel(12.0)
    assert "r11" in overlay.colours and after.y_limits == before.y_limits and after.x_limits == before.x_limits


def test_runs_are_asked_for_their_states_until_one_goes_on(
    run_of: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one run is known to go on, the others are not asked: a new row must not wait for hundreds of answers. All
    have ended only if each has said so; those that have said it before are asked again in turn, as time permits.
    For a picture that is kept there is time to ask all."""
    monkeypatch.setattr(runs_overlay, "_ASKING_SECONDS", 0.0)
    runs = {name: run_of({"step": STEPS, "val_loss": 1 - STEPS / 1000}) for name in "abcd"}
    overlay, asked = RunsOverlay(), []
    usual = RunTracks.ask_how_it_stands
    monkeypatch.setattr(RunTracks, "ask_how_it_stands", lambda tracks: (asked.append(tracks.run), usual(tracks))[1])

    def asked_at(now: float | None) -> tuple[str, bool]:
        asked.clear()
        seen = overlay.read(runs, Lens(), now)
        assert seen is not None
        return "".join(name for of in asked for name, run in runs.items() if run is of), seen.ended

    assert asked_at(10.0) == ("a", False) and asked_at(10.5) == ("", False) and asked_at(11.1) == ("a", False)
    runs["a"].state = runs["b"].state = "finished"
    assert asked_at(12.2) == ("abc", False) and asked_at(13.3) == ("c", False)
    runs["c"].state = runs["d"].state = "failed"
    assert asked_at(14.4) == ("cd", True) and asked_at(15.5) == ("a", True) and asked_at(16.6) == ("b", True)
    assert sorted(asked_at(None)[0]) == list("abcd")
    runs["b"].state = "running"  # resumed in its folder
    assert any(not asked_at(20.0 + 2 * number)[1] for number in range(4))
