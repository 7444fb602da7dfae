"""The history of lenses, with undo."""

from __future__ import annotations

from dataclasses import dataclass

from livemon.boards.lens.value import Lens

__all__ = ["History"]

_LONGEST = 200  # moves that can be undone one by one


@dataclass(frozen=True)
class History:
    """The lenses that a user looked through.

    Attributes:
        first: The lens with which a view began.
        before: The lenses before `now`, the oldest first; the newest 200.
        now: The present lens.
    """

    first: Lens
    before: tuple[Lens, ...]
    now: Lens

    @classmethod
    def of(cls, first: Lens) -> History:
        """The history of a new view."""
        return cls(first, (), first)

    def to(self, lens: Lens) -> History:
        """Look through another lens; the same history if the lens is the same."""
        return self if lens == self.now else History(self.first, (*self.before, self.now)[-_LONGEST:], lens)

    def instead(self, lens: Lens) -> History:
        """Look through another lens without an undo step of its own: what is typed letter by letter is undone at
        once."""
        return History(self.first, self.before, lens)

    def back(self) -> History:
        """Undo: the previous lens; the same history if there is none."""
        return History(self.first, self.before[:-1], self.before[-1]) if self.before else self

    def home(self) -> History:
        """The first lens; this, too, can be undone."""
        return self.to(self.first)
