from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

import livemon.plotter
from livemon.boards import Options
from livemon.live.errors import CannotShowError
from livemon.live.opening import need_rows, open_run, save_plots_or_elsewhere
from livemon.runs.experiment import ExperimentLoader


def write(folder: Path, rows: str = "1,0.5\n", columns: str = "step,train_loss") -> Path:
    """A run's folder."""
    folder.mkdir(exist_ok=True)
    (folder / "metrics.csv").write_text(f"{columns}\n{rows}")
    return folder


def test_the_folder_that_the_environment_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No path means the newest run below the folder that LIVEMON_DIR names, and the others are counted."""
    write(tmp_path / "a")
    write(tmp_path / "b")
    monkeypatch.setenv("LIVEMON_DIR", str(tmp_path))
    said: list[str] = []
    run = open_run(None, said.append)
    assert run.exp_dir in (tmp_path / "a", tmp_path / "b")
    assert said == [f"{run.exp_dir} is the newest of 2 run folders below {tmp_path}"]


@pytest.mark.parametrize(("text", "opens"), [("step,loss\n", True), ("# notes\n", True), ("all\nof\nthis\n", False)])
def test_a_file_that_may_become_metrics_is_waited_for(text: str, opens: bool, tmp_path: Path) -> None:
    """A file of one line may become metrics; one that goes on without being metrics is refused."""
    path = tmp_path / "file.txt"
    path.write_text(text)
    if opens:
        assert open_run(path, print).given == path
    else:
        with pytest.raises(FileNotFoundError):
            open_run(path, print)


def refused(folder: Path, options: Options) -> str:
    """Why a run cannot be shown now."""
    run = ExperimentLoader(folder)
    run.refresh()
    with pytest.raises(CannotShowError) as error:
        need_rows(run, options, "come back later")
    return str(error.value)


def test_a_run_without_rows_is_refused_with_advice(tmp_path: Path) -> None:
    """Where only the rows are missing, the advice says what to do."""
    assert "no rows in" in (text := refused(write(tmp_path / "run", ""), Options())) and "come back later" in text
    assert "no column with numbers" in refused(write(tmp_path / "run", "1,a\n2,b\n"), Options())


@pytest.mark.parametrize("options", [Options(metric="accuracy"), Options(select="^acc"), Options(log=("accuracy",))],
                         ids=["metric", "select", "log"])
def test_a_long_list_of_metrics_says_that_there_are_more(options: Options, tmp_path: Path) -> None:
    """A metric that is not there is refused with the names of those that are, twenty at most, and how many more."""
    names = [f"m{number}" for number in range(25)]
    text = refused(write(tmp_path / "run", "1" + ",0.5" * 25 + "\n", ",".join(["step", *names])), options)
    assert text.endswith(f"it has {', '.join(names[:20])} and 5 more")


def test_plots_that_the_run_does_not_take_go_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the folder cannot be written to, the plots go beside us, and that is said."""
    monkeypatch.chdir(tmp_path)
    run = ExperimentLoader(write(tmp_path / "exp1"))
    blocked = tmp_path / "exp1" / "plots"
    blocked.write_text("a file in the folder's place")
    said: list[str] = []
    saved = save_plots_or_elsewhere(run, blocked, Options(), said.append)
    assert {path.parent for path in saved} == {Path("livemon-plots/exp1")}
    assert len([line for line in said if "the plots go to livemon-plots/exp1" in line]) == 1


@pytest.mark.parametrize(("name", "data", "words"), [
    ("events.out.tfevents.1700000000.host", bytes(range(1, 256)) * 16, "not an event file"),
    ("run-abc.wandb", b"garbage" * 100, "not W&B's"),
    ("metrics.csv", b"x," * 800_000 + b"y\n1,2\n", "longer than 1 MiB"),
])
def test_a_file_that_gives_no_row_says_why(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    """A file that is damaged or refused is not waited for: what is wrong with it is said, and is the evidence."""
    (tmp_path / name).write_bytes(data)
    run = ExperimentLoader(tmp_path)
    assert run.refresh() == 0
    with pytest.raises(CannotShowError, match=words):
        need_rows(run, Options(), "wait")
    assert words in run.state_evidence


@pytest.mark.parametrize("both", [False, True])
def test_a_disk_that_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, both: bool) -> None:
    """The message names the folder where the plots really are; where there is none, no folder is said to have them."""
    monkeypatch.chdir(tmp_path)
    run = ExperimentLoader(write(tmp_path / "exp1"))
    save = livemon.plotter.save_plots

    def save_on_full_disk(run: ExperimentLoader, folder: Path, options: Options, **how: Any) -> list[Path]:
        if both or folder != Path("livemon-plots/exp1"):
            raise OSError(errno.ENOSPC, "No space left on device", str(folder))
        return save(run, folder, options, **how)

    monkeypatch.setattr("livemon.plotter.save_plots", save_on_full_disk)
    said: list[str] = []
    plots = tmp_path / "exp1" / "plots"
    if both:
        with pytest.raises(OSError, match=r"No space left on device.*no plots are saved"):
            save_plots_or_elsewhere(run, plots, Options(), said.append)
        assert said == []
    else:
        saved = save_plots_or_elsewhere(run, plots, Options(), said.append)
        assert len(saved) == 3 and all(path.is_file() for path in saved)
        assert len(said) == 2 and str(saved[0].parent.absolute()) in said[1]


