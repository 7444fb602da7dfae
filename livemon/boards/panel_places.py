"""The positions of panels: while a user watches, each panel keeps its position."""

from __future__ import annotations

import enum
from collections.abc import Sequence

from livemon.boards.lens.value import Lens
from livemon.boards.lens_marks import is_named
from livemon.boards.metric_groups import Group

__all__ = ["PanelPlaces"]


class _Arrangement(enum.Enum):
    """The ways to arrange panels."""

    NOT_YET = "there was no panel yet"
    FREE = "all had ended at the first look: as looks best"
    STILL = "something goes on: each panel keeps its place, and what comes later stands behind"


class PanelPlaces:
    """Arranges the panels of one view, from its first board to the last."""

    def __init__(self) -> None:
        self._arrangement = _Arrangement.NOT_YET
        self._keys: list[str] = []  # of panels, in their lasting order

    @property
    def are_kept(self) -> bool:
        """Whether panels keep their positions."""
        return self._arrangement is _Arrangement.STILL

    def arranged(self, groups: Sequence[Group], lens: Lens, *, ended: bool) -> list[Group]:
        """The panels in order: the most important one first, then the known ones at their positions, then new ones.
        Pinned panels come before all, and a large one is alone.

        Args:
            groups: The panels, the most important one first.
            lens: The lens of the view.
            ended: Whether everything shown has ended.
        """
        if lens.large is not None:
            return [group for group in groups if is_named(lens.large, group)][:1] or list(groups)
        if self._arrangement is _Arrangement.NOT_YET:
            self._arrangement = _Arrangement.FREE if ended else _Arrangement.STILL
        ordered = list(groups)
        if self.are_kept and ordered:
            by_key = {group.key: group for group in ordered}
            self._keys += [key for key in by_key if key not in self._keys]
            kept = [by_key[key] for key in self._keys if key in by_key]
            ordered = [ordered[0], *(group for group in kept if group is not ordered[0])]
        pinned = [group for name in lens.pinned for group in ordered if is_named(name, group)]
        return list(dict.fromkeys((*pinned, *ordered)))
