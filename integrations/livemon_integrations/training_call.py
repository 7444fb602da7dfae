"""The call in which a framework trains, observed from outside, for frameworks that do not tell callbacks about errors.

It neither holds nor touches any object of the framework: a thread checks twice a second whether the call is still on
the stack.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import CodeType, FrameType, TracebackType
from typing import Any

from livemon.recording.ends import standing_after
from livemon.states import Standing, State

__all__ = ["TrainingCall"]

LOOK_SECONDS = 0.5


class TrainingCall:
    """The innermost call of a function with this name around the caller, such as `fit`, with the functions of the same
    package around it: Keras removes its own functions from tracebacks, except for the outermost.

    Raises LookupError if there is no such call.
    """

    def __init__(self, name: str) -> None:
        frame: FrameType = sys._getframe(1)
        while frame.f_code.co_name != name:
            if frame.f_back is None:
                raise LookupError(f"there is no {name}() around the callback")
            frame = frame.f_back
        while frame.f_back is not None and _package(frame.f_back) == _package(frame):
            frame = frame.f_back
        # The frame itself is not kept: it would keep the model in memory after the training. Its id is unique while it
        # runs.
        self._frame = id(frame)
        self._code: CodeType = frame.f_code
        self._thread = threading.get_ident()
        self._stop = threading.Event()

    def is_over(self) -> bool:
        """Whether the call has returned, or an error has ended it."""
        frame: FrameType | None = sys._current_frames().get(self._thread)
        while frame is not None:
            if self._is(frame):
                return False
            frame = frame.f_back
        return True

    def outcome(self, *, at_exit: bool = False) -> Standing:
        """The end of a training whose call is over without a report to its callbacks: it failed or was stopped. The
        evidence is the error, if Python has it at hand: handled in an `except` at this moment, or shown as a traceback.

        Args:
            at_exit: Whether the process ends, so that the last traceback shown is the relevant one.
        """
        handled: Any = sys._current_exceptions().get(self._thread)
        shown = getattr(sys, "last_value", None)
        if isinstance(handled, tuple):  # Python 3.11
            handled = handled[1]
        ended_by = self._ended_by(handled) or self._ended_by(shown) or (shown if at_exit else None)
        end = standing_after(ended_by)
        return Standing(State.FAILED) if end.state == State.FINISHED else end

    def watch(self, ended: Callable[[Standing], object]) -> None:
        """Check in a thread whether the call is over, until `stop`; then report the outcome once.

        Raises RuntimeError if no thread can be started.
        """
        threading.Thread(target=self._look, args=(ended,), name="livemon-training-call", daemon=True).start()

    def stop(self) -> None:
        """Stop checking."""
        self._stop.set()

    def _look(self, ended: Callable[[Standing], object]) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            if not self.is_over():
                continue
            outcome = self.outcome()
            # An uncaught error now shows its traceback, and the process ends.
            if not outcome.evidence and self._stop.wait(LOOK_SECONDS):
                return
            ended(outcome if outcome.evidence else self.outcome())
            return

    def _ended_by(self, error: BaseException | None) -> BaseException | None:
        """The error that ended the call: this error or one of its causes; None if none of them did."""
        seen: list[BaseException] = []
        while error is not None and error not in seen:
            seen.append(error)
            traceback: TracebackType | None = error.__traceback__
            while traceback is not None:
                if self._is(traceback.tb_frame):
                    return error
                traceback = traceback.tb_next
            error = error.__cause__ or error.__context__
        return None

    def _is(self, frame: FrameType) -> bool:
        return id(frame) == self._frame and frame.f_code is self._code


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]
