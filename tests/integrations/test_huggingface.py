"""huggingface.py, with a tiny random GPT-2: what the Trainer logs is recorded, and the training is the same."""

from __future__ import annotations

import copy
import csv
import functools
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("accelerate")

from livemon.recording.recorder import Recorder  # noqa: E402
from livemon.runs.config import read_config  # noqa: E402
from livemon_integrations.error_guard import guarded  # noqa: E402
from livemon_integrations.huggingface import LiveMonitor  # noqa: E402

HOOKS = ("on_train_begin", "on_log", "on_train_end")
pytestmark = pytest.mark.filterwarnings("ignore")  # of transformers and accelerate, about themselves


@pytest.fixture(autouse=True)
def one_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every training in a folder of its own, on one core, with nothing else that watches."""
    monkeypatch.chdir(tmp_path)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def train(callbacks: list[Any], resume: str | None = None, **options: Any) -> Any:
    """Train a tiny random GPT-2 for some steps; gives the Trainer. The same seed each time."""
    transformers.set_seed(3)
    config = transformers.GPT2Config(vocab_size=32, n_positions=8, n_embd=8, n_layer=1, n_head=2)
    words = torch.randint(0, 32, (32, 8), generator=torch.Generator().manual_seed(3))
    data = [{"input_ids": row, "labels": row} for row in words]
    args = transformers.TrainingArguments(
        **{
            "output_dir": "out", "max_steps": 8, "per_device_train_batch_size": 4, "logging_steps": 2,
            "eval_strategy": "steps", "eval_steps": 4, "save_strategy": "no", "report_to": "none",
            "disable_tqdm": True, "use_cpu": True, "dataloader_num_workers": 0, "seed": 3,
        }
        | options
    )  # fmt: skip
    trainer = transformers.Trainer(
        transformers.GPT2LMHeadModel(config), args, train_dataset=data, eval_dataset=data[:8], callbacks=callbacks
    )
    trainer.train(resume_from_checkpoint=resume)
    return trainer


def quiet() -> LiveMonitor:
    """A monitor that starts no process."""
    return LiveMonitor("none", plots=False)


def rows_of(run: Path) -> list[dict[str, float]]:
    with open(run / "logs" / "metrics.csv", newline="") as file:
        rows = [{name: float(text) for name, text in row.items() if text} for row in csv.DictReader(file)]
    for row in rows:
        del row["time_elapsed_seconds"]
    return rows


def notes_of(run: Path) -> dict[str, Any]:
    notes = json.loads((run / "livemon.json").read_text())
    assert isinstance(notes, dict)
    return notes


def weights(trainer: Any) -> list[bytes]:
    return [value.numpy().tobytes() for value in trainer.model.state_dict().values()]


SHORT = {"max_steps": 2, "logging_steps": 1, "eval_strategy": "no"}


@functools.cache
def undisturbed() -> list[bytes]:
    """The weights after a short training without us, which are the same each time."""
    return weights(train([], **SHORT))


@pytest.mark.strict
def test_what_is_recorded_is_the_trainer_s_own_record(tmp_path: Path) -> None:
    """The rows and the summary are `state.log_history`, to the bit, and livemon.json says what the Trainer knows."""
    monitor = quiet()
    trainer = train([monitor])
    run = tmp_path / "out"
    assert monitor.dir == run
    notes = notes_of(run)
    history = trainer.state.log_history
    assert rows_of(run) == history[:-1]
    assert {**notes["summary"], "step": 8} == history[-1]
    assert (notes["state"], notes["total_steps"], notes["framework"]) == ("finished", 8, "transformers")
    assert (notes["batch_size"], notes["devices"]) == (4, "1 x cpu")
    assert notes["parameters"] == sum(parameter.numel() for parameter in trainer.model.parameters())


def test_the_arguments_are_the_config_and_config_json_is_the_model_s(tmp_path: Path) -> None:
    """The run's config is the Trainer's arguments, also after the model has been saved; no config.json is ours."""
    monitor = quiet()
    trainer = train([monitor])
    run = tmp_path / "out"
    assert not (run / "config.json").exists()
    trainer.save_model()
    assert json.loads((run / "config.json").read_text())["model_type"] == "gpt2"
    config, problems = read_config(run)
    assert config is not None
    assert (config["learning_rate"], config["max_steps"], problems) == (5e-05, 8, [])


def test_resuming_from_a_checkpoint_appends(tmp_path: Path) -> None:
    """A training that goes on from a checkpoint adds its rows, and how it stood before is noted."""
    train([quiet()], save_strategy="steps", save_steps=4)
    before = rows_of(tmp_path / "out")
    trainer = train([quiet()], resume=str(tmp_path / "out" / "checkpoint-4"), max_steps=12)
    rows = rows_of(tmp_path / "out")
    assert rows[: len(before)] == before
    later = [entry for entry in trainer.state.log_history if entry["step"] > 4 and "train_runtime" not in entry]
    assert rows[len(before) :] == later
    assert [attempt["state"] for attempt in notes_of(tmp_path / "out")["earlier"]] == ["finished"]


@pytest.mark.strict
def test_an_evaluation_of_its_own_is_recorded(tmp_path: Path) -> None:
    """What `trainer.evaluate()` finds after the training stands in the same run, which stays finished."""
    trainer = train([quiet()])
    ended = notes_of(tmp_path / "out")["ended"]
    found = trainer.evaluate()
    last = rows_of(tmp_path / "out")[-1]
    assert (last["eval_loss"], last["step"]) == (found["eval_loss"], 8)
    assert (notes_of(tmp_path / "out")["state"], notes_of(tmp_path / "out")["ended"]) == ("finished", ended)


@pytest.mark.slow
def test_each_trial_of_a_search_is_a_run(tmp_path: Path) -> None:
    """A search for hyper-parameters leaves a run for each trial, with the settings of that trial; a search that comes
    later adds runs of its own."""
    pytest.importorskip("optuna")
    monitor = quiet()
    trainer = train([], max_steps=2, logging_steps=1, eval_strategy="no")
    model = copy.deepcopy(trainer.model)
    trainer.model_init = lambda trial: copy.deepcopy(model)
    trainer.add_callback(monitor)
    rates: list[float] = []

    def space(trial: Any) -> dict[str, float]:
        rates.append(trial.suggest_float("learning_rate", 1e-5, 1e-2))
        return {"learning_rate": rates[-1]}

    for n_trials in (2, 1):
        trainer.hyperparameter_search(space, lambda metrics: metrics["eval_loss"], n_trials, backend="optuna")
    runs = [tmp_path / "out" / f"run-{number}" for number in range(3)]
    assert [notes_of(run)["state"] for run in runs] == ["finished"] * 3
    assert [notes_of(run)["config"]["learning_rate"] for run in runs] == rates
    assert [[row["step"] for row in rows_of(run) if "loss" in row] for run in runs] == [[1, 2]] * 3
    assert not (tmp_path / "out" / "livemon.json").exists()


TWO_PROCESSES = """
import sys
sys.path.insert(0, sys.argv[1])
from test_huggingface import LiveMonitor, train
train([LiveMonitor("none", plots=False)], max_steps=4, eval_strategy="no", ddp_backend="gloo")
"""


@pytest.mark.slow
def test_of_two_processes_the_first_records(tmp_path: Path) -> None:
    """Under torchrun each row is recorded once, by the process that the Trainer calls the first."""
    (tmp_path / "train.py").write_text(TWO_PROCESSES)
    torchrun = [sys.executable, "-W", "ignore", "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    done = subprocess.run(
        [*torchrun, "train.py", str(Path(__file__).parent)], cwd=tmp_path, env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True, text=True, check=False, timeout=110,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("livemon: to watch this run") == 1
    assert [row["step"] for row in rows_of(tmp_path / "out")] == [2, 4]
    notes = notes_of(tmp_path / "out")
    assert (notes["state"], notes["devices"], notes["batch_size"]) == ("finished", "2 x cpu", 8)
    assert not (tmp_path / "out-2").exists()


def test_only_the_first_process_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the Trainer says that this is not the first process, nothing is written."""
    monkeypatch.setattr(transformers.Trainer, "is_world_process_zero", lambda self: False)
    train([quiet()])
    assert not (tmp_path / "out" / "livemon.json").exists()


