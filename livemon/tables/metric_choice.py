"""`NAME[:min|:max][=LABEL]`: a metric that a user chose, in which direction it is better, and what to call it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from livemon.tables import names
from livemon.tables.meaning import Direction, higher_is_better

__all__ = ["MetricChoice", "parse_choice", "parse_choices", "rising_of"]


@dataclass(frozen=True, slots=True)
class MetricChoice:
    """A metric that a user chose.

    Attributes:
        name: As it was written; well-known names find each run's own spelling.
        direction: Which values are better; None where the user did not say.
        label: What tables and axes call it: the name, where the user gave no other.
    """

    name: str
    direction: Direction | None
    label: str

    @property
    def rising(self) -> bool | None:
        """Whether more is better; None where the user did not say."""
        return higher_is_better(self.direction)


def rising_of(choices: Iterable[MetricChoice]) -> dict[str, bool]:
    """metric -> whether more is better, of those where the user said so."""
    return {choice.name: choice.rising for choice in choices if choice.rising is not None}


def parse_choice(text: str, known: Callable[[], Iterable[str]]) -> MetricChoice:
    """The choice in a text. A metric that is really called `AP@[IoU=0.50]` or `x:max` is that metric: the label begins
    at the first `=` before which the name of a metric stands, else at the first of all.

    Args:
        text: As above.
        known: Gives the metrics that there are; asked only where the text has a `=` or ends like a direction.

    Raises:
        ValueError: There is no name, or an empty label.
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
        raise ValueError(f"--metric {text}: there is no name of a metric")
    return MetricChoice(name, direction, label.strip() or name)


def parse_choices(texts: Sequence[str], known: Callable[[], Iterable[str]]) -> list[MetricChoice]:
    """Several choices, each metric once.

    Raises:
        ValueError: A metric or a label is there twice, or see `parse_choice`.
    """
    choices = [parse_choice(text, known) for text in texts]
    metrics, labels = [choice.name for choice in choices], [choice.label for choice in choices]
    for what, values in (("metric", metrics), ("label", labels)):
        if twice := next((value for value in values if values.count(value) > 1), None):
            raise ValueError(f"--metric: the {what} {twice!r} is there twice")
    return choices
