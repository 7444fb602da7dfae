"""Tables that have a row for each value."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from livemon.readers.long_table import LongTable
from livemon.readers.registry import format_of
from livemon.runs.experiment import ExperimentLoader
from livemon.system.listing import read_head


def points(path: Path) -> dict[str, dict[float, float]]:
    run = ExperimentLoader(path)
    run.refresh()
    return {name: run.series(name, attempts="all").to_dict() for name in run.metric_names}


@pytest.mark.parametrize("text", [
    "run,metric,context,step,value\na,loss,train,0,1.5\na,acc,train,0,0.1\na,loss,train,10,1.2\na,acc,train,10,0.3\n",
    "metric;step;value\nloss;0;1,5\nloss;10;1,2\nacc;0;0,1\nacc;10;0,3\n",
    "Wall time\tTag\tStep\tValue\n1\tloss\t0\t1.5\n1\tacc\t0\t0.1\n2\tloss\t10\t1.2\n2\tacc\t10\t0.3\n"])
def test_each_metric_is_a_curve(text: str, tmp_path: Path) -> None:
    """Issue 16: what stands in the value's column is the value of the metric that its row names."""
    path = tmp_path / "export.csv"
    path.write_text(text)
    assert isinstance(format_of(path), LongTable)
    assert points(path) == {"loss": {0: 1.5, 10: 1.2}, "acc": {0: 0.1, 10: 0.3}}
    assert points(tmp_path) == points(path)


def test_several_runs_are_told_apart(tmp_path: Path) -> None:
    """A metric of a further run has that run's name in front: no curve goes from one run to the other."""
    path = tmp_path / "export.csv"
    path.write_text("run,metric,step,value\na,loss,0,1.5\nb,loss,0,2.5\na,loss,1,1.4\nb,loss,1,2.4\n")
    assert points(path) == {"loss": {0: 1.5, 1: 1.4}, "b/loss": {0: 2.5, 1: 2.4}}


def test_what_is_no_long_table(tmp_path: Path) -> None:
    """A table without a step, with numbers for names, or whose value is a metric among others, is an ordinary one."""
    for text in ("name,value\nloss,0.5\n", "step,key,value\n0,7,0.5\n", "step,loss,value\n0,0.5,0.25\n",
                 "metric,step\n"):
        (tmp_path / "log.csv").write_text(text)
        assert not LongTable().recognises(tmp_path / "log.csv", read_head(tmp_path / "log.csv"))


def test_a_table_that_grows(tmp_path: Path) -> None:
    """What comes later belongs to the metrics that it names; what is no number is no value."""
    path = tmp_path / "export.csv"
    path.write_text("metric,step,value\nloss,0,1.5\n")
    run = ExperimentLoader(path)
    assert run.refresh() == 1
    with open(path, "a") as file:
        file.write("loss,1,nan\nacc,1,\nacc,2,0.5\n")
    assert run.refresh() == 3
    assert run.series("acc").to_dict() == {2: 0.5} and run.series("loss").tolist()[0] == 1.5
    assert math.isnan(run.series("loss")[1])


@pytest.mark.parametrize(("column", "train", "val"), [
    ("context.subset", "train", "val"), ("metric.context.subset", "train", "val"),
    ("context", '"{""subset"": ""train""}"', '"{""subset"": ""val""}"'), ("part", "train", "val")])
def test_what_the_rows_of_one_metric_are_of(column: str, train: str, val: str, tmp_path: Path) -> None:
    """Issue 16: rows of one metric at one step that another column tells apart are several curves, not one zigzag."""
    path = tmp_path / "export.csv"
    path.write_text(f"metric,{column},step,value\nloss,{train},0,2.0\nloss,{val},0,2.5\nloss,{train},1,1.0\n"
                    f"loss,{val},1,1.5\nval_acc,{val},1,0.25\n")
    assert points(path) == {"loss": {0: 2.0, 1: 1.0}, "val/loss": {0: 2.5, 1: 1.5}, "val_acc": {1: 0.25}}


def test_texts_that_tell_nothing_of_the_metric(tmp_path: Path) -> None:
    """A text beside the values, such as a unit or a user, is no part of a metric's name."""
    path = tmp_path / "export.csv"
    path.write_text("metric,unit,context,step,value\nloss,nats,{},0,2.0\nloss,nats,{},1,1.0\n")
    assert points(path) == {"loss": {0: 2.0, 1: 1.0}}
