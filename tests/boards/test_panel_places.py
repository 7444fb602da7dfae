"""The places of panels."""

from __future__ import annotations

from collections.abc import Sequence

from livemon.boards import Lens
from livemon.boards.metric_groups import group
from livemon.boards.panel_places import PanelPlaces


def titles(places: PanelPlaces, metrics: Sequence[str], lens: Lens | None = None, *, ended: bool = False) -> list[str]:
    return [one.title for one in places.arranged(group(metrics, 12), lens or Lens(), ended=ended)]


def test_what_comes_later_stands_behind() -> None:
    """While a run goes on a new metric takes nobody's place, though it is more important; where it had ended at the
    first look, panels stand by importance."""
    places = PanelPlaces()
    assert titles(places, ["train_loss", "zebra"]) == ["loss", "zebra"]
    assert titles(places, ["train_loss", "zebra", "acc"], ended=True) == ["loss", "zebra", "accuracy"]
    assert places.are_kept
    over = PanelPlaces()
    assert titles(over, ["train_loss", "zebra"], ended=True) == ["loss", "zebra"]
    assert titles(over, ["train_loss", "zebra", "acc"], ended=True) == ["loss", "accuracy", "zebra"]


def test_the_pinned_and_the_large_one() -> None:
    """What is pinned comes first, by its title or a metric of it; the large one is alone, and a name that no panel has
    leaves all."""
    places, metrics = PanelPlaces(), ["train_loss", "acc", "zebra"]
    assert titles(places, metrics, Lens(pinned=("zebra", "acc"))) == ["zebra", "accuracy", "loss"]
    assert titles(places, metrics, Lens(large="accuracy")) == ["accuracy"]
    assert titles(places, metrics, Lens(large="gone")) == ["loss", "accuracy", "zebra"]
    assert titles(places, []) == []
