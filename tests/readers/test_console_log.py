"""What trainings print: which lines are rows, and which files are logs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from livemon.readers.console_log import ConsoleLog
from livemon.readers.registry import format_of
from livemon.runs.discovery import find_run, runs_below
from livemon.runs.experiment import ExperimentLoader
from livemon.system.listing import Listing
from livemon.tables.meaning import direction
from livemon.tables.table import Table

HUGGING_FACE = (
    "Loading weights: 100%|####| 200/200 [00:01<00:00, 150.00it/s]\n"
    "\r  0%|          | 0/1000 [00:00<?, ?it/s]\r  1%|          | 10/1000 [00:05<08:00,  2.04it/s]\r      \r"
    "{'loss': 2.5, 'grad_norm': 1.5, 'learning_rate': 1e-05, 'epoch': 0.5}\n"
    "\r  2%|          | 20/1000 [00:10<08:00,  2.04it/s]{'loss': '1.5', 'grad_norm': 'nan', 'learning_rate': '9e-06', "
    "'epoch': '1.0'}\n\r  2%|2         | 20/1000 [00:10<08:00,  2.04it/s]\n"
    "{'eval_loss': 1.25, 'eval_runtime': 3.5, 'epoch': 1.0}\n"
)


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


def test_a_step_in_two_spellings_of_one_logger(tmp_path: Path) -> None:
    """Issue 16: DeepSpeed's `steps: 10 loss: ..` is about the step of its `step=10`; a momentum is no result."""
    (tmp_path / "train.log").write_text("".join(
        f"[INFO] [logging.py:96:log_dist] [Rank 0] step={step}, skipped=0, lr=[1e-05, 1e-05], mom=[(0.9, 0.95)]\n"
        f"steps: {step} loss: {loss:.4f} iter time (s): 2.011 samples/sec: 31.822\n"
        for step, loss in ((10, 2.75), (20, 2.5), (30, 2.0))))
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert run.series("loss").to_dict() == {10: 2.75, 20: 2.5, 30: 2.0} and "steps" not in run.metric_names
    assert run.series("lr").to_dict() == {10: 1e-5, 20: 1e-5, 30: 1e-5}
    assert run.main_metric() == "loss" and direction("mom") is None


@pytest.mark.parametrize("places", [["[ 0/20]", "[10/20]", "[19/20]"], ["[ 0/20]", "[ 8/20]", "[16/20]"],
                                    ["[ 1/20]", "[10/20]", "[20/20]"]])
def test_an_evaluation_on_its_way(tmp_path: Path, places: list[str]) -> None:
    """Issue 16: of the lines of an evaluation the last one has its result, the average over all batches."""
    text = ""
    for epoch, start in enumerate((1.0, 2.0, 3.0)):
        text += f"Epoch: [{epoch}][ 0/30]\tLoss 4.5000e+00 (4.7500e+00)\n"
        text += "".join(f"Test: {place}\tLoss 9.0000e+00 ({start + i / 4:.4e})\tAcc@1  9.00 ({10 * start + i:6.2f})\n"
                        for i, place in enumerate(places))
    (tmp_path / "train.log").write_text(text + "Epoch: [3][ 0/30]\tLoss 4.5000e+00 (4.7500e+00)\n")
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert run.series("test/Loss").to_dict() == {0: 1.5, 1: 2.5, 2: 3.5}
    assert run.series("test/Acc@1").to_dict() == {0: 12.0, 1: 22.0, 2: 32.0}


def test_an_evaluation_below_headings(tmp_path: Path) -> None:
    """The result of an evaluation belongs to the epoch above it, also where a heading shows that it was the last line;
    of one that is cut off after its first batch there is none."""
    (tmp_path / "train.log").write_text("".join(
        f"Epoch {epoch}/3\nloss: {4 / epoch}\nVal: [0/20] loss: 9.5 (9.5)\n"
        + (f"Val: [10/20] loss: 9.5 ({2 / epoch})\n" if epoch < 4 else "") for epoch in (1, 2, 4)) + "Epoch 5/3\n")
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert run.series("val/loss").to_dict() == {1: 2.0, 2: 1.0}
    assert run.series("loss").to_dict() == {1: 4.0, 2: 2.0, 4: 1.0}


