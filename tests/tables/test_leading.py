"""Which metric tells how far a run is."""

from __future__ import annotations

from pathlib import Path

from livemon.runs.experiment import ExperimentLoader
from livemon.tables.leading import find_leading, newest_x


def leading_of(folder: Path, text: str) -> tuple[str | None, float | None]:
    (folder / "metrics.csv").write_text(text)
    run = ExperimentLoader(folder)
    run.refresh()
    leading, tables = find_leading(run.tables)
    return leading, newest_x(tables, leading, run.x_column("step"))


def test_validation_rows_with_a_count_of_their_own_do_not_tell_the_progress(tmp_path: Path) -> None:
    """MMEngine writes the epoch as the step of a validation row: the run is where its training loss is."""
    text = "step,loss,mse\n10,0.5,\n20,0.4,\n1,,0.9\n30,0.3,\n40,0.2,\n2,,0.8\n"
    assert leading_of(tmp_path, text) == ("loss", 40.0)


def test_of_several_metrics_the_last_one_logged_tells_the_progress(tmp_path: Path) -> None:
    """Metrics that are logged as often as each other are asked in the order of their newest rows."""
    assert leading_of(tmp_path, "step,a,b\n1,0.5,\n1,,0.5\n2,0.4,\n3,,0.4\n") == ("b", 3.0)
