from __future__ import annotations

import pytest

from livemon.runs.attempt_names import names_before, names_go_on, without_time_stamps


@pytest.mark.parametrize(
    ("name", "other", "go_on"),
    [
        ("exp7", "exp7_20251227_192829", True),
        ("exp7_20251227_070135", "exp7_20251227_070135_20251227_192829", True),
        ("exp7", "exp7-resumed", True),
        ("version_3", "version_4", True),
        ("version_9", "version_10", True),
        ("run-1", "run-2", True),
        ("version_3", "version_5", False),
        ("version_3", "version_2", False),
        ("exp1", "exp10", False),
        ("exp1", "exp1", False),
        ("exp7_20251227_192829", "exp7", False),
        ("lr_3", "lr_4", False),
        ("exp7_20251227_192829", "exp7_20251228_070000", True),
        ("exp7_20251228_070000", "exp7_20251227_192829", False),
        ("exp7_20251227_192829", "exp8_20251228_070000", False),
        ("exp7_2025-12-27_19-28-29", "exp7_2025-12-28_07-00-00", True),
        ("exp7_resume1", "exp7_resume2", True),
    ],
)
def test_names(name: str, other: str, go_on: bool) -> None:
    """A name goes on with a separator and more, or with the next number of a version."""
    assert names_go_on(name, other) is go_on


def test_time_stamps() -> None:
    """Dates and times are cut, wherever they stand; other numbers are not."""
    assert without_time_stamps("exp_20251223_165824") == "exp"
    assert without_time_stamps("2025-12-23_exp_c30") == "exp_c30"
    assert without_time_stamps("exp_12345678") == "exp_12345678"


def test_the_names_that_each_may_continue() -> None:
    """Of many names at once, each has those that it may continue, the closest first, as the rule for two says."""
    names = ["version_1", "version_2", "version_10", "exp", "exp_a", "exp_a_resumed", "exp_20251223_165824",
             "exp_20251224_165824", "other"]
    before = names_before(names)
    assert before["exp_a_resumed"] == ["exp_a", "exp"] and "other" not in before and "version_10" not in before
    assert {(other, name) for name, others in before.items() for other in others} == {
        (name, other) for name in names for other in names if names_go_on(name, other)}
