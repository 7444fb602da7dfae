"""Conditions such as `lr>=0.001`, `model~gpt` or `state:stopped` that select runs."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from livemon import wording
from livemon.analysis.run_set.settings import find_key
from livemon.states import Reason, State
from livemon.tables.patterns import UserPattern

__all__ = ["COLUMNS", "Filter", "check_filters", "parse_filter", "sort_key"]

# Columns of a list of runs: a colon after one of them is always the sign of a condition.
COLUMNS = ("run", "name", "format", "state", "reason", "verdict", "steps", "took", "metric", "final", "best", "age",
           "problems", "model", "data")
_WORD = re.compile(r"\s*([^<>=!~]+?)\s*(>=|<=|!=|==|=|>|<|~)\s*(.*?)\s*")
_WITH_COLON = re.compile(r"\s*([^<>=!~:]+?)\s*(:)\s*(.*?)\s*")
_COLUMN_WITH_COLON = re.compile(r"\s*(\w+)\s*(:)\s*(.*?)\s*")  # of the list: the value may contain a sign, `name:lr=1`
_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt,
}
_LISTED: dict[str, type[State] | type[Reason]] = {"state": State, "reason": Reason}  # columns with a closed list
_MEANT = {"=>": ">=", "=<": "<=", "=!": "!=", "<>": "!=", "=~": "~"}


@dataclass(frozen=True)
class Filter:
    """One condition. `key` is a setting, a metric (its last value), or a column of the list."""

    key: str
    sign: str
    value: str

    def meets(self, facts: Mapping[str, Any]) -> bool:
        """Whether a run with these facts meets the condition; a run without the key only meets `!=`."""
        own_key = find_key(self.key, [facts])
        if own_key is None or facts[own_key] is None:
            return self.sign == "!="
        given = facts[own_key]
        if self.sign == "~":
            return UserPattern(self.value, f"{self.key}~{self.value}", ignore_case=True).finds(str(given))
        wanted = _number(self.value)
        number = _number(given)
        if self.sign in _ORDERED:
            return number is not None and wanted is not None and _ORDERED[self.sign](number, wanted)
        if number is not None and wanted is not None:
            same = number == wanted
        else:
            same = str(given).lower() == self.value.lower()
        return same != (self.sign == "!=")


def parse_filter(word: str, columns: Sequence[str] = ()) -> Filter:
    """`lr>=0.001`, `model~gpt` (a regular expression), `seed=3`, `seed:3` (the same), `state!=failed`.

    Args:
        word: The condition as typed.
        columns: The list's own columns. A colon after one of them is always the sign; after other names only if there
            is no other sign, because names of metrics may contain one: `val:loss<3`.

    Raises:
        ValueError: The word is not a filter; the message shows what a filter looks like.
    """
    match = _COLUMN_WITH_COLON.fullmatch(word)
    if match is None or match[1] not in columns:
        match = _WORD.fullmatch(word) or _WITH_COLON.fullmatch(word)
    if match is None or not match[3]:
        raise ValueError(f"{word!r} is not a valid filter; filters look like lr>=0.001, model~gpt, seed=3 or "
                         "state:failed, those with < or > in quotes: 'lr>=0.001'")
    key, sign, value = match.groups()
    if value[0] in "<>=!~" and sign not in "~:":  # of which a pattern may well begin with "="
        operator = sign + value[0]
        advice = f"{_MEANT[operator]} is meant" if operator in _MEANT else "valid are >= <= != = > < ~"
        raise ValueError(f"{word!r}: {operator} is not a valid operator; {advice}")
    sign = "=" if sign in ("==", ":") else sign
    if key in _LISTED and sign in ("=", "!=") and value.lower() not in list(_LISTED[key]):
        raise ValueError(f"{word!r}: there is no such {key}; there are {', '.join(_LISTED[key])}")
    if sign in _ORDERED and _number(value) is None:
        raise ValueError(f"{word!r}: {sign} needs a number behind it")
    if sign == "~":
        UserPattern(value, repr(word), ignore_case=True)  # raises where it is none
    return Filter(key, sign, value)


def check_filters(filters: Sequence[Filter], rows: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a filter on what no run has: it would hide all of them.

    Raises:
        ValueError: The message says what may be meant.
    """
    for condition in filters:
        if rows and find_key(condition.key, rows) is None:
            raise ValueError(f"{condition.key}{condition.sign}{condition.value}: {_unknown(condition.key, rows)}")


def _unknown(key: str, rows: Sequence[Mapping[str, Any]]) -> str:
    return f"no run has {key!r}; {wording.instead_of(key, (name for row in rows for name in row))}"


def sort_key(rows: Sequence[Mapping[str, Any]], key: str) -> Callable[[Mapping[str, Any]], tuple[bool, float, str]]:
    """Sorts rows by one of their facts, numbers before words; those without it come last.

    Raises:
        ValueError: No row has it.
    """
    own_key = find_key(key, rows)
    if own_key is None:
        raise ValueError(f"--sort: {_unknown(key, rows)}")

    def at(row: Mapping[str, Any]) -> tuple[bool, float, str]:
        value = row.get(own_key)
        number = _number(value)
        if number is not None and number == number:
            return False, number, ""
        return value is None or number is not None, float("inf"), str(value)

    return at


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return float(value)
    try:
        return float(value)
    except (TypeError, ValueError):
        return {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0}.get(str(value).lower())
