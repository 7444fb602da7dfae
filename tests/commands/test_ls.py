from __future__ import annotations

import csv
import io
import json
import math
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from livemon.testing import ScriptedWriter

Command = Callable[..., subprocess.CompletedProcess[str]]
SEED_LAYOUT = Path(__file__).parents[1] / "data" / "runs" / "seed_layout" / "experiments"



def test_ls_filters_sorts_and_limits(tmp_path: Path, livemon: Command) -> None:
    """`ls` shows the runs whose settings, metrics and state are as asked, sorted, and counts the others."""
    done = livemon("ls", SEED_LAYOUT, "lr>=0.5", "state!=stalled", "--sort", "-val_loss", "--limit", "2", cwd=tmp_path)
    shown = [line.split()[0] for line in done.stdout.splitlines()]
    assert shown == ["run", str(SEED_LAYOUT / "baseline_lr0.5"), str(SEED_LAYOUT / "lr1.0")]
    assert "2 of 5 runs; 1 more" in done.stderr
    rows = json.loads(livemon("ls", SEED_LAYOUT, "run~^lr", "--json", cwd=tmp_path).stdout)
    assert {row["run"]: row["steps"] for row in rows} == {"lr0.1": 200, "lr1.0": 200}
    assert rows[0]["path"] == str(SEED_LAYOUT / "lr0.1") and 1 < rows[0]["took"] < 10 and rows[0]["age"] > 0


def test_ls_finds_runs_however_deep(tmp_path: Path, livemon: Command) -> None:
    """`ls` finds the runs in the folders below, told apart by as much of their paths as that needs; what it shows can
    be typed."""
    rows = json.loads(livemon("ls", SEED_LAYOUT.parents[1], "--json", cwd=tmp_path).stdout)
    assert {"lr0.1", "lightning_csv_nan/lightning_logs/version_0"} <= {row["run"] for row in rows}
    shutil.copytree(SEED_LAYOUT / "lr0.1", tmp_path / "all runs" / "deep" / "lr0.1")
    assert "\n'all runs/deep/lr0.1' " in livemon("ls", "all runs", cwd=tmp_path).stdout


def test_clearing_the_cache(tmp_path: Path, own_cache: Path, livemon: Command) -> None:
    """`ls` keeps summaries in the cache folder alone, and --clear-cache deletes them."""
    livemon("ls", SEED_LAYOUT, cwd=tmp_path)
    assert (own_cache / "summaries.sqlite").is_file()
    assert "cleared" in livemon("ls", "--clear-cache", cwd=tmp_path).stderr
    assert not (own_cache / "summaries.sqlite").exists()


def test_ls_of_a_run_is_that_run(tmp_path: Path, livemon: Command) -> None:
    """`ls` of a run's own folder lists the run, and takes no folder in it for one."""
    writer = ScriptedWriter(tmp_path / "exp" / "logs" / "metrics.csv", ["step", "loss"])
    writer.append(step=0, loss=1.0)
    done = livemon("ls", "exp", "--json", cwd=tmp_path)
    assert [row["run"] for row in json.loads(done.stdout)] == ["exp"], done.stdout + done.stderr


def test_ls_of_a_file_is_its_run(tmp_path: Path, livemon: Command) -> None:
    """`ls` of a metrics file or a console log lists its run; of another file it says why not."""
    (tmp_path / "train.log").write_text("".join(f"step {step} loss {1 / (1 + step):.4f}\n" for step in range(9)))
    (tmp_path / "loss.csv").write_text("step,loss\n1,0.5\n2,0.4\n")
    for name, steps in (("train.log", 8), ("loss.csv", 2)):
        rows = json.loads(livemon("ls", name, "--json", cwd=tmp_path).stdout)
        assert [(Path(row["path"]).name, row["steps"]) for row in rows] == [(name, steps)]
    (tmp_path / "notes.txt").write_text("nothing here\n")
    (tmp_path / "study").mkdir()
    for number, name in enumerate(("base.csv", "ours.csv")):
        (tmp_path / "study" / name).write_text(f"step,loss\n1,{number}\n2,{number}\n")
    for command in ("ls", "compare"):  # as `watch` does
        assert "reading base.csv; ignoring ours.csv" in livemon(command, "study", cwd=tmp_path).stderr
    assert "not a metrics file" in livemon("ls", "notes.txt", cwd=tmp_path).stderr


