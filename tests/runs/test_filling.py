"""Two logs of one training: the further one fills what the preferred one lacks, row by row."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livemon.boards.dashboard import BoardMaker
from livemon.runs.experiment import ExperimentLoader

pytestmark = pytest.mark.filterwarnings("ignore:.*no config.json:UserWarning")


def loss(step: float) -> float:
    return 2.0 * math.exp(-step / 20) + 0.001 * math.sin(step)


def add_csv(path: Path, steps: Iterable[int], *, also: str = "", shift: float = 0.0) -> None:
    """Rows of the preferred log."""
    if not path.exists():
        path.write_text(f"step,loss{also}\n")
    with path.open("a") as file:
        file.writelines(f"{step},{loss(step) + shift}{',1' if also else ''}\n" for step in steps)


def add_json(path: Path, steps: Iterable[int], *, factor: int = 1, shift: float = 0.0) -> None:
    """Rows of the further log, in five digits; `factor`: it counts steps in another unit."""
    with path.open("a") as file:
        file.writelines(json.dumps({"step": factor * step, "loss": float(f"{loss(step) + shift:.5g}")}) + "\n"
                        for step in steps)


def write(folder: Path, mine: Iterable[int], theirs: Iterable[int]) -> ExperimentLoader:
    add_csv(folder / "metrics.csv", mine)
    add_json(folder / "log.jsonl", theirs)
    return ExperimentLoader(folder)


@pytest.mark.parametrize(("mine", "theirs"), [
    (range(30, 60), range(60)),
    (range(30, 60), range(30)),
    (range(30, 60), range(35)),
    (range(40), range(60)),
    ([*range(10), *range(40, 60)], range(60)),
    ([*range(10), *range(40, 60)], range(10, 40)),
    (range(0, 60, 2), range(60)),
    ([0], range(60)),
    (range(60), range(20, 30)),
], ids=str)
def test_the_points_that_the_preferred_log_lacks_are_filled(
    tmp_path: Path, mine: Iterable[int], theirs: Iterable[int]
) -> None:
    """Before its first row, between its rows and behind its last one: each step once, the preferred log's value where
    both have it, and no attempt that was none."""
    run = write(tmp_path, mine, theirs)
    values = run.series("loss", attempts="all")
    steps = sorted({*mine, *theirs})
    assert values.index.tolist() == steps and values.index.name == "step"
    assert values.tolist() == [loss(step) if step in mine else float(f"{loss(step):.5g}") for step in steps]
    assert run.series("loss").equals(values)
    assert run.load_metrics()["step"].tolist() == steps
    assert run.get_summary()["metrics"]["loss"]["count"] == len(steps)
    [panel] = [panel for panel in BoardMaker(run).dashboard(1.9e9).panels if panel.title == "loss"]
    assert "restart" not in [mark.kind for mark in panel.marks]
    count = len(set(theirs) - set(mine))
    assert ("further row" in run.choice) == (count > 0)


def test_metrics_may_be_filled_while_others_are_added(tmp_path: Path) -> None:
    """A metric that both have is filled, one that only the preferred log has is left as it is, and one that only the
    further log has is added."""
    add_csv(tmp_path / "metrics.csv", range(10, 20), also=",lr")
    rows = [{"step": step, "loss": loss(step), "val_loss": 2.0} for step in range(20)]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = ExperimentLoader(tmp_path)
    assert [len(run.series(name)) for name in ("loss", "lr", "val_loss")] == [20, 10, 20]


def test_another_unit_of_steps_fills_nothing(tmp_path: Path) -> None:
    """Iterations and timesteps are two axes: the same values at other steps are the same rows."""
    for factor in (10, 1000):
        folder = tmp_path / str(factor)
        folder.mkdir()
        add_csv(folder / "metrics.csv", range(1, 21))
        add_json(folder / "log.jsonl", range(1, 31), factor=factor)
        run = ExperimentLoader(folder)
        assert run.series("loss").index.tolist() == list(range(1, 21))
        assert "ignoring log.jsonl" in run.choice


def test_another_quantity_of_the_same_name_fills_nothing(tmp_path: Path) -> None:
    """Where the values at shared steps differ over the whole run, the name means something else."""
    add_csv(tmp_path / "metrics.csv", range(0, 60, 3))
    add_json(tmp_path / "log.jsonl", range(60), shift=0.5)
    assert ExperimentLoader(tmp_path).series("loss").index.tolist() == list(range(0, 60, 3))


def test_a_means_over_epochs_is_not_mixed_with_steps(tmp_path: Path) -> None:
    """Rows far apart and rows close together that share no step are of two quantities."""
    add_csv(tmp_path / "metrics.csv", range(1, 9))
    add_json(tmp_path / "log.jsonl", range(50, 2000, 50), shift=0.3)
    assert ExperimentLoader(tmp_path).series("loss").index.tolist() == list(range(1, 9))


def test_an_earlier_attempt_that_only_the_further_log_has(tmp_path: Path) -> None:
    """The training was resumed from a checkpoint, and the preferred log was begun anew: what it overtook is an earlier
    attempt, its values are kept, and the newest attempt wins."""
    add_csv(tmp_path / "metrics.csv", range(30, 60))
    add_json(tmp_path / "log.jsonl", range(40), shift=0.25)
    run = ExperimentLoader(tmp_path)
    assert run.series("loss").index.tolist() == list(range(60))
    assert run.series("loss").loc[35] == loss(35)
    assert len(run.series("loss", attempts="all")) == 70


def test_a_later_attempt_that_only_the_further_log_has(tmp_path: Path) -> None:
    """The other way about: the preferred log ends with the first attempt."""
    add_csv(tmp_path / "metrics.csv", range(40))
    add_json(tmp_path / "log.jsonl", range(30, 60), shift=0.25)
    run = ExperimentLoader(tmp_path)
    assert run.series("loss").index.tolist() == list(range(60))
    assert run.series("loss").loc[35] == pytest.approx(loss(35) + 0.25, rel=1e-4)


def test_a_constant_is_no_evidence(tmp_path: Path) -> None:
    """A learning rate is the same at any step: the loss decides whether both logs count the same steps."""
    rows = [f"{step},{loss(step)},0.1\n" for step in range(1, 21)]
    (tmp_path / "metrics.csv").write_text("step,loss,lr\n" + "".join(rows))
    others = [{"step": 4 * step, "loss": loss(step), "lr": 0.1} for step in range(1, 31)]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in others))
    run = ExperimentLoader(tmp_path)
    assert [len(run.series(name)) for name in ("loss", "lr")] == [20, 20]


PIECES = st.lists(st.tuples(st.booleans(), st.integers(1, 12), st.integers(0, 3)), max_size=14)


@settings(max_examples=25, derandomize=True, database=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PIECES)
def test_live_is_as_afterwards(tmp_path_factory: pytest.TempPathFactory, pieces: list[tuple[bool, int, int]]) -> None:
    """Whichever log is ahead, skips steps or falls behind: what a watcher has read equals what is read afterwards, in
    rows, points and curves."""
    folder = tmp_path_factory.mktemp("run")
    add_csv(folder / "metrics.csv", [0])
    add_json(folder / "log.jsonl", [0])
    live = ExperimentLoader(folder)
    live.refresh()
    maker = BoardMaker(live)
    at = {True: 1, False: 1}
    for is_mine, count, skipped in pieces:
        steps = range(at[is_mine] + skipped, at[is_mine] + skipped + count)
        at[is_mine] = steps.stop
        if is_mine:
            add_csv(folder / "metrics.csv", steps)
        else:
            add_json(folder / "log.jsonl", steps)
        live.refresh()
        afterwards = ExperimentLoader(folder)
        assert live.series("loss", attempts="all").equals(afterwards.series("loss", attempts="all"))
        assert live.load_metrics().equals(afterwards.load_metrics())
        assert live.series("loss").index.is_unique
        boards = [one.dashboard(1.9e9) for one in (maker, BoardMaker(afterwards))]
        lines = [[(line.kind, line.x.tolist(), line.y.tolist()) for line in board.panels[0].lines] for board in boards]
        assert lines[0] == lines[1]


def sb3_rows(iterations: Iterable[int]) -> list[dict[str, float]]:
    return [{"time/iterations": i, "time/total_timesteps": 2048 * i, "time/time_elapsed": 3 * i,
             "rollout/ep_rew_mean": 20 + i / 3, "train/loss": loss(i)} for i in iterations]


@pytest.mark.parametrize("second", [True, False])
def test_stable_baselines_resumed_in_its_folder(tmp_path: Path, second: bool) -> None:
    """progress.json and progress.csv begin anew when a training is resumed; the event files have the first half, and
    perhaps the second: the whole run is shown, each point once."""
    from torch.utils.tensorboard import SummaryWriter

    new = sb3_rows(range(21, 41))
    (tmp_path / "progress.json").write_text("".join(json.dumps(row) + "\n" for row in new))
    (tmp_path / "progress.csv").write_text(
        ",".join(new[0]) + "\n" + "".join(",".join(map(str, row.values())) + "\n" for row in new))
    for rows in (sb3_rows(range(1, 21)), *([new] if second else [])):
        with SummaryWriter(str(tmp_path), filename_suffix=f".{len(list(tmp_path.iterdir()))}") as writer:
            for row in rows:
                for name in ("rollout/ep_rew_mean", "train/loss"):
                    writer.add_scalar(name, row[name], int(row["time/total_timesteps"]))
    run = ExperimentLoader(tmp_path)
    for name in ("rollout/ep_rew_mean", "train/loss"):
        values = run.series(name, attempts="all")
        assert values.index.tolist() == [2048 * i for i in range(1, 41)]
        assert values.tolist() == pytest.approx([row[name] for row in sb3_rows(range(1, 41))], rel=1e-6)
    assert run.x_column() == "time/total_timesteps"
    assert "40 further rows from events" in run.choice  # TensorBoard has a row for each scalar
