"""Lightning: `Trainer(callbacks=[LiveMonitor()])`, for `lightning.pytorch` and for `pytorch_lightning`.

Where the trainer has a CSVLogger, its `metrics.csv` is what is watched, and the callback does nothing between the start
and the end of a training. Where it has none, the callback writes the same rows itself. Drawing happens in other
processes. Nothing here raises into the trainer, starts a collective, installs a signal handler, or touches the trainer
from a thread.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import logging
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from livemon.recorder import Recorder, is_disabled, is_strict, record
from livemon.run_notes import RunNotes, to_json

__all__ = ["LiveMonitor"]

_FRAMEWORKS = ("lightning.pytorch", "pytorch_lightning")
_MAX_FAILURES = 3  # then a hook is left out
_INTERRUPTED_SECONDS = 5.0  # for the final plots after Ctrl-C

_logger = logging.getLogger("livemon")

if not any(name in sys.modules or importlib.util.find_spec(name.partition(".")[0]) for name in _FRAMEWORKS):
    raise ImportError(
        "livemon_integrations.lightning needs Lightning, and neither `lightning` nor `pytorch_lightning` is installed "
        "here. Install it with: pip install 'livemon[lightning]'"
    )

# The real bases are found when an instance is made, as nothing is imported that the script did not. A base that type
# checkers know nothing of makes them take a LiveMonitor for a Callback of either framework.
if TYPE_CHECKING:
    _Base: Any = object
else:
    _Base = object


def _guarded(hook: Callable[..., None]) -> Callable[..., None]:
    """A hook that cannot fail the training: an Exception is one warning; Ctrl-C and exits go through."""

    @functools.wraps(hook)
    def run(self: LiveMonitor, *args: Any, **kwargs: Any) -> None:
        if self._failures.get(hook.__name__, 0) >= _MAX_FAILURES:
            return
        try:
            hook(self, *args, **kwargs)
        except Exception as error:
            self._failed(hook.__name__, error)

    return run


class LiveMonitor(_Base):  # type: ignore[misc]
    """Shows a Lightning training while it trains, and leaves the final plots in its folder.

        trainer = Trainer(callbacks=[LiveMonitor()])

    The run's folder is the CSVLogger's (`lightning_logs/version_0`). Without a CSVLogger it is `livemon` in the first
    logger's folder, or `livemon/version_N` in `default_root_dir`. `livemon.json` there keeps what only the trainer
    knows: hyper-parameters, total steps, and how the training ended. Only rank 0 does anything; `fast_dev_run` and
    `LIVEMON_DISABLED=1` switch the callback off; `LIVEMON_STRICT=1` raises the errors that it otherwise swallows.

    Args:
        view: "window": a window in another process, which ends with the run; "file": a picture in the current folder
            that is rewritten while the run trains; "none"; "auto": a window where there is a local display, else none.
        plots: Whether to leave the final plots in `plots/` of the run.
        deadline: How long, in seconds, the end of the training waits for them at most.

    Attributes:
        dir: The folder of the run that is, or was, watched; None before the training starts.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> LiveMonitor:
        """An instance that is a Callback of the framework that the script has imported, or of both."""
        return object.__new__(_with_callback_classes(cls))

    def __init__(
        self,
        view: Literal["auto", "none", "window", "file"] = "auto",
        plots: bool = True,
        deadline: float = 60.0,
    ) -> None:
        if view not in ("auto", "none", "window", "file"):
            raise ValueError(f'view={view!r}: use "auto", "none", "window" or "file"')
        self.view = view
        self.plots = plots
        self.deadline = deadline
        self.dir: Path | None = None
        self._failures: dict[str, int] = {}  # by hook
        self._notes: RunNotes | None = None  # not None while a training is watched
        self._recorder: Recorder | None = None  # not None where there is no CSVLogger
        self._view_process: subprocess.Popen[bytes] | None = None
        self._view_errors: IO[bytes] | None = None
        self._batch_step = 0
        self._rates_seen = 0

    # -- hooks --------------------------------------------------------------------------------------------------------

    @_guarded
    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        """Find or make the run's folder, say where it is, open the view."""
        if is_disabled() or trainer.fast_dev_run or not trainer.is_global_zero:
            return
        self._finish(trainer, "failed", "it never ended", deadline=0)  # a training before, where one did not
        config = _config(trainer, pl_module)
        epochs = trainer.max_epochs if trainer.max_epochs and trainer.max_epochs > 0 else None
        folder = _csv_folder(trainer)
        if folder is not None:
            self._notes = RunNotes(folder, config=config, total_epochs=epochs, framework="lightning")
            self._notes.write()
        else:
            folder = _own_folder(trainer)
            self._recorder = record(folder, config=config, total_epochs=epochs, framework="lightning")
            self._notes = self._recorder.notes
            _Tap.put(trainer, self)
        self.dir = folder
        self._rates_seen = _count_rates(trainer)
        self._open_view(folder)

    @_guarded
    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Note how many steps there will be: the data loaders are there by now, so that asking loads nothing."""
        if self._notes is None or trainer.train_dataloader is None:
            return
        total = trainer.estimated_stepping_batches  # inf or -1 where nobody knows
        if 0 < total < float("inf"):
            self._notes.update(total_steps=int(total))

    @_guarded
    def on_train_batch_start(self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int) -> None:
        """Remember the step's number, as Lightning's loggers count it."""
        if self._recorder is not None:
            self._batch_step = trainer.fit_loop.epoch_loop._batches_that_stepped

    @_guarded
    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Record what LearningRateMonitor has told the loggers in this batch: it tells them alone."""
        if self._recorder is None:
            return
        count = _count_rates(trainer)
        if count != self._rates_seen:
            self._rates_seen = count
            self._recorder(_latest_rates(trainer), step=self._batch_step)

    @_guarded
    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Note that the training failed, and why."""
        if type(exception).__name__ == "SIGTERMException":  # a scheduler's grace period: no time for drawing
            self._finish(trainer, "preempted", "SIGTERM", deadline=0)
        elif isinstance(exception, KeyboardInterrupt):
            self._finish(trainer, "failed", "interrupted", deadline=min(self.deadline, _INTERRUPTED_SECONDS))
        else:
            reason = f"{type(exception).__name__}: {exception}"[:500]
            self._finish(trainer, "failed", reason, deadline=self.deadline)

    @_guarded
    def teardown(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Note that the training has ended, and leave the final plots."""
        if stage == "fit":
            self._finish(trainer, "finished", "", deadline=self.deadline)

    # -- the end ------------------------------------------------------------------------------------------------------

    def _finish(
        self, trainer: Any, state: Literal["finished", "failed", "preempted"], reason: str, *, deadline: float
    ) -> None:
        notes, recorder = self._notes, self._recorder
        if notes is None:
            return
        self._notes = self._recorder = None
        _Tap.remove(trainer)
        if recorder is not None:
            recorder.close(state, reason)
        else:
            for logger in _csv_loggers(trainer):
                logger.save()  # a last row may still wait there; Lightning saves it only after this hook
            notes.end(state, reason)
        self._make_plots(deadline)

    def _make_plots(self, deadline: float) -> None:
        """Final plots: by the view, which makes them when it sees the run's end, else by a process of their own."""
        ended = time.monotonic()
        made_by_view = self._end_view(deadline)
        left = deadline - (time.monotonic() - ended)
        if not self.plots or self.dir is None:
            return
        if not made_by_view:
            if left <= 0:
                return
            done = subprocess.run(
                [sys.executable, "-m", "livemon", "plot", str(self.dir)], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=left, start_new_session=True, check=False,
            )  # fmt: skip
            if done.returncode != 0:
                again = f"livemon plot {shlex.quote(_shown(self.dir))}"
                raise RuntimeError(f"the final plots failed: {_last_line(done.stderr)} (to try again: {again})")
        _say(f"plots are in {_shown(self.dir / 'plots')}")

    # -- the view -----------------------------------------------------------------------------------------------------

    def _open_view(self, folder: Path) -> None:
        view = self.view
        if view == "auto":
            view = "window" if _has_local_display() else "none"
        _say(f"to look at this run: livemon watch {shlex.quote(_shown(folder))}")
        if view == "none":
            return
        command = [sys.executable, "-m", "livemon", "watch", str(folder), "--view", view, "--until", "finished"]
        errors = tempfile.TemporaryFile()  # noqa: SIM115 - open for as long as the view
        try:
            # A session of its own: Ctrl-C in the terminal is for the trainer. The view ends when the run does,
            # also when the trainer is killed, as it sees that the process in livemon.json is gone.
            self._view_process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True
            )
        except BaseException:
            errors.close()
            raise
        self._view_errors = errors

    def _end_view(self, deadline: float) -> bool:
        """Wait for the view's end; whether it was there until now and has left the final plots."""
        process, errors = self._view_process, self._view_errors
        self._view_process = self._view_errors = None
        if process is None or errors is None:
            return False
        with errors:
            closed_before = process.poll() is not None
            if not closed_before:
                try:
                    process.wait(deadline)
                except BaseException as error:
                    process.kill()
                    process.wait()
                    if not isinstance(error, subprocess.TimeoutExpired):
                        raise
            if process.returncode == 2:  # it could not show anything
                errors.seek(0)
                _logger.warning("livemon: the view did not work: %s", _last_line(errors.read()))
            return not closed_before and process.returncode in (0, 1)

    # -- trouble, copies ----------------------------------------------------------------------------------------------

    def _failed(self, hook: str, error: Exception) -> None:
        if is_strict():
            raise error
        first = not self._failures
        self._failures[hook] = self._failures.get(hook, 0) + 1
        if first:
            _logger.warning("livemon: %s: %s: %s; the training goes on", hook, type(error).__name__, error)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        """A copy (for spawned processes, deepcopy) keeps the settings; only the original watches the run."""
        written = next(cls for cls in type(self).__mro__ if cls not in _combined.values())
        state = self.__dict__ | {"_notes": None, "_recorder": None, "_view_process": None, "_view_errors": None}
        for name in ("log", "log_dict"):  # the model's methods, which the trainer puts on every callback
            state.pop(name, None)
        return written.__new__, (written,), state


