"""The terminal's screen in a real terminal: a watch in tmux, beside a writer in another process."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.tmux import PATIENCE, Tmux, tmux

__all__ = ["tmux"]  # a fixture

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="no tmux here (Debian: apt-get install tmux)")

WRITER = """
import sys, time
from livemon import record
with record(sys.argv[1]) as log:
    for step in range(100_000):
        log({"train_loss": float("nan") if step == 30 else 1 / (step + 1), "lr": 0.001}, step=step)
        time.sleep(0.02)
"""


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Path]:
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path / "run")])
    yield tmp_path / "run"
    process.send_signal(signal.SIGKILL)
    process.wait(10)


def test_a_watch_in_a_terminal(tmux: Tmux, writer: Path) -> None:
    """A terminal without a display is taken unasked. A run of another process is shown while it grows, with its NaN and
    its table; keys and another size change what is shown; `q` gives the terminal back as it was, with status 0, and
    nothing was written into the run."""
    command = [sys.executable, "-m", "livemon", "watch", str(writer)]
    tmux.keys(shlex.join(command) + "; echo status=$?", "Enter")
    first = tmux.until(lambda text: "1 NaN" in text and "train_loss" in text and "q quit" in text)
    assert first.startswith("run ● running") and tmux.shown() == "1"
    files = set(writer.rglob("*"))
    step = first.split("step ")[1].split()[0]
    tmux.until(lambda text: f"step {step} " not in text.splitlines()[0])  # it goes on
    tmux.keys("Left")
    tmux.until(lambda text: text.rstrip().splitlines()[-1].startswith("step "))
    tmux.keys("Enter")
    tmux.until(lambda text: "metric  " not in text)  # one panel alone
    tmux.run("resize-window", "-t", "t", "-x", "20", "-y", "5")
    tmux.until(lambda text: len(text.splitlines()) <= 5 and "run" in text)
    tmux.run("resize-window", "-t", "t", "-x", "100", "-y", "30")
    tmux.until(lambda text: text.split("\n")[29].startswith("step "))  # COLUMNS is another one
    tmux.keys("q")
    shown = tmux.until(lambda text: "status=" in text.replace("status=$?", ""))
    assert "status=0" in shown and "Traceback" not in shown and tmux.shown() == "0"
    assert set(writer.rglob("*")) == files


def test_a_terminal_that_is_mistreated(tmux: Tmux, writer: Path, tmp_path: Path) -> None:
    """A storm of sizes, Ctrl-Z and `fg`, a run that disappears: the screen comes back each time, and the terminal is
    left as it was found."""
    (tmp_path / "run.log").write_text("\x1b[2Jprinted\n")
    command = shlex.join([sys.executable, "-m", "livemon", "watch", str(writer), "--stdout", "run.log"])
    tmux.keys(f"stty -a | grep -v rows > before; {command}; echo status=$?; stty -a | grep -v rows > after", "Enter")
    tmux.until(lambda text: "\\x1b[2Jprinted" in text and "q quit" in text)
    files = set(writer.rglob("*"))
    for number in range(60):
        tmux.run("resize-window", "-t", "t", "-x", str(20 + 37 * number % 150), "-y", str(5 + 23 * number % 50))
    tmux.run("resize-window", "-t", "t", "-x", "100", "-y", "30")
    tmux.until(lambda text: any(len(line) == 100 for line in text.split("\n")) and "q quit" in text.split("\n")[29])
    tmux.keys("C-z")
    tmux.until(lambda text: "topped" in text or "status=" in text.replace("status=$?", ""))
    assert tmux.shown() == "0"
    tmux.run("clear-history", "-t", "t")
    tmux.keys("clear; fg", "Enter")
    tmux.until(lambda text: "q quit" in text and "metric  " in text)
    assert set(writer.rglob("*")) == files
    shutil.rmtree(writer)
    tmux.keys("?")
    tmux.until(lambda text: "this help; quit" in text)
    tmux.keys("q")
    shown = tmux.until(lambda text: tmux.shown() == "0")
    assert "Traceback" not in shown
    tmux.keys("stty -a | grep -v rows > after", "Enter")
    end = time.monotonic() + PATIENCE
    while not (tmp_path / "after").exists() or (tmp_path / "after").read_text() != (tmp_path / "before").read_text():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_connection_that_is_cut(tmux: Tmux, writer: Path) -> None:
    """SIGHUP ends the watch, as a terminal that goes away sends it, and nothing was written into the run."""
    tmux.keys(shlex.join([sys.executable, "-m", "livemon", "watch", str(writer)]), "Enter")
    tmux.until(lambda text: "q quit" in text)
    files = set(writer.rglob("*"))
    (shell,) = tmux.run("list-panes", "-t", "t", "-F", "#{pane_pid}").split()
    (watch,) = psutil.Process(int(shell)).children()
    tmux.run("kill-server")
    assert not psutil.wait_procs([watch], timeout=PATIENCE)[1]
    assert set(writer.rglob("*")) == files


BREAKS = """
import sys
from livemon.cli import main
from livemon.views.terminal import controls
def key(self, name): raise RuntimeError("a fault of ours")
controls.Controls.key = key
sys.argv = ["livemon", "watch", "run"]
main()
"""


@pytest.mark.parametrize("way", ["q", "C-c", "SIGTERM", "SIGHUP", "SIGQUIT", "a fault"])
def test_each_end_gives_the_terminal_back(tmux: Tmux, tmp_path: Path, way: str) -> None:
    """A key, a signal, or a fault of ours ends a watch of which nothing moves, and the terminal is as it was: its
    modes, the screen, the pointer, the mouse."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "metrics.csv").write_text("step,loss\n1,2\n2,1\n")
    os.utime(tmp_path / "run" / "metrics.csv", (0, time.time() - 3600))  # the screen's clock is hardly ever drawn
    command = shlex.join([sys.executable, *(["-c", BREAKS] if way == "a fault" else ["-m", "livemon", "watch", "run"])])
    (tmp_path / "watch.sh").write_text(f"stty -a > before; {command}; echo status=$?; stty -a > after\n")
    tmux.keys(". ./watch.sh", "Enter")
    tmux.until(lambda text: "q quit" in text)
    (shell,) = tmux.run("list-panes", "-t", "t", "-F", "#{pane_pid}").split()
    (watch,) = psutil.Process(int(shell)).children()
    if way.startswith("SIG"):
        time.sleep(4)  # until nothing moves any more
        watch.send_signal(getattr(signal, way))
    else:
        tmux.keys("x" if way == "a fault" else way)
    status = {"q": "0", "C-c": "130", "a fault": "2", "SIGTERM": "143", "SIGHUP": "129", "SIGQUIT": "131"}[way]
    shown = tmux.until(lambda text: f"status={status}" in text)
    assert tmux.shown() == "0" and "Traceback" not in shown
    assert tmux.run("display", "-p", "-t", "t", "#{cursor_flag} #{mouse_any_flag}").split() == ["1", "0"]
    assert not psutil.wait_procs([watch], timeout=PATIENCE)[1]
    end = time.monotonic() + PATIENCE
    while not (tmp_path / "after").exists() or (tmp_path / "after").read_text() != (tmp_path / "before").read_text():
        assert time.monotonic() < end
        time.sleep(0.1)


