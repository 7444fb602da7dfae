"""What writers of CSV really leave, byte for byte, read by the reader of CSV."""

from __future__ import annotations

from pathlib import Path

import pytest

from livemon.readers.base import read_table
from livemon.readers.csv import Csv, CsvReader
from livemon.system.listing import read_head
from livemon.tables.table import Table


def read(path: Path, data: bytes) -> Table:
    path.write_bytes(data)
    assert Csv().recognises(path, read_head(path))
    return read_table(CsvReader(path))


@pytest.mark.parametrize("separator", [",", ";", "	", "|", " ", ":"])
def test_keras_with_another_separator(tmp_path: Path, separator: str) -> None:
    """Keras' CSVLogger(separator=...) may write any: the columns are those of the header."""
    rows = ["epoch,loss,mae,val_loss", "0,3.1866822242736816,1.6314,NA", "1,2.5,1.5,nan"]
    data = "".join(row.replace(",", separator) + "\r\n" for row in rows).encode()
    table = read(tmp_path / "training.log", data)
    assert list(table.columns) == ["epoch", "loss", "mae", "val_loss"] and table.n_rows == 2
    assert len(table.columns["val_loss"]) == 1


@pytest.mark.parametrize("header", ["train loss", "grad norm:total", "my step\n"])
def test_a_blank_within_a_name_separates_nothing(tmp_path: Path, header: str) -> None:
    """A single column whose name has a blank or a colon in it stays one."""
    table = read(tmp_path / "metrics.csv", f"{header.strip()}\n1\n2\n".encode())
    assert list(table.columns) == [header.strip()] and table.n_rows == 2


def test_timm(tmp_path: Path) -> None:
    """timm's summary.csv: one header; rows that are wider, as the first epoch was not evaluated, are told."""
    header = b"epoch,train_loss,eval_loss,eval_top1,eval_top5,lr\r\n"
    table = read(tmp_path / "summary.csv", header + b"0,1.0,0.5,40.0,80.0,0.1\r\n1,0.5,0.5,41.0,80.0,0.1\r\n")
    assert table.columns["eval_top1"].values.tolist() == [40, 41]
    path = tmp_path / "late.csv"
    path.write_bytes(b"epoch,train_loss,lr\r\n0,1.0,0.1\r\n1,0.5,0.5,41.0,80.0,0.1\r\n")
    update = CsvReader(path).read()
    assert [odd.kind for odd in update.anomalies] == ["row rejected"]


def test_ultralytics(tmp_path: Path) -> None:
    """Ultralytics' results.csv: names and cells that older versions fill up with blanks; nan is a point."""
    new = b"epoch,time,train/box_loss,metrics/mAP50(B),val/box_loss,lr/pg0\n1,1.57356e-05,1.5,0,nan,0.01\n"
    table = read(tmp_path / "results.csv", new)
    assert table.columns["time"].values.tolist() == [1.57356e-05] and len(table.columns["val/box_loss"]) == 1
    old = b"                  epoch,         train/box_loss\n                      0,                 1.2345\n"
    table = read(tmp_path / "results.csv", old)
    assert list(table.columns) == ["epoch", "train/box_loss"]
    assert table.columns["train/box_loss"].values.tolist() == [1.2345]