def test_keras_output(tmp_path: Path) -> None:
    """Issue 16: a row of Keras' output has the epoch that stands on a line above it."""
    bars = " 1/9 [=>...] - ETA: 3s - loss: 9.9\r9/9 [====] - 3s 2ms/step - loss:"
    text = "".join(f"Epoch {epoch}/3\n{bars} {1 / epoch}\n" for epoch in (1, 2, 4))
    (tmp_path / "train.log").write_bytes(text.encode())
    assert ExperimentLoader(tmp_path).series("loss").to_dict() == {1: 1.0, 2: 0.5, 4: 0.25}


@pytest.mark.parametrize(("text", "points"), [
    # nanoGPT: `step` and `iter` count the same.
    ("step 0: train loss 4.0, val loss 4.5\niter 0: loss 4.0\niter 10: loss 2.0\n"
     "step 20: train loss 1.0, val loss 1.5\n"
     "iter 20: loss 1.0\n", {"loss": {0: 4.0, 10: 2.0, 20: 1.0}, "val loss": {0: 4.5, 20: 1.5}}),
    # MMEngine counts batches in their epoch, or over the training; an evaluation's batches are no steps.
    ("2025/11/18 03:11:50 - mmengine - INFO - Epoch(train)   [1][ 5/20]  lr: 1.0e-02  eta: 0:10:00  loss: 2.5\n"
     "2025/11/18 03:11:51 - mmengine - INFO - Epoch(train)   [1][20/20]  lr: 1.0e-02  eta: 0:10:00  loss: 2.0\n"
     "2025/11/18 03:11:52 - mmengine - INFO - Epoch(val)   [1][7/7]    coco/bbox_mAP: 0.5\n"
     "2025/11/18 03:11:53 - mmengine - INFO - Epoch(train)   [2][10/20]  lr: 1.0e-02  eta: 0:10:00  loss: 1.5\n",
     {"loss": {5: 2.5, 20: 2.0, 30: 1.5}, "val/coco/bbox_mAP": {20: 0.5}}),
    ("2025/11/18 03:11:50 - mmengine - INFO - Iter(train) [   50/40000]  lr: 9.9e-03  loss: 2.5\n"
     "2025/11/18 03:11:51 - mmengine - INFO - Iter(train) [  100/40000]  lr: 9.9e-03  loss: 2.0\n"
     "2025/11/18 03:11:52 - mmengine - INFO - Iter(val) [7/7]    mIoU: 40.5\n",
     {"loss": {50: 2.5, 100: 2.0}, "val/mIoU": {100: 40.5}}),
    # Swin: what is said without an axis at the end of an epoch belongs to it.
    ("[2025-11-18 03:10:00 a] (main.py 1): INFO Train: [0/3][0/9]\teta 0:10:10 lr 0.1\tloss 6.0 (6.0)\n"
     "[2025-11-18 03:10:00 a] (main.py 1): INFO Train: [1/3][0/9]\teta 0:10:10 lr 0.1\tloss 5.0 (5.5)\n",
     {"loss": {0: 6.0, 1: 5.0}}),
    # Tianshou: a test of the epoch above stands where that epoch's last row does; `in #1` is no metric.
    ("Epoch #1: 11it [00:05, 1800.20it/s, env_step=1000, rew=30.00]\n"
     "Epoch #1: test_reward: 35.0 ± 2.5, best_reward: 35.0 ± 2.5 in #1\n"
     "Epoch #2: 11it [00:05, 1800.20it/s, env_step=2000, rew=60.00]\n"
     "Epoch #2: test_reward: 70.0 ± 2.5, best_reward: 70.0 ± 2.5 in #2\n",
     {"rew": {1000: 30.0, 2000: 60.0}, "test_reward": {1000: 35.0, 2000: 70.0}, "best_reward": {1000: 35.0, 2000: 70.0},
      }),
    # scikit-learn's `T` counts updates of the weights: it is no time.
    ("-- Epoch 1\nBias: 0.5, T: 1000, Avg. loss: 0.95\n-- Epoch 2\nBias: 0.4, T: 2000, Avg. loss: 0.9\n",
     {"Bias": {1: 0.5, 2: 0.4}, "T": {1: 1000, 2: 2000}, "loss": {1: 0.95, 2: 0.9}}),
    # CleanRL: what is said without a step, once, belongs to the step above it.
    ("global_step=100, episodic_return=[20.]\nSPS: 1000\nglobal_step=250, episodic_return=[30.]\nSPS: 1100\n",
     {"episodic_return": {100: 20.0, 250: 30.0}, "SPS": {100: 1000.0, 250: 1100.0}}),
    # DeepSpeed: two lines say one step.
    ("[INFO] [Rank 0] step=10, loss=0.5\n[INFO] epoch=0/micro_step=40/global_step=10, SamplesPerSec=12.5\n"
     "[INFO] [Rank 0] step=20, loss=0.25\n[INFO] epoch=0/micro_step=80/global_step=20, SamplesPerSec=13.5\n",
     {"loss": {10: 0.5, 20: 0.25}, "SamplesPerSec": {10: 12.5, 20: 13.5}}),
    # nnU-Net, OLMo, rsl_rl, Composer: a line names the step, those below it the values.
    ("2025-03-04 10:00:00.123456: Epoch 0 \n2025-03-04 10:00:02.2: train_loss 0.5 \n"
     "2025-03-04 10:00:02.3: val_loss 0.75 \n"
     "2025-03-04 10:01:00.123456: Epoch 1 \n2025-03-04 10:01:02.2: train_loss 0.25 \n"
     "2025-03-04 10:01:02.3: val_loss 0.5 \n",
     {"train_loss": {0: 0.5, 1: 0.25}, "val_loss": {0: 0.75, 1: 0.5}}),
    ("2025-03-04 10:00:00.1\thost:0\tolmo.train:967\tINFO\t[step=10/5000,epoch=0]\n"
     "    train/Loss=0.5\n    tokens=41,943,040\n"
     "2025-03-04 10:00:09.1\thost:0\tolmo.train:967\tINFO\t[step=20/5000,epoch=0]\n    train/Loss=0.25\n",
     {"train/Loss": {10: 0.5, 20: 0.25}}),
    ("\x1b[1m Learning iteration 3/1500 \x1b[0m\n   Mean reward: 1.5\n\x1b[1m Learning iteration 4/1500 \x1b[0m\n"
     "   Mean reward: 2.5\n", {"Mean reward": {3: 1.5, 4: 2.5}}),
    # LightGBM says its best round again at the end.
    ("[10]\tvalid_0's auc: 0.5\n[20]\tvalid_0's auc: 0.75\nEarly stopping, best iteration is:\n"
     "[10]\tvalid_0's auc: 0.5\n",
     {"valid_0's auc": {10: 0.5, 20: 0.75}}),
])
def test_the_step_of_a_row(tmp_path: Path, text: str, points: dict[str, dict[int, float]]) -> None:
    """A row of a log stands at the step that its line or a line above it names, however that is spelt."""
    (tmp_path / "train.log").write_text(text)
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert {name: run.series(name).to_dict() for name in points} == points and run.anomalies == []