def test_what_keeps_a_run_from_having_rows(tmp_path: Path) -> None:
    """Issue 16: where no row will ever come, it is said what the reader knows, and not only to wait."""
    rows = refused(write(tmp_path / "a", "1,2,3\n4,5,6\n"), Options())
    assert "2 lines were left out: the row has 3 cells where the header has 2" in rows
    assert "only names of columns" in refused(write(tmp_path / "b", ""), Options())
    (tmp_path / "c.log").write_text("Installing\nDone 3\n")
    assert "none of the 2 lines of c.log names a metric" in refused(tmp_path / "c.log", Options())
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "history.json").write_text('{"loss": [1, 2')
    os.utime(tmp_path / "d" / "history.json", (1e9, 1e9))
    assert "history.json cannot be read" in refused(tmp_path / "d" / "history.json", Options())


def test_what_keeps_a_folder_from_being_a_run(tmp_path: Path) -> None:
    """Issue 16: of a folder without metrics it is said what its files tell: Git LFS, a table of data, a trainer of
    Hugging Face's that logs to no file."""
    (tmp_path / "lfs").mkdir()
    (tmp_path / "lfs" / "metrics.csv").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "iris.csv").write_text("sepal,petal\n1,2\n")
    (tmp_path / "hf" / "checkpoint-10").mkdir(parents=True)
    for name, words in (("lfs", "git lfs pull"), ("lfs/metrics.csv", "git lfs pull"), ("data", "iris.csv is a table"),
                        ("hf", 'report_to="tensorboard"')):
        with pytest.raises(FileNotFoundError, match=words):
            ExperimentLoader(tmp_path / name).load_metrics()
        if "/" not in name:
            assert words in ExperimentLoader(tmp_path / name).why_no_rows
    with pytest.raises(FileNotFoundError, match="git lfs pull"):
        open_run(tmp_path / "lfs" / "metrics.csv", print)


@pytest.mark.parametrize(("number", "advice"), [
    (errno.ENOSPC, "; free some space, or name a folder"), (errno.EACCES, "; name a folder that can be written to"),
    (errno.EROFS, "; name a folder that can be written to")])
def test_the_advice_fits_the_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, advice: str) -> None:
    """Who may not write somewhere gains nothing by free space: that is said of a full disk alone."""
    monkeypatch.chdir(tmp_path)
    run = ExperimentLoader(write(tmp_path / "exp1"))

    def refuse(run: ExperimentLoader, folder: Path, options: Options, **how: Any) -> list[Path]:
        raise OSError(number, os.strerror(number), str(folder))

    monkeypatch.setattr("livemon.plotter.save_plots", refuse)
    with pytest.raises(OSError, match="no plots are saved") as raised:
        save_plots_or_elsewhere(run, tmp_path / "exp1" / "plots", Options(), lambda text: None)
    assert advice in str(raised.value)


def test_a_lens_names_what_is_there(tmp_path: Path) -> None:
    """A metric or a panel that is hidden, pinned or enlarged and is not there is refused, with the names that are; a
    panel's title and the boxes are there."""
    folder = tmp_path / "run" / "logs"
    folder.mkdir(parents=True)
    (folder / "metrics.csv").write_text("step,train_loss,val_acc\n1,1,1\n2,2,2\n", encoding="utf-8")
    run = ExperimentLoader(tmp_path / "run")
    run.refresh()
    need_rows(run, Options(hidden=("boxes", "loss"), pinned=("accuracy",), large="val_acc"), "wait")
    for lens in (Options(hidden=("lr",)), Options(pinned=("lr",)), Options(large="lr"),
                 Options(zoom_y=(("lr", 1, 2),))):
        with pytest.raises(CannotShowError, match=r"no metric 'lr' .*; it has train_loss, val_acc"):
            need_rows(run, lens, "wait")
