"""The boards of a run, each with a record of the run at the same moment, for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from livemon.boards.run_tracks import settings_of
from livemon.live.run_on_show import count_rows, rows_version

if TYPE_CHECKING:
    from livemon.boards.model import Board
    from livemon.runs.experiment import ExperimentLoader
    from livemon.tables.anomalies import Anomaly

__all__ = ["MakesBoards", "RecordedBoards", "RunRecord"]


class MakesBoards(Protocol):
    """Makes the boards of the run on show; `BoardMaker` does."""

    def dashboard(self, now: float | None = None) -> Board:
        """The board at this moment, unix seconds."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What a line of JSON says of a run beside its board.

    Attributes:
        format: See `ExperimentLoader.format`.
        choice: See `ExperimentLoader.choice`.
        rows: How many were read.
        summary: See `ExperimentLoader.get_summary`.
        anomalies: See `ExperimentLoader.anomalies`.
        settings: See `ExperimentLoader.config`.
    """

    format: str
    choice: str
    rows: int
    summary: dict[str, Any]
    anomalies: list[Anomaly]
    settings: Mapping[str, Any]


class RecordedBoards:
    """Makes the boards of a run, and with each a record of the same moment: when no newer board can be made, the last
    one is drawn again, and the run may have more rows by then.

    Args:
        run: What the boards and the records are of.
        maker: Makes the boards.

    Attributes:
        record: Of the moment of the last board; None before the first.
    """

    def __init__(self, run: ExperimentLoader, maker: MakesBoards) -> None:
        self.record: RunRecord | None = None
        self._run = run
        self._maker = maker
        self._summary: dict[str, Any] = {}
        self._summary_of: object = None

    def dashboard(self, now: float | None = None) -> Board:
        """The board; see `BoardMaker.dashboard`."""
        board = self._maker.dashboard(now)
        run = self._run
        self.record = RunRecord(run.format, run.choice, count_rows(run), self._newest_summary(), run.anomalies,
                                settings_of(run))
        return board

    def _newest_summary(self) -> dict[str, Any]:
        """The summary, which reads every point, made anew only where the run has changed."""
        version = rows_version(self._run), self._run.exp_dir, self._run.state, settings_of(self._run)
        if version != self._summary_of:
            self._summary, self._summary_of = self._run.get_summary(refresh=False), version
        return self._summary
