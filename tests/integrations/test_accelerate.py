"""accelerate.py: `Accelerator(log_with="livemon")`."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
accelerate = pytest.importorskip("accelerate")
if not hasattr(accelerate.tracking, "register_tracker_class"):
    pytest.skip("this accelerate has no register_tracker_class", allow_module_level=True)

from livemon.recording.recorder import Recorder  # noqa: E402
from livemon_integrations.accelerate import LiveTracker  # noqa: E402
from livemon_integrations.error_guard import guarded  # noqa: E402

HOOKS = ("store_init_configuration", "log", "finish")
QUIET: Mapping[str, Any] = {"livemon": {"view": "none", "plots": False}}
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every training in a folder of its own, on the CPU."""
    monkeypatch.chdir(tmp_path)
    yield
    accelerate.state.AcceleratorState._reset_state(True)


def train(
    log_with: str | None = "livemon", init_kwargs: Mapping[str, Any] = QUIET
) -> tuple[Any, list[dict[str, float]]]:
    """Train a linear model for ten steps; gives the model and what was logged. A tracker that did not end is ended."""
    torch.manual_seed(3)
    accelerator = accelerate.Accelerator(cpu=True, log_with=log_with)
    accelerator.init_trackers("exp", config={"lr": 0.1}, init_kwargs=init_kwargs)
    model = torch.nn.Linear(4, 1)
    model, optimizer = accelerator.prepare(model, torch.optim.SGD(model.parameters(), lr=0.1))
    logged = []
    try:
        for step in range(10):
            loss = (model(torch.randn(8, 4)) ** 2).mean()
            accelerator.backward(loss)
            optimizer.step()
            optimizer.zero_grad()
            values = {"loss": loss}
            accelerator.log(values, step=step)
            assert list(values) == ["loss"], "other trackers get the same"
            assert values["loss"] is loss
            logged.append({"loss": loss.item(), "step": float(step)})
        accelerator.end_training()
    finally:
        for tracker in accelerator.trackers:
            if tracker._attachment is not None:
                tracker._attachment.end("failed")
    return model, logged


def weights(model: Any) -> list[bytes]:
    return [value.numpy().tobytes() for value in model.state_dict().values()]


def end_of(run: Path) -> tuple[str, str | None, str]:
    notes = json.loads((run / "livemon.json").read_text())
    return notes["state"], notes["reason"], notes.get("evidence", "")


@pytest.mark.strict
def test_what_is_logged_is_recorded(tmp_path: Path) -> None:
    """A training with log_with="livemon" leaves a run with its rows to the bit, its config and its end."""
    _, logged = train()
    run = tmp_path / "livemon" / "exp" / "version_0"
    with open(run / "logs" / "metrics.csv", newline="") as file:
        rows = [{name: float(row[name]) for name in ("loss", "step")} for row in csv.DictReader(file)]
    assert rows == logged
    notes = json.loads((run / "livemon.json").read_text())
    assert (notes["state"], notes["config"], notes["framework"]) == ("finished", {"lr": 0.1}, "accelerate")


def test_a_folder_can_be_named(tmp_path: Path) -> None:
    """init_kwargs say where the run goes."""
    train(init_kwargs={"livemon": {**QUIET["livemon"], "dir": "runs/mine"}})
    assert (tmp_path / "runs" / "mine" / "logs" / "metrics.csv").exists()


def test_disabled_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under LIVEMON_DISABLED=1 nothing is written."""
    monkeypatch.setenv("LIVEMON_DISABLED", "1")
    train()
    assert list(tmp_path.iterdir()) == []


def test_only_the_main_process_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a process that is not the main one nothing is written."""
    monkeypatch.setattr(accelerate.PartialState, "is_main_process", False)
    train()
    assert list(tmp_path.iterdir()) == []


def test_an_error_that_is_under_way_is_the_end_of_the_training(tmp_path: Path) -> None:
    """Where end_training() stands in a `finally`, the run has failed by the error that passes there; one in whose
    handling the whole training stands is not its own."""
    tracked = LiveTracker("exp", tmp_path / "failed", "none", plots=False)
    tracked.log({"x": 1})

    def fail() -> None:
        try:
            raise ValueError("nan")
        finally:
            tracked.finish()

    with pytest.raises(ValueError, match="nan"):
        fail()
    assert end_of(tmp_path / "failed") == ("failed", "nan", "ValueError: nan")
    try:
        raise ImportError("no faster kernel here")
    except ImportError:
        tracked = LiveTracker("exp", tmp_path / "finished", "none", plots=False)
        tracked.log({"x": 1})
        tracked.finish()
    assert end_of(tmp_path / "finished") == ("finished", None, "")


def test_every_hook_is_guarded() -> None:
    """Whatever of the tracker does something when Accelerate calls it is behind the guard."""
    theirs = {name for name in vars(LiveTracker) if callable(vars(LiveTracker)[name]) and not name.startswith("_")}
    assert theirs == set(HOOKS)
    assert [name for name in HOOKS if not hasattr(vars(LiveTracker)[name], "__wrapped__")] == []


def test_errors_inside_change_nothing(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    """With an error in one hook, each in its turn, in all at once, and in the recorder, the training completes, with
    the same weights to the bit, and one warning."""
    expected = weights(train(None)[0])

    def fail(self: Any, *args: Any, **kwargs: Any) -> None:
        raise error

    for broken in (*([name] for name in HOOKS), HOOKS, ["take"]):
        with pytest.MonkeyPatch.context() as patch:
            for name in broken:
                fail.__name__ = name
                if name == "take":
                    patch.setattr(Recorder, name, fail)
                else:
                    patch.setattr(LiveTracker, name, guarded()(fail))
            caplog.clear()
            assert weights(train()[0]) == expected
            assert len([text for text in caplog.messages if text.startswith("livemon")]) == 1


def test_strict_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """LIVEMON_STRICT=1 lets an error of ours end the training, and lets a training without one pass."""
    monkeypatch.setenv("LIVEMON_STRICT", "1")
    train()
    monkeypatch.setattr(Recorder, "take", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        train()