class _Tap:
    """Stands before the trainer's `log_metrics`, which hands every logged row to the loggers, and records the row, too.
    Lightning has no hook there, and a Logger of ours in `trainer.loggers` would change where checkpoints go."""

    def __init__(self, connector: Any, monitor: LiveMonitor) -> None:
        self.connector = connector
        self.monitor = monitor

    @classmethod
    def put(cls, trainer: Any, monitor: LiveMonitor) -> None:
        connector = trainer._logger_connector
        if "log_metrics" not in vars(connector):
            connector.log_metrics = cls(connector, monitor)

    @staticmethod
    def remove(trainer: Any) -> None:
        connector = trainer._logger_connector
        if isinstance(vars(connector).get("log_metrics"), _Tap):
            del connector.log_metrics

    def __call__(self, metrics: dict[str, Any], step: int | None = None) -> None:
        type(self.connector).log_metrics(self.connector, metrics, step)
        self.record(metrics, step)

    def record(self, metrics: Mapping[str, Any], step: int | None) -> None:
        monitor = self.monitor
        trainer = self.connector.trainer
        failures = monitor._failures.get("log_metrics", 0)
        if monitor._recorder is None or not metrics or failures >= _MAX_FAILURES:
            return
        try:
            row = dict(metrics)
            if step is None and "step" not in row:  # as Lightning does it for its loggers
                row.setdefault("epoch", trainer.current_epoch)
                step = trainer.fit_loop.epoch_loop._batches_that_stepped
            elif step is None:
                step = int(row["step"])
            monitor._recorder(row, step=step)
        except Exception as error:
            monitor._failed("log_metrics", error)


