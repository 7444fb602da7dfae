"""The states of a run and their reasons: two complete lists of words, the same in every view, command and file."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

__all__ = ["Reason", "Standing", "State", "reason_in", "standing_after_exit", "standing_in_words"]


class _Word(StrEnum):
    """A word that is text as well, in JSON, in tables, and where it is compared with text."""

    def __repr__(self) -> str:
        return repr(self.value)


class State(_Word):
    """The state of a run. There are no other states."""

    WAITING = "waiting"
    RUNNING = "running"
    STALLED = "stalled"
    UNKNOWN = "unknown"
    FINISHED = "finished"
    STOPPED = "stopped"  # somebody, or a search, wanted no more of it
    FAILED = "failed"

    @property
    def has_ended(self) -> bool:
        """Whether the run has ended, in any way."""
        return self in _ENDS

    @property
    def is_still(self) -> bool:
        """Whether no new row is expected: it has ended, or has been silent so long that nobody knows."""
        return self.has_ended or self is State.UNKNOWN


class Reason(_Word):
    """Why a run stopped or failed, or why its state is not known, if that is known. There are no other reasons."""

    INTERRUPTED = "interrupted"  # Ctrl-C, SIGINT, a cell that was stopped
    REQUESTED = "on request"  # the script, or a callback of the user's, asked the trainer to stop
    PRUNED = "pruned"
    TIME_LIMIT = "time limit"
    PREEMPTED = "preempted"
    KILLED = "killed"
    OUT_OF_MEMORY = "out of memory"
    NAN = "nan"
    ERROR = "error"
    DELETED = "deleted"  # its files were: how the run stands is not known


_ENDS = frozenset((State.FINISHED, State.STOPPED, State.FAILED))
_STOPS = frozenset((Reason.INTERRUPTED, Reason.REQUESTED, Reason.PRUNED))  # these reasons make no failure
_OLDER_STATES = {  # state words that files have from before there was a list, and that people write
    "preempted": (State.FAILED, Reason.PREEMPTED),
    "killed": (State.FAILED, Reason.KILLED),
    "interrupted": (State.STOPPED, Reason.INTERRUPTED),
    "pruned": (State.STOPPED, Reason.PRUNED),
}
_OUT_OF_MEMORY = re.compile(r"out ?of ?memory|MemoryError|RESOURCE_EXHAUSTED|ResourceExhausted", re.IGNORECASE)
_NAN = re.compile(r"\bnans?\b|FloatingPointError|\bnon-?finite\b|\bnot finite\b", re.IGNORECASE)
_SIGNALS = 128  # a shell's exit status of a process that a signal ended is this and the signal's number


class Standing(NamedTuple):
    """The state of a run with its reason and evidence.

    Attributes:
        state: One of the states.
        reason: Why it stopped or failed; None if that is not known.
        evidence: What says so, in words.
    """

    state: State
    reason: Reason | None = None
    evidence: str = ""

    def __str__(self) -> str:
        return f"{self.state} ({self.reason})" if self.reason else str(self.state)


def reason_in(words: str) -> Reason | None:
    """The reason that an error's kind and message tell; None where they tell none."""
    if _OUT_OF_MEMORY.search(words):
        return Reason.OUT_OF_MEMORY
    return Reason.NAN if _NAN.search(words) else None


def standing_after_exit(code: int, evidence: str) -> Standing:
    """How a run stands whose process ended with this exit status."""
    if code == 0:
        return Standing(State.FINISHED, None, evidence)
    signal = -code if code < 0 else code - _SIGNALS
    if signal == 2:
        return Standing(State.STOPPED, Reason.INTERRUPTED, evidence)
    reason = {9: Reason.KILLED, 15: Reason.PREEMPTED}.get(signal, Reason.ERROR)
    return Standing(State.FAILED, reason, evidence)


def standing_in_words(state: str, reason: str | None = None, evidence: str = "") -> Standing | None:
    """A standing as a file or a caller has it, older ones included, in which the reason is in free words.

    Returns:
        None where `state` is no word for a state.
    """
    if state in _OLDER_STATES:
        listed, why = _OLDER_STATES[state]
        return Standing(listed, why, evidence or (reason if reason and reason != why else ""))
    if state not in list(State):
        return None
    known = Reason(reason) if reason in list(Reason) else None
    words = evidence or ("" if known or not reason else reason)
    if state == State.FAILED and known in _STOPS:
        return Standing(State.STOPPED, known, words)
    if state == State.FAILED and known is None:
        known = reason_in(words)
    return Standing(State(state), known, words)
