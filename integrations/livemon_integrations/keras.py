"""Keras 3, with any backend: `model.fit(..., callbacks=[LiveMonitor()])`.

Each epoch is a row, as in Keras' own History; the callback does nothing between the batches. Nothing here raises into
the training or installs a signal handler.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from livemon.states import Reason, State
from livemon.system.environment import is_disabled
from livemon_integrations.attachment import Attaching, Attachment, local_folder, next_version
from livemon_integrations.error_guard import guarded
from livemon_integrations.view_process import ViewName

__all__ = ["LiveMonitor"]


class LiveMonitor(Attaching, keras.callbacks.Callback):  # type: ignore[misc, unused-ignore]
    """Shows a Keras training while it trains, and leaves the final plots in its folder.

        model.fit(x, y, epochs=20, callbacks=[LiveMonitor("runs/exp1")])

    `LIVEMON_DISABLED=1` switches the callback off; `LIVEMON_STRICT=1` raises the errors that it otherwise swallows.
    Keras does not tell callbacks that a training failed: the run is marked within a second after `fit()` is over, or
    when the process ends.

    Args:
        dir: The run's folder; a training that goes on there adds rows. Default: a new `livemon/version_N` in the
            current folder.
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

    def __init__(
        self,
        dir: str | Path | None = None,
        view: ViewName = "auto",
        plots: bool = True,
        deadline: float = 60.0,
        report: bool = False,
        share: bool = False,
    ) -> None:
        super().__init__()
        self._set_up(view, plots, deadline, report, share)
        self._asked_dir = local_folder(dir)
        self._total_is_due = False
        self._is_nan = False  # whether the loss of the last epoch is NaN

    @guarded()
    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Find or make the run's folder, say where it is, open the view."""
        if is_disabled():
            return
        self._is_nan = False
        self._end("failed", None, "it never ended", deadline=0)  # an earlier training that did not report its end
        self.dir = self._asked_dir or next_version(Path("livemon").absolute())
        config: dict[str, Any] = {}
        facts: dict[str, Any] = {}
        with self.guard.around("facts"):
            config = {"epochs": self.params.get("epochs"), "steps_per_epoch": self.params.get("steps"),
                      "optimizer": self.model.optimizer.get_config()}
            facts = _facts(self.model)
        self._attachment = Attachment(
            self.dir, self.settings, self.guard, config=config, framework="keras", facts=facts, call="fit",
            total_epochs=self.params.get("epochs"),
        )  # fmt: skip
        self.dir = self._attachment.dir
        self._total_is_due = True

    @guarded()
    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Before the first epoch, whose number only this hook gives: note the total number of steps."""
        if self._attachment is None or not self._total_is_due:
            return
        self._total_is_due = False
        total = _total_steps(self.model.optimizer, self.params, epoch)
        if total is not None:
            self._attachment.note(total_steps=total)

    @guarded()
    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Record the epoch: the metrics that Keras logs, its number, and the learning rate."""
        if self._attachment is None:
            return
        row = {"epoch": epoch, **(logs or {})}
        with self.guard.around("loss"):
            self._is_nan = not math.isfinite(row.get("loss", 0.0))
        with self.guard.around("learning rate"):
            row.setdefault("learning_rate", float(self.model.optimizer.learning_rate))
        self._attachment.add(row, int(self.model.optimizer.iterations))

    @guarded()
    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Note that the training has ended, and save the final plots."""
        if self._is_nan and getattr(self.model, "stop_training", False):
            self._end(State.FAILED, Reason.NAN, "the training stopped at a loss that is not finite")
        else:
            self._end(State.FINISHED)


def _total_steps(optimizer: Any, params: Mapping[str, Any], first_epoch: int) -> int | None:
    """The final value of `optimizer.iterations`, which is the logged step: it goes on from an earlier `fit`, and counts
    all batches of an accumulated gradient as one."""
    epochs, steps = params.get("epochs"), params.get("steps")
    if not epochs or not steps:
        return None
    batches_a_step = int(getattr(optimizer, "gradient_accumulation_steps", None) or 1)
    return int(optimizer.iterations) + max(int(epochs) - first_epoch, 0) * int(steps) // batches_a_step


def _facts(model: Any) -> dict[str, Any]:
    """The model's size, and the device."""
    trained = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    return {"parameters": int(model.count_params()), "trained": trained, "backend": keras.backend.backend()}
