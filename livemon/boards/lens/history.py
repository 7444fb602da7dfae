"""The way from lens to lens, and back."""

from __future__ import annotations

from dataclasses import dataclass

from livemon.boards.lens.value import Lens

__all__ = ["History"]

_LONGEST = 200  # moves that can be taken back one by one


@dataclass(frozen=True)
class History:
    """The lenses that somebody looked through.

    Attributes:
        first: The lens that a view began with.
        before: The lenses before `now`, the oldest first; the newest 200.
        now: The lens of this moment.
    """

    first: Lens
    before: tuple[Lens, ...]
    now: Lens

    @classmethod
    def of(cls, first: Lens) -> History:
        """The history of a view that begins."""
        return cls(first, (), first)

    def to(self, lens: Lens) -> History:
        """Look through another lens; the same history where it is the same."""
        return self if lens == self.now else History(self.first, (*self.before, self.now)[-_LONGEST:], lens)

    def instead(self, lens: Lens) -> History:
        """Look through another lens without a step of its own: what is typed letter by letter is taken back at once."""
        return History(self.first, self.before, lens)

    def back(self) -> History:
        """The lens before; the same history where there is none."""
        return History(self.first, self.before[:-1], self.before[-1]) if self.before else self

    def home(self) -> History:
        """The first lens; that, too, can be taken back."""
        return self.to(self.first)
