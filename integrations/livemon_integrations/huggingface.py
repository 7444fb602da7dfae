"""Hugging Face: `Trainer(callbacks=[LiveMonitor()])`.

The Trainer writes no metrics file by itself; the callback records what it logs. Nothing here raises into the Trainer,
starts a collective, or installs a signal handler.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from transformers.trainer_callback import TrainerCallback

from livemon.recording.ends import standing_after_sigterm
from livemon.runs.notes import NOTE_NAME
from livemon.states import Reason, Standing, State
from livemon.system.environment import is_disabled
from livemon_integrations.attachment import Attaching, Attachment, add_rows, size_of
from livemon_integrations.error_guard import guarded
from livemon_integrations.sharing import TensorBoardFolder
from livemon_integrations.view_process import ViewName

__all__ = ["LiveMonitor"]


class LiveMonitor(Attaching, TrainerCallback):  # type: ignore[misc, unused-ignore]
    """Shows a training of transformers' Trainer while it trains, and leaves the final plots in its folder.

        trainer = Trainer(model, args, train_dataset=..., callbacks=[LiveMonitor()])

    The run's folder is the Trainer's `output_dir`; a training that goes on there adds rows. `livemon.json` keeps the
    arguments as the run's config (`config.json` there belongs to the model), and the summary that the Trainer logs at
    the end (`train_runtime` and the like). Only the first process does anything; `LIVEMON_DISABLED=1` switches the
    callback off; `LIVEMON_STRICT=1` raises the errors that it otherwise swallows. The Trainer does not tell callbacks
    that a training failed: the run is marked within a second after `train()` is over, or when the process ends. If
    SIGTERM ends it with a last checkpoint (`enable_jit_checkpoint`), it is marked as preempted, and nothing is drawn.
    In a hyper-parameter search each trial is a run: `run-0`, `run-1`, ... in `output_dir`, the names that the Trainer
    gives its checkpoints there.

    Args:
        view: "window": a window in another process, which ends with the run; "file": a picture in the current folder,
            which is rewritten while the run trains; "notebook": this cell, updated in place; "none"; "auto": the cell
            in a notebook, otherwise a window if there is a local display, otherwise none.
        plots: Whether to save the final plots in the run's folder `plots/`.
        deadline: The longest time, in seconds, that the end of the training waits for them.
        report: Whether to save a report of the run as a page in one file, `report.html` beside the plots.
        share: Whether to hand the final dashboard to the experiment loggers that the training has: W&B, TensorBoard,
            MLflow, trackio.

    Attributes:
        dir: The folder of the watched run; None before the training starts.
    """

    def __init__(self, view: ViewName = "auto", plots: bool = True, deadline: float = 60.0, report: bool = False,
                 share: bool = False) -> None:
        self._set_up(view, plots, deadline, report, share)
        self._is_preempted = False

    @guarded()
    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Find the run's folder, say where it is, open the view."""
        if is_disabled() or not state.is_world_process_zero:
            return
        self._end("failed", None, "it never ended", deadline=0)  # an earlier training that did not report its end
        self._is_preempted = False
        with self.guard.around("preemption"):
            _call_on_preemption(self._note_preemption)
        self.dir = Path(args.output_dir).absolute()
        if state.is_hyper_param_search:
            self.dir = _next_trial(self.dir)
        config: dict[str, Any] = {}
        facts: dict[str, Any] = {}
        with self.guard.around("facts"):
            config = args.to_dict()
            facts = _facts(args, kwargs.get("model"))
            if state.is_hyper_param_search:
                facts |= {"trial": state.trial_name, "trial_settings": state.trial_params}
        self._attachment = Attachment(
            self.dir, self.settings, self.guard, config=config, framework="transformers", facts=facts, call="train",
            total_steps=state.max_steps if state.max_steps > 0 else None, total_epochs=state.num_train_epochs or None,
            loggers=lambda: _loggers(args),
        )  # fmt: skip
        self.dir = self._attachment.dir

    @guarded()
    def on_log(self, args: Any, state: Any, control: Any, logs: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        """Record what the Trainer logs: a row for each call, except for the summary at the end."""
        if not logs or is_disabled() or not state.is_world_process_zero:
            return
        if "train_runtime" in logs:
            if self._attachment is not None:
                self._attachment.note(summary=dict(logs))
        elif self._attachment is not None:
            self._attachment.add(dict(logs), state.global_step)
        else:  # a separate evaluation
            self.dir = self.dir or Path(args.output_dir).absolute()
            add_rows(self.dir, [(logs, state.global_step)])

    @guarded()
    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Note that the training has ended, and save the final plots."""
        if self._is_preempted:
            self._end(*standing_after_sigterm())
        else:
            self._end(*_end_of(state, control))

    def _note_preemption(self) -> None:
        self._is_preempted = True


def _loggers(args: Any) -> list[Any]:
    """The folder into which the Trainer logs for TensorBoard, if it does; other loggers have their own run."""
    asked = {str(name) for name in (args.report_to or ())}
    folder = getattr(args, "logging_dir", None)
    return [TensorBoardFolder(Path(folder))] if folder and asked & {"tensorboard", "all"} else []


def _end_of(state: Any, control: Any) -> Standing:
    """How a training ended: it was stopped if something other than the Trainer's early stopping asked for its end."""
    is_early = getattr(control, "should_training_stop", False) and 0 <= state.global_step < state.max_steps
    if is_early and "EarlyStoppingCallback" not in (getattr(state, "stateful_callbacks", None) or {}):
        return Standing(State.STOPPED, Reason.REQUESTED, "control.should_training_stop was set")
    return Standing(State.FINISHED)


def _call_on_preemption(call: Callable[[], None]) -> None:
    """Call back when the Trainer saves a checkpoint because the process got SIGTERM (`enable_jit_checkpoint`): the
    training then ends as if it were complete, and no callback is told why."""
    manager = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    checkpoint = getattr(manager, "execute_jit_checkpoint", None)
    if checkpoint is None:
        return

    def leave_checkpoint() -> None:
        call()
        checkpoint()

    manager.execute_jit_checkpoint = leave_checkpoint  # type: ignore[union-attr]



def _next_trial(folder: Path) -> Path:
    """The first `run-N` in a folder in which no trial has been recorded yet."""
    number = 0
    while (folder / f"run-{number}" / NOTE_NAME).exists():
        number += 1
    return folder / f"run-{number}"


def _facts(args: Any, model: Any) -> dict[str, Any]:
    """Facts about the training and the model that only the Trainer knows."""
    processes = int(args.world_size)
    facts: dict[str, Any] = {
        "batch_size": int(args.train_batch_size) * int(args.gradient_accumulation_steps) * processes,
        "devices": f"{max(processes, int(args.n_gpu))} x {args.device.type}",
    }
    return facts if model is None else facts | size_of(model.parameters())
