"""Numbers without names above them, with the names that a user gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from livemon.readers.base import read_table
from livemon.readers.headerless import Headerless
from livemon.readers.registry import find_sources, format_of
from livemon.runs.experiment import ExperimentLoader
from livemon.system.listing import Listing

NAMES = ("step", "loss")


@pytest.mark.parametrize("text", [
    "0,1.5\n5,1.25\n", "0;1,5\n5;1,25\n", "0\t1.5\n5\t1.25\n", "  0   1.5\n  5   1.25\n",
    "# made by hand\n0 1.5\n5 1.25\n", "\ufeff0,1.5\n5,1.25\n"])
def test_values_have_the_names_that_were_given(text: str, tmp_path: Path) -> None:
    """Each number is read once, in its column's name, whatever stands between them."""
    path = tmp_path / "loss.txt"
    path.write_text(text, encoding="utf-8")
    form = format_of(path, NAMES)
    assert isinstance(form, Headerless)
    for plain in (False, True):
        table = read_table(form.open(path, plain=plain))
        assert {name: column.values.tolist() for name, column in table.columns.items()} == {
            "step": [0, 5], "loss": [1.5, 1.25]}


def test_a_file_with_names_keeps_them(tmp_path: Path) -> None:
    """A file that says what its numbers are needs no names, and gets none."""
    path = tmp_path / "loss.csv"
    path.write_text("epoch,val_loss\n1,0.5\n")
    assert not isinstance(format_of(path, NAMES), Headerless)
    assert ExperimentLoader(path, header=NAMES).load_metrics().columns.tolist() == ["epoch", "val_loss"]


def test_a_file_that_grows_from_nothing(tmp_path: Path) -> None:
    """An empty file is waited for, and what stands between its numbers is seen when they come."""
    for text, name in (("0 1.5\n", "a.txt"), ("0,1.5\n", "b.csv")):
        path = tmp_path / name
        path.write_text("")
        run = ExperimentLoader(path, header="step,loss")
        assert run.refresh() == 0
        path.write_text(text)
        assert run.refresh() == 1 and run.series("loss").to_dict() == {0: 1.5}


def test_wrong_number_of_names(tmp_path: Path) -> None:
    """More or fewer names than columns are an error that says both numbers; in a folder such a file is not meant."""
    path = tmp_path / "loss.csv"
    path.write_text("0,1.5,3\n")
    with pytest.raises(ValueError, match=r"2 names, and .*loss\.csv has 3 columns"):
        ExperimentLoader(path, header=NAMES)
    assert find_sources(Listing(tmp_path), NAMES) == []
    assert [found for _, found in find_sources(Listing(tmp_path), ("a", "b", "c"))] == [path]


def test_rows_of_another_width_are_told(tmp_path: Path) -> None:
    """A row that comes later with more cells is rejected, and that is said."""
    path = tmp_path / "loss.csv"
    path.write_text("0,1.5\n1,1.25,9\n2,1\n")
    run = ExperimentLoader(path, header=NAMES)
    assert run.refresh() == 2
    assert [odd.kind for odd in run.anomalies] == ["row rejected"]