LIGHTNING = """
import sys, time, torch, lightning.pytorch as pl
from lightning.pytorch.loggers import CSVLogger
class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)
    def training_step(self, batch, number):
        loss = self.layer(batch[0]).square().mean()
        self.log("train_loss", loss)
        time.sleep(0.02)
        return loss
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.01)
data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.randn(64, 4)), 4)
logger = CSVLogger(sys.argv[1], flush_logs_every_n_steps=5)
pl.Trainer(max_epochs=200, logger=logger, log_every_n_steps=1, enable_progress_bar=False, enable_checkpointing=False,
           accelerator="cpu").fit(Net(), data)
"""
TENSORBOARD = """
import sys, time
from torch.utils.tensorboard import SummaryWriter
writer = SummaryWriter(sys.argv[1], flush_secs=1)
for step in range(100_000):
    writer.add_scalar("loss/train", float("nan") if step == 7 else 1 / (step + 1), step)
    writer.flush()
    time.sleep(0.05)
"""


HUGGING_FACE = [str(Path(__file__).with_name("live_huggingface_training.py")), "runs", "num_train_epochs=2000",
                "save_total_limit=2"]


@pytest.mark.slow
@pytest.mark.parametrize(("words", "needs", "metric"), [
    (["-c", LIGHTNING, "runs"], "lightning", "train_loss"), (HUGGING_FACE, "transformers", "loss"),
    (["-c", TENSORBOARD, "runs"], "tensorboard", "loss/train"),
], ids=["Lightning", "Hugging Face", "TensorBoard"])
def test_what_frameworks_write(words: list[str], needs: str, metric: str, tmux: Tmux, tmp_path: Path) -> None:
    """What a framework writes in another process is on the screen while it trains, and goes on there."""
    pytest.importorskip(needs)
    with open(tmp_path / "log", "w") as log:
        process = subprocess.Popen([sys.executable, *words], cwd=tmp_path, stdout=log, stderr=log)
    try:
        end = time.monotonic() + 5 * PATIENCE  # to import torch on a loaded machine
        while not any(path.is_file() for path in (tmp_path / "runs").rglob("*")):
            assert process.poll() is None and time.monotonic() < end, (tmp_path / "log").read_text()
            time.sleep(0.2)
        tmux.keys(shlex.join([sys.executable, "-m", "livemon", "watch", "runs", "--pid", str(process.pid)]), "Enter")
        first = tmux.until(lambda text: "step " in text.split("\n")[0] and metric in text and " log" in text)
        step = first.split("step ")[1].split()[0]
        tmux.until(lambda text: f"step {step} " not in text.splitlines()[0])
        tmux.keys("q")
        assert "Traceback" not in tmux.until(lambda text: tmux.shown() == "0")
    finally:
        process.kill()
        process.wait(10)


