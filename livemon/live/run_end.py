"""The tasks at the end of a run: its files are read again, and its final plots are saved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from livemon.live.errors import describe_error
from livemon.live.keepalive import of_this_process
from livemon.live.messages import Messages
from livemon.runs.liveness import was_cut_off
from livemon.runs.rows_version import count_rows

if TYPE_CHECKING:
    from livemon.runs.experiment import ExperimentLoader

__all__ = ["RunEnd"]

AUDIT_SECONDS = 10.0  # a million rows are read again in less, and nobody waits at the screen for the end of a run
QUICK_AUDIT_SECONDS = 1.5  # the user wants to leave, and a prompt that does not come back feels like a hang


class RunEnd:
    """Reads a run again, and saves its plots.

    Args:
        run: The watched run.
        audit: Whether to read the files again.
        save: Saves the final plots and returns their paths; None saves none.
        messages: Receives the result of the audit.
        show: Prints the paths of the final plots.

    Attributes:
        saving: Whether the plots are being saved at the moment.
    """

    def __init__(
        self,
        run: ExperimentLoader,
        messages: Messages,
        *,
        audit: bool,
        save: Callable[[], Sequence[Path]] | None,
        show: Callable[[str], None],
    ) -> None:
        self._run = run
        self._messages = messages
        self._audits = audit
        self._audit_is_due = audit
        self._plots = PlotsAtEnd(save, messages, show)

    def renew(self) -> None:
        """Another folder is shown: its end is still to come."""
        self._audit_is_due = self._audits

    def give_up_audit(self) -> None:
        """Nobody would read the result of the audit any more."""
        self._audit_is_due = False

    def audit(self, seconds: float) -> None:
        """Read again what was shown, unless that was done, and report differences. If the run has ended for good, drop
        the rows that were kept of it."""
        if not self._audit_is_due or count_rows(self._run) == 0:
            return
        self._audit_is_due = False
        try:
            for audit in self._run.audit(seconds):
                self._messages.notify(str(audit))
            if self._run.ended and not was_cut_off(self._run.exp_dir):  # else it may be resumed in its folder
                self._run.forget()
        except Exception as error:
            self._messages.notify(f"audit: not done: {describe_error(error)}")

    @property
    def saving(self) -> bool:
        """Whether the final plots are being saved."""
        return self._plots.saving

    def save_plots(self) -> None:
        """Save the final plots and print their paths. Raises BrokenPipeError if the reader of the paths has stopped."""
        if count_rows(self._run) > 0:
            self._plots.save()


class PlotsAtEnd:
    """Saves the final plots of a watch.

    Args:
        save: Saves them and returns their paths; None saves none.
        messages, show: Print messages for people, and the paths.

    Attributes:
        saving: Whether they are being saved at the moment.
    """

    def __init__(self, save: Callable[[], Sequence[Path]] | None, messages: Messages, show: Callable[[str], None]
                 ) -> None:
        self.saving = False
        self._save = save
        self._messages = messages
        self._show = show

    def save(self) -> None:
        """Save them and print their paths. Raises BrokenPipeError if the reader of the paths has stopped."""
        if self._save is None:
            return
        self.saving = of_this_process.saving = True
        try:
            for path in self._save():
                self._show(str(path))
        except BrokenPipeError:
            raise
        except Exception as error:
            self._messages.notify(f"the final plots could not be saved: {describe_error(error)}")
        finally:
            self.saving = of_this_process.saving = False