def test_no_step_is_invented(tmp_path: Path) -> None:
    """A metric that comes again below one row does not stand at that row's step; prose about a step is none."""
    (tmp_path / "train.log").write_text("step 10: loss 0.5\nResuming from step 5000\nloss 0.25\nloss 0.125\n"
                                        "step 20: loss 0.0625\n")
    run = ExperimentLoader(tmp_path)
    run.refresh()
    loss = run.series("loss", x="step")
    assert loss[loss.index.notna()].to_dict() == {10: 0.5, 20: 0.0625}


@pytest.mark.parametrize("name", ["training_log_2025_3_4_10_00_00.txt", "out.txt", "log-train-2025-03-04-10-00-00",
                                  "d5e5a4a8-8f2e-4d8b-9df2-0c6f0b1f6f3a.txt"])
def test_names_of_logs(tmp_path: Path, name: str) -> None:
    """A folder's log is found by the names that nnU-Net, icefall, nanoGPT's records and shells give it."""
    (tmp_path / name).write_text("step 1: loss 0.5\nstep 2: loss 0.25\n")
    assert ExperimentLoader(tmp_path).refresh() == 2


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


def test_printed_tables_are_rows(tmp_path: Path) -> None:
    """Issue 16: a log whose values stand in printed tables is found in a folder and read (Stable-Baselines3)."""
    box = ("-----------------------------\n| rollout/           |      |\n|    ep_rew_mean     | {:<4} |\n"
           "| time/              |      |\n|    total_timesteps | {:<4} |\n-----------------------------\n")
    path = tmp_path / "train.log"
    path.write_text("Using cpu device\n" + box.format(22.5, 2048) + "Saving\n" + box.format(30.5, 4096))
    assert ConsoleLog().find(Listing(tmp_path)) == [path]
    run = ExperimentLoader(path)
    run.refresh()
    assert run.main_metric() == "rollout/ep_rew_mean"
    assert run.series("rollout/ep_rew_mean").to_dict() == {2048: 22.5, 4096: 30.5}


