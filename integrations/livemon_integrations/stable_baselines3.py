"""Stable-Baselines3: `model.learn(100_000, callback=LiveMonitor())`.

The callback is also an output format of SB3's logger while the model learns, so that every dump of the logger is a row.
Nothing here raises into the training or installs a signal handler.
"""

from __future__ import annotations

import numbers
import tempfile
from pathlib import Path
from typing import Any

from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import CSVOutputFormat, KVWriter

from livemon.system.environment import is_disabled
from livemon_integrations.attachment import Attaching, Attachment, local_folder, next_version, size_of
from livemon_integrations.error_guard import guarded
from livemon_integrations.view_process import ViewName

__all__ = ["LiveMonitor"]


class LiveMonitor(Attaching, BaseCallback):  # type: ignore[misc, unused-ignore]
    """Shows a training of Stable-Baselines3 while it learns, and leaves the final plots in its folder.

        model = PPO("MlpPolicy", "CartPole-v1")
        model.learn(100_000, callback=LiveMonitor("runs/exp1"))

    If SB3's logger writes a `progress.csv`, livemon watches that file, and adds only `livemon.json` to its folder.
    `LIVEMON_DISABLED=1` switches the callback off; `LIVEMON_STRICT=1` raises the errors that it otherwise swallows. SB3
    does not tell callbacks that a training failed: the run is marked within a second after `learn()` is over, or when
    the process ends.

    Args:
        dir: The run's folder; a training that goes on there adds rows. Default: `livemon` in the logger's folder, or a
            new `livemon/version_N` in the current folder.
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

    @guarded()
    def _on_training_start(self) -> None:
        """Find or make the run's folder, say where it is, open the view."""
        if is_disabled():
            return
        self._end("failed", None, "it never ended", deadline=0)  # an earlier training that did not report its end
        folder = None if self._asked_dir else _csv_folder(self.logger)
        recorded = folder is None
        self.dir = folder or self._asked_dir or _own_folder(self.logger)
        config: dict[str, Any] = {}
        facts: dict[str, Any] = {}
        with self.guard.around("facts"):
            config = _config(self.model)
            facts = size_of(self.model.policy.parameters()) | {"devices": f"1 x {self.model.device.type}"}
        self._attachment = Attachment(
            self.dir, self.settings, self.guard, recorded=recorded, config=config,
            total_steps=int(self.model._total_timesteps), framework="stable-baselines3", facts=facts, call="learn",
            loggers=lambda: self.logger.output_formats,
        )  # fmt: skip
        self.dir = self._attachment.dir
        if recorded:
            self.logger.output_formats.append(_Rows(self))

    def _on_step(self) -> bool:
        """Let the training go on."""
        return True

    @guarded()
    def _on_training_end(self) -> None:
        """Note that the training has ended, and save the final plots."""
        self._end("finished")

    def _end(
        self, state: str, reason: str | None = None, evidence: str = "", *, deadline: float | None = None
    ) -> None:
        if self._attachment is not None:
            formats = self.logger.output_formats
            formats[:] = [form for form in formats if not isinstance(form, _Rows)]
        super()._end(state, reason, evidence, deadline=deadline)

    def __getstate__(self) -> dict[str, Any]:
        """A copy keeps the settings; only the original watches the run."""
        state = super().__getstate__() | {"locals": {}, "globals": {}}
        state.pop("model", None)
        return state


class _Rows(KVWriter):  # type: ignore[misc, unused-ignore]
    """An output format of SB3's logger: each dump is a row of the run. Pictures, videos and the like are ignored."""

    def __init__(self, monitor: LiveMonitor) -> None:
        self._monitor = monitor
        self.guard = monitor.guard

    @guarded()
    def write(self, key_values: dict[str, Any], key_excluded: dict[str, Any], step: int = 0) -> None:
        """Record what the logger has collected."""
        attachment = self._monitor._attachment
        if attachment is not None:
            attachment.add({name: value for name, value in key_values.items() if _is_number(value)}, step)

    def close(self) -> None:
        """Do nothing: the callback ends the run."""


def _is_number(value: object) -> bool:
    """Whether a value is a single number: a Python or NumPy number, or a tensor without dimensions."""
    return isinstance(value, numbers.Number) or (hasattr(value, "item") and getattr(value, "shape", None) == ())


def _csv_folder(logger: Any) -> Path | None:
    """The folder in which SB3 writes a progress.csv; None if it does not write one."""
    if any(isinstance(form, CSVOutputFormat) for form in logger.output_formats):
        return local_folder(logger.get_dir())
    return None


def _own_folder(logger: Any) -> Path:
    folder = local_folder(logger.get_dir())
    if folder is None or (folder.parent == Path(tempfile.gettempdir()) and folder.name.startswith("SB3-")):
        return next_version(Path("livemon").absolute())  # SB3 was given no folder
    return folder / "livemon"


def _config(model: Any) -> dict[str, Any]:
    """The algorithm's name, and its settings with plain values."""
    plain = {
        name: value for name, value in vars(model).items()
        if not name.startswith("_") and isinstance(value, bool | int | float | str) and name != "num_timesteps"
    }  # fmt: skip
    return {"algorithm": type(model).__name__, **plain}
