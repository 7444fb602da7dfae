from __future__ import annotations

import contextlib
import gc
import json
import logging
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib
import pytest

from livemon import cli
from livemon.commands import ending
from livemon.testing import ScriptedWriter

Command = Callable[..., subprocess.CompletedProcess[str]]
LIVEMON = [sys.executable, "-m", "livemon"]
PATIENCE = 60.0


def environment(**changes: str) -> dict[str, str]:
    """Ours, without a display and without what changes the command's ways, and with what a test changes."""
    unwanted = ("DISPLAY", "WAYLAND_DISPLAY", "LIVEMON_DIR", "LIVEMON_STRICT", "PYTHONUNBUFFERED")
    env = {key: value for key, value in os.environ.items() if key not in unwanted}
    return {**env, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "COLUMNS": "100", **changes}


def livemon_process(*words: str | Path, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end, in a process of its own. The fixture `livemon` does in this one."""
    return subprocess.run(
        [*LIVEMON, *map(str, words)], cwd=cwd, env=environment(**env), capture_output=True, text=True,
        timeout=PATIENCE, check=False,
    )


def wait_for(what: Callable[[], Any], every: float = 0.05) -> Any:
    """What `what` gives once it gives something."""
    deadline = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(every)
    return found


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts the command and leaves it running until the end of the test."""
    started: list[subprocess.Popen[str]] = []

    def begin(*words: str | Path, **env: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*LIVEMON, *map(str, words)], cwd=tmp_path, env=environment(**env), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def writer(tmp_path: Path) -> ScriptedWriter:
    """A training in tmp_path/exp1 that has written 20 rows."""
    writer = ScriptedWriter(tmp_path / "exp1" / "logs" / "metrics.csv", ["step", "train_loss"])
    for step in range(20):
        writer.append(step=step, train_loss=1.0 / (step + 1))
    return writer


def note(run: Path, state: str) -> None:
    """Say how a run stands, as our recorder does."""
    (run / "livemon.json").write_text(json.dumps({"livemon": 1, "state": state, "reason": ""}))


def contents(folder: Path) -> set[str]:
    """Everything below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


# -- words

def test_help_lists_the_commands(tmp_path: Path, livemon: Command) -> None:
    """`--help` names the commands that there are, and no other."""
    result = livemon("--help", cwd=tmp_path)
    assert result.returncode == 0
    assert re.findall(r"^│ (\w+) ", result.stdout, flags=re.MULTILINE) == [
        "watch", "plot", "compare", "report", "ls", "checkpoints", "check", "status", "demo"
    ]


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("watch", "--view --output --x --until --metric --smooth --log --linear --select --lens --zoom --zoom-y "
                  "--limits --hide --pin --large --attempts --mark --show-run --hide-run --alone-run --where "
                  "--group-by --run-list --join --next --pid --header --once --json --style "
                  "--glyphs --host --port --interval --stdout --report --help"),
        ("plot", "--output --each --format --paper --width --outline-text --x --metric --smooth --log --linear "
                 "--select --lens --zoom --zoom-y --limits --hide --pin --large --attempts --mark --join --header "
                 "--style --help"),
        ("compare", "--help --metric --group-by --label --tasks --task-scale --baseline --at --x --middle --band "
                    "--test --pair --importance --join --name-pattern --header --limit --table --json --csv "
                    "--markdown --latex --output --select --lines --smooth --xlim --ylim --log-x --xlabel --log "
                    "--linear --until --lens --style --paper --width --height --outline-text"),
        ("report", "--output --metric --group-by --at --test --pair --baseline --name-pattern --x --smooth --log "
                   "--linear --select --join --header --style --help"),
        ("ls", "--sort --limit --columns --join --name-pattern --header --clear-cache --json --csv --markdown --latex "
         "--help"),
        ("checkpoints", "--metric --weights --join --header --json --csv --markdown --latex --help"),
        ("check", "--join --header --json --help"),
        ("status", "--join --header --json --help"),
        ("demo", "--seconds --view --dir --style --help"),
    ],
)
def test_every_option_is_explained(command: str, options: str, tmp_path: Path, livemon: Command) -> None:
    """`COMMAND --help` lists exactly the command's options, each with a word about it."""
    text = livemon(command, "--help", cwd=tmp_path).stdout
    rows = re.findall(r"^│ (--[a-z-]+)(?: +-\w)? +(\S.*?) *│$", text, flags=re.MULTILINE)
    assert [name for name, _ in rows] == options.split()
    assert all(len(rest.split()) > 1 for _, rest in rows)
    assert "bool" not in text  # an option that takes no value shows none


def test_a_path_alone_is_watched(writer: ScriptedWriter, tmp_path: Path, livemon: Command) -> None:
    """`livemon [PATH]` is `livemon watch [PATH]`; commands for one run take the newest where PATH is left out;
    a slip in a command's name is no path, and several paths are said to be too many."""
    for words in (("exp1", "--once"), ("--once",), (".", "--once")):
        shown = livemon(*words, cwd=tmp_path)
        assert shown.returncode == 0 and shown.stdout.startswith("exp1 ●"), (words, shown.stderr)
    assert livemon("plot", "-o", "a.png", cwd=tmp_path).stdout == "a.png\n"
    assert "no checkpoints in exp1" in livemon("checkpoints", cwd=tmp_path).stderr
    assert "Did you mean 'watch'" in livemon("wacth", cwd=tmp_path).stderr
    slip = livemon("summary", "exp1", cwd=tmp_path)
    assert slip.returncode == 2 and "No such command 'summary'" in slip.stderr


def test_version(tmp_path: Path) -> None:
    """`--version` prints the version."""
    assert livemon_process("--version", cwd=tmp_path).stdout == "livemon 0.1.0\n"


# -- in this process

def test_the_command_here_is_the_command(writer: ScriptedWriter, tmp_path: Path, livemon: Command) -> None:
    """The command in this process gives the status, the output and the messages that one in its own process gives,
    Python's warnings and plain errors too."""
    (tmp_path / "exp1" / "config.json").write_text("{")
    for words in ("compare exp1", "plot missing"):
        here, there = (run(*words.split(), cwd=tmp_path) for run in (livemon, livemon_process))
        assert (here.returncode, here.stdout, here.stderr) == (there.returncode, there.stdout, there.stderr)
        assert here.returncode == (2 if "missing" in words else 0)
        assert ("config.json cannot be used" if here.returncode == 0 else "missing") in here.stderr


@pytest.fixture
def undo() -> Iterator[contextlib.ExitStack]:
    """What is to be called after the test."""
    with contextlib.ExitStack() as stack:
        yield stack


def state_of_this_process() -> dict[str, Any]:
    """What the command changes, or may change, in its process."""
    return {
        "streams": (sys.stdout, sys.stderr), "warnings": (list(warnings.filters), warnings.showwarning),
        "signals": [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)],
        "settings": dict(matplotlib.rcParams), "environment": dict(os.environ), "folder": os.getcwd(),
        "words": list(sys.argv), "logging": list(logging.root.handlers), "ended by": list(ending.ended_by),
        "open": len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0,
    }