def test_a_log_of_numbers_alone_says_how_to_name_them(tmp_path: Path) -> None:
    """Issue 16: a `.log` that has numbers and nothing else is no log of lines; the reason names `--header`."""
    (tmp_path / "loss.log").write_text("0 0.5\n1 0.25\n")
    run = ExperimentLoader(tmp_path / "loss.log")
    run.refresh()
    assert any("--header" in odd.message and "2 columns" in odd.message for odd in run.anomalies)
    named = ExperimentLoader(tmp_path / "loss.log", header="step,loss")
    assert named.refresh() == 2


def rows_of(tmp_path: Path, *lines: str) -> list[dict[str, Any]]:
    """The finite numbers of each row of a log that begins with two usual lines."""
    path = tmp_path / "train.log"
    path.write_text("".join(f"{line}\n" for line in ("step 1: loss 0.5 lr 0.01", "step 2: loss 0.25 lr 0.01", *lines)))
    frame = ExperimentLoader(path).load_metrics()
    return [{name: value for name, value in row.items() if value == value and name in run_columns(path)}
            for row in frame.to_dict("records")][2:]


def run_columns(path: Path) -> set[str]:
    """What the log's reader has found, without derived columns."""
    run = ExperimentLoader(path)
    run.refresh()
    return {"step", *run.metric_names}


@pytest.mark.parametrize("line", [
    "Resuming from /ckpt/epoch=3-val_loss=0.0012.ckpt", "saved runs/epoch=49-val_loss=0.50.ckpt",
    "Best: step 100 loss 0.0001", "WARNING: step 2000 took 30.5 s, loss 99 > limit 10",
    "RuntimeError: step 91: loss 77.0 exploded", "step 3: loss 1e-step 4: loss 0.125",
    "step 3: loss 0.1step 4: loss 0.125", "step 3: loss 1e-",
])
def test_lines_that_tell_no_new_value(tmp_path: Path, line: str) -> None:
    """A file's name, a summary of the best, a warning, an error, and two lines in one are no rows of the training."""
    assert [row for row in rows_of(tmp_path, line) if set(row) != {"step"}] == []


@pytest.mark.parametrize(("line", "row"), [
    ("step 3: loss 1.2.3 lr 0.001", {"step": 3, "lr": 0.001}), ("step 3: loss 0x10 lr 0.001", {"step": 3, "lr": 0.001}),
    ("step=3 loss=0.5 url=http://x:8080/step=4", {"step": 3, "loss": 0.5}),
    ("step 3: loss 2.5k lr 0.001", {"step": 3, "loss": 2500.0, "lr": 0.001}),
    ("step 3: loss tensor(0.5, device='cuda:0', grad_fn=<NllLossBackward0>) lr 0.001",
     {"step": 3, "loss": 0.5, "lr": 0.001}),
])
def test_numbers_end_at_their_end(tmp_path: Path, line: str, row: dict[str, float]) -> None:
    """No beginning of a word is a value, a unit multiplies it, and a tensor is its number."""
    assert rows_of(tmp_path, line) == [row]


def test_results_of_a_test_are_the_tests(tmp_path: Path) -> None:
    """`Test results: loss 0.9` is no training's loss."""
    assert [set(row) - {"step"} for row in rows_of(tmp_path, "Test results: loss 0.9")] == [{"test/loss"}]


def test_a_line_with_nul_bytes_is_rejected_and_counted(tmp_path: Path) -> None:
    """What a crash leaves in a log hides that line alone, from a watcher and from a fresh reader."""
    path = tmp_path / "train.log"
    path.write_bytes(b"step 1: loss 0.5\nstep 2: loss 0.25\n" + b"\0" * 300 + b"step 3: loss 9\nstep 4: loss 0.125\n")
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert run.series("loss").to_dict() == {1: 0.5, 2: 0.25, 4: 0.125}
    assert [(one.kind, one.count) for one in run.anomalies] == [("row rejected", 1)]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("word", ["a" * 100_000, "a.b" * 33_000, "x/" * 50_000])
def test_a_long_word_costs_what_its_length_is(tmp_path: Path, word: str) -> None:
    """A line of one long word, such as a picture in base64, does not hold the log up: the rows around it are read."""
    assert rows_of(tmp_path, word + "1", "step 3: loss 0.125") == [{"step": 3, "loss": 0.125}]
