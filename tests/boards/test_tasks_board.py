"""The board of groups over tasks."""

from __future__ import annotations

import json
from pathlib import Path

from livemon import MultiExperimentLoader
from livemon.analysis.statistics.task_scores import compare_over_tasks
from livemon.boards.tasks_board import tasks_board


def test_the_panels_hold_what_was_computed(tmp_path: Path) -> None:
    """Profiles are lines with bands in the groups' colours, the aggregates rows with their intervals, the best first,
    and each pair a row from 0 to 1."""
    for method in ("a", "b"):
        for task in ("t1", "t2"):
            for seed in range(3):
                folder = tmp_path / f"{method}{task}{seed}"
                folder.mkdir()
                (folder / "config.json").write_text(json.dumps({"method": method, "task": task, "seed": seed}))
                (folder / "metrics.csv").write_text(f"step,acc\n1,0.1\n2,{0.5 + (method == 'b') / 5 + seed / 20}\n")
    compared = compare_over_tasks(MultiExperimentLoader(sorted(tmp_path.iterdir())), "task")
    board = tasks_board(compared)
    profile, rows, chances = board.panels
    assert board.title == "12 runs of 2 groups over 2 tasks" and board.headline is not None
    assert [(line.label, line.colour) for line in profile.lines] == [("method=b", "orange"), ("method=a", "blue")]
    assert profile.lines[0].y[0] == 1.0 and profile.lines[0].y[-1] == 0.0 and len(profile.bands) == 2
    best = compared.estimates["method=b"]["iqm"]
    assert (rows.rows[0].label, rows.rows[0].value, rows.rows[0].low) == ("method=b", best.value, best.low)
    assert [(row.label, row.value) for row in chances.rows] == [("method=b > method=a", 1.0)]
    assert chances.row_limits == (0.0, 1.0)
