"""The words of metrics' names, as data."""

from __future__ import annotations

import re

import pytest

from livemon.tables import known_words as known


@pytest.mark.parametrize(("one", "other"), [
    (known.LOWER, known.HIGHER), (known.COUNTERS, known.HIGHER), (known.CLOCKS, known.HIGHER),
    (known.COUNTERS, known.CLOCKS), (known.SPREADS, known.HIGHER), (known.SPLITS.keys(), known.HIGHER | known.LOWER),
])
def test_a_word_means_one_thing(one: frozenset[str], other: frozenset[str]) -> None:
    """No word is in two tables that contradict each other."""
    assert set(one) & set(other) == set()


def test_words_are_small_letters_and_digits() -> None:
    """Names are cut into words of these, so another word would never be found."""
    tables = (known.LOWER, known.HIGHER, known.COUNTERS, known.CLOCKS, known.RATES, known.LENGTHS, known.SETTINGS)
    assert [word for table in tables for word in table if not re.fullmatch("[a-z0-9]+", word)] == []


def test_patterns_of_frameworks_are_valid() -> None:
    """Each is a regular expression of a whole name."""
    assert all(re.compile(pattern) for _, pattern in known.FRAMEWORK_METRICS)