def test_ls_by_state_and_reason(tmp_path: Path, livemon: Command) -> None:
    """Runs are found by how they stand and why; people see both in one cell, programs in two."""
    for name, state, reason in (("a", "stopped", "pruned"), ("b", "failed", "killed"), ("c", "finished", None)):
        ScriptedWriter(tmp_path / name / "logs" / "metrics.csv", ["step", "loss"]).append(step=0, loss=1.0)
        (tmp_path / name / "livemon.json").write_text(json.dumps({"livemon": 1, "state": state, "reason": reason}))
    for word, names in (("state:stopped", ["a"]), ("reason:pruned", ["a"]), ("reason!=pruned", ["b", "c"]),
                        ("state=failed", ["b"])):
        rows = json.loads(livemon("ls", ".", word, "--json", cwd=tmp_path).stdout)
        assert [row["run"] for row in rows] == names, word
    assert {row["run"]: (row["state"], row["reason"]) for row in json.loads(
        livemon("ls", "--json", cwd=tmp_path).stdout)} == {
            "a": ("stopped", "pruned"), "b": ("failed", "killed"), "c": ("finished", None)}
    text = livemon("ls", cwd=tmp_path).stdout
    assert "stopped (pruned)" in text and "failed (killed)" in text and "reason" not in text
    refused = livemon("ls", ".", "state:done", cwd=tmp_path)
    assert refused.returncode == 2 and "finished, stopped, failed" in refused.stderr


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are always text there")
@pytest.mark.parametrize("encoding", ["utf-8:strict", "utf-8:surrogateescape", "ascii", "latin-1"])
def test_names_and_streams_that_are_not_utf_8(tmp_path: Path, encoding: str) -> None:
    """A name that is no UTF-8, and a stream that lacks its characters, hide no run: what cannot be written is escaped,
    the columns stay below each other, JSON and CSV are valid."""
    for name in (b"bad\xff", "名前".encode(), b"tab\tname", b"plain"):
        folder = os.fsencode(tmp_path) + b"/" + name
        os.makedirs(folder)
        with open(folder + b"/metrics.csv", "w") as file:
            file.write("step,loss\n0,1.5\n1,1.25\n")

    def output(*words: str) -> bytes:
        done = subprocess.run(
            [sys.executable, "-m", "livemon", *words], cwd=tmp_path, capture_output=True, check=False,
            env={**os.environ, "PYTHONIOENCODING": encoding},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    codec = encoding.partition(":")[0]
    lines = output("ls").decode(codec).splitlines()
    assert len(lines) == 5
    starts = {line.index(" CSV") + sum(char in "名前" for char in line) for line in lines[1:]}
    assert len(starts) == 1, lines
    assert any("\\udcff" in line for line in lines) and any("tab\\tname" in line for line in lines)
    rows = json.loads(output("ls", "--json").decode(codec))
    assert {row["run"].encode("utf-8", "surrogateescape") for row in rows} == {
        b"bad\xff", "名前".encode(), b"tab\tname", b"plain"}
    assert len(list(csv.reader(io.StringIO(output("ls", "--csv").decode(codec))))) == 5
    assert len(json.loads(output("compare", ".", "--json").decode(codec))["rows"]) >= 1


def test_a_filter_that_never_ends(tmp_path: Path, livemon: Command) -> None:
    """A pattern whose search would take years is stopped, and said."""
    ScriptedWriter(tmp_path / ("a" * 60 + "!") / "metrics.csv", ["step", "loss"]).append(step=0, loss=1.0)
    done = livemon("ls", ".", "run~(?:(?:a|a)+)+$", cwd=tmp_path)
    assert done.returncode == 2 and "takes too long" in done.stderr


def test_ls_of_runs_that_count_epochs(tmp_path: Path, livemon: Command) -> None:
    """A run without steps has no number of steps, not 0; its main metric is one that has a finite value."""
    log = ScriptedWriter(tmp_path / "exp" / "results.csv", ["epoch", "val_loss", "train_loss"])
    for epoch in range(3):
        log.append(epoch=epoch, val_loss=float("nan"), train_loss=0.5)
    row, = json.loads(livemon("ls", "--json", cwd=tmp_path).stdout)
    assert (row["steps"], row["metric"]["name"], row["final"]) == (None, "train_loss", 0.5)
    assert "train_loss 0.5" in livemon("watch", "exp", "--once", cwd=tmp_path).stdout
    text = livemon("ls", cwd=tmp_path).stdout
    assert "NaN  " not in text.splitlines()[1].split("train_loss")[0] and "  -  " in text


def _finished_run(folder: Path, **known: object) -> None:
    log = ScriptedWriter(folder / "logs" / "metrics.csv", ["step", "epoch", "train_loss"])
    for step in range(100):
        log.append(step=step, epoch=step // 25, train_loss=1 / (step + 1))
    (folder / "livemon.json").write_text(json.dumps({"livemon": 1, "state": "finished", **known}))


def test_ls_columns_of_settings_and_origin(tmp_path: Path, livemon: Command) -> None:
    """--columns shows settings, metrics and where a run comes from, with a gap for the run that says nothing of it; a
    column that no run has is an error that names those that there are. JSON has all of it."""
    _finished_run(tmp_path / "a", host="node7", commit="c" * 40, command="train.py --lr 0.1", batch_size=8,
                  config={"lr": 0.1, "model": {"width": 64}})
    _finished_run(tmp_path / "b", config={"lr": 0.2})
    done = livemon("ls", ".", "--columns", "lr,width, commit,host,batch_size,epochs,train_loss", cwd=tmp_path)
    head, of_a, of_b = done.stdout.splitlines()
    assert head.split()[-7:] == ["lr", "width", "commit", "host", "batch_size", "epochs", "train_loss"]
    assert of_a.split()[-7:-1] == ["0.1", "64", "c" * 40, "node7", "8", "4"]
    assert of_b.split()[-7:-1] == ["0.2", "-", "-", "-", "-", "4"]
    refused = livemon("ls", ".", "--columns", "nope", cwd=tmp_path)
    assert refused.returncode == 2 and "'nope'" in refused.stderr and "commit" in refused.stderr
    row = json.loads(livemon("ls", ".", "commit~^ccc", "--json", cwd=tmp_path).stdout)[0]
    assert row["settings"] == {"lr": 0.1, "model.width": 64}
    assert row["origin"] == {"host": "node7", "commit": "c" * 40, "command": "train.py --lr 0.1", "batch_size": 8}
    assert (row["steps"], row["evidence"]) == (100, "livemon.json says so")


def test_ls_counts_what_a_finished_run_made(tmp_path: Path, livemon: Command) -> None:
    """100 steps that count from 0 are 100 steps in the list, as in the header, and can be asked for as such; the
    summary keeps the highest step as logged."""
    _finished_run(tmp_path / "a", total_steps=100)
    rows = json.loads(livemon("ls", ".", "steps>=100", "epochs=4", "--json", cwd=tmp_path).stdout)
    assert [row["steps"] for row in rows] == [100]
    shown = json.loads(livemon("watch", "a", "--once", "--json", cwd=tmp_path).stdout)
    assert "100/100 steps · 4 epochs" in shown["header"]
    assert shown["summary"]["total_steps"] == 99


def test_ls_says_why_a_run_failed(tmp_path: Path, livemon: Command) -> None:
    """The error with which a run failed is among its problems, and its evidence in JSON."""
    _finished_run(tmp_path / "a")
    (tmp_path / "a" / "livemon.json").write_text(json.dumps(
        {"livemon": 1, "state": "failed", "reason": "error", "evidence": "ValueError: no such file"}))
    assert "failed (error)" in (text := livemon("ls", cwd=tmp_path).stdout) and "ValueError: no such file" in text
    row, = json.loads(livemon("ls", "--json", cwd=tmp_path).stdout)
    assert row["evidence"] == row["problems"] == "ValueError: no such file"


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX is needed")
def test_a_filter_that_the_shell_took_for_a_file(tmp_path: Path, livemon: Command) -> None:
    """lr>=0.001 without quotes is an output file for the shell: that is said, and the file gets nothing. An output file
    of any other name is one."""
    _finished_run(tmp_path / "a", config={"lr": 0.1})
    command = f"{shlex.quote(sys.executable)} -m livemon ls ."
    done = subprocess.run(f"{command} lr>=0.001", shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "'=0.001'" in done.stderr and "quotes" in done.stderr
    assert (tmp_path / "=0.001").read_bytes() == b""
    done = subprocess.run(f"{command} > out", shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "train_loss" in (tmp_path / "out").read_text()
    assert "quotes" in livemon("ls", ".", "lr", cwd=tmp_path).stderr


def test_steps_are_those_of_the_header(tmp_path: Path, livemon: Command) -> None:
    """Issue 16: the list counts the steps of the run's own rows, as the header does; other files count otherwise."""
    for name, text in (("a.csv", "iteration,train_loss\n1,0.5\n29,0.25\n"), ("b.csv", "Episode,Food\n1,2\n39,4\n"),
                       ("c.csv", "iteration,val_loss\n1,0.5\n9,0.25\n")):
        (tmp_path / "run").mkdir(exist_ok=True)
        (tmp_path / "run" / name).write_text(text)
    (listed,) = json.loads(livemon("ls", ".", "--json", cwd=tmp_path).stdout)
    assert (listed["metric"]["name"], listed["steps"]) == ("val_loss", 29)
    assert "step 29 " in livemon("watch", "run", "--once", cwd=tmp_path).stdout


def test_ls_says_why_damaged_files_are_no_run(tmp_path: Path, livemon: Command) -> None:
    """A folder that holds only files that are not read is not just one without runs: each is named, with the reason,
    however deep it lies; what is no log of metrics is left out."""
    for name, data in (("a/metrics.csv.gz", b"no gzip"), ("a/metrics.csv", b"\0" * 9000), ("b/notes.txt", b"hello"),
                       ("b/c/metrics.jsonl", b"\xff\n"), ("b/.hidden/x.csv.gz", b"no gzip")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    done = livemon("ls", tmp_path, cwd=tmp_path)
    assert done.returncode == 2 and "no runs in" in done.stderr
    for words in (f"{tmp_path / 'a' / 'metrics.csv.gz'} has the name of a gzip file but is not one",
                  f"{tmp_path / 'a' / 'metrics.csv'} has the name of a table but is not text",
                  f"{tmp_path / 'b' / 'c' / 'metrics.jsonl'} has the name of a log of JSON lines but does not"):
        assert words in done.stderr
    assert "notes" not in done.stderr and "hidden" not in done.stderr


def test_ls_says_why_a_run_has_no_rows(tmp_path: Path, livemon: Command) -> None:
    """A run whose file is damaged stands in the list as one without rows, and below the list is why; one that only has
    no rows yet needs no word. Runs in `tb` and beside it are all listed."""
    damaged = tmp_path / "tb" / "events.out.tfevents.1700000000.host.1.0"
    damaged.parent.mkdir()
    damaged.write_bytes(bytes(range(1, 200)))
    ScriptedWriter(tmp_path / "good" / "metrics.csv", ["step", "loss"]).append(step=0, loss=1.0)
    ScriptedWriter(tmp_path / "new" / "metrics.csv", ["step", "loss"])
    done = livemon("ls", tmp_path, "--json", cwd=tmp_path)
    problems = {row["run"]: row["problems"] for row in json.loads(done.stdout)}
    assert problems == {"tb": "unreadable", "good": "", "new": ""}
    said = [line for line in done.stderr.splitlines() if "no rows in" in line]
    assert len(said) == 1 and str(damaged) in said[0] and "is not an event file of TensorBoard" in said[0]


def test_what_was_found_stands_first(tmp_path: Path, livemon: Command) -> None:
    """A run that diverges says so among its problems, in front of what is odd about its files."""
    losses = [0.1 + 2 / (1 + step / 20) for step in range(300)] + [80.0] * 100
    (tmp_path / "run").mkdir()
    rows = "".join(f"{step},{loss}\n" for step, loss in enumerate(losses))
    (tmp_path / "run" / "metrics.csv").write_text(f"step,train_loss\n{rows}")
    (row,) = json.loads(livemon("ls", ".", "--json", cwd=tmp_path).stdout)
    assert row["problems"].startswith("diverging since ")


def test_a_column_is_about_one_thing(tmp_path: Path, livemon: Command) -> None:
    """Issue 19: a name that is a setting of any run is the setting in all runs, in columns and in filters; what was
    logged under it is `lr (logged)`, which a line says."""
    for name, config in (("a", {"optimizer": {"lr": 0.1}}), ("b", {"seed": 3})):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "metrics.csv").write_text("step,loss,lr\n1,2,0.05\n2,1,0.025\n")
        (tmp_path / "runs" / name / "config.json").write_text(json.dumps(config))
    done = livemon("ls", "runs", "--columns", "lr,lr (logged)", "--csv", cwd=tmp_path)
    rows = {row["run"]: row for row in csv.DictReader(io.StringIO(done.stdout))}
    assert [rows["a"]["lr"], rows["b"]["lr"]] == ["0.1", ""]
    assert [rows["a"]["lr (logged)"], rows["b"]["lr (logged)"]] == ["0.025", "0.025"]
    assert "lr is the setting here; what was logged last is 'lr (logged)'" in done.stderr
    found = livemon("ls", "runs", "lr<1", "--json", cwd=tmp_path)
    assert [row["run"] for row in json.loads(found.stdout)] == ["a"]
    assert "lr (logged)" not in livemon("ls", "runs", "--columns", "loss", cwd=tmp_path).stderr


def _run_with(folder: Path, losses: list[float], **known: object) -> None:
    folder.mkdir(parents=True)
    rows = "".join(f"{step},{loss}\n" for step, loss in enumerate(losses))
    (folder / "metrics.csv").write_text(f"step,train_loss\n{rows}")
    if known:
        (folder / "livemon.json").write_text(json.dumps({"livemon": 1, **known}))


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """A run that learns, one that was killed, and one whose loss leaps once, in a folder."""
    losses = [0.1 + 2 / (1 + step / 20) for step in range(300)]
    _run_with(tmp_path / "runs" / "a", losses)
    _run_with(tmp_path / "runs" / "b", [*losses[:200], 60.0, *losses[201:]])
    _run_with(tmp_path / "runs" / "c", losses, state="failed", reason="killed", evidence="process 4711 is gone")
    return tmp_path / "runs"


def test_problems_stand_on_top(three: Path, livemon: Command) -> None:
    """What is critical comes first, then warnings, then the others in their order, also under a limit; a run that was
    killed says so; --sort sorts as asked; the verdict can be asked for."""
    listed = json.loads(livemon("ls", ".", "--json", cwd=three).stdout)
    assert [(row["run"], row["verdict"], row["problems"]) for row in listed] == [
        ("c", "critical", "killed"), ("b", "warning", "spike at 200"), ("a", "healthy", "")]
    lines = livemon("ls", ".", "--limit", "1", cwd=three).stdout.splitlines()
    assert len(lines) == 2 and lines[1].startswith("c ") and lines[1].endswith("killed")
    assert [row["run"] for row in json.loads(livemon("ls", ".", "--sort", "run", "--json", cwd=three).stdout)] == [
        "a", "b", "c"]
    (warned,) = json.loads(livemon("ls", ".", "verdict:warning", "--json", cwd=three).stdout)
    assert warned["run"] == "b"


def test_since_when_values_are_nan(tmp_path: Path, livemon: Command) -> None:
    """Values that are not finite are listed by their first step, as on the page: counts differ with what is counted."""
    losses = [0.1 + 2 / (1 + step / 20) for step in range(300)]
    _run_with(tmp_path / "runs" / "a", [*losses[:200], *[math.nan] * 100])
    _run_with(tmp_path / "runs" / "b", [*losses[:200], math.inf, *losses[201:]])
    listed = json.loads(livemon("ls", "runs", "--json", cwd=tmp_path).stdout)
    assert {row["run"]: row["problems"] for row in listed} == {"a": "NaN since 200", "b": "inf at 200"}


def test_the_list_is_of_run_objects(three: Path, livemon: Command) -> None:
    """A row of JSON is the object that `check` prints of the run, but for the numbers by which it judged and for times
    that pass, and what the list has beside it; its keys are documented."""
    judged = {row["name"]: row for row in json.loads(livemon("check", ".", "--json", cwd=three).stdout)["runs"]}
    page = (Path(__file__).parents[2] / "docs" / "health.md").read_text(encoding="utf-8")
    for row in json.loads(livemon("ls", ".", "--json", cwd=three).stdout):
        of_check = judged[row["name"]]
        assert of_check.keys() <= row.keys()
        for key in of_check.keys() - {"findings", "age_seconds", "evidence"}:
            assert row[key] == of_check[key], key
        assert [one["message"] for one in row["findings"]] == [one["message"] for one in of_check["findings"]]
        assert all(f"`{key}`" in page for key in row), [key for key in row if f"`{key}`" not in page]


def test_a_run_without_rows_has_no_numbers(tmp_path: Path, livemon: Command) -> None:
    """Beside runs with rows a run without any has "-", and not NaN, which is what a run logged."""
    for name, rows in (("full", "0,1.5\n1,nan\n"), ("empty", "")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "metrics.csv").write_text("step,loss\n" + rows)
    lines = {line.split()[0]: line for line in livemon("ls", ".", cwd=tmp_path).stdout.splitlines()}
    assert "NaN" in lines["full"] and "NaN" not in lines["empty"] and " - " in lines["empty"]


def test_texts_from_files_are_clipped(tmp_path: Path, livemon: Command) -> None:
    """In the JSON of `ls` and `watch` no name or text of a metric, a setting or an error is long or has control
    characters; no setting is lost if two names begin alike."""
    evil = "\x1b]0;title\x07\x9b31m\u202e" + "A" * 10_000
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "metrics.csv").write_text(f"step,loss {evil}\n1,0.5\n2,nan\n", encoding="utf-8")
    (folder / "livemon.json").write_text(json.dumps(
        {"livemon": 1, "state": "failed", "reason": "error", "error": evil, "command": evil}))
    (folder / "config.json").write_text(json.dumps({evil + "1": [evil, {evil: 1}], evil + "2": 7}))
    row, = json.loads(livemon("ls", "--json", cwd=tmp_path).stdout)
    line = json.loads(livemon("watch", "run", "--once", "--json", cwd=tmp_path).stdout)
    for settings in (row["settings"], line["settings"]):
        assert len(settings) == 2
    texts: list[str] = []

    def take_in(value: object) -> None:
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, list):
            for item in value:
                take_in(item)
        elif isinstance(value, dict):
            take_in([*value, *value.values()])

    take_in(row)
    take_in(line["settings"])
    assert max(map(len, texts)) <= 300
    assert all(text.isprintable() for text in texts)