def test_disabled_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under LIVEMON_DISABLED=1 nothing is written and nothing is started."""
    monkeypatch.setenv("LIVEMON_DISABLED", "1")
    train([LiveMonitor("window")]).evaluate()
    assert not (tmp_path / "out" / "livemon.json").exists()
    assert not (tmp_path / "out" / "logs").exists()


def test_what_is_logged_is_not_changed() -> None:
    """The dict that all callbacks share is as it was when the next callback gets it."""
    seen: list[dict[str, Any]] = []

    class After(transformers.TrainerCallback):  # type: ignore[misc]
        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
            seen.append(dict(logs))

    trainer = train([quiet(), After()])
    history = trainer.state.log_history
    assert seen == [{name: value for name, value in logs.items() if name != "step"} for logs in history]


# -- no way to break the training --------------------------------------------------------------------------------------


def test_every_hook_is_guarded() -> None:
    """Whatever of LiveMonitor the Trainer calls is behind the guard."""
    assert tuple(name for name in vars(LiveMonitor) if name.startswith("on_")) == HOOKS
    assert [name for name in HOOKS if not hasattr(vars(LiveMonitor)[name], "__wrapped__")] == []


def test_errors_inside_change_nothing(
    error: Exception, to_break: Callable[[Sequence[str]], list[list[str]]], caplog: pytest.LogCaptureFixture
) -> None:
    """With an error in one hook, each in its turn, in all at once, and in the recorder, the training completes, with
    the same weights to the bit, and one warning."""
    expected = undisturbed()

    def fail(self: Any, *args: Any, **kwargs: Any) -> None:
        raise error

    for broken in (*to_break(HOOKS), ["take"]):
        with pytest.MonkeyPatch.context() as patch:
            for name in broken:
                fail.__name__ = name
                if name == "take":
                    patch.setattr(Recorder, name, fail)
                else:
                    patch.setattr(LiveMonitor, name, guarded()(fail))
            caplog.clear()
            monitor = quiet()
            assert weights(train([monitor], **SHORT)) == expected
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

    class Copier(transformers.TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, *args: Any, **kwargs: Any) -> None:
            copies.extend((pickle.loads(pickle.dumps(monitor)), copy.deepcopy(monitor)))

    monitor = quiet()
    train([monitor, Copier()])
    assert len(copies) == 16
    assert all(other._attachment is None and other.settings.plots is False for other in copies)
