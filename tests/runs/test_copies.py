"""Sources that say what another one says."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from livemon.runs.experiment import ExperimentLoader
from livemon.system.listing import Listing

NAME = "events.out.tfevents.1700000000.host.99.0"
STYLES = (".{}.Xy12ab", "{}.1aB2c3D4", "{}_.gstmp", "{}.filepart", "~syncthing~{}.tmp", ".syncthing.{}.tmp",
          "{}.partial", "{}.Xb3-no-rule-knows-me", "{} (Ada's conflicted copy 2026-01-01)")

pytestmark = pytest.mark.filterwarnings("ignore:.*no config.json:UserWarning")


@pytest.fixture(autouse=True)
def look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livemon.runs.folder.LOOK_AGAIN_SECONDS", 0.0)
    monkeypatch.setattr("livemon.runs.folder.SEARCH_SECONDS", 0.0)


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An event file with 40 losses."""
    from torch.utils.tensorboard import SummaryWriter

    folder = tmp_path_factory.mktemp("events")
    with SummaryWriter(str(folder)) as writer:
        for step in range(40):
            writer.add_scalar("loss", 1 / (step + 1), step)
    [path] = folder.iterdir()
    return path.read_bytes()


@pytest.mark.parametrize("style", STYLES)
def test_a_file_that_was_there_for_a_moment_leaves_nothing(tmp_path: Path, events: bytes, style: str) -> None:
    """A sync tool writes each new version under another name and renames it: each row is shown once, as for who looks
    afterwards, whether the name says what it is or only its rows do."""
    path, moment = tmp_path / NAME, tmp_path / style.format(NAME)
    path.write_bytes(events[: len(events) // 4])
    run = ExperimentLoader(tmp_path)
    run.refresh()
    for part in (2, 3, 4):
        data = events[: len(events) * part // 4]
        moment.write_bytes(data[: len(data) // 2])
        run.refresh()
        moment.write_bytes(data)
        run.refresh()
        os.replace(moment, path)
        run.refresh()
        assert run.series("loss", attempts="all").index.tolist() == list(range(len(run.load_metrics())))
    assert len(run.load_metrics()) == 40 and run.series("loss").equals(ExperimentLoader(tmp_path).series("loss"))
    assert run.files == [path] and run.anomalies == []


def test_the_first_sight_may_be_the_passing_name(tmp_path: Path, events: bytes) -> None:
    """The file of the first version may be found under its passing name alone."""
    moment = tmp_path / f"{NAME}-arriving"
    moment.write_bytes(events[: len(events) // 2])
    run = ExperimentLoader(tmp_path)
    run.refresh()
    (tmp_path / NAME).write_bytes(events)
    moment.unlink()
    run.refresh()
    assert len(run.series("loss", attempts="all")) == 40 and run.files == [tmp_path / NAME]


def test_rows_that_only_the_vanished_file_had_stay(tmp_path: Path, events: bytes) -> None:
    """What was shown stays: a file that goes with rows that no other one has is an attempt."""
    from torch.utils.tensorboard import SummaryWriter

    (tmp_path / NAME).write_bytes(events)
    run = ExperimentLoader(tmp_path)
    run.refresh()
    (tmp_path / NAME).unlink()
    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_scalar("loss", 7.0, 20)
    run.refresh()
    assert len(run.series("loss", attempts="all")) == 41 and run.series("loss").iloc[-1] == 7.0


def test_a_copy_beside_its_file_is_shown_once(tmp_path: Path, events: bytes) -> None:
    """A copy that stays is none either, also where the file has grown since; and that it is not shown is said."""
    (tmp_path / NAME).write_bytes(events)
    (tmp_path / f"{NAME}.copy").write_bytes(events[: len(events) // 2])
    run = ExperimentLoader(tmp_path)
    assert len(run.series("loss", attempts="all")) == 40 and f"ignoring {NAME}.copy" in run.choice
    shutil.copy(tmp_path / NAME, tmp_path / f"{NAME}.copy")
    assert len(run.series("loss", attempts="all")) == 40


def test_hosts_may_be_called_like_random_endings(tmp_path: Path) -> None:
    """An event file of a host whose name is eight hexadecimal digits is an event file."""
    names = [".hidden", "a.cafebabe", "events.out.tfevents.1700000000.cafebabe", "metrics.csv"]
    for name in names:
        (tmp_path / name).write_text("")
    assert Listing(tmp_path).files == names
