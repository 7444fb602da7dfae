"""lightning.py: what the trainer logs is what is watched, and the training is the same with and without us."""

from __future__ import annotations

import copy
import csv
import functools
import importlib
import json
import pickle
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from livemon.recording.recorder import Recorder  # noqa: E402
from livemon.runs.experiment import ExperimentLoader  # noqa: E402
from livemon.runs.notes import RunNotes  # noqa: E402
from livemon_integrations import lightning as ours  # noqa: E402
from livemon_integrations.error_guard import guarded  # noqa: E402
from livemon_integrations.lightning import LiveMonitor  # noqa: E402

NAMESPACES = ("lightning.pytorch", "pytorch_lightning")
PER_BATCH = {
    "on_train_batch_start": "_note_batch_step", "on_before_optimizer_step": "_log_grad_norm",
    "on_train_batch_end": "_after_batch",
}  # fmt: skip
HOOKS = [name for name in vars(LiveMonitor) if name.startswith("on_") or name in ("setup", "teardown")]
Row = tuple[int, dict[str, float]]


@pytest.fixture(autouse=True)
def one_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every training in a folder of its own, on one core."""
    monkeypatch.chdir(tmp_path)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(params=NAMESPACES)
def pl(request: pytest.FixtureRequest) -> Any:
    return importlib.import_module(request.param)


def make_model(pl: Any, fail_with: BaseException | None = None) -> Any:
    """A linear model that logs on steps and epochs, validates, and logs one metric from the second epoch on."""

    class Model(pl.LightningModule):  # type: ignore[misc]
        def __init__(self, width: int = 4, learning_rate: float = 0.05) -> None:
            super().__init__()
            self.save_hyperparameters()
            self.layer = torch.nn.Linear(width, 1)

        def training_step(self, batch: Any, batch_idx: int) -> Any:
            if fail_with is not None and self.current_epoch == 1:
                raise fail_with
            loss = (self.layer(batch) ** 2).mean()
            self.log("train_loss", loss, on_step=True, on_epoch=True)
            if self.current_epoch >= 1:
                self.log("late", loss * 2)
            return loss

        def validation_step(self, batch: Any, batch_idx: int) -> None:
            self.log("val_loss", (self.layer(batch) ** 2).mean())
            self.log("val_step", float(batch_idx), on_step=True, on_epoch=False)

        def configure_optimizers(self) -> Any:
            optimizer = torch.optim.SGD(self.parameters(), lr=self.hparams["learning_rate"])
            return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 1)]

    return Model()


def make_memory(pl: Any) -> Any:
    """A logger that only remembers."""

    class Memory(pl.loggers.Logger):  # type: ignore[misc]
        name = "memory"
        version = 0

        def __init__(self) -> None:
            super().__init__()
            self.rows: list[Row] = []

        def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
            assert step is not None
            self.rows.append((step, dict(metrics)))

        def log_hyperparams(self, *args: Any, **kwargs: Any) -> None: ...

    return Memory()


def fit(pl: Any, callbacks: list[Any], logger: Any = False, model: Any = None, **options: Any) -> Any:
    """Train for 2 epochs of 10 batches; gives the trainer. The same seed each time."""
    pl.seed_everything(3, verbose=False)
    loader = torch.utils.data.DataLoader(torch.randn(40, 4), batch_size=4)
    trainer = pl.Trainer(
        **{
            "max_epochs": 2, "log_every_n_steps": 3, "logger": logger, "callbacks": callbacks, "accelerator": "cpu",
            "enable_progress_bar": False, "enable_model_summary": False, "enable_checkpointing": False,
        }
        | options
    )  # fmt: skip
    trainer.fit(model or make_model(pl), loader, loader)
    return trainer


def quiet(**options: Any) -> LiveMonitor:
    """A monitor that starts no process."""
    return LiveMonitor("none", plots=False, **options)


def rows_of(path: Path) -> list[Row]:
    with open(path, newline="") as file:
        rows = [{name: float(text) for name, text in row.items() if text} for row in csv.DictReader(file)]
    for row in rows:
        row.pop("time_elapsed_seconds", None)
    return [(int(row.pop("step")), row) for row in rows]


def notes_of(monitor: LiveMonitor) -> dict[str, Any]:
    assert monitor.dir is not None
    notes = json.loads((monitor.dir / "livemon.json").read_text())
    assert isinstance(notes, dict)
    return notes


def weights(trainer: Any) -> list[bytes]:
    return [value.numpy().tobytes() for value in trainer.lightning_module.state_dict().values()]


# -- what is recorded --------------------------------------------------------------------------------------------------


def test_both_trainers_take_it(pl: Any) -> None:
    """A LiveMonitor is a Callback of whichever Lightning is loaded, alone and in a list."""
    assert isinstance(LiveMonitor(), pl.Callback)
    trainer = pl.Trainer(callbacks=LiveMonitor(), logger=False)
    assert any(isinstance(callback, LiveMonitor) for callback in trainer.callbacks)


@pytest.mark.strict
def test_the_csv_logger_is_what_is_watched(pl: Any, tmp_path: Path) -> None:
    """With a CSVLogger the run is its folder, the rows are its rows, and livemon.json says what the trainer knows."""
    memory, monitor = make_memory(pl), quiet()
    rates = pl.callbacks.LearningRateMonitor()
    fit(pl, [monitor, rates], [memory, pl.loggers.CSVLogger(".", name="exp")])
    assert monitor.dir == tmp_path / "exp" / "version_0"
    assert {path.name for path in monitor.dir.iterdir()} == {
        "metrics.csv", "hparams.yaml", "livemon.json", ".livemon"
    }  # fmt: skip
    assert rows_of(monitor.dir / "metrics.csv") == memory.rows
    notes = notes_of(monitor)
    assert (notes["state"], notes["total_steps"], notes["total_epochs"]) == ("finished", 20, 2)
    assert notes["config"] == {"width": 4, "learning_rate": 0.05}


@pytest.mark.strict
def test_without_a_csv_logger_the_rows_are_recorded(pl: Any, tmp_path: Path) -> None:
    """With another logger only, every row that it gets is in our file: steps, epochs, validation, learning rates."""
    memory, monitor = make_memory(pl), quiet()
    fit(pl, [pl.callbacks.LearningRateMonitor(), monitor], memory, default_root_dir=tmp_path / "root")
    assert monitor.dir == tmp_path / "root" / "livemon" / "version_0"
    assert rows_of(monitor.dir / "logs" / "metrics.csv") == memory.rows
    assert notes_of(monitor)["total_steps"] == 20


def test_a_logger_with_a_folder_keeps_the_rows(pl: Any, tmp_path: Path) -> None:
    """Where the other logger has a folder for this run, as TensorBoard's has, our rows lie in `livemon` there."""
    memory, monitor = make_memory(pl), quiet()
    type(memory).log_dir = str(tmp_path / "tb" / "version_7")
    fit(pl, [monitor], memory)
    assert monitor.dir == tmp_path / "tb" / "version_7" / "livemon"
    assert rows_of(monitor.dir / "logs" / "metrics.csv") == memory.rows


