"""keras.py: what Keras' History has is recorded, and the training is the same."""

from __future__ import annotations

import copy
import csv
import importlib.util
import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest

if importlib.util.find_spec("keras") is None:
    pytest.skip("Keras is not installed here (pip install keras)", allow_module_level=True)
os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np

from livemon.recording.recorder import Recorder
from livemon_integrations.error_guard import guarded
from livemon_integrations.keras import LiveMonitor

HOOKS = ("on_train_begin", "on_epoch_begin", "on_epoch_end", "on_train_end")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every training in a folder of its own."""
    monkeypatch.chdir(tmp_path)


def train(callbacks: list[Any], epochs: int = 3) -> Any:
    """Train a small network; gives Keras' History. The same seed each time."""
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "relu"), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    x = np.random.default_rng(3).normal(size=(64, 4)).astype("float32")
    return model.fit(
        x, x[:, :1], batch_size=8, epochs=epochs, validation_split=0.25, callbacks=callbacks, verbose=0
    )  # fmt: skip


def quiet(**options: Any) -> LiveMonitor:
    """A monitor that starts no process."""
    return LiveMonitor(view="none", plots=False, **options)


def rows_of(run: Path) -> list[dict[str, float]]:
    with open(run / "logs" / "metrics.csv", newline="") as file:
        return [{name: float(text) for name, text in row.items() if text} for row in csv.DictReader(file)]


def notes_of(run: Path) -> dict[str, Any]:
    notes = json.loads((run / "livemon.json").read_text())
    assert isinstance(notes, dict)
    return notes


def weights(history: Any) -> list[bytes]:
    return [value.tobytes() for value in history.model.get_weights()]


@pytest.mark.strict
def test_what_is_recorded_is_the_history(tmp_path: Path) -> None:
    """The rows are Keras' own History to the bit, and livemon.json says what Keras knows."""
    monitor = quiet()
    history = train([monitor])
    run = tmp_path / "livemon" / "version_0"
    assert monitor.dir == run
    rows = rows_of(run)
    for name, values in history.history.items():
        assert [row[name] for row in rows] == values
    assert [row["epoch"] for row in rows] == [0, 1, 2]
    assert [row["step"] for row in rows] == [6, 12, 18]
    assert rows[0]["learning_rate"] == pytest.approx(0.01)
    notes = notes_of(run)
    assert (notes["state"], notes["total_steps"], notes["total_epochs"]) == ("finished", 18, 3)
    assert (notes["parameters"], notes["trained"], notes["backend"]) == (19, 19, keras.backend.backend())
    assert notes["config"]["optimizer"]["name"] == "adam"


def test_a_named_folder_is_gone_on_with(tmp_path: Path) -> None:
    """A second training into a named folder adds its rows."""
    for _ in range(2):
        train([quiet(dir="runs/mine")])
    assert len(rows_of(tmp_path / "runs" / "mine")) == 6
    assert len(notes_of(tmp_path / "runs" / "mine")["earlier"]) == 1


def test_disabled_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under LIVEMON_DISABLED=1 nothing is written and nothing is started."""
    monkeypatch.setenv("LIVEMON_DISABLED", "1")
    train([LiveMonitor(view="window")])
    assert list(tmp_path.iterdir()) == []


def test_no_hook_runs_between_the_batches() -> None:
    """The callback has no hook for batches, so that Keras does nothing for it there."""
    assert keras.src.utils.is_default(LiveMonitor.on_train_batch_end)


def test_every_hook_is_guarded() -> None:
    """Whatever of LiveMonitor Keras calls is behind the guard."""
    assert tuple(name for name in vars(LiveMonitor) if name.startswith("on_")) == HOOKS
    assert [name for name in HOOKS if not hasattr(vars(LiveMonitor)[name], "__wrapped__")] == []


def test_errors_inside_change_nothing(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    """With an error in one hook, each in its turn, in all at once, and in the recorder, the training completes, with
    the same weights to the bit, and one warning."""
    expected = weights(train([]))

    def fail(self: Any, *args: Any, **kwargs: Any) -> None:
        raise error

    for broken in (*([name] for name in HOOKS), HOOKS, ["take"]):
        with pytest.MonkeyPatch.context() as patch:
            for name in broken:
                fail.__name__ = name
                if name == "take":
                    patch.setattr(Recorder, name, fail)
                else:
                    patch.setattr(LiveMonitor, name, guarded()(fail))
            caplog.clear()
            monitor = quiet()
            assert weights(train([monitor])) == expected
            assert len([text for text in caplog.messages if text.startswith("livemon")]) == 1
            monitor._end("finished")


def test_strict_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """LIVEMON_STRICT=1 lets an error of ours end the training, and lets a training without one pass."""
    monkeypatch.setenv("LIVEMON_STRICT", "1")
    train([quiet()])
    monkeypatch.setattr(Recorder, "take", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        train([monitor := quiet()])
    monitor._end("failed")


def test_copies_can_be_made_while_it_trains() -> None:
    """The callback can be pickled and deep-copied in a training; a copy is idle."""
    copies: list[LiveMonitor] = []

    class Copier(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, *args: Any) -> None:
            copies.extend((pickle.loads(pickle.dumps(monitor)), copy.deepcopy(monitor)))

    monitor = quiet()
    train([monitor, Copier()])
    assert len(copies) == 6
    assert all(other._attachment is None and other.settings.plots is False for other in copies)


@pytest.mark.parametrize("accumulated", [None, 3])
def test_the_total_is_in_the_unit_of_the_logged_step(accumulated: int | None) -> None:
    """The last row's step is the total: in a second `fit`, from a later epoch, and where gradients are added up."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.01, gradient_accumulation_steps=accumulated), "mse")
    x = np.random.default_rng(3).normal(size=(48, 4)).astype("float32")
    for first, epochs in ((0, 3), (0, 3), (2, 5)):
        monitor = quiet()
        model.fit(x, x[:, :1], batch_size=8, initial_epoch=first, epochs=epochs, callbacks=[monitor], verbose=0)
        assert monitor.dir is not None
        assert rows_of(monitor.dir)[-1]["step"] == notes_of(monitor.dir)["total_steps"]
