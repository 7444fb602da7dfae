"""What was odd: counted truly, kept in bounded number."""

from __future__ import annotations

from livemon.tables.anomalies import KEPT_PER_KIND, Anomalies, Anomaly


def rejected(line: int, count: int = 1) -> Anomaly:
    return Anomaly("row rejected", "metrics.csv", line, f"line {line} is no row", count)


def test_the_first_of_a_kind_stand_alone_and_the_rest_as_one() -> None:
    """The first KEPT_PER_KIND of a kind are kept as they are, what comes then is one entry, and none is uncounted."""
    anomalies = Anomalies()
    for line in range(KEPT_PER_KIND + 5):
        anomalies.add(rejected(line, count=2))
    *kept, rest = anomalies.as_list()
    assert kept == [rejected(line, count=2) for line in range(KEPT_PER_KIND)]
    assert (rest.kind, rest.line, rest.count) == ("row rejected", None, 10)
    assert sum(one.count for one in [*kept, rest]) == 2 * (KEPT_PER_KIND + 5)


def test_one_kind_takes_no_room_from_another() -> None:
    """However many of one kind there are, the first of another is kept by itself."""
    anomalies = Anomalies()
    for line in range(KEPT_PER_KIND + 1):
        anomalies.add(rejected(line))
    anomalies.add(Anomaly("header repeated", "metrics.csv", 7, "the header stands again"))
    assert [one for one in anomalies.as_list() if one.line == 7 and one.kind == "header repeated"]


def test_the_order_is_that_of_the_kinds() -> None:
    """Kinds stand in the order of the alphabet, whichever was seen first; within one the order is that of coming."""
    anomalies = Anomalies()
    for kind, line in (("zeros", 1), ("damaged", 9), ("zeros", 0), ("damaged", 2)):
        anomalies.add(Anomaly(kind, "a", line, ""))
    assert [(one.kind, one.line) for one in anomalies.as_list()] == [
        ("damaged", 9), ("damaged", 2), ("zeros", 1), ("zeros", 0)]


def test_a_problem_that_lasts_is_one_until_it_is_over() -> None:
    """A problem that is said at each look counts once, with its newest words; said to be "", it is gone."""
    anomalies = Anomalies()
    anomalies.add(rejected(1))
    for problem in ("no right to read it", "no right to read it", "it is a folder"):
        anomalies.set("unreadable", "metrics.csv", problem)
    assert anomalies.as_list() == [rejected(1), Anomaly("unreadable", "metrics.csv", None, "it is a folder")]
    anomalies.set("unreadable", "metrics.csv", "")
    assert anomalies.as_list() == [rejected(1)]


def test_what_is_forgotten_leaves_no_rest() -> None:
    """With a kind its rest is forgotten, too: the next one is the first again."""
    anomalies = Anomalies()
    for line in range(KEPT_PER_KIND + 5):
        anomalies.add(rejected(line))
    anomalies.forget("row rejected")
    anomalies.add(rejected(3))
    assert anomalies.as_list() == [rejected(3)]
