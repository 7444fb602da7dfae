"""A run that several files tell of."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from livemon.boards.dashboard import BoardMaker
from livemon.runs.experiment import ExperimentLoader
from livemon.runs.folder import RunFolder
from livemon.runs.new_runs import RunsBelow


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_second_log_of_the_same_format_is_part_of_the_run(tmp_path: Path) -> None:
    """Training and validation in two files with steps are one run."""
    write(tmp_path / "metrics.csv", "step,train_loss\n1,2.0\n2,1.0\n")
    write(tmp_path / "validation.csv", "step,val_loss\n2,1.5\n")
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert run.metric_names == ["train_loss", "val_loss"]
    assert run.series("val_loss").to_dict() == {2: 1.5}


def test_logs_with_the_same_names_are_kept_apart(tmp_path: Path) -> None:
    """The `loss` of two files is two metrics: the second one's name says of what it is."""
    write(tmp_path / "train.csv", "epoch,loss\n1,2.0\n2,1.0\n")
    write(tmp_path / "valid.csv", "epoch,loss\n1,2.5\n2,1.5\n")
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert run.metric_names == ["loss", "val/loss"]
    assert run.series("loss").tolist() == [2.0, 1.0]
    assert run.series("val/loss").tolist() == [2.5, 1.5]
    with pytest.warns(UserWarning, match="'val/loss' is used"):
        assert run.series("val_loss").tolist() == [2.5, 1.5]
    assert run.choice == "reading train.csv; val/loss from valid.csv"


def test_a_copy_is_shown_once(tmp_path: Path) -> None:
    """A file with the metrics of the main one, whose name says nothing, is left alone, and that is said."""
    write(tmp_path / "metrics.csv", "step,train_loss\n1,2.0\n")
    write(tmp_path / "metrics_old.csv", "step,train_loss\n1,7.0\n")
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert run.series("train_loss", attempts="all").tolist() == [2.0]
    assert run.choice == "reading metrics.csv; ignoring metrics_old.csv"


def test_a_table_of_data_is_no_log(tmp_path: Path) -> None:
    """A CSV file that says no step or epoch is left alone beside the metrics."""
    write(tmp_path / "metrics.csv", "step,train_loss\n1,2.0\n")
    write(tmp_path / "predictions.csv", "target,output\n1,0.9\n")
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert run.metric_names == ["train_loss"]