def test_the_command_here_leaves_nothing_changed(
    writer: ScriptedWriter, tmp_path: Path, livemon: Command, undo: contextlib.ExitStack,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After the command has run in this process, well or not, streams, warnings, signals, settings, environment and
    folder are as before."""
    livemon("watch", "exp1", "--once", cwd=tmp_path)
    for number in (signal.SIGTERM, signal.SIGHUP):  # as a process has them that nobody has told otherwise
        undo.callback(signal.signal, number, signal.signal(number, signal.SIG_DFL))
    gc.collect()
    before = state_of_this_process()

    def change_everything(**_: object) -> None:
        print("said")
        warnings.simplefilter("ignore")
        matplotlib.rcParams["lines.linewidth"] = 9.0
        os.environ["MPLBACKEND"] = "svg"
        os.chdir(os.path.sep)
        raise ZeroDivisionError

    livemon("watch", "exp1", "--once", cwd=tmp_path, MPLBACKEND="agg")
    livemon("plot", "missing", cwd=tmp_path)
    monkeypatch.setattr(cli, "app", change_everything)
    with pytest.raises(ZeroDivisionError):
        livemon(cwd=tmp_path)
    gc.collect()
    assert state_of_this_process() == before


# -- bad input

def _empty_folder(folder: Path) -> None:
    (folder / "run").mkdir()


def _no_metrics(folder: Path) -> None:
    (folder / "run").write_text("It was a dark and stormy night;\nthe rain fell in torrents.\n")


def _header_only(folder: Path) -> None:
    ScriptedWriter(folder / "run" / "logs" / "metrics.csv", ["step", "train_loss"])


def _no_numbers(folder: Path) -> None:
    ScriptedWriter(folder / "run" / "logs" / "metrics.csv", ["step", "train_loss"]).append(step=1)


def _two_rows(folder: Path) -> None:
    writer = ScriptedWriter(folder / "run" / "logs" / "metrics.csv", ["step", "train_loss"])
    writer.append(step=1, train_loss=2.0)
    writer.append(step=2, train_loss=1.0)


BAD: list[tuple[str, Callable[[Path], object], list[str], str]] = [
    ("missing path", lambda folder: None, ["watch", "above/run"], "run"),
    ("missing path, plot", lambda folder: None, ["plot", "run"], "run"),
    ("empty folder, once", _empty_folder, ["watch", "run", "--once"], "metrics.csv"),
    ("empty folder, plot", _empty_folder, ["plot", "run"], "metrics.csv"),
    ("no metrics", _no_metrics, ["watch", "run"], "not a metrics file"),
    ("header only, once", _header_only, ["watch", "run", "--once"], "metrics.csv"),
    ("header only, plot", _header_only, ["plot", "run"], "no rows in run/logs/metrics.csv"),
    ("no numbers, plot", _no_numbers, ["plot", "run"], "no column with numbers"),
    ("nothing selected, once", _two_rows, ["watch", "run", "--once", "--select", "acc"], "it has train_loss"),
    ("nothing selected, plot", _two_rows, ["plot", "run", "--select", "acc"], "it has train_loss"),
    ("unknown metric, once", _two_rows, ["watch", "run", "--once", "--metric", "nope:max"], "no metric 'nope'"),
    ("unknown metric, plot", _two_rows, ["plot", "run", "--metric", "nope"], "it has train_loss"),
    ("labelled metric", _two_rows, ["plot", "run", "--metric", "loss=Loss", "-o", "p.png"],
     "only livemon compare takes NAME=LABEL"),
    ("unknown log, once", _two_rows, ["watch", "run", "--once", "--log", "nope"], "no metric 'nope'"),
    ("no window", _two_rows, ["watch", "run", "--view", "window"], "DISPLAY"),
    ("view", _two_rows, ["watch", "run", "--view", "paper"], "is not one of"),
    ("terminal", _two_rows, ["watch", "run", "--view", "terminal"], "standard input and output must be a terminal"),
    ("unknown view", _two_rows, ["watch", "run", "--view", "cinema"], "cinema"),
    ("unknown x", _two_rows, ["watch", "run", "--view", "file", "--x", "wall"], "wall"),
    ("bad pattern, plot", _two_rows, ["plot", "run", "--select", "("], "regular expression"),
    ("bad pattern", _two_rows, ["watch", "run", "--select", "("], "regular expression"),
    ("bad format", _two_rows, ["watch", "run", "-o", "live.bmp"], ".png"),
    ("no folder", _two_rows, ["watch", "run", "-o", "nowhere/live.png"], "nowhere"),
    ("unknown command", _two_rows, ["compar", "run"], "compar"),
]


@pytest.mark.parametrize(("setup", "words", "says"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_bad_input(
    setup: Callable[[Path], object], words: list[str], says: str, tmp_path: Path, livemon: Command
) -> None:
    """What cannot be shown exits with 2 and a message that names it, without a traceback and without a picture."""
    setup(tmp_path)
    result = livemon(*words, cwd=tmp_path)
    assert result.returncode == 2, result.stderr
    assert says in result.stderr
    assert "Traceback" not in result.stderr
    assert len(result.stderr.splitlines()) <= 8
    assert not list(tmp_path.rglob("*.png"))


@pytest.mark.parametrize("words", ["plot exp1 -o exp1.png", "watch exp1 --once --view file"])
def test_a_useless_backend(words: str, writer: ScriptedWriter, tmp_path: Path) -> None:
    """An MPLBACKEND that means nothing is said, and ignored; one that does is not mentioned."""
    for backend, said in (("nonsense", "MPLBACKEND is 'nonsense'"), ("svg", "")):
        result = livemon_process(*words.split(), cwd=tmp_path, MPLBACKEND=backend)
        assert result.returncode == 0, result.stderr
        assert said in result.stderr
        assert ("MPLBACKEND" in result.stderr) == bool(said)


@pytest.mark.parametrize("words", ["plot exp1", "watch exp1 --once --view file"])
def test_settings_of_matplotlib_that_nobody_can_read(words: str, writer: ScriptedWriter, tmp_path: Path) -> None:
    """A matplotlibrc that matplotlib cannot read exits with 2 and says what to mend."""
    (tmp_path / "matplotlibrc").write_bytes(b"\xff\xfe\x00")
    result = livemon_process(*words.split(), cwd=tmp_path)
    assert result.returncode == 2
    assert "matplotlibrc" in result.stderr.splitlines()[-1]
    assert "MATPLOTLIBRC" in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr


# -- once

def test_once_leaves_a_picture_and_the_header(writer: ScriptedWriter, tmp_path: Path, livemon: Command) -> None:
    """`--once` prints the screen; with `--view file` it writes the picture and prints the header line. It leaves the
    run alone, and ends."""
    before = contents(tmp_path / "exp1")
    result = livemon("watch", "exp1", "--once", cwd=tmp_path)
    assert re.match(r"exp1 . \w+  step 19", result.stdout) and "metric " in result.stdout
    assert not list(tmp_path.glob("*.png"))
    result = livemon("watch", "exp1", "--once", "--view", "file", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert re.match(r"exp1 ● \w+  step 19 .*train_loss", result.stdout)
    assert (tmp_path / "livemon_exp1.png").read_bytes().startswith(b"\x89PNG")
    assert "livemon_exp1.png" in result.stderr
    assert contents(tmp_path / "exp1") == before


def test_once_json(writer: ScriptedWriter, tmp_path: Path, livemon: Command) -> None:
    """`--once --json` prints one line of strict JSON, the run object with the summary, and nothing else."""
    writer.append(step=20, train_loss=float("nan"))
    result = livemon("watch", "exp1", "--once", "--json", cwd=tmp_path)
    assert result.returncode == 0, result.stderr

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    document = json.loads(result.stdout, parse_constant=refuse)
    assert document["rows"] == 21
    assert document["summary"]["metrics"]["train_loss"]["final"] == "NaN"
    assert document["metric"]["last"] == "NaN" and document["verdict"] == "critical"
    assert len(result.stdout.splitlines()) == 1 and len(result.stdout) < 4096
    assert not list(tmp_path.glob("*.png"))


def test_a_failed_run_exits_with_1(writer: ScriptedWriter, tmp_path: Path) -> None:
    """A run that failed is shown, and the exit status is 1."""
    note(tmp_path / "exp1", "failed")
    assert livemon_process("watch", "exp1", "--once", cwd=tmp_path).returncode == 1


def test_the_newest_run_is_meant(writer: ScriptedWriter, tmp_path: Path, livemon: Command) -> None:
    """PATH left out means the newest run below LIVEMON_DIR, else below the current folder; the others are counted."""
    older = tmp_path / "older" / "logs" / "metrics.csv"
    older.parent.mkdir(parents=True)
    shutil.copy(writer.path, older)
    os.utime(older, (1e9, 1e9))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for result in (
        livemon("watch", "--once", "--json", cwd=tmp_path),
        livemon("watch", "--once", "--json", cwd=elsewhere, LIVEMON_DIR=str(tmp_path)),
    ):
        assert json.loads(result.stdout)["run"] == "exp1"
        assert "newest of 2 run folders" in result.stderr


# -- following

def test_follows_to_the_end(
    writer: ScriptedWriter, tmp_path: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    """`--json` prints a line an update while the run grows; after its end the last line has every row, the plots lie in
    the run, and the exit status is 0."""
    note(tmp_path / "exp1", "running")
    process = start("watch", "exp1", "--json")
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["rows"] == 20
    writer.append(step=20, train_loss=0.5, val_loss=0.6)  # a new column: the file is written anew
    while json.loads(process.stdout.readline())["rows"] != 21:
        pass
    writer.append(step=21, train_loss=0.4, val_loss=0.5)
    note(tmp_path / "exp1", "finished")
    out, err = process.communicate(timeout=PATIENCE)
    last = json.loads(out.splitlines()[-1])
    assert (last["rows"], last["state"]) == (22, "finished")
    assert process.returncode == 0
    plots = sorted(path.name for path in (tmp_path / "exp1" / "plots").iterdir())
    assert plots == [f"{kind}_exp1.png" for kind in ("dashboard", "loss_landscape", "training_curves")]
    assert all(name in err for name in plots)


def test_waits_for_a_run_that_has_not_begun(
    tmp_path: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    """A folder without metrics is waited for, which is said, and the run is shown when it begins."""
    (tmp_path / "exp1").mkdir()
    process = start("watch", "exp1", "--json")
    assert process.stdout is not None
    assert process.stderr is not None
    assert "waiting" in process.stderr.readline()
    assert json.loads(process.stdout.readline())["state"] == "waiting"
    ScriptedWriter(tmp_path / "exp1" / "logs" / "metrics.csv", ["step", "train_loss"]).append(step=1, train_loss=1.0)
    while json.loads(process.stdout.readline())["rows"] != 1:
        pass


def test_ctrl_c(writer: ScriptedWriter, tmp_path: Path, start: Callable[..., subprocess.Popen[str]]) -> None:
    """Ctrl-C ends the watch at once with 130, without a traceback, and nothing was written into the run."""
    before = contents(tmp_path / "exp1")
    process = start("watch", "exp1", "--view", "file")
    wait_for((tmp_path / "livemon_exp1.png").exists)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert contents(tmp_path / "exp1") == before
    assert contents(tmp_path) - {"exp1"} - {f"exp1/{name}" for name in before} == {"livemon_exp1.png"}


@pytest.mark.parametrize("words", ["plot exp1", "watch exp1 --view file", "demo --dir demo --view file --seconds 30"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_nothing_half_done(
    words: str, number: signal.Signals, writer: ScriptedWriter, tmp_path: Path,
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    """SIGTERM and SIGHUP in the middle of a picture end the command as Ctrl-C does, with a status of their own; nothing
    half written is left."""
    process = start(*words.split())
    if words.startswith("demo"):
        wait_for((tmp_path / "demo" / "livemon.json").exists)  # until then its training has not begun
    wait_for(lambda: list(tmp_path.rglob("*.png-*.tmp")), every=0.001)
    process.send_signal(number)
    process.send_signal(number)  # `timeout` does
    _, err = process.communicate(timeout=20)
    assert process.returncode == 128 + number, err
    assert "Traceback" not in err
    assert list(tmp_path.rglob("*.tmp")) == []
    if words.startswith("demo"):
        assert json.loads((tmp_path / "demo" / "livemon.json").read_text())["state"] == "stopped"


def test_nohup(writer: ScriptedWriter, tmp_path: Path, start: Callable[..., subprocess.Popen[str]]) -> None:
    """A signal that whoever started us has ignored stays ignored."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process = start("watch", "exp1", "--view", "file")
    finally:
        signal.signal(signal.SIGHUP, before)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGHUP)
    note(tmp_path / "exp1", "finished")
    assert process.wait(PATIENCE) == 0


