from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livemon.readers import huggingface as module
from livemon.readers.base import read_table
from livemon.readers.huggingface import HuggingFace, HuggingFaceReader
from livemon.runs.experiment import ExperimentLoader
from livemon.system.listing import Listing
from livemon.tables.table import Table
from livemon.testing import HandClock
from tests.started import started

DATA = Path(__file__).parents[1] / "data"
RUNS = DATA / "runs"
TRAINING = Path(__file__).parents[1] / "scenarios" / "live_huggingface_training.py"

Row = dict[str, Any]


def write(
    folder: Path, rows: list[Row], step: int, checkpoint: bool = True, age: float | None = None, **more: Any
) -> Path:
    """A state as transformers writes it, with these rows."""
    place = folder / f"checkpoint-{step}" if checkpoint else folder
    place.mkdir(parents=True, exist_ok=True)
    path = place / "trainer_state.json"
    path.write_text(json.dumps({"global_step": step, "max_steps": 100, "log_history": rows, **more}, indent=2) + "\n")
    if age is not None:
        os.utime(path, (1e9 - age, 1e9 - age))
    return path


def rows(first: int, last: int, scale: float = 1.0) -> list[Row]:
    return [{"loss": scale / step, "step": step} for step in range(first, last + 1)]


def steps(table: Table) -> list[int]:
    return table.columns["step"].values.tolist() if "step" in table.columns else []


def test_a_real_run_as_expected() -> None:
    """The series of a real run: every point, the first and the last one, each to six digits."""
    expected = json.loads((DATA / "expected_json.json").read_text())["hf_plain|hf_plain/trainer_state.json"]
    (source,) = HuggingFace().find(Listing(RUNS / "hf_plain"))
    assert source == RUNS / "hf_plain"
    table = read_table(HuggingFace().open(source))
    assert table.n_rows == expected["rows"]
    for name, said in expected["series"].items():
        column = table.columns[name]
        at = table.at_rows("step", column.rows)
        found = [[at[place], f"{column.values[place]:g}"] for place in (0, -1)]
        assert found == [said["first"], said["last"]] and len(column) == said["n"]


def test_what_it_says_of_the_run() -> None:
    """Steps to come, that it has ended, and the arguments that the state has; the model's config.json is not read."""
    reader = HuggingFaceReader(RUNS / "hf_plain")
    assert reader.facts.state is None and not reader.facts.config
    reader.read()
    facts = reader.facts
    assert (facts.total_steps, facts.state) == (24, "finished") and "train_runtime" in facts.evidence
    assert facts.config["num_train_epochs"] == 3 and facts.config["train_batch_size"] == 8
    assert not facts.config.keys() & {"n_layer", "global_step", "log_history", "epoch"} and facts.odd == ()


def test_only_new_rows_come(tmp_path: Path, checks: Any) -> None:
    """Each checkpoint brings the rows that the last one did not have; the same state in the folder itself none."""
    reader, table, odd = HuggingFaceReader(tmp_path), Table(), Counter[str]()
    assert reader.read().status == "missing"
    for last in (5, 10, 15):
        write(tmp_path, rows(1, last), last)
        table = checks.take(reader, table, odd)
        assert steps(table) == list(range(1, last + 1))
    write(tmp_path, rows(1, 15), 15, checkpoint=False)
    update = reader.read()
    assert update.block is None and not update.restarted and not odd
    shutil.rmtree(tmp_path / "checkpoint-5")  # save_total_limit
    assert reader.read().block is None


def test_a_history_with_nan_goes_on(tmp_path: Path) -> None:
    """A NaN in the history is like itself: the next state goes on from it."""
    history = [{"loss": float("nan"), "grad_norm": float("inf"), "step": 1}, {"eval_loss": 1.0, "step": 1}]
    write(tmp_path, history, 1)
    reader = HuggingFaceReader(tmp_path)
    reader.read()
    write(tmp_path, [*history, {"loss": 1.0, "step": 2}], 2)
    update = reader.read()
    assert not update.restarted and update.block is not None and update.block.n_rows == 1


