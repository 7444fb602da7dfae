"""Whether the rows of a run are others than before."""

from __future__ import annotations

from pathlib import Path

from livemon.runs.experiment import ExperimentLoader
from livemon.runs.rows_version import count_rows, rows_version


def test_a_new_row_is_another_version(tmp_path: Path) -> None:
    """A look without a new row leaves the version as it is; a row makes another one, and is counted."""
    file = tmp_path / "metrics.csv"
    file.write_text("step,loss\n1,2.0\n2,1.0\n", encoding="utf-8")
    run = ExperimentLoader(tmp_path)
    run.refresh()
    first, kept = rows_version(run), run.rows_version
    run.refresh()
    assert rows_version(run) == first and count_rows(run) == 2
    assert run.rows_version is kept and kept == first, "the same object, which is compared at once"
    with open(file, "a", encoding="utf-8") as more:
        more.write("3,0.5\n")
    run.refresh()
    assert rows_version(run) != first and count_rows(run) == 3 and run.rows_version == rows_version(run)
    run.note("events", "no events of the file system")
    assert run.rows_version == rows_version(run)