def test_output_that_nobody_reads(
    writer: ScriptedWriter, tmp_path: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    """When whoever reads the output goes (`| head -1`), the watch ends without a word."""
    process = start("watch", "exp1", "--json")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    writer.append(step=20, train_loss=0.5)
    assert process.wait(PATIENCE) == 0
    assert process.stderr.read() == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("words", ["--version", "--help", "watch --help", "plot exp1 -o exp1.png"])
def test_output_that_finds_no_room(words: str, writer: ScriptedWriter, tmp_path: Path) -> None:
    """Where standard output is full, a line says so, and the exit status is 2."""
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [*LIVEMON, *words.split()], cwd=tmp_path, env=environment(), stdout=full, stderr=subprocess.PIPE, text=True,
            timeout=PATIENCE, check=False,
        )
    assert result.returncode == 2
    assert result.stderr.splitlines()[-1].startswith("livemon: ")
    assert "No space left" in result.stderr
    assert "Traceback" not in result.stderr
    assert "Exception ignored" not in result.stderr


def test_plots_go_elsewhere(writer: ScriptedWriter, tmp_path: Path, livemon: Command) -> None:
    """Where plots/ cannot be made in the run, the plots go to ./livemon-plots/<run>, which is said."""
    (tmp_path / "exp1" / "plots").write_text("in the way")
    result = livemon("plot", "exp1", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "livemon-plots/exp1" in result.stderr
    assert len(result.stdout.splitlines()) == 3  # no rate and no gradient norm: no optimization dynamics
    assert all((tmp_path / line).exists() for line in result.stdout.splitlines())


@pytest.mark.parametrize("length", [200, 240, 255])
def test_long_names(length: int, tmp_path: Path, livemon: Command) -> None:
    """A run whose name is as long as a name can be is shown and plotted; the pictures' names are cut."""
    run = "r" * length
    ScriptedWriter(tmp_path / run / "metrics.csv", ["step", "train_loss"]).append(step=1, train_loss=0.5)
    result = livemon("watch", run, "--once", "--view", "file", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    (picture,) = tmp_path.glob("livemon_r*.png")
    assert len(picture.name) <= 255
    result = livemon("plot", run, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    saved = result.stdout.splitlines()
    assert len(set(saved)) == 3 and all((tmp_path / line).is_file() for line in saved)
    assert list(tmp_path.rglob("*.tmp")) == []


def test_stalled_is_no_known_end(writer: ScriptedWriter, tmp_path: Path, livemon: Command) -> None:
    """`--until stalled` ends when rows have stopped to arrive, and writes nothing into a run that may go on."""
    run = tmp_path / "exp1"
    times = "step,train_loss,time_elapsed_seconds\n" + "".join(f"{i},{1 / (i + 1)},{i}\n" for i in range(20))
    writer.path.write_text(times)
    os.utime(writer.path, (1e9, 1e9))
    before = contents(run)
    result = livemon("watch", "exp1", "--until", "stalled", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "stalled" in result.stdout
    assert contents(run) == before
    assert len(list((tmp_path / "livemon-plots" / "exp1").iterdir())) == 4


# -- a terminal, a window

def test_in_a_terminal(writer: ScriptedWriter, tmp_path: Path) -> None:
    """On a terminal the header line is rewritten in place and cut to its width, and Ctrl-C ends it with 130."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*LIVEMON, "watch", "exp1", "--view", "file"], cwd=tmp_path, env=environment(),
        stdin=theirs, stdout=theirs, stderr=theirs,
    )
    os.close(theirs)
    shown = ""

    def read() -> bool:
        """Take in what was written; True when the other side has closed the terminal."""
        nonlocal shown
        try:
            if select.select([ours], [], [], 0.1)[0]:
                shown += os.read(ours, 4096).decode()
        except OSError:
            return True
        return False

    wait_for(lambda: read() or "step 19" in shown)
    writer.append(step=20, train_loss=0.04)
    wait_for(lambda: read() or "step 20" in shown)
    process.send_signal(signal.SIGINT)
    wait_for(read)
    os.close(ours)
    assert process.wait(PATIENCE) == 130
    assert "Traceback" not in shown
    headers = [line.split("\x1b")[0].strip("\n") for line in shown.split("\r") if "exp1 ●" in line]
    assert len(headers) >= 2
    assert max(map(len, headers)) < 80


@pytest.mark.parametrize(
    "words", ["watch --once", "watch --once missing", "plot", "demo --seconds 1 --view file --dir"])
def test_names_that_a_terminal_would_obey(words: str, tmp_path: Path) -> None:
    """Escape characters and line ends in a run's name reach no terminal: they are spelt out."""
    name = "a\x1b[2Jb\nc"
    writer = ScriptedWriter(tmp_path / name / "metrics.csv", ["step", "train_loss"])
    writer.append(step=1, train_loss=0.5)
    command, *options = words.split()
    path = f"{name}/missing" if "missing" in options else name
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*LIVEMON, command, *(word for word in options if word != "missing"), path], cwd=tmp_path, env=environment(),
        stdin=theirs, stdout=theirs, stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # the other side has closed the terminal
        while part := os.read(ours, 4096):
            shown += part
    os.close(ours)
    process.wait(PATIENCE)
    assert rb"a\x1b[2Jb\nc" in shown
    assert b"\x1b[2J" not in shown
    assert b"b\r\nc" not in shown


def window_of(display: str) -> str:
    """The id of livemon's window on the screen, "" while there is none."""
    found = subprocess.run(
        ["xdotool", "search", "--onlyvisible", "--name", "livemon"], env=environment(DISPLAY=display),
        capture_output=True, text=True, check=False,
    )
    return found.stdout.split()[0] if found.stdout.split() else ""


@pytest.mark.skipif(shutil.which("xdotool") is None, reason="no xdotool here")
@pytest.mark.parametrize("how", ["close", "ctrl-c", "sigterm"])
def test_a_window(
    how: str, writer: ScriptedWriter, tmp_path: Path, display: str, start: Callable[..., subprocess.Popen[str]]
) -> None:
    """Where a display is, `auto` opens a window; closed it exits with 0, by Ctrl-C with 130, by SIGTERM with 143; the
    run is left alone."""
    note(tmp_path / "exp1", "running")
    before = contents(tmp_path)
    process = start("watch", "exp1", DISPLAY=display)
    window = wait_for(lambda: process.poll() is None and window_of(display))
    time.sleep(1.0)  # in the middle of its life
    if how == "close":
        press_q = ["xdotool", "windowfocus", "--sync", window, "key", "q"]
        subprocess.run(press_q, env=environment(DISPLAY=display), check=True)
    else:
        process.send_signal(signal.SIGINT if how == "ctrl-c" else signal.SIGTERM)
    _, err = process.communicate(timeout=20)
    assert process.returncode == {"close": 0, "ctrl-c": 130, "sigterm": 143}[how], err
    no_plots = "livemon: no plots were saved, as the run has not ended: livemon plot exp1 makes them\n"
    assert err == "livemon: audit: 20 rows read again, 0 differences\n" + no_plots * (how != "close")
    assert contents(tmp_path) == before


def test_compare_looks_through_a_lens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, livemon: Command) -> None:
    """A lens that the window saved gives a comparison its axis, main metric, smoothing, kinds of axes and choice of
    metrics; an option beside it wins."""
    asked: list[Any] = []
    monkeypatch.setattr("livemon.commands.compare.run_compare", lambda paths, request, notify: asked.append(request))
    (tmp_path / "lens.json").write_text('{"x": "epoch", "smooth": 0.5, "log": ["a"], "select": "b"}', encoding="utf-8")
    words = ("compare", "x", "-o", "x.png", "--lens", "lens.json", "--x", "time")
    assert livemon(*words, cwd=tmp_path).returncode == 0
    (request,) = asked
    assert (request.x, request.smooth, request.log, request.select, request.metrics) == ("time", 0.5, ("a",), "b", ())


def test_the_first_screen_as_text(writer: ScriptedWriter, tmp_path: Path, livemon: Command) -> None:
    """`--once --view terminal` prints header, curves and numbers as text, in the characters that were asked for, and
    writes no picture."""
    for step in range(50):
        writer.append(step=step, train_loss=1 / (step + 1))
    result = livemon("watch", "exp1", "--once", "--view", "terminal", "--glyphs", "ascii", cwd=tmp_path,
                     COLUMNS="80", LINES="24")
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0].startswith("exp1 ") and len(lines) <= 24 and max(map(len, lines)) <= 80
    assert any(line.startswith("loss ") for line in lines) and any(line.startswith("train_loss ") for line in lines)
    assert result.stdout.isascii() and not list(tmp_path.glob("*.png"))


@pytest.mark.parametrize(("words", "message"), [
    (["plot", "x", "--metric", "a", "--metric=b"], "--metric is there 2 times, and takes one value"),
    (["watch", "x", "--metric", "a", "--metric", "b"], "--metric is there 2 times"),
    (["compare", "x", "--limit", "1", "--limit", "2"], "--limit is there 2 times")])
def test_an_option_of_one_value_stands_there_once(words: list[str], message: str, tmp_path: Path, livemon: Command
                                                  ) -> None:
    """Where two values are given the last would win without a word: it is an error that names the option."""
    done = livemon(*words, cwd=tmp_path)
    assert done.returncode == 2 and message in " ".join(done.stderr.replace("│", " ").split())
