"""The watched run -> its board -> the screens, each at its own pace."""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from livemon.live.errors import CannotShowError, describe_error
from livemon.live.messages import Messages
from livemon.live.recorded_boards import MakesBoards
from livemon.live.screens import CLOCK_SECONDS, Screen
from livemon.system.atomic import HeldOpenError

if TYPE_CHECKING:
    from livemon.boards.lens.value import Lens
    from livemon.boards.model import Board

__all__ = ["Drawing", "ShownData"]


class ShownData(Protocol):
    """What is shown, one run or several; `ShownRun` is one."""

    @property
    def version(self) -> object:
        """A value that stays the same while there is nothing new to see."""

    @property
    def problem(self) -> str:
        """Why the last look could not read it, in words, or ""."""

    @property
    def last_row_at(self) -> float | None:
        """The time of the newest row, in unix seconds; None if unknown."""

IDLE_AFTER_SECONDS = 60.0  # without a row: whoever waits longer than this can wait some seconds more
IDLE_LOOK_SECONDS = 5.0  # without any other news
WHOLE_BOARD_CLOCKS = 4.0  # a complete board is made at every fourth tick of the clock


class Drawing:
    """Makes a board when there is something new, and draws it. Without new rows a board is made for the clock in its
    header, once a second, or as rarely as the screens show it. If none can be made, the last one stays, and its header
    says why.

    Args:
        shown: The watched run or runs.
        screens: The screens.
        maker: Makes the boards.
        messages: Receives error messages.
        stopped: When it is set, nothing more is drawn.
        clock: The time in unix seconds.
        timer: Monotonic seconds.

    Attributes:
        on_refusal: Called for a lens that is not valid, with the reason; None: the reason is printed.
    """

    def __init__(
        self,
        shown: ShownData,
        screens: Sequence[Screen],
        maker: MakesBoards,
        messages: Messages,
        stopped: threading.Event,
        *,
        clock: Callable[[], float],
        timer: Callable[[], float],
    ) -> None:
        self._shown = shown
        self._screens = screens
        self._maker = maker
        self._messages = messages
        self._stopped = stopped
        self._clock = clock
        self._timer = timer
        self._board: Board | None = None  # the last board that could be made
        self._problem = ""  # why no newer board could be made
        self._made_of: object = None  # the version of the run
        self._asked: Lens | None = None  # the lens for the next board
        self._pictures = 0  # pictures of the same rows: through another lens, or of a more complete board
        self._made_at = -math.inf
        self._full_at = -math.inf  # the time of the last complete board
        self._changed_at = -math.inf  # the time of the last news
        self.on_refusal: Callable[[Lens, str], object] | None = None

    def ask(self, lens: Lens) -> None:
        """Use another lens from the next board on. Any thread, because a view calls it."""
        self._asked = lens

    @property
    def is_asked(self) -> bool:
        """Whether a user waits for a board through another lens."""
        return self._asked is not None

    def _change_lens(self) -> None:
        """Use the last lens asked for; a lens that is not valid for this run changes nothing."""
        lens, self._asked = self._asked, None
        if lens is None:
            return
        self._pictures += 1
        self._made_of = None
        try:
            self._maker.set_lens(lens)
        except ValueError as error:
            if self.on_refusal is not None:
                self.on_refusal(lens, str(error))
            else:
                self._messages.notify_once(str(error))

    def draw(self, *, at_any_pace: bool = False) -> None:
        """Draw if there is something new. `at_any_pace`: ignore the pace of the screens.

        Raises:
            CannotShowError: A view broke, or cannot draw any picture.
            BrokenPipeError: The reader of our output has stopped.
        """
        self._change_lens()
        now, version, age = self._timer(), self._shown.version, self._age()
        clock = min((screen.clock_seconds(age) for screen in self._screens), default=CLOCK_SECONDS)
        if self._problem or (self._board is not None and not self._board.is_complete):  # the next board says more
            clock = CLOCK_SECONDS
        if version == self._made_of and now - self._made_at < max(clock, CLOCK_SECONDS):
            return
        if not self._move_clock(version, now, clock):
            self._pictures += self._board is not None and not self._board.is_complete
            self._make_board()
            self._full_at = now
        if self._board is None:
            return
        if version != self._made_of:
            self._changed_at = now
        self._made_of, self._made_at = version, now
        board = self._with_problem(self._board)
        drawn = version, self._problem, self._pictures  # a board of an older version is another picture, too
        header = board.header.line()
        for screen in self._screens:
            if not self._stopped.is_set() and screen.due(drawn, header, math.inf if at_any_pace else now, age):
                self._draw_on(screen, board, drawn, now)

    @property
    def is_idle(self) -> bool:
        """Whether nothing has come for so long that the next row need not be seen at once if its event is lost."""
        return self._age() >= IDLE_AFTER_SECONDS and self._timer() - self._changed_at >= IDLE_LOOK_SECONDS

    def _move_clock(self, version: object, now: float, clock: float) -> bool:
        """Update only the clock of the last board, if nothing else is new and the screens show it rarely; now and then
        a complete board is made, for what time alone brings, such as a full disk. Returns whether that was enough."""
        if (self._board is None or self._problem or version != self._made_of or clock <= CLOCK_SECONDS
                or now - self._full_at >= WHOLE_BOARD_CLOCKS * clock):
            return False
        self._board = self._maker.with_clock(self._board, self._clock())
        return True

    def _age(self) -> float:
        """The seconds since the newest row; 0 if unknown."""
        last = self._shown.last_row_at
        return 0.0 if last is None else max(self._clock() - last, 0.0)

    def draw_outdated_screens(self) -> None:
        """Update views that are not drawn at every change, such as a picture, to the rows counted last."""
        now = self._shown.version, self._problem, self._pictures
        lagging = [screen for screen in self._screens
                   if screen.least_seconds > 0 and screen.drawn_version not in (None, now)]
        if self._board is None or not lagging:
            return
        self._make_board()
        board = self._with_problem(self._board)
        for screen in lagging:
            with contextlib.suppress(CannotShowError, OSError):
                screen.draw(board, now, self._timer())

    def _make_board(self) -> None:
        try:
            self._board = self._maker.dashboard(self._clock())
            self._problem = ""
        except Exception as error:
            from livemon.boards import OptionError

            if self._board is None and isinstance(error, OptionError):
                raise CannotShowError(str(error)) from error
            self._problem = f"not up to date: {describe_error(error)}"
            self._messages.notify_once(f"the board could not be made: {describe_error(error)}; trying again")

    def _with_problem(self, board: Board) -> Board:
        problem = self._problem or self._shown.problem
        if not problem:
            return board
        return replace(board, header=replace(board.header, problems=(problem, *board.header.problems)))

    def _draw_on(self, screen: Screen, board: Board, version: object, now: float) -> None:
        try:
            screen.draw(board, version, now)
        except BrokenPipeError:
            raise
        except OSError as error:  # for example a full disk, which may have space again later
            if not screen.has_drawn and not isinstance(error, HeldOpenError):
                raise CannotShowError(describe_error(error)) from error
            self._messages.notify_once(f"the view could not be written: {describe_error(error)}; trying again")
        except Exception as error:
            with contextlib.suppress(Exception):
                screen.view.close()
            raise CannotShowError(f"the view broke and was closed: {describe_error(error)}") from error