def test_names_that_harm_and_a_locale_of_ascii(tmux: Tmux, tmp_path: Path) -> None:
    """Names with control characters, of 10,000 letters and in other scripts move no cursor and widen nothing, in a
    locale without UTF-8 too: there only ASCII is written; at 20 x 5 there is text alone."""
    (tmp_path / "run").mkdir()
    names = "step,loss\x1b[2J\x07,名前,{}\n".format("n" * 10_000)
    (tmp_path / "run" / "metrics.csv").write_text(names + "".join(f"{n},{1 / (n + 1)},{n},2\n" for n in range(50)))
    command = shlex.join([sys.executable, "-m", "livemon", "watch", "run"])
    tmux.keys(f"LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 {command}; echo status=$?", "Enter")
    shown = tmux.until(lambda text: "q quit" in text)
    assert shown.isascii() and "loss\\x1b[2J" in shown and shown.startswith("run *") and "nnnn" in shown
    tmux.keys("?")
    tmux.until(lambda text: "this help; quit" in text)
    tmux.keys("Escape", "Left")
    tmux.run("resize-window", "-t", "t", "-x", "20", "-y", "5")
    assert tmux.until(lambda text: len(text.splitlines()) <= 5 and "loss" in text).isascii()
    tmux.keys("q")
    tmux.run("resize-window", "-t", "t", "-x", "80", "-y", "24")
    shown = tmux.until(lambda text: "status=" in text.replace("status=$?", ""))
    assert "status=0" in shown and "Traceback" not in shown
