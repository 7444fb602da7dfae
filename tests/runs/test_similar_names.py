from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from livemon.runs.similar_names import did_you_mean, similar_names


def test_the_most_alike_comes_first(tmp_path: Path) -> None:
    """At most three names, by likeness: of `version_3` one that differs by a sign stands before those by more."""
    for name in ("another_version_33x", "version_33", "version_3_old", "version_3_older", "other"):
        (tmp_path / name).mkdir()
    assert similar_names(tmp_path / "version_3") == ["version_33", "version_3_old", "version_3_older"]


def test_the_part_of_the_path_that_is_missing_counts(tmp_path: Path) -> None:
    """Of `log/version_1` beside `logs`, `log` is the slip."""
    (tmp_path / "logs").mkdir()
    assert did_you_mean(tmp_path / "log" / "version_1").endswith("does not exist; did you mean logs?")
    assert did_you_mean(tmp_path / "nothing_alike") == ""


@pytest.mark.parametrize("words", [["status"], ["check"], ["ls"], ["watch", "--once"], ["plot"]])
def test_each_command_names_what_is_called_alike(words: list[str], tmp_path: Path,
                                                 livemon: Callable[..., Any]) -> None:  # fmt: skip
    """A slip in a path is answered in the same words by all commands."""
    (tmp_path / "version_1").mkdir()
    done = livemon(*words, "verson_1", cwd=tmp_path)
    assert done.returncode == 2 and "verson_1 does not exist; did you mean version_1?" in done.stderr, done.stderr
