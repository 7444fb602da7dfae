"""`NAME[:min|:max][=LABEL]`: a metric chosen by a user, its better direction, and its label."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from livemon.tables import names
from livemon.tables.meaning import Direction, higher_is_better

__all__ = ["MetricChoice", "parse_choice", "parse_choices", "rising_of"]


@dataclass(frozen=True, slots=True)
class MetricChoice:
    """A metric chosen by a user.

    Attributes:
        name: The name as written; well-known names find each run's own spelling.
        direction: The better direction; None if not given.
        label: The name in tables and on axes; the metric's name if not given.
    """

    name: str
    direction: Direction | None
    label: str

    @property
    def rising(self) -> bool | None:
        """Whether more is better; None if not given."""
        return higher_is_better(self.direction)


def rising_of(choices: Iterable[MetricChoice]) -> dict[str, bool]:
    """metric -> whether more is better, for those with a direction."""
    return {choice.name: choice.rising for choice in choices if choice.rising is not None}


def parse_choice(text: str, known: Callable[[], Iterable[str]]) -> MetricChoice:
    """Parse a choice. A metric that is really called `AP@[IoU=0.50]` or `x:max` is that metric: the label begins at the
    first `=` after the name of a metric, else at the first one.

    Args:
        text: The choice.
        known: Gives the existing metrics; only called if the text has a `=` or ends like a direction.

    Raises:
        ValueError: The name or the label is empty.
    """
    places = [at for at, sign in enumerate(text) if sign == "="]
    metrics = list(known()) if places or text.endswith((":min", ":max")) else []
    name, direction = names.parse_metric_choice(text, metrics)
    label = ""
    if places and names.find_metric(name, metrics) is None:
        splits = [(*names.parse_metric_choice(text[:at], metrics), text[at + 1 :]) for at in places]
        name, direction, label = next((split for split in splits if names.find_metric(split[0], metrics) is not None),
                                      splits[0])
        if not label.strip():
            raise ValueError(f"--metric {text}: the label behind the = is empty")
    if not name:
        raise ValueError(f"--metric {text}: the name of the metric is missing")
    return MetricChoice(name, direction, label.strip() or name)


def parse_choices(texts: Sequence[str], known: Callable[[], Iterable[str]]) -> list[MetricChoice]:
    """Several choices, with each metric once.

    Raises:
        ValueError: A metric or a label occurs twice, or see `parse_choice`.
    """
    choices = [parse_choice(text, known) for text in texts]
    metrics, labels = [choice.name for choice in choices], [choice.label for choice in choices]
    for what, values in (("metric", metrics), ("label", labels)):
        if twice := next((value for value in values if values.count(value) > 1), None):
            raise ValueError(f"--metric: the {what} {twice!r} is there twice")
    return choices