# -- the framework's classes ------------------------------------------------------------------------------------------


_combined: dict[tuple[type, ...], type[LiveMonitor]] = {}


def _with_callback_classes(cls: type[LiveMonitor]) -> type[LiveMonitor]:
    """`cls` with the Callback class of each of the two frameworks that is loaded. Where the script has loaded neither
    yet, the first that is installed."""
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
    """Whether a class of this name is among the bases; there are two sets of classes, and none is imported here."""
    return any(base.__name__ == name for base in type(thing).__mro__)


def _csv_loggers(trainer: Any) -> list[Any]:
    return [logger for logger in trainer.loggers if _is_a(logger, "CSVLogger")]


def _csv_folder(trainer: Any) -> Path | None:
    """The folder of the first CSVLogger that writes to a disk. `trainer.log_dir` is not asked: that is a collective."""
    for logger in _csv_loggers(trainer):
        if (folder := _local(logger.log_dir)) is not None:
            return folder
    return None


def _own_folder(trainer: Any) -> Path:
    """Where the callback keeps the rows: `livemon` in the first logger's folder of this run, else a new
    `livemon/version_N`."""
    for logger in trainer.loggers:
        if (folder := _local(getattr(logger, "log_dir", None))) is not None:
            return folder / "livemon"
    places = [getattr(logger, "save_dir", None) for logger in trainer.loggers]
    for place in (*places, trainer.default_root_dir):
        if (folder := _local(place)) is not None:
            return _next_version(folder / "livemon")
    return _next_version(Path("livemon").absolute())


