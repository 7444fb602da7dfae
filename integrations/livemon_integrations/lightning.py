"""Lightning: `Trainer(callbacks=[LiveMonitor()])`, for `lightning.pytorch` and for `pytorch_lightning`.

If the trainer has a CSVLogger, livemon watches its `metrics.csv`, and the callback does nothing between the start and
the end of a training. Otherwise the callback writes the same rows itself. Drawing happens in other processes. Nothing
here raises into the trainer, starts a collective, installs a signal handler, or touches the trainer from a thread.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livemon.recording.ends import standing_after, standing_after_sigterm
from livemon.runs.notes import NOTE_NAME, plain_config
from livemon.states import Reason, Standing, State
from livemon.system.environment import is_disabled
from livemon_integrations.attachment import (
    HURRIED_SECONDS,
    Attachment,
    Settings,
    add_rows,
    local_folder,
    next_version,
    size_of,
)
from livemon_integrations.error_guard import Guard, guarded
from livemon_integrations.kept_history import KeptHistory
from livemon_integrations.view_process import ViewName

__all__ = ["LiveMonitor"]

_FRAMEWORKS = ("lightning.pytorch", "pytorch_lightning")
_RATES_EVERY_SECONDS = 10.0  # between two updates of the throughput in livemon.json

if not any(name in sys.modules or importlib.util.find_spec(name.partition(".")[0]) for name in _FRAMEWORKS):
    raise ImportError(
        "livemon_integrations.lightning needs Lightning, and neither `lightning` nor `pytorch_lightning` is installed "
        "here. Install it with: pip install 'livemon[lightning]'"
    )

# The real bases are found when an instance is made, because only frameworks that the script has imported may be used. A
# base unknown to type checkers makes them accept a LiveMonitor as a Callback of either framework.
if TYPE_CHECKING:
    _Base: Any = object
else:
    _Base = object


class LiveMonitor(_Base):  # type: ignore[misc]
    """Shows a Lightning training while it trains, and leaves the final plots in its folder.

        trainer = Trainer(callbacks=[LiveMonitor()])

    The run's folder is the CSVLogger's (`lightning_logs/version_0`). Without a CSVLogger it is `livemon` in the first
    logger's folder, or `livemon/version_N` in `default_root_dir`. `livemon.json` there keeps what only the trainer
    knows: hyper-parameters, total steps, batch size, throughput, devices, the model's size, and how the training ended.
    If a training goes on in the same folder, `.livemon/` keeps the rows that CSVLogger then deletes.

    Only rank 0 does anything; `fast_dev_run` and `LIVEMON_DISABLED=1` switch the callback off; `LIVEMON_STRICT=1`
    raises the errors that it otherwise swallows. If a trainer has several of these callbacks, only the first works.

    Args:
        view: "window": a window in another process, which ends with the run; "file": a picture in the current folder,
            which is rewritten while the run trains; "notebook": this cell, updated in place; "none"; "auto": the cell
            in a notebook, otherwise a window if there is a local display, otherwise none.
        plots: Whether to save the final plots in the run's folder `plots/`.
        deadline: The longest time, in seconds, that the end of the training waits for them.
        report: Whether to save a report of the run as a page in one file, `report.html` beside the plots.
        share: Whether to hand the final dashboard to the experiment loggers that the training has: W&B, TensorBoard,
            MLflow, trackio.
        grad_norm: Log `grad_norm`, the 2-norm of all gradients before each logged optimizer step. Not for parameters
            that are sharded over devices (FSDP, DeepSpeed).

    Attributes:
        dir: The folder of the watched run; None before the training starts.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> LiveMonitor:
        """An instance that is a Callback of the framework that the script has imported, or of both."""
        return object.__new__(_with_callback_classes(cls))

    def __init__(
        self,
        view: ViewName = "auto",
        plots: bool = True,
        deadline: float = 60.0,
        grad_norm: bool = False,
        report: bool = False,
        share: bool = False,
    ) -> None:
        self.settings = Settings(view, plots, deadline, report, share)
        self.grad_norm = grad_norm
        self.dir: Path | None = None
        self.guard = Guard()
        self._attachment: Attachment | None = None  # None unless a training is watched
        self._history: KeptHistory | None = None  # None unless a CSVLogger writes the rows
        self._validated_in: Path | None = None  # before a training, which continues there
        self._late_rows: list[tuple[dict[str, Any], int]] | None = None  # None except in a separate test
        self._speed: _Speed | None = None
        self._limits: _Limits | None = None  # None before a training
        self._asks_after_batches = False
        self._batch_step = 0
        self._rate_monitors: list[Any] = []  # they report to the loggers only, so we must record their values
        self._rates_seen = 0

    # -- the training -------------------------------------------------------------------------------------------------

    @guarded()
    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        """Find or make the run's folder, say where it is, open the view."""
        if _is_inert(trainer, self):
            return
        never_ended = Standing(State.FAILED, None, "it never ended")
        self._finish(trainer, never_ended, deadline=0)  # an earlier training that did not report its end
        folder = _csv_folder(trainer)
        self._history = KeptHistory(folder) if folder is not None else None
        self.dir = folder or self._validated_in or _own_folder(trainer)
        self._validated_in = None
        resumed: dict[str, Any] = {}
        with self.guard.around("resume"):
            resumed = _resumed(trainer, self.dir)
        facts: dict[str, Any] = {}
        with self.guard.around("facts"):
            facts = _facts(trainer, pl_module)
        config: dict[str, Any] = {}
        with self.guard.around("config"):
            config = _config(trainer, pl_module)
        self._attachment = Attachment(
            self.dir, self.settings, self.guard, recorded=folder is None, config=config,
            total_epochs=trainer.max_epochs if trainer.max_epochs and trainer.max_epochs > 0 else None,
            framework="lightning", facts=facts | resumed, loggers=lambda: trainer.loggers,
        )  # fmt: skip
        self.dir = self._attachment.dir
        if self._history is not None:
            with self.guard.around("history"):
                self._attachment.note_deleted_rows(self._history.begin())
        else:
            self._rate_monitors = [callback for callback in trainer.callbacks if _is_a(callback, "LearningRateMonitor")]
            self._rates_seen = _count_rates(self._rate_monitors)
            self._asks_after_batches = bool(self._rate_monitors)
            _Tap.put(trainer, self.guard, self._attachment.add)

    @guarded()
    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Note the total number of steps: the data loaders exist by now, so that asking loads nothing."""
        if self._attachment is None or trainer.train_dataloader is None:
            return
        known: dict[str, Any] = {}
        self._limits = _Limits.of(trainer, pl_module)
        self._asks_after_batches = bool(self._rate_monitors) or self._limits.by_optimizers
        if total := self._limits.total(_logged_step(trainer), trainer.global_step):
            known["total_steps"] = total
        if batch_size := _batch_size(trainer):
            known["batch_size"] = batch_size
        self._speed = _Speed(_logged_step(trainer), batch_size)
        self._attachment.note(**known)

    # These three are called for every batch and rarely have anything to do: then they return at once, unguarded.

    def on_train_batch_start(self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int) -> None:
        """Remember the number of the step in the count of Lightning's loggers."""
        if self._rate_monitors:
            self._note_batch_step(trainer)

    def on_before_optimizer_step(self, trainer: Any, pl_module: Any, optimizer: Any) -> None:
        """Log the norm of the gradients, if asked for, at steps that are logged."""
        if self.grad_norm:
            self._log_grad_norm(trainer, pl_module, optimizer)

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Record what LearningRateMonitor reported in this batch, which it reports to the loggers only, and now and
        then note the total number of steps."""
        if self._asks_after_batches:
            self._after_batch(trainer)

    @guarded()
    def _after_batch(self, trainer: Any) -> None:
        if self._rate_monitors:
            self._record_rates()
        if self._limits is not None and self._limits.by_optimizers:
            self._note_total_now_and_then(trainer)

    def _note_total_now_and_then(self, trainer: Any) -> None:
        batches = _logged_step(trainer) + 1  # Lightning counts the batch after this hook
        if batches & (batches - 1) == 0:
            self._note_total(trainer, batches)

    def _note_total(self, trainer: Any, batches: int) -> None:
        """Note the total again, if it is only known from the optimizers' steps."""
        if self._attachment is None or self._limits is None or not self._limits.by_optimizers:
            return
        if total := self._limits.total(batches, trainer.global_step):
            self._attachment.note(total_steps=total)

    @guarded()
    def _note_batch_step(self, trainer: Any) -> None:
        self._batch_step = _logged_step(trainer)

    @guarded()
    def _log_grad_norm(self, trainer: Any, pl_module: Any, optimizer: Any) -> None:
        if self._attachment is None or not trainer._logger_connector.should_update_logs:
            return
        name = "grad_norm"
        if len(trainer.optimizers) > 1:
            name += f"_{trainer.optimizers.index(optimizer)}"
        norm = _grad_norm(trainer, optimizer)
        if norm is not None:
            pl_module.log(name, norm, on_step=True, on_epoch=False, rank_zero_only=True)

    def _record_rates(self) -> None:
        count = _count_rates(self._rate_monitors)
        if count != self._rates_seen and self._attachment is not None:
            self._rates_seen = count
            self._attachment.add(_latest_rates(self._rate_monitors), self._batch_step)

    @guarded()
    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Note the speed, and protect the rows so far from deletion."""
        if self._attachment is None:
            return
        self._keep_history()
        self._note_total(trainer, _logged_step(trainer))
        if self._speed is not None and self._speed.is_due():
            self._attachment.note(**self._speed.so_far(_logged_step(trainer)))

    @guarded()
    def on_save_checkpoint(self, trainer: Any, pl_module: Any, checkpoint: Any) -> None:
        """A training can be resumed from here, and CSVLogger will then delete the earlier rows: keep them."""
        if self._attachment is not None:
            self._keep_history()

    def _keep_history(self) -> None:
        if self._history is not None:
            with self.guard.around("history"):
                self._history.keep()

    # -- separate tests and validations
    # -----------------------------------------------------------------------------------

    @guarded()
    def setup(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Before a separate test or validation: record its numbers, too, if no CSVLogger writes them."""
        if stage in ("validate", "test") and not _is_inert(trainer, self) and _csv_folder(trainer) is None:
            self._late_rows = rows = []
            _Tap.put(trainer, self.guard, lambda row, step: rows.append((row, step)))

    @guarded()
    def teardown(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Note that the training has ended, and make the final plots; after a separate test, record its numbers."""
        if stage == "fit":
            self._finish(trainer, _end_of(trainer))
        elif self._late_rows is not None:
            rows, self._late_rows = self._late_rows, None
            _Tap.remove(trainer)
            if rows:
                if self.dir is None:
                    self.dir = self._validated_in = _own_folder(trainer)
                add_rows(self.dir, rows)

    # -- the end ------------------------------------------------------------------------------------------------------

    @guarded()
    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Note that the training failed, and why."""
        self._late_rows = None
        hurried = HURRIED_SECONDS if isinstance(exception, KeyboardInterrupt) else None
        if type(exception).__name__ == "SIGTERMException":  # Lightning's own; it has no exit status
            self._finish(trainer, standing_after_sigterm())
            return
        end = standing_after(exception)
        if end.state == State.FINISHED:  # exit() is not the end of a training
            end = Standing(State.FAILED, None, "the script left it")
        self._finish(trainer, end, deadline=hurried)

    def _finish(self, trainer: Any, end: Standing, *, deadline: float | None = None) -> None:
        attachment, history, speed = self._attachment, self._history, self._speed
        self._attachment = self._history = self._speed = self._limits = None
        self._rate_monitors = []
        self._asks_after_batches = False
        _Tap.remove(trainer)
        if attachment is None:
            return
        if history is not None:
            with self.guard.around("history"):
                for logger in _csv_loggers(trainer):
                    logger.save()  # a last row may still be pending; Lightning saves it only after this hook
                history.end()
        rates = speed.so_far(_logged_step(trainer)) if speed is not None else {}
        attachment.end(end.state, end.reason, end.evidence, deadline=deadline, **rates)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        """A copy (for spawned processes, deepcopy) keeps the settings; only the original watches the run."""
        written = next(cls for cls in type(self).__mro__ if cls not in _combined.values())
        state = self.__dict__ | {
            "_attachment": None, "_history": None, "_late_rows": None, "_speed": None, "_limits": None,
            "_rate_monitors": [], "_asks_after_batches": False,
        }  # fmt: skip
        for name in ("log", "log_dict"):  # the model's methods, which the trainer adds to every callback
            state.pop(name, None)
        return written.__new__, (written,), state


def _end_of(trainer: Any) -> Standing:
    """How a training that left its loop has ended. Lightning's EarlyStopping and Timer say that they ended it;
    otherwise something else set `should_stop`, usually the user's code."""
    if not trainer.should_stop:
        return Standing(State.FINISHED)
    stops = [callback for callback in trainer.callbacks if _is_a(callback, "EarlyStopping")]
    if any(_is_not_finite(callback, trainer.callback_metrics) for callback in stops):
        return Standing(State.FAILED, Reason.NAN, "EarlyStopping saw a value that is not finite")
    for callback in trainer.callbacks:
        if _is_a(callback, "Timer") and (left := callback.time_remaining()) is not None and left <= 0:
            return Standing(State.STOPPED, Reason.TIME_LIMIT, "max_time was reached")
    if stops:
        return Standing(State.FINISHED, None, "EarlyStopping ended it")
    return Standing(State.STOPPED, Reason.REQUESTED, "trainer.should_stop was set")


def _is_not_finite(early_stopping: Any, metrics: Mapping[str, Any]) -> bool:
    value = metrics.get(early_stopping.monitor)
    return bool(early_stopping.check_finite) and value is not None and not math.isfinite(float(value))


class _Tap:
    """Wraps the trainer's `log_metrics`, which passes every logged row to the loggers, and records the row, too.
    Lightning has no hook there, and a Logger of ours in `trainer.loggers` would change the folder of checkpoints."""

    def __init__(self, connector: Any, guard: Guard, add: Callable[[dict[str, Any], int], object]) -> None:
        self.connector = connector
        self.guard = guard
        self.add = add
        self.loop = connector.trainer.fit_loop

    @classmethod
    def put(cls, trainer: Any, guard: Guard, add: Callable[[dict[str, Any], int], object]) -> None:
        connector = trainer._logger_connector
        if "log_metrics" not in vars(connector):
            connector.log_metrics = cls(connector, guard, add)

    @staticmethod
    def remove(trainer: Any) -> None:
        connector = trainer._logger_connector
        if isinstance(vars(connector).get("log_metrics"), _Tap):
            del connector.log_metrics

    def __call__(self, metrics: dict[str, Any], step: int | None = None) -> None:
        type(self.connector).log_metrics(self.connector, metrics, step)
        self.record(metrics, step)

    def record(self, metrics: Mapping[str, Any], step: int | None) -> None:
        if not metrics or (self.guard.failures and self.guard.is_out("log_metrics")):
            return
        try:
            row = dict(metrics)
            if step is None:  # like Lightning for its loggers
                if "step" in row:
                    step = int(row["step"])
                else:
                    if "epoch" not in row:
                        row["epoch"] = self.loop.epoch_progress.current.completed
                    step = self.loop.epoch_loop._batches_that_stepped
            self.add(row, step)
        except Exception as error:
            self.guard.failed("log_metrics", error)


def _logged_step(trainer: Any) -> int:
    """The step that Lightning passes to its loggers: the number of batches with optimizer steps. `global_step` counts
    the steps of all optimizers, which are two for each batch of a GAN."""
    return int(trainer.fit_loop.epoch_loop._batches_that_stepped)


@dataclass(frozen=True)
class _Limits:
    """The limits of a training, in units of the logged step.

    Attributes:
        batches: The number of batches with a step over all epochs; None if unknown.
        optimizer_steps: `max_steps`, which Lightning counts over all optimizers; None without a limit.
        by_optimizers: Whether the model steps its optimizers itself.
    """

    batches: int | None
    optimizer_steps: int | None
    by_optimizers: bool

    @classmethod
    def of(cls, trainer: Any, pl_module: Any) -> _Limits:
        """The limits of a trainer whose data loaders exist."""
        epochs, batches = trainer.max_epochs, trainer.num_training_batches
        known = epochs is not None and epochs > 0 and 0 < batches < float("inf")
        each = math.ceil(batches / trainer.accumulate_grad_batches) if known else 0
        limit = trainer.max_steps if trainer.max_steps and trainer.max_steps > 0 else None
        return cls(each * epochs if known else None, limit,
                   limit is not None and not getattr(pl_module, "automatic_optimization", True))

    def total(self, batches: int, optimizer_steps: int) -> int | None:
        """The total number of batches, given the batches and steps so far; None if unknown."""
        ends = [] if self.batches is None else [self.batches]
        if self.optimizer_steps is not None and not self.by_optimizers:
            ends.append(self.optimizer_steps)
        elif self.optimizer_steps is not None and optimizer_steps > 0 and batches > 0:
            ends.append(math.ceil(self.optimizer_steps * batches / optimizer_steps))
        return min(ends, default=None)


class _Speed:
    """The speed of a training, averaged over all of it so far, including validation."""

    def __init__(self, step: int, batch_size: int | None) -> None:
        self._first_step = step
        self._batch_size = batch_size
        self._begun = self._stored_at = time.monotonic()

    def is_due(self) -> bool:
        """Whether it is time to store the speed again."""
        return time.monotonic() - self._stored_at >= _RATES_EVERY_SECONDS

    def so_far(self, step: int) -> dict[str, float]:
        """Logged steps per second, and samples per second if the batch size is known."""
        self._stored_at = time.monotonic()
        steps, seconds = step - self._first_step, self._stored_at - self._begun
        if steps <= 0 or seconds <= 0:
            return {}
        rates = {"steps_per_second": round(steps / seconds, 6)}
        if self._batch_size:
            rates["samples_per_second"] = round(steps * self._batch_size / seconds, 6)
        return rates


# -- the framework's classes ------------------------------------------------------------------------------------------


_combined: dict[tuple[type, ...], type[LiveMonitor]] = {}


def _with_callback_classes(cls: type[LiveMonitor]) -> type[LiveMonitor]:
    """`cls` with the Callback class of each of the two frameworks that is loaded. If the script has loaded neither, the
    first one that is installed."""
    if not any(name in sys.modules for name in _FRAMEWORKS):
        name = next(name for name in _FRAMEWORKS if importlib.util.find_spec(name.partition(".")[0]))
        importlib.import_module(name)
    callbacks = [sys.modules[f"{name}.callbacks"].Callback for name in _FRAMEWORKS if name in sys.modules]
    bases = (cls, *(base for base in callbacks if not issubclass(cls, base)))
    if len(bases) == 1:
        return cls
    if bases not in _combined:
        names = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__doc__": cls.__doc__}
        _combined[bases] = type(cls.__name__, bases, names)
    return _combined[bases]


# -- what the trainer knows -------------------------------------------------------------------------------------------


def _is_a(thing: object, name: str) -> bool:
    """Whether a class with this name is among the bases; there are two sets of classes, and neither is imported
    here."""
    return any(base.__name__ == name for base in type(thing).__mro__)


def _csv_loggers(trainer: Any) -> list[Any]:
    return [logger for logger in trainer.loggers if _is_a(logger, "CSVLogger")]


def _csv_folder(trainer: Any) -> Path | None:
    """The folder of the first CSVLogger that writes to a disk. We do not use `trainer.log_dir`, which is a
    collective."""
    for logger in _csv_loggers(trainer):
        if (folder := local_folder(logger.log_dir)) is not None:
            return folder
    return None


def _own_folder(trainer: Any) -> Path:
    """The folder in which the callback records rows: `livemon` in the first logger's folder of this run, else a new
    `livemon/version_N`."""
    for logger in trainer.loggers:
        if (folder := local_folder(getattr(logger, "log_dir", None))) is not None:
            return folder / "livemon"
    save_dirs = [getattr(logger, "save_dir", None) for logger in trainer.loggers]
    for save_dir in (*save_dirs, trainer.default_root_dir):
        if (folder := local_folder(save_dir)) is not None:
            return next_version(folder / "livemon")
    return next_version(Path("livemon").absolute())


def _is_inert(trainer: Any, monitor: LiveMonitor) -> bool:
    """Whether the callback does nothing here, because another process or monitor is in charge."""
    first = next((callback for callback in trainer.callbacks if isinstance(callback, LiveMonitor)), monitor)
    return bool(is_disabled() or trainer.fast_dev_run or not trainer.is_global_zero or first is not monitor)


def _config(trainer: Any, pl_module: Any) -> dict[str, Any]:
    """The hyper-parameters of the data module and the model."""
    config: dict[str, Any] = {}
    for owner in (trainer.datamodule, pl_module):
        hparams = getattr(owner, "hparams", None)
        if isinstance(hparams, Mapping):
            config.update(plain_config(hparams))
    return config


def _count_rates(monitors: list[Any]) -> int:
    return sum(len(rates) for monitor in monitors for rates in monitor.lrs.values())


def _latest_rates(monitors: list[Any]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for monitor in monitors:
        row.update({name: rates[-1] for name, rates in monitor.lrs.items() if rates})
        for others in (monitor.last_momentum_values, monitor.last_weight_decay_values):
            row.update({name: value for name, value in others.items() if value is not None})
    return row


def _facts(trainer: Any, pl_module: Any) -> dict[str, Any]:
    """The facts that only the trainer knows."""
    return {
        **size_of(pl_module.parameters()),
        "devices": f"{trainer.world_size} x {type(trainer.accelerator).__name__.removesuffix('Accelerator')}",
        "precision": str(trainer.precision),
    }


def _batch_size(trainer: Any) -> int | None:
    """Samples in one optimizer step, over all devices; None if the data loader does not say."""
    size = getattr(trainer.train_dataloader, "batch_size", None)
    if not isinstance(size, int):
        return None
    return size * int(trainer.accumulate_grad_batches) * int(trainer.world_size)


def _resumed(trainer: Any, folder: Path) -> dict[str, Any]:
    """The checkpoint from which the training is resumed, and the folder of the run that saved it, if it is another."""
    if not trainer.ckpt_path:
        return {}
    facts: dict[str, Any] = {"resumed_from": str(trainer.ckpt_path)}
    checkpoint = local_folder(trainer.ckpt_path)
    for parent in checkpoint.parents[:3] if checkpoint is not None else ():
        if parent != folder and any((parent / name).is_file() for name in (NOTE_NAME, "metrics.csv")):
            facts["continues"] = str(parent)
            break
    return facts


def _grad_norm(trainer: Any, optimizer: Any) -> Any:
    """The 2-norm of all gradients of an optimizer, a tensor on their device; None if there are none, or each device has
    only a part of them. Does not wait for the device."""
    torch = sys.modules["torch"]
    if any(name in type(trainer.strategy).__name__ for name in ("FSDP", "DeepSpeed", "ModelParallel")):
        raise RuntimeError("grad_norm=True: the gradients are spread over devices, so that no device has their norm")
    parts = [
        torch.linalg.vector_norm(parameter.grad)
        for group in optimizer.param_groups for parameter in group["params"] if parameter.grad is not None
    ]  # fmt: skip
    return torch.linalg.vector_norm(torch.stack(parts)) if parts else None