def test_nothing_is_parsed_where_nothing_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look at an unchanged folder opens no file, be one of them broken."""
    for last in (5, 7):
        write(tmp_path, rows(1, last), last)
    (tmp_path / "trainer_state.json").write_text("{")
    clock = HandClock()
    reader = HuggingFaceReader(tmp_path, clock=clock)
    assert reader.read().status == "rewriting"
    clock.advance(module.QUIET_SECONDS)
    assert reader.read().anomalies
    monkeypatch.setattr(module, "DECODER", None)
    monkeypatch.setattr(Path, "read_bytes", None)
    assert [reader.read().status for _ in range(3)] == ["ok"] * 3


@settings(max_examples=30, derandomize=True, database=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 500), max_size=4))
def test_a_state_half_written(tmp_path: Path, checks: Any, cuts: list[int]) -> None:
    """However much of the new state is there, the old rows stay; when it is complete, only the new ones come."""
    shutil.rmtree(tmp_path)
    write(tmp_path, rows(1, 5), 5, checkpoint=False)
    reader, odd = HuggingFaceReader(tmp_path), Counter[str]()
    table = checks.take(reader, Table(), odd)
    whole = write(tmp_path, rows(1, 12), 12, checkpoint=False).read_bytes()
    for cut in sorted(cut for cut in cuts if cut < len(whole) - 2):
        (tmp_path / "trainer_state.json").write_bytes(whole[:cut])
        assert reader.read().status == "rewriting"
        assert steps(checks.take(reader, table, odd)) == [1, 2, 3, 4, 5]
    (tmp_path / "trainer_state.json").write_bytes(whole)
    assert steps(checks.take(reader, table, odd)) == list(range(1, 13)) and not odd


def test_a_shorter_state_does_not_take_the_place_of_one_that_is_rewritten(tmp_path: Path) -> None:
    """While the state on show is half written, an older checkpoint is not shown for it; nor when it is whole again."""
    write(tmp_path, rows(1, 5), 5)
    path = write(tmp_path, rows(1, 12), 12, checkpoint=False)
    reader = HuggingFaceReader(tmp_path)
    reader.read()
    whole = path.read_text()
    path.write_text(whole[:100])
    update = reader.read()
    assert update.status == "rewriting" and update.block is None and not update.restarted
    path.write_text(whole)
    update = reader.read()
    assert update.status == "ok" and update.block is None and not update.restarted
    path.unlink()
    update = reader.read()
    assert update.restarted and update.block is not None and update.block.n_rows == 5


def test_a_huge_state_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state larger than any that is real is not read, and the reason is said."""
    monkeypatch.setattr(module, "LARGEST_BYTES", 1 << 20)
    write(tmp_path, [{"text": "x" * 2_000_000}], 5)
    clock = HandClock()
    reader = HuggingFaceReader(tmp_path, clock=clock)
    reader.read()
    clock.advance(module.QUIET_SECONDS)
    assert "larger than 1 MiB" in reader.read().anomalies[0].message


def test_a_broken_state_is_told_once(tmp_path: Path) -> None:
    """A state that stays broken is counted, once, and the best of the others is shown."""
    write(tmp_path, rows(1, 5), 5)
    path = write(tmp_path, rows(1, 9), 9)
    path.write_text(path.read_text()[:60])
    clock = HandClock()
    reader = HuggingFaceReader(tmp_path, clock=clock)
    update = reader.read()
    assert update.status == "rewriting" and update.block is not None and update.block.n_rows == 5
    clock.advance(module.QUIET_SECONDS)
    assert [odd.kind for odd in reader.read().anomalies] == ["state unreadable"]
    update = reader.read()
    assert update.status == "ok" and not update.anomalies


def test_a_state_that_was_broken_long_ago_is_told_at_once(tmp_path: Path) -> None:
    """Nobody is writing a file that was last written a day ago: one look says that it cannot be read."""
    path = write(tmp_path, rows(1, 9), 9)
    path.write_text(path.read_text()[:60])
    os.utime(path, (1e9, 1e9))
    update = HuggingFaceReader(tmp_path).read()
    assert [odd.kind for odd in update.anomalies] == ["state unreadable"]
    assert update.status == "unreadable" and "cannot be read" in update.problem
    write(tmp_path, rows(1, 5), 5)
    update = HuggingFaceReader(tmp_path).read()
    assert [odd.kind for odd in update.anomalies] == ["state unreadable"]
    assert update.status == "ok" and update.block is not None and update.block.n_rows == 5