@pytest.mark.strict
def test_without_any_logger_the_rows_are_recorded(pl: Any, tmp_path: Path) -> None:
    """With logger=False our file has what a logger would have got, and each training has a folder of its own."""
    memory, first, second = make_memory(pl), quiet(), quiet()
    fit(pl, [], memory)
    fit(pl, [first])
    trainer = fit(pl, [second])
    assert first.dir == tmp_path / "livemon" / "version_0"
    assert second.dir == tmp_path / "livemon" / "version_1"
    assert rows_of(second.dir / "logs" / "metrics.csv") == memory.rows
    assert trainer.loggers == []
    assert "log_metrics" not in vars(trainer._logger_connector), "the trainer is as it was"


def test_fast_dev_run_and_disabled_leave_nothing(pl: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under fast_dev_run and under LIVEMON_DISABLED=1 nothing is written and nothing is started."""
    fit(pl, [LiveMonitor(view="window")], fast_dev_run=True)
    monkeypatch.setenv("LIVEMON_DISABLED", "1")
    fit(pl, [LiveMonitor(view="window")])
    assert list(tmp_path.iterdir()) == []


def test_only_the_first_rank_does_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is not rank 0 writes nothing."""
    pl = importlib.import_module(NAMESPACES[0])
    monkeypatch.setattr(pl.Trainer, "is_global_zero", False)
    fit(pl, [quiet()])
    assert list(tmp_path.iterdir()) == []


def test_the_number_of_steps_may_be_unknown(tmp_path: Path) -> None:
    """Training without end, and over data without a length, have no total; a limit on steps is one."""
    pl = importlib.import_module(NAMESPACES[0])

    class Stop(pl.Callback):  # type: ignore[name-defined, misc]
        def on_train_batch_end(self, trainer: Any, *args: Any) -> None:
            trainer.should_stop = True

    for options, total in (({"max_epochs": -1}, None), ({"max_epochs": -1, "max_steps": 5}, 5)):
        monitor = quiet()
        fit(pl, [monitor, Stop()], **options)
        assert notes_of(monitor)["total_steps"] == total


@pytest.mark.strict
def make_gan(pl: Any, every: int) -> Any:
    """A model that steps two optimizers itself: one in each batch, the other in every n-th."""

    class Gan(pl.LightningModule):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.automatic_optimization = False
            self.one, self.two = torch.nn.Linear(4, 1), torch.nn.Linear(4, 1)

        def training_step(self, batch: Any, batch_idx: int) -> None:
            for place, (optimizer, layer) in enumerate(zip(self.optimizers(), (self.one, self.two), strict=True)):
                if place == 0 or batch_idx % every == 0:
                    loss = (layer(batch) ** 2).mean()
                    optimizer.zero_grad()
                    self.manual_backward(loss)
                    optimizer.step()
                    self.log(f"loss_{place}", loss)

        def configure_optimizers(self) -> Any:
            return [torch.optim.SGD(layer.parameters(), lr=0.01) for layer in (self.one, self.two)]

    return Gan()


@pytest.mark.parametrize(("options", "every", "total"), [
    ({"max_epochs": 2}, 1, 20),
    ({"max_epochs": -1, "max_steps": 40}, 1, 20),  # 2 optimizer steps a batch
    ({"max_epochs": 9, "max_steps": 60}, 2, 40),  # 3 in 2 batches
])
def test_the_total_is_in_the_unit_of_the_logged_step(
    pl: Any, options: dict[str, Any], every: int, total: int
) -> None:
    """Two optimizers step twice a batch, and the loggers count batches: so do the total and the pace."""
    monitor = quiet()
    trainer = fit(pl, [monitor], pl.loggers.CSVLogger("."), make_gan(pl, every), log_every_n_steps=1, **options)
    assert monitor.dir is not None
    last = max(step for step, _ in rows_of(monitor.dir / "metrics.csv"))
    notes = notes_of(monitor)
    assert (last, notes["total_steps"]) == (total - 1, total)
    assert trainer.global_step == (2 * total if every == 1 else 1.5 * total)
    assert notes["samples_per_second"] == pytest.approx(4 * notes["steps_per_second"], rel=1e-4)


def test_the_total_with_accumulated_gradients(pl: Any) -> None:
    """Batches whose gradients are added up are one step, the last ones of an epoch too."""
    monitor = quiet()
    fit(pl, [monitor], pl.loggers.CSVLogger("."), accumulate_grad_batches=4, log_every_n_steps=1)
    assert notes_of(monitor)["total_steps"] == 6  # 10 batches are 3 steps


def test_tensorboard_alone(pl: Any, tmp_path: Path) -> None:
    """With a TensorBoardLogger only, real, the rows go to `livemon` in its folder and equal what TensorBoard got."""
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    monitor = quiet()
    trainer = fit(pl, [monitor, pl.callbacks.LearningRateMonitor()], pl.loggers.TensorBoardLogger("."))
    log_dir = tmp_path / "lightning_logs" / "version_0"
    assert Path(trainer.log_dir).absolute() == log_dir
    assert monitor.dir == log_dir / "livemon"
    events = accumulator.EventAccumulator(str(log_dir))
    events.Reload()
    theirs = {
        (name, event.step): event.value for name in events.Tags()["scalars"] for event in events.Scalars(name)
        if name != "hp_metric"
    }  # fmt: skip
    rows = rows_of(monitor.dir / "logs" / "metrics.csv")
    recorded = {(name, step): value for step, row in rows for name, value in row.items()}
    assert recorded.keys() == theirs.keys()
    assert recorded == pytest.approx(theirs, rel=1e-6), "TensorBoard keeps float32"


@pytest.mark.strict
def test_several_loggers_and_data_loaders(pl: Any, tmp_path: Path) -> None:
    """Of several loggers the first CSVLogger's folder is the run; the metrics of several data loaders are all there;
    loggers and the place of checkpoints are as without us."""
    memory, monitor = make_memory(pl), quiet()
    model = make_model(pl)
    model.validation_step = lambda batch, batch_idx, dataloader_idx=0: model.log("val_loss", batch.mean())
    csv_loggers = [pl.loggers.CSVLogger(".", name) for name in ("first", "second")]
    loggers = [pl.loggers.TensorBoardLogger("."), memory, *csv_loggers]
    loader = torch.utils.data.DataLoader(torch.randn(8, 4), batch_size=4)
    where = []
    for callbacks in ([monitor], []):
        pl.seed_everything(3, verbose=False)
        trainer = pl.Trainer(
            max_epochs=1, logger=loggers, callbacks=callbacks, accelerator="cpu", enable_progress_bar=False,
            enable_model_summary=False, log_every_n_steps=1,
        )  # fmt: skip
        if callbacks:
            trainer.fit(model, loader, [loader, loader])
        assert trainer.loggers == loggers
        where.append(trainer.log_dir)
    assert where[0] == where[1]
    assert monitor.dir == tmp_path / "first" / "version_0"
    assert rows_of(monitor.dir / "metrics.csv") == memory.rows
    names = {name for _, row in memory.rows for name in row}
    assert {"val_loss/dataloader_idx_0", "val_loss/dataloader_idx_1"} <= names
    assert list((tmp_path / "lightning_logs" / "version_0").glob("checkpoints/*.ckpt"))


def test_what_only_the_trainer_knows(pl: Any) -> None:
    """livemon.json has total steps, batch size, throughput, the model's size, devices and precision."""
    monitor = quiet()
    fit(pl, [monitor], accumulate_grad_batches=2)
    notes = notes_of(monitor)
    assert (notes["total_steps"], notes["batch_size"], notes["parameters"], notes["trained"]) == (10, 8, 5, 5)
    assert (notes["devices"], notes["precision"]) == ("1 x CPU", "32-true")
    assert notes["samples_per_second"] == pytest.approx(8 * notes["steps_per_second"], rel=1e-4)


@pytest.mark.parametrize("with_csv", [True, False])
def test_the_gradient_norm_is_logged_where_it_is_asked_for(pl: Any, with_csv: bool) -> None:
    """grad_norm=True logs the 2-norm of all gradients at each step that is logged; by default there is none."""
    norms: list[float] = []

    class Spy(pl.Callback):  # type: ignore[misc]
        def on_before_optimizer_step(self, trainer: Any, pl_module: Any, optimizer: Any) -> None:
            norms.append(torch.cat([p.grad.flatten() for p in pl_module.parameters()]).norm().item())

    monitor, plain = quiet(grad_norm=True), quiet()
    fit(pl, [monitor, Spy()], pl.loggers.CSVLogger(".") if with_csv else False)
    assert monitor.dir is not None
    rows = rows_of(next(monitor.dir.rglob("metrics.csv")))
    logged = [(step, row["grad_norm"]) for step, row in rows if "grad_norm" in row]
    assert logged == [(step, pytest.approx(norms[step])) for step in range(2, 20, 3)]
    fit(pl, [plain])
    assert plain.dir is not None
    assert "grad_norm" not in (plain.dir / "logs" / "metrics.csv").read_text()


def test_of_two_monitors_the_first_works(pl: Any, tmp_path: Path) -> None:
    """A second monitor in one trainer, as LIVEMON=1 may add one, does nothing."""
    first, second = quiet(), quiet()
    fit(pl, [first, second])
    assert first.dir == tmp_path / "livemon" / "version_0"
    assert second.dir is None
    assert len(list(tmp_path.glob("livemon/*"))) == 1


# -- resuming, testing -------------------------------------------------------------------------------------------------


def resume(pl: Any, monitor: LiveMonitor, logger: Any, epochs: int, checkpoint: str | None = None) -> None:
    """Train to a number of epochs, from a checkpoint where one is given, and save one at the end."""
    loader = torch.utils.data.DataLoader(torch.randn(40, 4), batch_size=4)
    trainer = pl.Trainer(
        max_epochs=epochs, log_every_n_steps=3, logger=logger, callbacks=[monitor], accelerator="cpu",
        enable_progress_bar=False, enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(make_model(pl), loader, loader, ckpt_path=checkpoint)
    trainer.save_checkpoint(Path(trainer.log_dir or ".") / "checkpoints" / "last.ckpt")


@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_resuming_into_the_same_version_keeps_the_history(pl: Any, tmp_path: Path) -> None:
    """Where a training goes on in the same version, CSVLogger deletes the rows so far; they are kept, livemon.json says
    where, and the loader shows them as an earlier attempt, once, also where it had seen them before it was started."""
    run = tmp_path / "exp" / "version_0"
    resume(pl, quiet(), pl.loggers.CSVLogger(".", "exp", version=0), 2)
    before = rows_of(run / "metrics.csv")
    watcher = ExperimentLoader(run, remember=True)
    watcher.refresh()
    monitor = quiet()
    resume(pl, monitor, pl.loggers.CSVLogger(".", "exp", version=0), 4, str(run / "checkpoints" / "last.ckpt"))
    after = rows_of(run / "metrics.csv")
    assert after[0][0] > before[-1][0], "CSVLogger has deleted them"
    notes = notes_of(monitor)
    assert [attempt["file"] for attempt in notes["earlier"]] == [".livemon/attempt_0.csv"]
    assert notes["resumed_from"].endswith("last.ckpt")
    assert rows_of(run / ".livemon" / "attempt_0.csv") == before
    expected = [(step, row["train_loss_step"]) for step, row in before + after if "train_loss_step" in row]
    watcher.refresh()
    for loader in (watcher, ExperimentLoader(run), ExperimentLoader(run, remember=True)):
        loader.refresh()
        assert list(loader.series("train_loss_step").items()) == expected
        assert list(loader.series("train_loss_step", attempts="all").values) == [loss for _, loss in expected]


@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_a_new_training_in_the_same_version_is_no_earlier_attempt(tmp_path: Path) -> None:
    """Where another training begins in the same version, the deleted rows are kept and not shown as its own."""
    pl = importlib.import_module(NAMESPACES[0])
    run = tmp_path / "exp" / "version_0"
    resume(pl, quiet(), pl.loggers.CSVLogger(".", "exp", version=0), 2)
    before = rows_of(run / "metrics.csv")
    resume(pl, quiet(), pl.loggers.CSVLogger(".", "exp", version=0), 1)
    assert rows_of(run / ".livemon" / "attempt_0.csv") == before
    after = [row["train_loss_step"] for _, row in rows_of(run / "metrics.csv") if "train_loss_step" in row]
    assert list(ExperimentLoader(run).series("train_loss_step")) == after


@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_resuming_into_a_new_version_says_what_it_continues(pl: Any, tmp_path: Path) -> None:
    """Where a training goes on in a new version, livemon.json names the run that it continues."""
    resume(pl, quiet(), pl.loggers.CSVLogger(".", "exp"), 1)
    monitor = quiet()
    checkpoint = tmp_path / "exp" / "version_0" / "checkpoints" / "last.ckpt"
    resume(pl, monitor, pl.loggers.CSVLogger(".", "exp"), 2, str(checkpoint))
    assert monitor.dir == tmp_path / "exp" / "version_1"
    assert notes_of(monitor)["continues"] == str(tmp_path / "exp" / "version_0")


@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_resuming_without_a_csv_logger_appends(tmp_path: Path) -> None:
    """Where we record, a resumed training's rows stand behind the old ones, and its clock goes on."""
    pl = importlib.import_module(NAMESPACES[0])
    logger = pl.loggers.TensorBoardLogger(".", version=0)
    resume(pl, quiet(), logger, 1)
    monitor = quiet()
    checkpoint = tmp_path / "lightning_logs" / "version_0" / "checkpoints" / "last.ckpt"
    resume(pl, monitor, pl.loggers.TensorBoardLogger(".", version=0), 2, str(checkpoint))
    assert monitor.dir is not None
    steps = [step for step, row in rows_of(monitor.dir / "logs" / "metrics.csv") if "train_loss_step" in row]
    assert steps == [2, 5, 8, 11, 14, 17]
    assert len(notes_of(monitor)["earlier"]) == 1


@pytest.mark.strict
@pytest.mark.parametrize("logger", ["none", "csv"])
def test_a_test_s_numbers_arrive(pl: Any, logger: str) -> None:
    """What `trainer.test` and `trainer.validate` log after a training stands in the same run, which stays finished."""

    class Tested(type(make_model(pl))):  # type: ignore[misc]
        def test_step(self, batch: Any, batch_idx: int) -> None:
            """Log one number."""
            self.log("test_loss", batch.mean())

    monitor = quiet()
    loader = torch.utils.data.DataLoader(torch.randn(40, 4), batch_size=4)
    trainer = fit(pl, [monitor], pl.loggers.CSVLogger(".") if logger == "csv" else False, model=Tested())
    ended = notes_of(monitor)["ended"]
    (tested,) = trainer.test(trainer.lightning_module, loader, verbose=False)
    (validated,) = trainer.validate(trainer.lightning_module, loader, verbose=False)
    assert monitor.dir is not None
    rows = [row for _, row in rows_of(next(monitor.dir.rglob("metrics.csv")))]
    assert [row["test_loss"] for row in rows if "test_loss" in row] == [pytest.approx(tested["test_loss"])]
    assert [row["val_loss"] for row in rows if "val_loss" in row][2:] == [pytest.approx(validated["val_loss"])]
    assert (notes_of(monitor)["state"], notes_of(monitor)["ended"]) == ("finished", ended)
    assert "log_metrics" not in vars(trainer._logger_connector)


@pytest.mark.strict
def test_a_validation_before_the_training_is_of_its_run(pl: Any, tmp_path: Path) -> None:
    """What `trainer.validate` logs before `fit`, without a logger, is the first row of the run, and no run of its own;
    a second training has a folder of its own."""
    monitor = quiet()
    loader = torch.utils.data.DataLoader(torch.randn(40, 4), batch_size=4)
    trainer = pl.Trainer(max_epochs=1, logger=False, callbacks=[monitor], enable_checkpointing=False,
                         enable_progress_bar=False, enable_model_summary=False, log_every_n_steps=1, accelerator="cpu")
    model = make_model(pl)
    (validated,) = trainer.validate(model, loader, verbose=False)
    trainer.fit(model, loader, loader)
    assert [path.name for path in (tmp_path / "livemon").iterdir()] == ["version_0"]
    rows = [row for _, row in rows_of(tmp_path / "livemon" / "version_0" / "logs" / "metrics.csv")]
    first = next(place for place, row in enumerate(rows) if "val_loss" in row)
    assert rows[first]["val_loss"] == pytest.approx(validated["val_loss"])
    assert first < next(place for place, row in enumerate(rows) if "train_loss_step" in row)
    assert notes_of(monitor)["state"] == "finished"
    fit(pl, [monitor])
    assert sorted(path.name for path in (tmp_path / "livemon").iterdir()) == ["version_0", "version_1"]


# -- how it ends -------------------------------------------------------------------------------------------------------


def test_a_failed_training_is_marked_and_fails_as_before(pl: Any) -> None:
    """An exception in the training is noted with its reason and goes on to the user."""
    monitor = quiet()
    with pytest.raises(ValueError, match="loss exploded"):
        fit(pl, [monitor], model=make_model(pl, ValueError("loss exploded")))
    notes = notes_of(monitor)
    assert (notes["state"], notes["reason"], notes["evidence"]) == ("failed", "error", "ValueError: loss exploded")


def test_ctrl_c_is_marked(pl: Any) -> None:
    """Ctrl-C ends the training as Lightning wants it, and the run is marked interrupted."""
    before = signal.getsignal(signal.SIGINT)
    monitor = quiet()
    try:
        with pytest.raises(SystemExit):
            fit(pl, [monitor], model=make_model(pl, KeyboardInterrupt()))
    finally:
        signal.signal(signal.SIGINT, before)
    assert (notes_of(monitor)["state"], notes_of(monitor)["reason"]) == ("stopped", "interrupted")


@pytest.mark.parametrize(("callbacks", "should_stop", "metrics", "expected"), [
    ([], False, {}, ("finished", None)), ([], True, {}, ("stopped", "on request")),
    (["EarlyStopping"], True, {"val_loss": 1.0}, ("finished", None)),
    (["EarlyStopping"], True, {"val_loss": float("nan")}, ("failed", "nan")),
    (["Timer"], True, {}, ("stopped", "time limit")),
])
def test_who_ended_a_training_early(
    callbacks: list[str], should_stop: bool, metrics: dict[str, float], expected: tuple[str, str | None]
) -> None:
    """A training that comes out of its loop before its end was stopped, unless Lightning's own early stopping ended it;
    where that saw a NaN, the training has failed."""
    made = {"EarlyStopping": {"monitor": "val_loss", "check_finite": True}, "Timer": {"time_remaining": lambda: -1.0}}
    trainer = SimpleNamespace(
        should_stop=should_stop, callback_metrics=metrics,
        callbacks=[type(name, (), {key: staticmethod(value) if callable(value) else value
                                   for key, value in made[name].items()})() for name in callbacks],
    )  # fmt: skip
    assert ours._end_of(trainer)[:2] == expected


def test_a_model_that_stops_the_trainer(pl: Any) -> None:
    """`trainer.should_stop` that is set by the script ends the run as stopped, with what it had logged."""

    class Stopping(pl.Callback):  # type: ignore[misc, name-defined]
        def on_train_batch_end(self, trainer: Any, *_: Any, **__: Any) -> None:
            trainer.should_stop = True

    monitor = quiet()
    fit(pl, [monitor, Stopping()])
    notes = notes_of(monitor)
    assert (notes["state"], notes["reason"]) == ("stopped", "on request")


@pytest.mark.parametrize("script_s_own", [False, True])
def test_sigterm_is_preemption_and_draws_nothing(monkeypatch: pytest.MonkeyPatch, script_s_own: bool) -> None:
    """Lightning's SIGTERMException, or the exit that a script makes of the signal, is noted as preempted, and no plot
    is begun."""
    pl = importlib.import_module(NAMESPACES[0])
    exceptions = importlib.import_module("lightning.pytorch.utilities.exceptions")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("a process was started"))
    monitor = LiveMonitor(view="none")
    error = SystemExit(143) if script_s_own else exceptions.SIGTERMException()
    with pytest.raises(type(error)):
        fit(pl, [monitor], model=make_model(pl, error))
    assert (notes_of(monitor)["state"], notes_of(monitor)["reason"]) == ("failed", "preempted")


def test_a_script_that_leaves_the_training_has_not_finished_it() -> None:
    """exit() in the middle of a training, also with status 0, is no end of it."""
    pl = importlib.import_module(NAMESPACES[0])
    monitor = quiet()
    with pytest.raises(SystemExit):
        fit(pl, [monitor], model=make_model(pl, SystemExit(0)))
    assert notes_of(monitor)["state"] == "failed"


# -- other processes ---------------------------------------------------------------------------------------------------


def fake_livemon(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """Put a shell script in the place of the Python that runs livemon; gives the file where it notes its arguments."""
    calls, program = folder / "calls", folder / "fake"
    program.write_text(f'#!/bin/sh\nshift 3\necho "$@" >> {calls}\n{script}\n')
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    return calls


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for the view")
def test_view_and_plots_are_processes_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The view is `livemon watch` until the run's end; where it was closed early, `livemon plot` makes the plots."""
    calls = fake_livemon(tmp_path, monkeypatch, "")
    monitor = LiveMonitor(view="window")
    fit(importlib.import_module(NAMESPACES[0]), [monitor])
    assert re.sub(r"tied_to_parent \d+:\d+ ", "tied_to_parent ", calls.read_text()).splitlines() == [
        f"livemon.tied_to_parent watch {monitor.dir} --view window --until finished",
        f"livemon plot {monitor.dir}",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for the view")
def test_the_view_makes_the_plots_when_it_sees_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A view that is there at the end ends with the run, and its plots are not made a second time."""
    wait = 'while ! grep -q finished "$4/livemon.json"; do sleep 0.05; done'
    calls = fake_livemon(tmp_path, monkeypatch, wait)
    fit(importlib.import_module(NAMESPACES[0]), [LiveMonitor(view="file")])
    assert [line.split()[2] for line in calls.read_text().splitlines()] == ["watch"]


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for the plots")
@pytest.mark.parametrize(("script", "words"), [("echo no font >&2; exit 1", "no font"), ("exec sleep 60", "not ready")])
def test_plots_that_fail_are_one_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, script: str, words: str
) -> None:
    """Plots that fail, or take longer than the deadline, are one warning; the training has ended well."""
    fake_livemon(tmp_path, monkeypatch, script)
    started = time.monotonic()
    monitor = LiveMonitor(view="none", deadline=0.5)
    fit(importlib.import_module(NAMESPACES[0]), [monitor])
    assert time.monotonic() - started < 20
    assert len([message for message in caplog.messages if message.startswith("livemon")]) == 1
    assert words in caplog.text
    assert notes_of(monitor)["state"] == "finished"


# -- no way to break the training --------------------------------------------------------------------------------------

def test_every_hook_is_guarded() -> None:
    """Whatever of LiveMonitor the trainer calls is behind the guard, or does nothing but call what is."""
    unguarded = {name: vars(LiveMonitor)[name] for name in HOOKS if not hasattr(vars(LiveMonitor)[name], "__wrapped__")}
    assert {name: PER_BATCH.get(name) for name in unguarded} == PER_BATCH
    for name, hook in unguarded.items():  # they ask one attribute, and all else is in what they call
        assert hasattr(vars(LiveMonitor)[PER_BATCH[name]], "__wrapped__")
        asked = {"_rate_monitors", "grad_norm", "_asks_after_batches"}
        assert hook.__code__.co_names[0] in asked and hook.__code__.co_names[1:] == (PER_BATCH[name],)
    theirs = dir(importlib.import_module(NAMESPACES[0]).Callback)
    assert {name for name in vars(LiveMonitor) if name in theirs and not name.startswith("_")} == set(HOOKS)


@functools.cache
def undisturbed(namespace: str) -> list[bytes]:
    """The weights after a short training without us, which are the same each time."""
    return weights(fit(importlib.import_module(namespace), [], limit_train_batches=4))


def break_hook(cls: type[LiveMonitor], name: str, error: Exception) -> None:
    def fail(self: LiveMonitor, *args: Any) -> None:
        raise error

    fail.__name__ = name
    setattr(cls, name, guarded()(fail))


def test_errors_inside_change_nothing(
    pl: Any, error: Exception, to_break: Callable[[Sequence[str]], list[list[str]]], caplog: pytest.LogCaptureFixture
) -> None:
    """With an error in one hook, each in its turn, and in all at once, the training completes, with the same weights to
    the bit, and one warning."""
    expected = undisturbed(pl.__name__)
    for broken in [HOOKS] if pl.__name__ == "pytorch_lightning" else to_break(HOOKS):

        class Broken(LiveMonitor):
            pass

        for name in broken:
            break_hook(Broken, name, error)
        caplog.clear()
        monitor = Broken("none", plots=False, grad_norm=True)
        assert weights(fit(pl, [monitor], limit_train_batches=4)) == expected
        if broken == ["on_exception"]:  # which is not called here
            monitor.on_exception(None, None, RuntimeError())
        called = broken != ["on_save_checkpoint"]
        assert len([text for text in caplog.messages if text.startswith("livemon")]) == called
        if monitor._attachment is not None:  # its end was broken
            monitor._attachment.end("failed")


@pytest.mark.parametrize(
    ("part", "csv_logger"),
    [
        ("record", False), ("notes", False), ("notes", True), ("view", False), ("facts", True), ("resume", True),
        ("history", True), ("plots", False),
    ],
)  # fmt: skip
def test_one_broken_part_stops_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, part: str, csv_logger: bool, error: Exception
) -> None:
    """The same with an error in what a hook uses: the recorder, the notes, the view's process; the rest goes on."""
    pl = importlib.import_module(NAMESPACES[0])
    expected = undisturbed(pl.__name__)

    def fail(*args: Any, **kwargs: Any) -> None:
        raise error

    target = {
        "record": (Recorder, "take"), "notes": (RunNotes, "write"), "view": (subprocess, "Popen"),
        "facts": (ours, "_facts"), "resume": (ours, "_resumed"), "history": (ours.KeptHistory, "begin"),
        "plots": (subprocess, "Popen"),
    }[part]  # fmt: skip
    monkeypatch.setattr(*target, fail)
    monitor = LiveMonitor("window" if part == "view" else "none", plots=part == "plots")
    logger = pl.loggers.CSVLogger(".") if csv_logger else False
    assert weights(fit(pl, [monitor], logger, limit_train_batches=4)) == expected
    assert len([text for text in caplog.messages if text.startswith("livemon")]) == 1
    if part != "notes":
        assert notes_of(monitor)["state"] == "finished"
    if part != "record":
        assert monitor.dir is not None
        assert len(rows_of(next(monitor.dir.rglob("metrics.csv")))) > 2


def test_strict_raises(pl: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """LIVEMON_STRICT=1 lets an error of ours end the training."""
    monkeypatch.setenv("LIVEMON_STRICT", "1")
    monkeypatch.setattr(ours, "_csv_folder", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        fit(pl, [quiet()])


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_exit_inside_a_hook_goes_through(error: type[BaseException]) -> None:
    """Ctrl-C while one of our hooks runs is the user's, and is not swallowed."""

    def leave(self: LiveMonitor) -> None:
        raise error

    with pytest.raises(error):
        guarded()(leave)(LiveMonitor())


@pytest.mark.filterwarnings("ignore::FutureWarning")  # torch's, about itself
def test_copies_can_be_made_at_any_time(pl: Any) -> None:
    """The callback, and a trainer that holds it, can be pickled and deep-copied before, in and after a training; a copy
    made in a training is idle."""
    copies: list[LiveMonitor] = []

    class Copier(pl.Callback):  # type: ignore[misc]
        def on_train_batch_end(self, trainer: Any, *args: Any) -> None:
            copies.append(pickle.loads(pickle.dumps(monitor)))
            copies.append(copy.deepcopy(monitor))

    monitor = LiveMonitor(view="none", plots=False, deadline=7)
    before = pickle.loads(pickle.dumps(monitor))
    copy.deepcopy(pl.Trainer(callbacks=[monitor], logger=False))
    trainer = fit(pl, [monitor, Copier()])
    copy.deepcopy(trainer)
    for other in (before, *copies):
        assert isinstance(other, LiveMonitor)
        assert isinstance(other, pl.Callback)
        assert (other.settings.view, other.settings.plots, other.settings.deadline) == ("none", False, 7)
        assert other._attachment is None
    assert len(rows_of(monitor.dir / "logs" / "metrics.csv")) > 5  # type: ignore[operator]


# -- imports -----------------------------------------------------------------------------------------------------------


def run_script(text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)


def test_importing_loads_no_framework() -> None:
    """Importing the callback's module loads neither Lightning nor torch."""
    done = run_script(
        "import sys, livemon_integrations.lightning\n"
        "print([name for name in ('lightning', 'pytorch_lightning', 'torch', 'matplotlib') if name in sys.modules])"
    )
    assert done.stdout == "[]\n", done.stderr


def test_missing_lightning_is_said() -> None:
    """Where no Lightning is installed the import says which extra to install."""
    done = run_script(
        "import importlib.util\nimportlib.util.find_spec = lambda name: None\nimport livemon_integrations.lightning"
    )
    assert "pip install 'livemon[lightning]'" in done.stderr
