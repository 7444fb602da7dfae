"""What trainings print: which lines are rows, and which files are logs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from livemon.readers.console_log import ConsoleLog, rows_in
from livemon.readers.registry import format_of
from livemon.runs.discovery import find_run, runs_below
from livemon.runs.experiment import ExperimentLoader
from livemon.system.listing import Listing
from livemon.tables.table import Table

HUGGING_FACE = (
    "Loading weights: 100%|####| 200/200 [00:01<00:00, 150.00it/s]\n"
    "\r  0%|          | 0/1000 [00:00<?, ?it/s]\r  1%|          | 10/1000 [00:05<08:00,  2.04it/s]\r      \r"
    "{'loss': 2.5, 'grad_norm': 1.5, 'learning_rate': 1e-05, 'epoch': 0.5}\n"
    "\r  2%|          | 20/1000 [00:10<08:00,  2.04it/s]{'loss': '1.5', 'grad_norm': 'nan', 'learning_rate': '9e-06', "
    "'epoch': '1.0'}\n\r  2%|2         | 20/1000 [00:10<08:00,  2.04it/s]\n"
    "{'eval_loss': 1.25, 'eval_runtime': 3.5, 'epoch': 1.0}\n"
)


@pytest.mark.parametrize(("line", "row"), [
    ("{'loss': 2.3, 'grad_norm': 1.5, 'epoch': 0.01}", {"loss": 2.3, "grad_norm": 1.5, "epoch": 0.01}),
    ("{'loss': tensor(0.5, device='cuda:0'), 'step': 3}", {"loss": 0.5, "step": 3}),
    ("step 10: loss 0.3", {"step": 10, "loss": 0.3}),
    ("epoch=3 loss=0.3 acc=0.9", {"epoch": 3, "loss": 0.3, "acc": 0.9}),
    ("iter 100: loss 2.5, time 100.25ms, mfu 5.20%", {"iter": 100, "loss": 2.5, "time": 100.25, "mfu": 5.2}),
    ("step 250: train loss 1.95, val loss 2.05", {"step": 250, "train loss": 1.95, "val loss": 2.05}),
    ("Epoch [3/10], Step [100/600], Loss: 0.1234", {"Epoch": 3, "Step": 100, "Loss": 0.1234}),
    ("Epoch [3/10] loss: 0.5", {"Epoch": 3, "loss": 0.5}),
    ("Train Epoch: 1 [640/60000 (1%)]\tLoss: 2.3", {"epoch": 1, "batch": 640, "Loss": 2.3}),
    ("2024-01-01 12:00:00,123 INFO root: step 10 loss 0.3", {"step": 10, "loss": 0.3}),
    ("INFO:root:epoch 3, train_loss: 0.5", {"epoch": 3, "train_loss": 0.5}),
    ("train.py:88 [Epoch 3] train loss = 0.3", {"Epoch": 3, "train loss": 0.3}),
    ("| epoch   1 |   200/ 2928 batches | lr 20.00 | loss  7.60", {"epoch": 1, "batch": 200, "lr": 20.0, "loss": 7.6}),
    ("eta: 0:05:00  iter: 19  total_loss: 3.4  lr: 1e-3", {"iter": 19, "total_loss": 3.4, "lr": 1e-3}),
    ("1875/1875 [=====] - 3s 2ms/step - loss: 0.2 - val_loss: 0.3", {"loss": 0.2, "val_loss": 0.3}),
    ("\x1b[1m9/9\x1b[0m \x1b[32m━━━\x1b[0m\x1b[37m\x1b[0m \x1b[1m3s\x1b[0m 2ms/step - loss: 0.25", {"loss": 0.25}),
    (" 9/90 [=>...] - ETA: 3s - loss: 0.2", None),
    ("  1%|          | 10/1000 [00:05<08:00,  2.04it/s, loss=0.5]", None),
    ("step 10: loss 0.3\rstep 11: loss 0.2\r", {"step": 11, "loss": 0.2}),
    ("Loaded 1000 samples in 3.2 s", None), ("torch version 2.1.0", None), ("", None), ("loss", None),
    ("Saving checkpoint at step 1000 to /x/step_1000", None), ("Using GPU 0: NVIDIA A100-SXM4-80GB", None),
    ("{'lr': 0.1}", None), ("{'batch_size': 8, 'seed': 1}", None), ("[" * 5000 + "1" * 5000, None),
])
def test_which_lines_are_rows(line: str, row: dict[str, Any] | None) -> None:
    """Issue 16: a line is a row where it names values as trainings do; progress bars and prose are none."""
    rows = list(rows_in(line))
    assert rows == ([] if row is None else [row])
    if row is not None:
        assert all(type(rows[0][name]) is type(value) for name, value in row.items())


@pytest.mark.parametrize("name", ["slurm-4711.out", "train.log", "nohup.out", "log.txt", "run 3.log", "job.e123"])
def test_hugging_faces_output(tmp_path: Path, name: str) -> None:
    """Issue 16: the dicts that Hugging Face prints among tqdm's lines are rows, in a folder and by name."""
    path = tmp_path / name
    path.write_bytes(HUGGING_FACE.encode())
    for given in (tmp_path, path):
        run = ExperimentLoader(given)
        assert run.refresh() == 3 and run.format == "console log" and run.anomalies == []
        assert run.series("loss").to_dict() == {0.5: 2.5, 1.0: 1.5} and run.series("eval_loss").to_dict() == {1.0: 1.25}


