"""Histories that are one JSON document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from livemon.readers.base import read_table
from livemon.readers.json_history import JsonHistory, Sacred
from livemon.readers.registry import find_sources, format_of
from livemon.runs.discovery import runs_below
from livemon.runs.experiment import ExperimentLoader
from livemon.system.listing import Listing

CASES = Path(__file__).parents[3] / "shared" / "cases" / "14_refused"

CHAINER = [{"main/loss": 2.5 / (epoch + 1), "iteration": 100 * (epoch + 1), "epoch": epoch + 1} for epoch in range(4)]
KERAS = {"loss": [0.9, 0.5, 0.25], "val_loss": [1.0, 0.75, 0.8]}
SACRED = {"train.loss": {"steps": [0, 10], "timestamps": ["2023-07-08T16:56:26.000000", "2023-07-08T16:56:28.000000"],
                         "values": [2.0, {"dtype": "float32", "py/object": "numpy.float32", "value": 1.5}]},
          "acc": {"steps": [10], "timestamps": ["2023-07-08T16:56:27.500000"], "values": [0.5]}}


@pytest.mark.parametrize("indent", [None, 4])
def test_chainers_log(tmp_path: Path, indent: int | None) -> None:
    """Issue 16: one list of rows in a file called `log` is read, in its folder and by name, and found by a search."""
    (tmp_path / "result").mkdir()
    path = tmp_path / "result" / "log"
    path.write_text(json.dumps(CHAINER, indent=indent))
    assert [found.path for found in runs_below(tmp_path)] == [path.parent]
    for given in (path, path.parent):
        run = ExperimentLoader(given)
        assert run.series("main/loss").to_dict() == {100: 2.5, 200: 1.25, 300: 2.5 / 3, 400: 0.625}


@pytest.mark.parametrize("content", [KERAS, {"params": {"epochs": 3}, "history": KERAS}, {**KERAS, "name": "x"},
                                     {"lr": "0.1", **{name: list(map(str, row)) for name, row in KERAS.items()}}])
def test_a_keras_history(tmp_path: Path, content: Any) -> None:
    """Issue 16: an object of lists is read, an epoch an entry, also where it stands one object deeper, or its numbers
    were made texts of."""
    path = tmp_path / "history.json"
    path.write_text(json.dumps(content))
    run = ExperimentLoader(path)
    name = next(name for name in run.load_metrics().columns if name.endswith("val_loss"))
    assert run.x_column() == "epoch" and run.series(name).to_dict() == {0: 1.0, 1: 0.75, 2: 0.8}
    if "params" not in content and "lr" not in content:
        assert ExperimentLoader(tmp_path).series("loss").to_dict() == {0: 0.9, 1: 0.5, 2: 0.25}


def test_lists_with_an_axis_of_their_own(tmp_path: Path) -> None:
    """Issue 16: where one of the lists is a step or an epoch, it is the axis."""
    path = tmp_path / "train_log.json"
    path.write_text(json.dumps({"epoch": [1, 2], "loss": [0.5, 0.25]}))
    assert ExperimentLoader(tmp_path).series("loss").to_dict() == {1: 0.5, 2: 0.25}


def test_a_list_of_rows_in_an_object(tmp_path: Path) -> None:
    """Issue 16: rows that stand in an object, as `log_history` does, are read."""
    path = tmp_path / "train_history.json"
    path.write_text(json.dumps({"args": {"lr": 0.1}, "log": [{"step": 1, "loss": 0.5}, {"step": 2, "loss": 0.25}]}))
    assert ExperimentLoader(tmp_path).series("loss").to_dict() == {1: 0.5, 2: 0.25}


@pytest.mark.parametrize("indent", [None, 2])
def test_sacreds_metrics(tmp_path: Path, indent: int | None) -> None:
    """Issue 16: each metric of Sacred's file has its own steps and times; its order is that of the times, NumPy's
    numbers are numbers, and run.json says how the run ended."""
    path = tmp_path / "metrics.json"
    path.write_text(json.dumps(SACRED, indent=indent))
    (tmp_path / "run.json").write_text('{"status": "FAILED"}')
    assert format_of(path) == find_sources(Listing(tmp_path))[0][0]
    run = ExperimentLoader(tmp_path)
    assert run.series("train.loss").to_dict() == {0: 2.0, 10: 1.5} and run.series("acc").to_dict() == {10: 0.5}
    assert run.load_metrics()["timestamp"].tolist() == [1688835386.0, 1688835387.5, 1688835388.0]
    assert (run.format, run.state) == ("Sacred", "failed") and "FAILED" in run.state_evidence


@pytest.mark.parametrize("name", ["config.json", "train_config.json", "results.json"])
def test_other_documents_are_no_runs(tmp_path: Path, name: str) -> None:
    """Issue 16: settings and other documents in a folder make no run of it, though there are lists of numbers."""
    (tmp_path / name).write_text(json.dumps({"hidden_sizes": [256, 256], "betas": [0.9, 0.999], "name": "x"}))
    (tmp_path / "train.json").write_text(json.dumps([{"id": 1, "size": 3}, {"id": 2, "size": 4}]))
    assert find_sources(Listing(tmp_path)) == []


@pytest.mark.parametrize("content", ["[1, 2]", '{"a": 1}', "{", "[{}, 1]", "null"])
def test_what_is_no_history_is_told(tmp_path: Path, content: str) -> None:
    """A document that holds no history gives no rows and the reason, after a while."""
    path = tmp_path / "log"
    path.write_text(content)
    reader = JsonHistory().open(path)
    assert reader.read().status in ("rewriting", "unreadable")
    assert read_table(reader).n_rows == 0


def test_awkward_sources_raise_nothing(tmp_path: Path, checks: Any) -> None:
    """Nothing that may lie in the place of the file raises."""
    checks.survives(JsonHistory(), tmp_path / "a", "log", json.dumps(CHAINER).encode())
    checks.survives(JsonHistory(), tmp_path / "b", "history.json", json.dumps(KERAS).encode())
    checks.survives(Sacred(), tmp_path / "c", "metrics.json", json.dumps(SACRED).encode())


@pytest.mark.skipif(not CASES.is_dir(), reason="strangers' runs are not beside this clone (shared/cases)")
def test_strangers_runs() -> None:
    """Issue 16, case 14: Chainer's and Sacred's files as strangers have them."""
    run = ExperimentLoader(CASES / "chainer")
    loss = run.series("validation/main/loss")
    assert (len(loss), loss.iloc[0], loss.index[-1]) == (10, 125.68832977294922, 6000)
    sacred = ExperimentLoader(CASES / "sacred" / "1")
    assert sacred.refresh() and sacred.format == "Sacred"
    content = json.loads((CASES / "sacred" / "1" / "metrics.json").read_text())
    for name, metric in content.items():
        assert str(sacred.series(name).to_dict()) == str(dict(zip(metric["steps"], metric["values"], strict=True)))


@pytest.mark.parametrize(("content", "step"), [
    ({"loss": {"0": 1.5, "1": 1.25}, "acc": {"0": None, "1": 0.5}}, [0, 1]),
    ({"0": {"loss": 1.5, "acc": None}, "1": {"loss": 1.25, "acc": 0.5}}, [0, 1]),
    ({"columns": ["loss", "acc"], "index": [0, 1], "data": [[1.5, None], [1.25, 0.5]]}, [0, 1]),
    ({"schema": {"fields": []}, "data": [{"index": 0, "loss": 1.5}, {"index": 1, "loss": 1.25, "acc": 0.5}]}, [0, 1]),
    ({"loss": {"0": 1.5, "500": 1.25}, "acc": {"500": 0.5}}, [0, 500]),
    ([{"loss": 1.5, "acc": None}, {"loss": 1.25, "acc": 0.5}], [0, 1])])
def test_data_frames(tmp_path: Path, content: Any, step: list[int]) -> None:
    """Issue 16: what pandas' `to_json` writes, in any of its forms, is the table that it was."""
    (tmp_path / "history.json").write_text(json.dumps(content))
    for path in (tmp_path, tmp_path / "history.json"):
        run = ExperimentLoader(path)
        run.refresh()
        assert run.series("loss").to_dict() == dict(zip(step, [1.5, 1.25], strict=True))
        assert run.series("acc").to_dict() == {step[1]: 0.5}
        assert run.metric_names == ["loss", "acc"]


def test_catboosts_training(tmp_path: Path) -> None:
    """Issue 16: what CatBoost lists in each iteration has the names of its `meta`; nothing is made up."""
    meta = {"learn_sets": ["learn"], "test_sets": ["test"], "learn_metrics": [{"best_value": "Min", "name": "Logloss"}],
            "test_metrics": [{"best_value": "Min", "name": "Logloss"}, {"best_value": "Max", "name": "AUC"}]}
    rows = [{"learn": [1 / (i + 1)], "iteration": i, "passed_time": i / 4, "remaining_time": 2.0,
             "test": [2 / (i + 1), 0.5 + i / 8]} for i in range(3)]
    (tmp_path / "catboost_training.json").write_text(json.dumps({"meta": meta, "iterations": rows}))
    run = ExperimentLoader(tmp_path)
    assert run.refresh() == 3
    assert run.series("learn/Logloss").to_dict() == {0: 1.0, 1: 0.5, 2: 1 / 3}
    assert run.series("test/Logloss").to_dict() == {0: 2.0, 1: 1.0, 2: 2 / 3}
    assert run.series("test/AUC").to_dict() == {0: 0.5, 1: 0.625, 2: 0.75}
    assert not {"learn", "test"} & set(run.metric_names)
