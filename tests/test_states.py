from __future__ import annotations

import json
import pickle

import pytest

from livemon.states import Reason, Standing, State, reason_in, standing_after_exit, standing_in_words


def test_the_lists_are_closed() -> None:
    """States are seven, and what can be compared with text, be written as JSON and sent to another process."""
    assert [*State] == ["waiting", "running", "stalled", "unknown", "finished", "stopped", "failed"]
    assert [state for state in State if state.has_ended] == ["finished", "stopped", "failed"]
    assert json.dumps([State.FAILED, Reason.OUT_OF_MEMORY]) == '["failed", "out of memory"]'
    assert pickle.loads(pickle.dumps(State.STALLED)) is State.STALLED
    assert (repr(State.RUNNING), f"{Reason.NAN}") == ("'running'", "nan")


def test_how_a_standing_reads() -> None:
    """The reason stands beside the state, where there is one."""
    assert str(Standing(State.FAILED, Reason.KILLED, "its process is gone")) == "failed (killed)"
    assert str(Standing(State.FINISHED)) == "finished"


@pytest.mark.parametrize(("words", "reason"), [
    ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB", "out of memory"),
    ("MemoryError", "out of memory"), ("XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory", "out of memory"),
    ("ValueError: loss is NaN", "nan"), ("RuntimeError: Function 'MulBackward0' returned nan values", "nan"),
    ("FloatingPointError: overflow", "nan"), ("ValueError: the loss is not finite", "nan"),
    ("ValueError: banana", None), ("RuntimeError: nanny", None), ("", None),
])
def test_the_reason_in_an_error(words: str, reason: str | None) -> None:
    """An error that tells of memory or of NaN is so named, in any framework's words; others tell nothing."""
    assert reason_in(words) == reason


@pytest.mark.parametrize(("code", "standing"), [
    (0, ("finished", None)), (1, ("failed", "error")), (130, ("stopped", "interrupted")),
    (-2, ("stopped", "interrupted")),
    (137, ("failed", "killed")), (-9, ("failed", "killed")), (143, ("failed", "preempted")), (255, ("failed", "error")),
])
def test_what_an_exit_status_tells(code: int, standing: tuple[str, str | None]) -> None:
    """A signal that ended a process is in its exit status, as a shell writes it or as Python does."""
    assert standing_after_exit(code, "x") == (*standing, "x")


def test_words_that_are_no_state() -> None:
    """What is no state is none; a run that somebody stopped has not failed, whatever an older file says."""
    assert standing_in_words("") is standing_in_words("done") is None
    assert standing_in_words("failed", "pruned") == ("stopped", "pruned", "")
    assert standing_in_words("killed") == ("failed", "killed", "")
    assert standing_in_words("stopped", "I have seen enough") == ("stopped", None, "I have seen enough")