def test_a_file_that_comes_later_joins_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What begins while the run is watched is found, as in a run that is opened afterwards."""
    monkeypatch.setattr("livemon.runs.folder.SEARCH_SECONDS", 0.0)
    write(tmp_path / "metrics.csv", "step,train_loss\n1,2.0\n")
    run = ExperimentLoader(tmp_path)
    run.refresh()
    write(tmp_path / "eval.csv", "step,val_loss\n1,1.5\n")
    run.refresh()
    afterwards = ExperimentLoader(tmp_path)
    afterwards.refresh()
    assert run.metric_names == afterwards.metric_names == ["train_loss", "val_loss"]


def test_a_named_file_is_all_there_is(tmp_path: Path) -> None:
    """Who names a file wants that file and no other."""
    write(tmp_path / "metrics.csv", "step,train_loss\n1,2.0\n")
    write(tmp_path / "eval.csv", "step,val_loss\n1,1.5\n")
    run = ExperimentLoader(tmp_path / "eval.csv")
    run.refresh()
    assert run.metric_names == ["val_loss"]


@pytest.mark.filterwarnings("ignore:.*no config.json:UserWarning")
def test_what_a_restart_takes_back_does_not_count(tmp_path: Path) -> None:
    """A TensorBoard run that starts again at a step takes back what stood there, also what it never logs again."""
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(tmp_path)) as first:
        for step in range(10):
            first.add_scalar("loss", 10 - step, step)
        first.add_scalar("val/loss", 5.0, 4)
        first.add_scalar("val/loss", 9.0, 9)
    run = ExperimentLoader(tmp_path)
    run.refresh()
    maker = BoardMaker(run)
    assert maker.dashboard(1.9e9).headline[0].startswith("val/loss 9")  # type: ignore[index]
    with SummaryWriter(str(tmp_path), purge_step=6, filename_suffix=".again") as again:
        again.add_scalar("loss", 1.0, 6)
    assert run.series("loss").tolist() == [10.0, 9.0, 8.0, 7.0, 6.0, 5.0, 1.0]
    assert run.series("val/loss").to_dict() == {4: 5.0}
    assert run.series("val/loss", attempts="all").to_dict() == {4: 5.0, 9: 9.0}
    assert run.get_summary()["metrics"]["val/loss"]["best_step"] == 4
    afterwards = ExperimentLoader(tmp_path)
    afterwards.refresh()
    boards = [one.dashboard(1.9e9) for one in (maker, BoardMaker(afterwards))]
    lines = [[(line.kind, line.x.tolist(), line.y.tolist()) for line in board.panels[0].lines] for board in boards]
    assert lines[0] == lines[1]


def write_events(folder: Path, name: str, steps: range, value: float, purge: int | None = None) -> None:
    """An event file as torch writes it, under a name of our own."""
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(folder), purge_step=purge) as writer:
        written = Path(writer.file_writer.event_writer._file_name)
        for step in steps:
            writer.add_scalar("loss", value, step)
    written.rename(folder / name)


def test_a_restart_within_the_second_comes_second(tmp_path: Path) -> None:
    """Of event files of one second the later one is told by its numbers, not by its letters."""
    write_events(tmp_path, "events.out.tfevents.1700000000.host.9999.0", range(100), 1.0)
    write_events(tmp_path, "events.out.tfevents.1700000000.host.10001.0", range(50, 60), 2.0, purge=50)
    values = ExperimentLoader(tmp_path).series("loss")
    assert (len(values), values.iloc[-1]) == (60, 2.0)


def test_a_writer_takes_back_what_is_in_its_own_folder(tmp_path: Path) -> None:
    """A training that starts again does not take back what another writer logged in a folder of its own."""
    (tmp_path / "val").mkdir()
    write_events(tmp_path, "events.out.tfevents.1700000000.host.1.0", range(10), 1.0)
    write_events(tmp_path / "val", "events.out.tfevents.1700000001.host.1.1", range(10), 3.0)
    write_events(tmp_path, "events.out.tfevents.1700000002.host.2.0", range(5, 7), 2.0, purge=5)
    run = ExperimentLoader(tmp_path)
    assert (len(run.series("loss")), len(run.series("val/loss"))) == (7, 10)


def test_a_trainer_of_hugging_face_is_one_run_from_its_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before its first checkpoint only event files are there, in a folder below; then the output folder is the run."""
    monkeypatch.setattr("livemon.runs.folder.SEARCH_SECONDS", 0.0)
    events = tmp_path / "out" / "runs" / "Nov24_host"
    events.mkdir(parents=True)
    write_events(events, "events.out.tfevents.1700000000.host.1.0", range(60), 1.0)
    run = ExperimentLoader(tmp_path / "out")
    below = RunsBelow(tmp_path / "out")
    run.refresh()
    below.look()
    assert (run.name, run.state == "finished") == ("Nov24_host", False)
    state = {"global_step": 60, "max_steps": 60, "log_history": [{"loss": 1.0, "step": 60}]}
    write(tmp_path / "out" / "checkpoint-60" / "trainer_state.json", json.dumps(state))
    run.refresh()
    afterwards = ExperimentLoader(tmp_path / "out")
    afterwards.refresh()
    assert run.name == afterwards.name == "out" and run.state == afterwards.state == "finished"
    assert run.choice == afterwards.choice and "Hugging Face's files" in run.choice
    assert below.look().new == ()


