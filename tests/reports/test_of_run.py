from __future__ import annotations

import json
from pathlib import Path

from livemon import ExperimentLoader, record
from livemon.reports.content import Paragraph, Picture, Report, Tabular
from livemon.reports.of_run import report_of_run


def report_at(folder: Path) -> Report:
    run = ExperimentLoader(folder)
    run.refresh()
    return report_of_run(run)


def section(report: Report, key: str) -> str:
    """All texts of a section."""
    blocks = next(one.blocks for one in report.sections if one.key == key)
    texts = []
    for block in blocks:
        if isinstance(block, Tabular):
            texts += [" | ".join(row) for row in (block.head, *block.rows)] + [block.caption]
        elif isinstance(block, Paragraph):
            texts.append(block.text)
    return "\n".join(texts)


def test_a_healthy_run(tmp_path: Path) -> None:
    """The lead says how it ended, how far it came, what it reached; the tables have each metric, setting and file."""
    with record(tmp_path / "good", {"lr": 0.1, "model": {"layers": 2}}, total_steps=400) as log:
        for step in range(400):
            log({"train_loss": 1.0 + 2.0 / (step + 1), "val_loss": 3.0 - step / 200}, step=step)
    report = report_at(tmp_path / "good")
    assert report.title == "good" and report.tone == "good"
    assert report.lead[0].startswith("The training finished. It reached 400 steps")
    assert report.lead[0].endswith("and logged 400 rows.")
    assert report.lead[1] == "val_loss (less is better) was 1.005 at the end; its best was 1.005 at step 399."
    assert "nothing is wrong" in report.lead[-1]
    assert [one.key for one in report.sections] == [
        "summary", "findings", "curves", "settings", "checkpoints", "events", "data"]
    assert "train_loss | 3.000 | 1.005 | 1.005 | 3.000 | 1.005 | 399 | 400" in section(report, "summary")
    assert "lr | 0.1\nmodel.layers | 2" in section(report, "settings")
    assert "metrics.csv" in section(report, "data") and "400 rows read again, 0 differences" in section(report, "data")
    assert len(report.pictures) == 1


def test_a_run_that_diverged(tmp_path: Path) -> None:
    """A run whose loss becomes NaN is critical: the lead says so, the findings say since when and what to do."""
    (tmp_path / "bad").mkdir()
    rows = "".join(f"{step},{2.0 - step / 300 if step < 300 else 'nan'}\n" for step in range(400))
    (tmp_path / "bad" / "metrics.csv").write_text("step,train_loss\n" + rows)
    report = report_at(tmp_path / "bad")
    assert report.tone == "critical" and report.lead[-1].startswith("Critical: ")
    assert "was NaN at the end" in report.lead[1]
    assert "critical | nan | 300 |" in section(report, "findings")
    assert "300 to " in section(report, "events") and "NaN (" in section(report, "events")
    assert "train_loss | 2.000 | NaN" in section(report, "summary")
    assert section(report, "events").count("| NaN") == 1  # one row for all that follow each other


def test_a_run_in_two_folders(tmp_path: Path) -> None:
    """A resumed run is one run; the lead counts its attempts."""
    for number, folder in enumerate(("first", "second")):
        (tmp_path / folder).mkdir()
        rows = "".join(f"{step},{2.0 - step / 300}\n" for step in range(150 * number, 150 * number + 150))
        (tmp_path / folder / "metrics.csv").write_text("step,train_loss\n" + rows)
    run = ExperimentLoader([tmp_path / "first", tmp_path / "second"])
    run.refresh()
    assert "It took 2 attempts, each in its own folder: first, second." in report_of_run(run).lead


def test_extremes_stay_in_a_long_curve(tmp_path: Path) -> None:
    """Of a curve of 100,000 points at most 5,000 are in the report, and a spike of a single step is one of them."""
    (tmp_path / "long").mkdir()
    rows = "".join(f"{step},{1000.0 if step == 61_803 else 1 + step % 7 / 10}\n" for step in range(100_000))
    (tmp_path / "long" / "metrics.csv").write_text("step,train_loss\n" + rows)
    picture = report_at(tmp_path / "long").pictures[0]
    assert "were not read again" in section(report_at(tmp_path / "long"), "data")
    lines = [line for panel in picture.board.panels for line in panel.lines if line.kind == "raw"]
    assert lines and all(len(line.x) <= 5000 for line in lines)
    assert any((61_803.0, 1000.0) in zip(line.x.tolist(), line.y.tolist(), strict=True) for line in lines)


def test_ten_thousand_metrics_have_a_bound(tmp_path: Path) -> None:
    """Of very many metrics some have a panel and a row, and the report says how many have none."""
    (tmp_path / "wide").mkdir()
    names = [f"layer{n}/norm" for n in range(2000)]
    rows = [{"step": step, **{name: step + n / 7 for n, name in enumerate(names)}} for step in range(3)]
    (tmp_path / "wide" / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    report = report_at(tmp_path / "wide")
    assert "metrics more are not listed" in section(report, "summary")
    assert len(report.pictures[0].board.panels) <= 60
    assert isinstance(report.sections[2].blocks[-1], Picture)


def test_a_run_that_went_on_from_an_earlier_step(tmp_path: Path) -> None:
    """Who has not seen the run reads that it was resumed, where, how far it had come, what became of the rows there,
    and how long it trained without the pause."""
    steps = [*range(0, 640, 10), *range(500, 700, 10)]
    rows = [f"{step},{2 / (step + 1):.4f},{1e9 + 5 * row + 7200 * (row >= 64):.0f}" for row, step in enumerate(steps)]
    (tmp_path / "metrics.csv").write_text("step,train_loss,timestamp\n" + "\n".join([*rows, ""]))
    lead = " ".join(report_at(tmp_path).lead)
    assert ("It went on from an earlier step at step 500, after it had come to 630. The rows that had been logged from "
            "there on are replaced by the later ones.") in lead
    assert "It reached 690 steps in 7 min, and logged 84 rows." in lead


def test_a_late_row_and_another_writer_are_no_resume(tmp_path: Path) -> None:
    """A row that comes a little late, and the rows of a second process, whose steps begin anew, are not said to be of a
    run that went on from an earlier step."""
    late = [*range(300), 298, *range(300, 400)]
    ranks = [(rank, step) for start in range(0, 400, 50) for rank in (0, 1) for step in range(start, start + 50)]
    for name, text in (
        ("late", "step,train_loss\n" + "".join(f"{step},{2 / (step + 1):.4f}\n" for step in late)),
        ("ranks", "rank,step,train_loss\n" + "".join(f"{rank},{step},{2 / (step + 1):.4f}\n" for rank, step in ranks)),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "metrics.csv").write_text(text)
        assert "went on from an earlier step" not in " ".join(report_at(tmp_path / name).lead), name


def test_what_is_left_out_stands_at_the_top(tmp_path: Path) -> None:
    """Of 10,000 metrics the beginning says how many are in the file."""
    names = [f"layer{number}/weight" for number in range(10_000)]
    lines = [",".join(["step", "train_loss", *names]), *(f"{step},1" + ",0.5" * 10_000 for step in range(3))]
    (tmp_path / "metrics.csv").write_text("\n".join([*lines, ""]))
    report = report_at(tmp_path)
    drawn = {line.metric for picture in report.pictures for panel in picture.board.panels for line in panel.lines}
    assert f"Of its 10,001 metrics this file has the curves of {len(drawn)}, and the numbers of 200." in report.lead
