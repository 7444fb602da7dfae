"""Accelerate: `import livemon_integrations.accelerate`, then `Accelerator(log_with="livemon")`.

    accelerator = Accelerator(log_with="livemon")
    accelerator.init_trackers("exp1", config={"learning_rate": 1e-3})
    accelerator.log({"train_loss": loss}, step=step)
    accelerator.end_training()
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from accelerate import PartialState, tracking

from livemon.recording.ends import standing_after
from livemon.recording.recorder import Recorder
from livemon.system.environment import is_disabled
from livemon_integrations.attachment import Attachment, Settings, local_folder, next_version
from livemon_integrations.error_guard import Guard, guarded
from livemon_integrations.view_process import ViewName

__all__ = ["LiveTracker"]


class LiveTracker(tracking.GeneralTracker):  # type: ignore[misc, unused-ignore]
    """The tracker for `log_with="livemon"`. Its arguments go into `init_kwargs={"livemon": {...}}`.

    Args:
        run_name: The project's name, passed by `init_trackers`.
        dir: The run's folder. Default: a new `livemon/<run_name>/version_N` in the current folder.
        view: "window": a window in another process, which ends with the run; "file": a picture in the current folder,
            which is rewritten while the run trains; "notebook": this cell, updated in place; "none"; "auto": the cell
            in a notebook, otherwise a window if there is a local display, otherwise none.
        plots: Whether to save the final plots in the run's folder `plots/`.
        deadline: The longest time, in seconds, that the end of the training waits for them.
        report: Whether to save a report of the run as a page in one file, `report.html` beside the plots.
        share: Whether to hand the final dashboard to the experiment loggers that the training has: W&B, TensorBoard,
            MLflow, trackio.

    Attributes:
        dir: The run's folder; None before the first row, and in processes other than the main one.
    """

    name = "livemon"
    requires_logging_directory = False
    main_process_only = True

    def __init__(
        self,
        run_name: str,
        dir: str | Path | None = None,
        view: ViewName = "auto",
        plots: bool = True,
        deadline: float = 60.0,
        report: bool = False,
        share: bool = False,
        **_: Any,
    ) -> None:
        super().__init__()
        self.settings = Settings(view, plots, deadline, report, share)
        self.guard = Guard()
        self.run_name = run_name
        self.dir: Path | None = None
        self._asked_dir = local_folder(dir)
        self._attachment: Attachment | None = None
        self._ended = False
        self._handled = 0  # the number of exceptions being handled when the training began

    @property
    def tracker(self) -> Recorder | None:
        """The recorder of the rows."""
        return self._attachment.recorder if self._attachment is not None else None

    @guarded()
    def store_init_configuration(self, values: dict[str, Any]) -> None:
        """Begin the run, with these settings."""
        self._attach(values)

    @guarded()
    def log(self, values: Mapping[str, Any], step: int | None = None, **kwargs: Any) -> None:
        """Record a row."""
        attachment = self._attach({})
        if attachment is not None:
            attachment.add(dict(values), step)

    @guarded()
    def finish(self) -> None:
        """Note that the training has ended, with an error if one is being handled (the call may be in a `finally`), and
        save the final plots."""
        attachment, self._attachment = self._attachment, None
        self._ended = True
        if attachment is not None:
            error = sys.exception()
            attachment.end(*standing_after(error if id(error) != self._handled else None))

    def _attach(self, config: Mapping[str, Any]) -> Attachment | None:
        if self._attachment is None and not (self._ended or is_disabled()) and PartialState().is_main_process:
            self.dir = self._asked_dir or next_version(Path("livemon").absolute() / self.run_name)
            self._handled = id(sys.exception())
            self._attachment = Attachment(self.dir, self.settings, self.guard, config=config, framework="accelerate")
            self.dir = self._attachment.dir
        return self._attachment

    def __getstate__(self) -> dict[str, Any]:
        """A copy keeps the settings; only the original records."""
        return self.__dict__ | {"_attachment": None, "_ended": True}


if hasattr(tracking, "register_tracker_class"):
    tracking.register_tracker_class(LiveTracker)