def test_the_rows_of_a_file_that_has_gone_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A preferred file that is deleted while it is watched is not replaced by another one."""
    monkeypatch.setattr("livemon.runs.folder.SEARCH_SECONDS", 0.0)
    write(tmp_path / "metrics.csv", "step,loss\n1,10\n2,20\n")
    write(tmp_path / "metrics.jsonl", '{"step": 1, "loss": 1}\n{"step": 2, "loss": 2}\n')
    run = ExperimentLoader(tmp_path)
    assert run.series("loss").tolist() == [10, 20]
    (tmp_path / "metrics.csv").unlink()
    assert run.series("loss").tolist() == [10, 20]
    assert [odd.kind for odd in run.anomalies] == ["deleted"]


def test_a_run_whose_files_were_deleted_says_so(tmp_path: Path) -> None:
    """Nobody knows how a run stands whose files were deleted, and that is said; come back they are read again."""
    folder = tmp_path / "run"
    folder.mkdir()
    write(folder / "metrics.csv", "step,loss\n1,10\n2,20\n")
    run = ExperimentLoader(folder)
    run.refresh()
    assert run.state == "running"
    for delete, what in (((folder / "metrics.csv").unlink, "metrics were"),
                         (lambda: shutil.rmtree(folder), "folder was")):
        delete()
        run.refresh()
        assert (run.state, run.reason) == ("unknown", "deleted")
        assert run.state_evidence == f"its {what} deleted; the rows stay"
        assert run.series("loss").tolist() == [10, 20]
    folder.mkdir()
    write(folder / "metrics.csv", "step,loss\n1,10\n2,20\n3,30\n")
    run.refresh()
    assert run.state == "running" and run.series("loss").tolist() == [10, 20, 30]


def test_metrics_without_the_runs_axis_are_told(tmp_path: Path) -> None:
    """What a further file says of epochs only cannot stand beside steps: the line that says what is shown says so."""
    write(tmp_path / "metrics.csv", "step,loss\n1,2.0\n")
    write(tmp_path / "results.csv", "epoch,f1\n1,0.5\n")
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert run.choice == "reading metrics.csv; f1 from results.csv (which says no step: --x epoch shows it)"


def test_logs_without_a_usual_name_are_one_run(tmp_path: Path) -> None:
    """Several logs of different metrics are shown together, and what is not shown of them is said."""
    for name, metric in (("a", "loss"), ("b", "acc"), ("c", "loss")):
        write(tmp_path / f"{name}.csv", f"step,{metric}\n1,2.0\n")
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert run.metric_names == ["loss", "acc"]
    assert run.choice == "reading a.csv; acc from b.csv; ignoring c.csv"


def test_a_file_that_was_empty_when_it_was_found_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stable-Baselines3 makes progress.json empty, beside a monitor that already has rows; live is as afterwards."""
    monkeypatch.setattr("livemon.runs.folder.LOOK_AGAIN_SECONDS", 0.0)
    monkeypatch.setattr("livemon.runs.folder.SEARCH_SECONDS", 0.0)
    write(tmp_path / "monitor.csv", '#{"t_start": 1.0, "env_id": "x"}\nr,l,t\n1.0,9,0.5\n')
    (tmp_path / "progress.json").touch()
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert run.metric_names == ["r", "l"]
    with (tmp_path / "progress.json").open("a") as file:
        file.write('{"time/total_timesteps": 9, "train/loss": 0.5}\n')
    run.refresh()
    assert run.metric_names == ["train/loss", "r", "l"]
    assert run.choice == "reading progress.json; r, l from monitor.csv"


def test_a_single_slow_search_is_not_rested_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that is slow once, as it imported readers, does not keep a short run from being found by the next."""
    from livemon.runs import folder as module

    folder, find, calls = RunFolder(tmp_path, time.time), module.find_run, []

    def slow_once(*words: Any) -> Any:
        calls.append(words)
        if len(calls) == 2:
            time.sleep(0.2)
        return find(*words)

    monkeypatch.setattr(module, "find_run", slow_once)
    folder.refresh()
    folder.refresh()
    (tmp_path / "metrics.csv").write_text("step,loss\n1,2\n")
    folder.refresh()
    assert len(calls) == 3 and folder.sources
