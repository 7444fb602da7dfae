"""stable_baselines3.py: what SB3's logger dumps is recorded, and the training is the same."""

from __future__ import annotations

import copy
import csv
import importlib.util
import json
import pickle
from pathlib import Path
from typing import Any

import pytest

for name in ("stable_baselines3", "gymnasium"):
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} is not installed here (pip install stable-baselines3)", allow_module_level=True)

from stable_baselines3 import PPO  # noqa: E402
from stable_baselines3.common.logger import KVWriter, configure  # noqa: E402

from livemon.recording.recorder import Recorder  # noqa: E402
from livemon_integrations.error_guard import guarded  # noqa: E402
from livemon_integrations.stable_baselines3 import LiveMonitor, _Rows  # noqa: E402

HOOKS = ("_on_training_start", "_on_training_end", "write")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every training in a folder of its own."""
    monkeypatch.chdir(tmp_path)


class Memory(KVWriter):  # type: ignore[misc]
    """An output format that only remembers."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def write(self, key_values: dict[str, Any], key_excluded: dict[str, Any], step: int = 0) -> None:
        self.rows.append({**key_values, "step": step})

    def close(self) -> None: ...


def learn(callback: Any, logger: Any = None, steps: int = 192) -> Any:
    """Let PPO learn CartPole for a few rollouts; gives the model. The same seed each time."""
    model = PPO("MlpPolicy", "CartPole-v1", n_steps=64, batch_size=32, n_epochs=1, seed=3, device="cpu")
    model.set_logger(logger or configure(None, []))
    return model.learn(steps, callback=callback)


def quiet(**options: Any) -> LiveMonitor:
    """A monitor that starts no process."""
    return LiveMonitor(view="none", plots=False, **options)


def rows_of(path: Path) -> list[dict[str, float]]:
    with open(path, newline="") as file:
        return [{name: float(text) for name, text in row.items() if text} for row in csv.DictReader(file)]


def notes_of(run: Path) -> dict[str, Any]:
    notes = json.loads((run / "livemon.json").read_text())
    assert isinstance(notes, dict)
    return notes


def weights(model: Any) -> list[bytes]:
    return [value.numpy().tobytes() for value in model.policy.state_dict().values()]


@pytest.mark.strict
def test_what_is_recorded_is_what_the_logger_dumps(tmp_path: Path) -> None:
    """Each dump of SB3's logger is a row to the bit; livemon.json says what SB3 knows; the logger is as before."""
    logger, memory, monitor = configure(None, []), Memory(), quiet()
    logger.output_formats.append(memory)
    model = learn(monitor, logger)
    run = tmp_path / "livemon" / "version_0"
    assert monitor.dir == run
    rows = rows_of(run / "logs" / "metrics.csv")
    for row in rows:
        del row["time_elapsed_seconds"]
    assert len(rows) == 3
    assert rows == [{name: float(value) for name, value in row.items()} for row in memory.rows]
    assert logger.output_formats == [memory]
    notes = notes_of(run)
    assert (notes["state"], notes["total_steps"], notes["devices"]) == ("finished", 192, "1 x cpu")
    assert (notes["config"]["algorithm"], notes["config"]["n_steps"]) == ("PPO", 64)
    assert notes["parameters"] == sum(parameter.numel() for parameter in model.policy.parameters())


def test_a_progress_csv_is_what_is_watched(tmp_path: Path) -> None:
    """Where SB3 writes a progress.csv its folder is the run, and only livemon.json is added."""
    monitor = quiet()
    learn(monitor, configure(str(tmp_path / "sb3"), ["csv"]))
    assert monitor.dir == tmp_path / "sb3"
    assert {path.name for path in monitor.dir.iterdir()} == {"progress.csv", "livemon.json"}
    assert notes_of(monitor.dir)["state"] == "finished"


def test_disabled_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under LIVEMON_DISABLED=1 nothing is written and nothing is started."""
    monkeypatch.setenv("LIVEMON_DISABLED", "1")
    learn(LiveMonitor(view="window"))
    assert list(tmp_path.iterdir()) == []


def test_every_hook_is_guarded() -> None:
    """Whatever of LiveMonitor SB3 calls is behind the guard; in every step there is nothing that could fail."""
    hooks = {**vars(LiveMonitor), "write": vars(_Rows)["write"]}
    assert {name for name in vars(LiveMonitor) if name.startswith(("_on_", "_init_"))} == {*HOOKS[:2], "_on_step"}
    assert [name for name in HOOKS if not hasattr(hooks[name], "__wrapped__")] == []
    assert hooks["_on_step"].__code__.co_names == ()


def test_errors_inside_change_nothing(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    """With an error in one hook, each in its turn, in all at once, and in the recorder, the training completes, with
    the same weights to the bit, and one warning."""
    expected = weights(learn(None))

    def fail(self: Any, *args: Any, **kwargs: Any) -> None:
        raise error

    for broken in (*([name] for name in HOOKS), HOOKS, ["take"]):
        with pytest.MonkeyPatch.context() as patch:
            for name in broken:
                fail.__name__ = name
                if name == "take":
                    patch.setattr(Recorder, name, fail)
                else:
                    patch.setattr(_Rows if name == "write" else LiveMonitor, name, guarded()(fail))
            caplog.clear()
            monitor = quiet()
            assert weights(learn(monitor)) == expected
            assert len([text for text in caplog.messages if text.startswith("livemon")]) == 1
            monitor._end("finished")


def test_strict_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """LIVEMON_STRICT=1 lets an error of ours end the training, and lets a training without one pass."""
    monkeypatch.setenv("LIVEMON_STRICT", "1")
    learn(quiet())
    monkeypatch.setattr(Recorder, "take", lambda *_: 1 / 0)
    monitor = quiet()
    with pytest.raises(ZeroDivisionError):
        learn(monitor)
    monitor._end("failed")


def test_copies_and_saved_models(tmp_path: Path) -> None:
    """The callback can be pickled and deep-copied after a training, and the model can be saved in it."""
    from stable_baselines3.common.callbacks import CheckpointCallback

    monitor = quiet()
    learn([monitor, CheckpointCallback(64, str(tmp_path / "saved"))])
    assert len(list((tmp_path / "saved").iterdir())) == 3
    idle = pickle.loads(pickle.dumps(quiet()))
    assert idle._attachment is None
    assert copy.deepcopy(monitor)._attachment is None
