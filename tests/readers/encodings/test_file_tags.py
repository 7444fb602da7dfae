"""Tables of one metric, whose name stands in the file's name."""

from __future__ import annotations

from pathlib import Path

import pytest

from livemon.readers.encodings.file_tags import with_name_of_file
from livemon.runs.experiment import ExperimentLoader


@pytest.mark.parametrize(("file", "columns", "name"), [
    ("run-exp_version_0-tag-val_loss.csv", ["Wall time", "Step", "Value"], "val_loss"),
    ("run-.-tag-eval_acc.csv", ["Wall time", "Step", "Value"], "eval_acc"),
    ("train_loss.csv", ["step", "timestamp", "value"], "train_loss"),
    ("metrics.csv", ["step", "value"], "value"),
    ("train_loss.csv", ["step", "loss", "value"], "value"),
])
def test_the_value_is_called_after_the_file(file: str, columns: list[str], name: str) -> None:
    """Issue 16: a column `value` beside axes alone is the metric that the file's name names, if it names one."""
    assert with_name_of_file(file, columns) == [*columns[:-1], name]


def test_the_downloads_of_one_run(tmp_path: Path) -> None:
    """Issue 16: TensorBoard's downloads in one folder are one run, with a curve for each tag."""
    for tag, first in (("train_loss", 2.0), ("val_loss", 3.0)):
        (tmp_path / f"run-a-tag-{tag}.csv").write_text(
            f"Wall time,Step,Value\n1763435447.5,0,{first}\n1763435448.5,50,{first / 2}\n")
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert {name: run.series(name).to_dict() for name in run.metric_names} == {
        "train_loss": {0: 2.0, 50: 1.0}, "val_loss": {0: 3.0, 50: 1.5}}
    assert run.main_metric() == "val_loss"