def _next_version(base: Path) -> Path:
    taken = [int(path.name[8:]) for path in base.glob("version_*") if path.name[8:].isdigit()]
    return base / f"version_{max(taken, default=-1) + 1}"


def _local(place: Any) -> Path | None:
    if not place or "://" in str(place):
        return None
    return Path(place).absolute()  # the script may change its folder while it trains


def _config(trainer: Any, pl_module: Any) -> dict[str, Any]:
    """The hyper-parameters of the data module and the model."""
    config: dict[str, Any] = {}
    for owner in (trainer.datamodule, pl_module):
        hparams = getattr(owner, "hparams", None)
        if isinstance(hparams, Mapping):
            config.update(to_json(hparams))
    return config


def _rate_monitors(trainer: Any) -> list[Any]:
    return [callback for callback in trainer.callbacks if _is_a(callback, "LearningRateMonitor")]


def _count_rates(trainer: Any) -> int:
    return sum(len(rates) for monitor in _rate_monitors(trainer) for rates in monitor.lrs.values())


def _latest_rates(trainer: Any) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for monitor in _rate_monitors(trainer):
        row.update({name: rates[-1] for name, rates in monitor.lrs.items() if rates})
        for others in (monitor.last_momentum_values, monitor.last_weight_decay_values):
            row.update({name: value for name, value in others.items() if value is not None})
    return row


# -- outside ----------------------------------------------------------------------------------------------------------


def _has_local_display() -> bool:
    """Whether a window would appear before the user: a display of this machine, not one of a remote shell. Whether this
    Python has a toolkit for it is found out by the view's process, so that none is loaded into the training."""
    platform: str = sys.platform
    if platform.startswith("linux"):
        display = os.environ.get("DISPLAY", "")
        return bool(os.environ.get("WAYLAND_DISPLAY")) or display.startswith((":", "unix:"))
    return not (os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"))


def _say(text: str) -> None:
    print(f"livemon: {text}", file=sys.stderr, flush=True)


def _shown(path: Path) -> str:
    """A path as people would type it here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _last_line(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "no message"
