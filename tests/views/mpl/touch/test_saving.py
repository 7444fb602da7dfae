"""What is seen, as files."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from livemon.boards import Lens
from livemon.boards.lens.json_form import lens_from_json
from livemon.boards.model import Board
from livemon.views.mpl.touch.saving import save_what_is_seen


def test_pictures_points_and_lens(touchable: Callable[..., Board], tmp_path: Path) -> None:
    """Three pictures, a row for each point that is seen, the lens, and the words that draw it again; what was saved
    before stays."""
    lens = Lens(x="epoch", hidden=("a",))
    board = touchable(lens=lens, title="runs/exp7")
    lines = save_what_is_seen(board, tmp_path, (6.0, 4.0), "dark", "runs/exp7")
    assert lines[0] == f"saved {tmp_path / 'livemon_runs-exp7'}.png, .svg, .pdf, .csv, .json"
    assert lines[1] == "livemon plot runs/exp7 -o livemon_runs-exp7.png --x epoch --hide a --style dark"
    assert lines[2].startswith("from livemon import watch; watch('runs/exp7', once=True")
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".csv", ".json", ".pdf", ".png", ".svg"]
    assert lens_from_json((tmp_path / "livemon_runs-exp7.json").read_text(encoding="utf-8")) == (lens, [])
    with open(tmp_path / "livemon_runs-exp7.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == sum(len(line.x) for panel in board.panels for line in panel.lines)
    assert rows[150] == {"panel": "loss", "metric": "train_loss", "line": "as logged", "step": "500.0",
                         "value": rows[150]["value"]} or rows[150]["line"] == "smoothed"
    again = save_what_is_seen(board, tmp_path, (6.0, 4.0), "dark", "x", text="seen")[0]
    assert again.count("livemon_runs-exp7-2") == 1 and again.endswith(", .csv, .txt, .json")
    assert (tmp_path / "livemon_runs-exp7-2.txt").read_text(encoding="utf-8") == "seen\n"


def test_points_of_several_runs_say_whose_they_are(touchable: Callable[..., Board], tmp_path: Path) -> None:
    """Where several runs are drawn, each point names its run; of one run there is no such column."""
    board = touchable(title="2 runs")
    lines = board.panels[0].lines
    named = [replace(line, run="ab"[number % 2]) for number, line in enumerate(lines)]
    board = replace(board, panels=(replace(board.panels[0], lines=tuple(named)),))
    save_what_is_seen(board, tmp_path, (6.0, 4.0), "light", "runs")
    with open(tmp_path / "livemon_2-runs.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:3] == ["panel", "run", "metric"]
    counts = {run: sum(len(line.x) for line in named if line.run == run) for run in "ab"}
    assert {run: sum(row["run"] == run for row in rows) for run in "ab"} == counts


def test_the_words_name_the_run_itself(touchable: Callable[..., Board], tmp_path: Path,
                                       monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a folder of runs was named, the command names the run that is drawn, or those that are, and not those that
    the list chose; the path of a run, or of a file in it, stays as it was typed."""
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        (tmp_path / "runs" / name / "logs").mkdir(parents=True)
    chosen = Lens(runs=("b",), run_list=True, hidden=("x",))

    def words(paths: tuple[str, ...], target: str, lens: Lens = chosen) -> str:
        return save_what_is_seen(replace(touchable(lens=lens, title="b"), paths=paths), tmp_path, (6.0, 4.0), "dark",
                                 target)[1]

    own = str(tmp_path / "runs" / "b")
    assert words((own,), "runs") == "livemon plot runs/b -o livemon_b.png --hide x --style dark"
    assert words((own,), "runs/b/logs").startswith("livemon plot runs/b/logs -o livemon_b-2.png --hide x ")
    both = Lens(runs=("a", "b"), alone_run=None)
    assert words((str(tmp_path / "runs" / "a"), own), "runs", both).startswith(
        "livemon watch runs/a runs/b --once --view file -o livemon_b-3.png --style")
    assert words((own,), str(tmp_path / "runs")).startswith(f"livemon plot {own} -o")
