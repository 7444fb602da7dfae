"""Tables whose columns blanks divide."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from livemon.readers.blank_columns import BlankColumns, SpinningUp, Yolo
from livemon.readers.registry import find_sources, format_of
from livemon.runs.experiment import ExperimentLoader
from livemon.system.listing import Listing
from livemon.tables.table import Table

CASES = Path(__file__).parents[3] / "shared" / "cases" / "14_refused"

LCURVE = b"""#  step      rmse_val    rmse_trn    rmse_e_val         lr
# If there is no available reference data, rmse_*_{val,trn} will print nan
      0      2.51e+01    2.47e+01      nan    1.0e-03
    100      1.72e+01    1.59e+01      1.15e-01    1.0e-03
"""
YOLO = b"".join(b"%10s%10s" % (b"%d/299" % epoch, b"2.26G") + b"".join(b"%10.4g" % value for value in (
    0.11, 0.03, 0.02, 0.16, 50, 640, 0.2, 0.3, 0.4 + epoch / 100, 0.1, 0.09, 0.05, 0.01)) + b"\n" for epoch in range(3))
SPINUP = b"Epoch\tAverageEpRet\tTotalEnvInteracts\tTime\n1\t-60.5\t4000\t10.5\n2\t-50.25\t8000\t21.5\n"


def written(path: Path, data: bytes) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return path


def test_deepmds_learning_curve(tmp_path: Path) -> None:
    """Issue 16: names behind a `#` and numbers between any blanks are read; the other comments are none."""
    path = written(tmp_path / "lcurve.out", LCURVE)
    for given in (tmp_path, path):
        run = ExperimentLoader(given)
        assert run.series("rmse_trn").to_dict() == {0: 24.7, 100: 15.9}
        assert str(run.series("rmse_e_val").tolist()) == "[nan, 0.115]"
        assert run.load_metrics().columns[:2].tolist() == ["step", "rmse_val"] and run.anomalies == []


def test_yolos_results(tmp_path: Path) -> None:
    """Issue 16: the 15 columns without names have the names of YOLO's later CSV files; 0/299 is epoch 0 of 300."""
    path = written(tmp_path / "results.txt", YOLO)
    for given in (tmp_path, path):
        run = ExperimentLoader(given)
        assert run.series("metrics/mAP_0.5").to_dict() == {0: 0.4, 1: 0.41, 2: 0.42}
        assert run.series("val/cls_loss").tolist() == [0.01] * 3 and run.series("gpu_mem").tolist() == [2.26] * 3
        assert run.get_config_value("epochs") == 300 and run.anomalies == []


def test_spinning_ups_progress(tmp_path: Path) -> None:
    """Issue 16: `progress.txt` is read in its folder as by its name."""
    path = written(tmp_path / "progress.txt", SPINUP)
    assert format_of(path) == find_sources(Listing(tmp_path))[0][0]
    assert ExperimentLoader(tmp_path).series("AverageEpRet").tolist() == [-60.5, -50.25]


@pytest.mark.parametrize("text", [b"a b c\n", b"some words here\nand more words\n", b"0 1 2\n3 4 5\n", b"",
                                  b"step\n1\n", b"name size\nx 1\n"])
def test_what_is_no_such_table(text: bytes) -> None:
    """Prose, numbers without names, and tables without a word of a training are none."""
    assert not BlankColumns().recognises(Path("any.txt"), text)
    assert not Yolo().recognises(Path("results.txt"), text)


@pytest.mark.parametrize(("form", "name", "data"), [
    (BlankColumns(), "lcurve.out", LCURVE), (Yolo(), "results.txt", YOLO), (SpinningUp(), "progress.txt", SPINUP)])
def test_any_growth_gives_the_same(tmp_path: Path, checks: Any, form: Any, name: str, data: bytes) -> None:
    """However such a file grows, and by both ways, its rows are the same; and nothing in its place raises."""
    whole = checks.grown(tmp_path / name, data, [], form.open)
    for size in (1, 7, 50):
        assert checks.grown(tmp_path / name, data, range(0, len(data), size), form.open) == whole
    plain = checks.take(form.open(tmp_path / name, plain=True), Table(), Counter())
    assert checks.shown(plain) == whole[0]
    checks.survives(form, tmp_path / "awkward", name, data)


@pytest.mark.skipif(not CASES.is_dir(), reason="strangers' runs are not beside this clone (shared/cases)")
def test_strangers_runs() -> None:
    """Issue 16, case 14: Spinning Up's and YOLOv5's files as strangers have them."""
    run = ExperimentLoader(CASES / "spinup")
    assert run.series("AverageTestEpRet", x="row").tolist()[0] == -333.88348 and len(run.load_metrics()) == 20
    yolo = ExperimentLoader(CASES / "yolov5_txt")
    rows = [line.split() for line in (CASES / "yolov5_txt" / "results.txt").read_text().splitlines()]
    assert yolo.series("metrics/mAP_0.5:0.95").tolist() == [float(row[11]) for row in rows]
    assert yolo.series("train/box_loss").index.tolist() == list(range(200))
