"""kept_history.py: the rows that a logger deletes are kept under a second name."""

from __future__ import annotations

from pathlib import Path

import pytest

from livemon_integrations.kept_history import KeptHistory


@pytest.mark.filterwarnings("ignore:.*:UserWarning")
@pytest.mark.parametrize("links", [True, False])
def test_the_history_survives_a_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    """The rows are safe from the first checkpoint on, without an end of the training; where the file system has no hard
    links, from the training's end on."""
    if not links:
        monkeypatch.setattr("os.link", lambda *_: (_ for _ in ()).throw(PermissionError("no links here")))
    history = KeptHistory(tmp_path)
    assert history.begin() is None
    (tmp_path / "metrics.csv").write_text("step,x\n1,2\n")
    history.keep()
    with open(tmp_path / "metrics.csv", "a") as file:
        file.write("2,3\n")
    if not links:
        history.end()
    (tmp_path / "metrics.csv").unlink()
    later = KeptHistory(tmp_path)
    assert later.begin() == ".livemon/attempt_0.csv"
    assert (tmp_path / ".livemon" / "attempt_0.csv").read_text() == "step,x\n1,2\n2,3\n"
    (tmp_path / "metrics.csv").write_text("step,x\n3,4\n")
    later.end()
    assert (tmp_path / ".livemon" / "attempt_1.csv").read_text() == "step,x\n3,4\n"


def test_rows_that_were_not_deleted_are_no_earlier_attempt(tmp_path: Path) -> None:
    """Where the logger goes on in the file that it has, the attempt is the same, and gets no second name once more."""
    (tmp_path / "metrics.csv").write_text("step,x\n1,2\n")
    first = KeptHistory(tmp_path)
    assert first.begin() is None
    first.keep()
    again = KeptHistory(tmp_path)
    assert again.begin() is None
    again.keep()
    again.end()
    assert [path.name for path in (tmp_path / ".livemon").iterdir()] == ["attempt_0.csv"]


def test_each_attempt_has_a_number_of_its_own(tmp_path: Path) -> None:
    """The rows of the attempt before keep their name when the next ones are kept, also beyond nine; other files there
    are none of ours."""
    kept = tmp_path / ".livemon"
    kept.mkdir()
    for name in ("attempt_9.csv", "attempt_10.csv", "attempt_x.csv"):
        (kept / name).write_text(name)
    history = KeptHistory(tmp_path)
    assert history.begin() == ".livemon/attempt_10.csv"
    (tmp_path / "metrics.csv").write_text("new")
    history.keep()
    assert (kept / "attempt_10.csv").read_text() == "attempt_10.csv" and (kept / "attempt_11.csv").read_text() == "new"