@pytest.mark.parametrize("content", ['{"log_history": 5}', '{"version": 9}', '["log_history"]', "5"])
def test_nothing_but_a_broken_state_is_unreadable(tmp_path: Path, content: str) -> None:
    """Where no state can be read, that is the problem; a state of a form that is not known is one."""
    (tmp_path / "trainer_state.json").write_text(content)
    clock = HandClock()
    reader = HuggingFaceReader(tmp_path, clock=clock)
    assert reader.read().status == "rewriting"
    clock.advance(module.QUIET_SECONDS)
    reader.read()
    update = reader.read()
    assert update.status == "unreadable" and "log_history" in update.problem


def test_a_folder_that_was_copied_is_read_by_its_steps(tmp_path: Path) -> None:
    """When files were written says nothing where they tell the same history: the one with the most steps is read."""
    for last in range(1, 21):
        write(tmp_path, rows(1, last), last, age=last)
    assert steps(read_table(HuggingFaceReader(tmp_path))) == list(range(1, 21))
    write(tmp_path, [*rows(1, 20), {"train_runtime": 3.0, "step": 20}], 20, checkpoint=False, age=50)
    reader = HuggingFaceReader(tmp_path)  # of two that are as far, the folder's own says more
    assert read_table(reader).n_rows == 21 and reader.facts.state == "finished"


def test_a_training_that_began_anew_in_the_folder(tmp_path: Path, checks: Any) -> None:
    """Checkpoints of an earlier training with more steps do not hide the one that goes on: it is another history."""
    write(tmp_path, rows(1, 12), 12, age=50)
    reader, odd = HuggingFaceReader(tmp_path), Counter[str]()
    assert steps(checks.take(reader, Table(), odd)) == list(range(1, 13))
    write(tmp_path, rows(1, 4, scale=3.0), 4, age=0)
    update = reader.read()
    assert update.restarted and update.block is not None and update.block.n_rows == 4
    assert update.block.cells["loss"].values[0] == 3.0


def test_nan_and_numbers_too_large(tmp_path: Path) -> None:
    """A bare NaN is a point; a number that no float64 holds is none, and is told; an entry that is no row, too."""
    path = write(tmp_path, [{"loss": float("nan"), "step": 1}, {"loss": 7.0, "step": 2}], 2)
    path.write_text(path.read_text().replace("7.0", "1e999").replace('"log_history": [', '"log_history": [3, '))
    update = HuggingFaceReader(tmp_path).read()
    assert sorted(odd.kind for odd in update.anomalies) == ["overflow", "row rejected"]
    assert update.block is not None and len(update.block.cells["loss"].values) == 1
    plain = HuggingFaceReader(tmp_path, plain=True).read()
    assert plain.anomalies == update.anomalies


@pytest.mark.parametrize(("more", "step", "evidence"), [
    ([], 50, ""),
    ([], 100, "at step 100 of 100"),
    ([{"train_runtime": 5.0, "step": 50}], 50, "train_runtime"),
    ([{"train_runtime": 5.0, "step": 50}, {"eval_loss": 5.0, "step": 50}], 50, "train_runtime"),
    ([{"train_runtime": 5.0, "step": 50}, {"loss": 5.0, "step": 60}], 60, ""),  # resumed after its end
    ([{"train_runtime": 5.0, "step": 50}, {"loss": 5.0, "step": 60}, {"train_runtime": 5.0, "step": 60}], 60,
     "train_runtime) that a training ends with, at step 60"),
])
def test_the_end_is_evidence(tmp_path: Path, more: list[Row], step: int, evidence: str) -> None:
    """A run has ended where its state is at the last step, or its newest row of training is the summary."""
    write(tmp_path, [*rows(1, 3), *more], step)
    reader = HuggingFaceReader(tmp_path)
    reader.read()
    assert (reader.facts.state, evidence in reader.facts.evidence) == ("finished" if evidence else None, True)
    assert reader.facts.total_steps == 100


@pytest.mark.parametrize("max_steps", [-1, 0, "many", None])
def test_steps_that_are_not_known(tmp_path: Path, max_steps: Any) -> None:
    """Where the state does not say how many steps there will be, nobody says so."""
    write(tmp_path, rows(1, 3), 3, max_steps=max_steps)
    reader = HuggingFaceReader(tmp_path)
    reader.read()
    assert reader.facts.total_steps is None and reader.facts.state is None


