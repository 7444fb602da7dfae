from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from livemon.testing import ScriptedWriter

Command = Callable[..., subprocess.CompletedProcess[str]]


def test_two_groups_of_seeds(groups: Path, livemon: Command) -> None:
    """Two patterns are two groups: the report has their test and the sentence for a paper: test, n, interval."""
    done = livemon("report", "base_s*", "ours_s*", "-o", "r.md", cwd=groups)
    assert done.returncode == 0, done.stderr
    text = (groups / "r.md").read_text("utf-8")
    assert "6 runs in 2 groups are compared: base (3 runs), ours (3 runs)." in text
    assert "First is ours with a mean of" in text
    assert "For the text of a paper:" in text and "95 % CI" in text and "n = 3" in text
    assert text.index("## Comparison") < text.index("## Seeds and significance") < text.index("## Curves")
    assert "6 of 6 runs were read again from their first byte: 30 rows, 0 differences." in text


def test_runs_that_are_left_out_are_named(groups: Path, livemon: Command) -> None:
    """What was said while runs were looked for stands in the report, as whoever reads it has not seen the terminal."""
    livemon("report", ".", "-o", "r.md", cwd=groups)
    assert "empty" in (groups / "r.md").read_text("utf-8").split("## Data and audit")[1]


def test_runs_without_groups_say_why_nothing_is_tested(groups: Path, livemon: Command) -> None:
    """Two runs alone are compared, and the report says that nothing can be tested."""
    livemon("report", "base_s0", "ours_s0", "-o", "r.md", cwd=groups)
    text = (groups / "r.md").read_text("utf-8")
    assert "2 runs are compared." in text and "so nothing is tested" in text


def test_the_best_that_last_values_hide(tmp_path: Path, livemon: Command) -> None:
    """Where another run had the best value, the sentences at the top say so, and what speaks against the ranking;
    no option of a command is named."""
    for name, losses in (("steady", [5.0, 4.0, 3.0]), ("spoilt", [5.0, 1.0, 4.0, 4.0, 4.0, 4.0])):
        writer = ScriptedWriter(tmp_path / name / "logs" / "metrics.csv", ["step", "val_loss"])
        for step, loss in enumerate(losses):
            writer.append(step=step, val_loss=loss)
    livemon("report", "steady", "spoilt", "-o", "r.md", cwd=tmp_path)
    lead = (tmp_path / "r.md").read_text("utf-8").split("## Comparison")[0]
    assert "First is steady with 3.000." in lead
    assert "By the best value that each run had it would be spoilt, with 1.000." in lead
    assert "Read this with care: " in lead
    assert "--" not in lead


def test_what_was_not_judged_is_said_once(tmp_path: Path, livemon: Command) -> None:
    """Of more runs than are judged the sentences at the top say so once, and not as a remark on the ranking."""
    for number in range(52):
        writer = ScriptedWriter(tmp_path / f"r{number}" / "logs" / "metrics.csv", ["step", "val_loss"])
        for step in range(3):
            writer.append(step=step, val_loss=3.0 + number / 100 - step)
    livemon("report", ".", "-o", "r.md", cwd=tmp_path)
    lead = (tmp_path / "r.md").read_text("utf-8").split("## Comparison")[0]
    assert lead.count("judged") == 1 and "of the other 2 it is not known" in lead
