"""The boards of a run, each with a record of the run at the same moment, for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from livemon.boards.run_tracks import settings_of
from livemon.health.examination import Examination
from livemon.health.run_object import run_object
from livemon.tables.settings import masked_config

if TYPE_CHECKING:
    from livemon.boards.lens.value import Lens
    from livemon.boards.model import Board
    from livemon.runs.experiment import ExperimentLoader

__all__ = ["MakesBoards", "RecordedBoards", "RunRecord"]


class MakesBoards(Protocol):
    """Makes the boards of the watched run, like `BoardMaker`."""

    def dashboard(self, now: float | None = None) -> Board:
        """The board at this moment, in unix seconds."""

    def with_clock(self, board: Board, now: float) -> Board:
        """The same board with the header's clock at this moment, in unix seconds."""

    def set_lens(self, lens: Lens) -> None:
        """Use another lens from the next board on; raises OptionError if it is not valid."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What a line of JSON says about a run beside its board.

    Attributes:
        run_object: The run object as JSON; see `RunObject`.
        choice: See `ExperimentLoader.choice`.
        summary: See `ExperimentLoader.get_summary`.
        settings: See `ExperimentLoader.config`.
    """

    run_object: dict[str, Any]
    choice: str
    summary: dict[str, Any]
    settings: Mapping[str, Any]


class RecordedBoards:
    """Makes the boards of a run, with a record of the same moment for each: if no newer board can be made, the last one
    is drawn again, and the run may have more rows by then.

    Args:
        run: The run.
        maker: Makes the boards.
        examination: The examination of the run's health, which may be shared with the maker; None: a new one.

    Attributes:
        record: The record of the last board; None before the first.
    """

    def __init__(self, run: ExperimentLoader, maker: MakesBoards, examination: Examination | None = None) -> None:
        self.record: RunRecord | None = None
        self._run = run
        self._maker = maker
        self._examination = examination or Examination(run)
        self._version: object = None

    def set_lens(self, lens: Lens) -> None:
        """See `BoardMaker.set_lens`."""
        self._maker.set_lens(lens)

    def with_clock(self, board: Board, now: float) -> Board:
        """See `BoardMaker.with_clock`."""
        return self._maker.with_clock(board, now)

    def dashboard(self, now: float | None = None) -> Board:
        """The board; see `BoardMaker.dashboard`."""
        board = self._maker.dashboard(now)
        run = self._run
        version = run.rows_version, run.exp_dir, run.state, settings_of(run)
        if self.record is None or version != self._version:  # it reads every point
            fields = run_object(run, self._examination).as_json()
            settings = masked_config(settings_of(run))
            self.record = RunRecord(fields, run.choice, run.get_summary(refresh=False), settings)
            self._version = version
        return board