def test_output_in_utf_16(tmp_path: Path) -> None:
    """Issue 16: what PowerShell's `>` has kept is read, too."""
    path = tmp_path / "train.log"
    path.write_text("".join(f"step {step}: loss {1 / step}\n" for step in (1, 2, 4)), encoding="utf-16")
    assert ExperimentLoader(tmp_path).series("loss").to_dict() == {1: 1.0, 2: 0.5, 4: 0.25}


def test_keras_output(tmp_path: Path) -> None:
    """Issue 16: a row of Keras' output has the epoch that stands on a line above it."""
    bars = " 1/9 [=>...] - ETA: 3s - loss: 9.9\r9/9 [====] - 3s 2ms/step - loss:"
    text = "".join(f"Epoch {epoch}/3\n{bars} {1 / epoch}\n" for epoch in (1, 2, 4))
    (tmp_path / "train.log").write_bytes(text.encode())
    assert ExperimentLoader(tmp_path).series("loss").to_dict() == {1: 1.0, 2: 0.5, 4: 0.25}


def test_where_nothing_better_is(tmp_path: Path) -> None:
    """Issue 16: beside other metrics a console log is not read; an empty event file beside it does not win; and a log
    above other runs hides none of them."""
    (tmp_path / "slurm-1.out").write_text("step 1: loss 0.5\nstep 2: loss 0.25\n")
    (tmp_path / "events.out.tfevents.1688837786.host").write_bytes(bytes.fromhex(
        "1800000000000000a37f4b22090000" "80a6672ad9411a0d627261696e2e4576656e743a32cea33eb6"))
    run = ExperimentLoader(tmp_path)
    assert run.refresh() == 2 and run.format == "console log"
    (tmp_path / "metrics.csv").write_text("step,train_loss\n1,0.125\n")
    other = ExperimentLoader(tmp_path)
    assert other.refresh() == 1 and other.metric_names == ["train_loss"] and other.choice.count("slurm") == 0
    for name in ("metrics.csv", "events.out.tfevents.1688837786.host"):
        (tmp_path / name).unlink()
    (tmp_path / "runs" / "a").mkdir(parents=True)
    (tmp_path / "runs" / "a" / "metrics.csv").write_text("step,train_loss\n1,0.125\n")
    found = find_run(tmp_path)
    assert found is not None and found[0].path == tmp_path / "runs" / "a"
    assert [one.path for one in runs_below(tmp_path.parent) if one.path.is_relative_to(tmp_path)] == [
        tmp_path / "runs" / "a"]


def test_which_files_are_logs(tmp_path: Path) -> None:
    """Issue 16: by its name any text is a log that ends in .log or .out, as its rows may come; others need two lines of
    one shape. In a folder every log needs them."""
    texts = {"a.log": "Installing 3 packages\n", "b.txt": "some words\n", "c.txt": "step 1 loss 2\nstep 2 loss 1\n",
             "d.py": "lr = 0.1\nprint(lr)\n", "e.out": ""}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    known = {name for name in texts if (one := format_of(tmp_path / name)) and one.name == "console log"}
    assert known == {"a.log", "c.txt"} and ConsoleLog().find(Listing(tmp_path)) == []
    run = ExperimentLoader(tmp_path / "a.log")
    assert run.refresh() == 0 and "none of the 1 lines" in run.anomalies[0].message


def test_any_growth_gives_the_same(tmp_path: Path, checks: Any) -> None:
    """However a log grows, and by both ways, its rows are the same; and nothing in its place raises."""
    data = HUGGING_FACE.encode()
    path = tmp_path / "train.log"
    whole = checks.grown(path, data, [], ConsoleLog().open)
    for size in (60, 130, 200):
        assert checks.grown(path, data, range(60, len(data), size), ConsoleLog().open) == whole
    assert checks.shown(checks.take(ConsoleLog().open(path, plain=True), Table(), Counter())) == whole[0]
    checks.survives(ConsoleLog(), tmp_path / "awkward", "train.log", data)
