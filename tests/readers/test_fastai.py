from __future__ import annotations

from pathlib import Path
from typing import Any

from livemon.readers.base import read_table
from livemon.readers.fastai import Fastai
from livemon.system.listing import Listing

# As fastai 2.8's CSVLogger(append=True) writes two fits: each with a header of its own.
TWO_FITS = (b"epoch,train_loss,valid_loss,accuracy,time\n0,0.9,0.8,0.5,00:03\n1,0.7,0.6,0.7,01:05\n"
            b"epoch,train_loss,valid_loss,accuracy,time\n0,0.5,0.4,0.8,1:00:02\n")


def test_times_are_seconds(tmp_path: Path) -> None:
    """mm:ss and h:mm:ss are seconds; a header that stands again is no row."""
    path = tmp_path / "history.csv"
    path.write_bytes(TWO_FITS)
    assert Fastai().find(Listing(tmp_path)) == [path]
    reader = Fastai().open(path)
    table = read_table(reader)
    assert table.columns["time"].values.tolist() == [3, 65, 3602] and not table.columns["time"].texts
    assert table.columns["epoch"].values.tolist() == [0, 1, 0]
    assert "each epoch" in reader.facts.odd[0]


def test_a_time_that_is_none_stays_what_it_is(tmp_path: Path) -> None:
    """A number stays a number, and what is no time stays a text."""
    path = tmp_path / "history.csv"
    path.write_bytes(b"epoch,time\n0,00:03\n1,2.5\n2,soon\n3,\n4,00:04\n")
    table = read_table(Fastai().open(path))
    assert table.columns["time"].values.tolist() == [3, 2.5, 4] and table.columns["time"].rows.tolist() == [0, 1, 4]
    assert table.columns["time"].texts == ["soon"] and table.columns["time"].text_rows.tolist() == [2]


def test_any_cutting_gives_the_same(tmp_path: Path, checks: Any) -> None:
    """However the bytes come, and in the plain way, the rows are the same."""
    path = tmp_path / "history.csv"
    whole = checks.grown(path, TWO_FITS, [], Fastai().open)
    for cut in range(len(TWO_FITS)):
        assert checks.grown(path, TWO_FITS, [cut], Fastai().open) == whole
    assert checks.grown(path, TWO_FITS, [], lambda path: Fastai().open(path, plain=True)) == whole


def test_other_histories_are_not_fastais(tmp_path: Path) -> None:
    """A history.csv without a time, as many write it, is left to the reader of CSV."""
    (tmp_path / "history.csv").write_bytes(b"epoch,loss\n0,1\n")
    assert Fastai().find(Listing(tmp_path)) == []


def test_awkward_sources_raise_nothing(tmp_path: Path, checks: Any) -> None:
    """Nothing that may lie in the place of the file raises."""
    checks.survives(Fastai(), tmp_path, "history.csv", TWO_FITS)
