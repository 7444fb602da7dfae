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