def test_nan_losses_that_were_filtered_are_told() -> None:
    """Real runs that diverged: the trainer hides the NaN losses, and their signs are told."""
    for name, sign in (("hf_nan", "grad_norm is not finite at step"), ("hf_nan_first", "exactly 0 at step")):
        reader = HuggingFaceReader(RUNS / name)
        reader.read()
        assert any(sign in odd and "logging_nan_inf_filter" in odd for odd in reader.facts.odd)


def test_a_resumed_run() -> None:
    """A real run that was resumed has each step once, and its summary is that of the last training."""
    reader = HuggingFaceReader(RUNS / "hf_resumed")
    table = read_table(reader)
    at = table.at_rows("step", table.columns["loss"].rows).tolist()
    assert at == sorted(set(at)) and at[-1] == 16
    assert reader.facts.state == "finished" and reader.facts.total_steps == 16


def test_what_is_found(tmp_path: Path) -> None:
    """An output folder with a state, or with checkpoints that have one; a state by its name; nothing else."""
    assert HuggingFace().find(Listing(tmp_path)) == []
    (tmp_path / "checkpoint-7").mkdir()
    assert HuggingFace().find(Listing(tmp_path)) == []
    path = write(tmp_path, rows(1, 2), 7)
    assert HuggingFace().find(Listing(tmp_path)) == [tmp_path]
    assert HuggingFace().recognises(path, path.read_bytes())
    assert not HuggingFace().recognises(path.with_name("config.json"), path.read_bytes())
    assert not HuggingFace().recognises(path, b"[]")
    assert steps(read_table(HuggingFace().open(path))) == [1, 2]
    assert HuggingFaceReader(path).facts.state is None


def test_awkward_sources_raise_nothing(tmp_path: Path, checks: Any) -> None:
    """Nothing that may lie in the place of a state raises."""
    state = (RUNS / "hf_plain" / "trainer_state.json").read_bytes()
    checks.survives(HuggingFace(), tmp_path, "trainer_state.json", state)


@pytest.mark.slow
def test_a_real_training_is_followed(tmp_path: Path, checks: Any) -> None:
    """A real Trainer in another process that keeps only its newest checkpoint: while it trains, what is shown only
    grows, and in the end it is what the state says."""
    pytest.importorskip("transformers")
    command = [sys.executable, str(TRAINING), str(tmp_path / "run"), "num_train_epochs=6", "save_total_limit=1"]
    reader, table, odd, seen = HuggingFaceReader(tmp_path / "run"), Table(), Counter[str](), set[int]()
    with started(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as training:
        while training.poll() is None:
            before = table
            table = checks.take(reader, table, odd)
            assert table is before
            seen.add(table.n_rows)
            time.sleep(0.002)
    table = checks.take(reader, table, odd)
    history = json.loads((tmp_path / "run" / "trainer_state.json").read_text())["log_history"]
    assert training.returncode == 0 and not odd and len(seen) > 3
    assert table.n_rows == len(history)
    assert table.columns["loss"].values.tolist() == [row["loss"] for row in history if "loss" in row]
    assert reader.facts.state == "finished" and reader.facts.total_steps == 48


def test_two_states_within_a_second_of_a_coarse_clock(tmp_path: Path) -> None:
    """Where the file system's clock has steps of a second, a state of the same size within one is read, too."""
    second = 1_700_000_000
    reader = HuggingFaceReader(tmp_path, now=lambda: second + 0.5)
    for loss in (0.5, 0.7):
        path = write(tmp_path, [{"loss": loss, "step": 1}], 1)
        os.utime(path, (second, second))
        block = reader.read().block
        assert block is not None and block.cells["loss"].values.tolist() == [loss]
    assert reader.read().block is None


def test_the_metric_that_the_best_model_is_chosen_by(tmp_path: Path) -> None:
    """Issue 16: the metric whose value at the best checkpoint is `best_metric` stands for the run."""
    history = [{"step": 10, "loss": 1.0}, {"step": 10, "eval_loss": 0.5, "eval_wer": 30.0, "eval_cer": 27.5},
               {"step": 20, "loss": 0.5}, {"step": 20, "eval_loss": 0.75, "eval_wer": 27.5, "eval_cer": 15.0}]
    write(tmp_path, history, 20, best_metric=27.5, best_model_checkpoint="out/checkpoint-20")
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert run.main_metric() == "eval_wer"
    write(tmp_path / "none", history, 20, best_metric=None)
    other = ExperimentLoader(tmp_path / "none")
    other.refresh()
    assert other.main_metric() == "eval_loss"
