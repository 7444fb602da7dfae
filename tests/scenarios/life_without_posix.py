"""A small life of livemon where what only POSIX has is taken away; `test_other_systems.py` runs it.

livemon's own modules get an `os`, a `signal` ... without these names. What they import keeps them: it has ways of its
own on Windows. Nothing that this process holds open can be replaced or removed, and livemon sees no `/proc`.
"""

from __future__ import annotations

import builtins
import contextlib
import importlib
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

# What Python has on POSIX alone, or what means another thing on Windows: os.kill ends a process there.
GONE = {
    "os": """pread preadv pwrite pwritev readv writev fork forkpty killpg kill setsid setpgid getpgid getsid getpgrp
        statvfs fstatvfs mkfifo mknod mkdev major minor getuid geteuid getgid getegid getgroups getresuid setuid setgid
        uname getloadavg nice sched_getaffinity sched_setaffinity sched_yield chown lchown fchown fchmod fchdir chroot
        sync fdatasync posix_fadvise posix_fallocate posix_spawn posix_spawnp sendfile wait wait3 wait4 waitid
        register_at_fork getxattr setxattr listxattr removexattr memfd_create pipe2 openpty ttyname ctermid tcgetpgrp
        O_NONBLOCK O_NOFOLLOW O_CLOEXEC O_DIRECTORY O_SYNC O_DSYNC O_NOCTTY O_NOATIME O_PATH O_TMPFILE WNOHANG
        SEEK_DATA SEEK_HOLE""",
    "signal": """SIGHUP SIGKILL SIGUSR1 SIGUSR2 SIGPIPE SIGALRM SIGCHLD SIGCONT SIGSTOP SIGTSTP SIGQUIT SIGWINCH SIGTTIN
        SIGTTOU SIGXCPU SIGXFSZ SIGIO SIGPROF SIGVTALRM alarm setitimer getitimer pause pthread_kill pthread_sigmask
        sigwait sigwaitinfo sigtimedwait sigpending siginterrupt ITIMER_REAL""",
    "select": "poll epoll kqueue",
    "socket": "AF_UNIX socketpair SO_REUSEPORT SCM_RIGHTS",
    "time": "tzset clock_settime pthread_getcpuclockid CLOCK_MONOTONIC CLOCK_REALTIME CLOCK_BOOTTIME",
}
GONE_MODULES = ("fcntl", "pwd", "grp", "resource", "termios", "tty", "pty", "syslog", "crypt", "posix", "curses")
OURS = ("livemon", "livemon_integrations")


def take_away() -> None:
    """From now on, what is imported of ours gets modules without these names."""
    without = {name: _without(importlib.import_module(name), names.split()) for name, names in GONE.items()}
    real = builtins.__import__

    def import_for(
        name: str, globals: Mapping[str, Any] | None = None, locals: Mapping[str, Any] | None = None,
        fromlist: Any = (), level: int = 0,
    ) -> ModuleType:
        if str((globals or {}).get("__name__", "")).split(".")[0] in OURS:
            if name in GONE_MODULES:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)
            if name in without:
                return without[name]
        return real(name, globals, locals, fromlist, level)

    builtins.__import__ = import_for
    sys.addaudithook(_refuse)


def _without(module: ModuleType, names: list[str]) -> ModuleType:
    less = ModuleType(module.__name__, module.__doc__)
    vars(less).update({name: value for name, value in vars(module).items() if name not in names})
    return less


def _refuse(event: str, words: tuple[Any, ...]) -> None:
    """What Windows refuses: a path in /proc, and a new name for what is open."""
    if event == "open" and str(words[0]).startswith("/proc/") and _asked_by_us(sys._getframe(1)):
        raise FileNotFoundError(2, "there is no /proc", words[0])
    if event in ("os.rename", "os.remove"):
        held = _open_files()
        for path in words[: 2 if event == "os.rename" else 1]:
            if isinstance(path, str | Path) and os.path.abspath(path) in held:
                error = PermissionError(13, "the file is used by a process: this one", str(path))
                error.winerror = 32  # type: ignore[attr-defined]
                raise error


def _asked_by_us(frame: FrameType | None) -> bool:
    """Whether the first caller that is not Python's own is one of our modules."""
    own = Path(os.__file__).parent
    while frame is not None:
        name = str(frame.f_globals.get("__name__", "")).split(".")[0]
        file = Path(frame.f_code.co_filename)
        if name in OURS:
            return True
        if (file.is_relative_to(own) and "site-packages" not in file.parts) or str(file).startswith("<"):
            frame = frame.f_back
            continue
        return False
    return False


def _open_files() -> set[str]:
    found = set()
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            found.add(os.readlink(f"/proc/self/fd/{name}"))
    return found


def command(*words: str) -> str:
    """What `livemon` prints, run here; it must end well."""
    from livemon import cli

    out, sys.argv, status = io.StringIO(), ["livemon", *words], None
    with contextlib.redirect_stdout(out):
        try:
            cli.main()
        except SystemExit as end:
            status = end.code
    assert not status, (words, status)
    return out.getvalue()


def record_runs() -> None:
    """Two runs, in which a metric comes later: the file is replaced while nobody holds it open."""
    from livemon import record

    for number in (1, 2):
        with record(f"runs/run{number}", config={"learning_rate": 0.1 * number}, total_steps=20) as log:
            for step in range(1, 21):
                log({"train_loss": number / step, **({"val_loss": 2 * number / step} if step > 10 else {})}, step=step)
    lines = Path("runs/run1/logs/metrics.csv").read_bytes().splitlines()
    assert len(lines) == 21 and b"val_loss" in lines[0], lines


def look_at_them() -> None:
    """Each command says and draws what was recorded."""
    command("watch", "runs/run1", "--view", "file", "-o", "watched.png")
    assert Path("watched.png").read_bytes().startswith(b"\x89PNG")
    command("plot", "runs/run2", "-o", "plots")
    assert list(Path("plots").glob("*.png"))
    compared = command("compare", "runs/run1", "runs/run2", "--metric", "val_loss", "--json", "-o", "compared.png")
    assert "run1" in compared and Path("compared.png").is_file()
    listed = json.loads(command("ls", "runs", "--json"))
    assert "run2" in json.dumps(listed)


def train_with_lightning() -> None:
    """A training with the callback is recorded to its end, with its final plots."""
    import lightning.pytorch as pl
    import torch

    from livemon import ExperimentLoader
    from livemon_integrations.lightning import LiveMonitor

    class Model(pl.LightningModule):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(2, 1)

        def training_step(self, batch: Any, _: int) -> Any:
            loss = (self.layer(batch) ** 2).mean()
            self.log("train_loss", loss)
            return loss

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    torch.set_num_threads(1)
    monitor = LiveMonitor("none", plots=False)
    trainer = pl.Trainer(
        max_steps=6, log_every_n_steps=1, accelerator="cpu", logger=False, enable_progress_bar=False,
        enable_model_summary=False, default_root_dir="trained",
        callbacks=[monitor],
    )  # fmt: skip
    trainer.fit(Model(), torch.utils.data.DataLoader(torch.randn(16, 2), batch_size=2))
    assert monitor.dir is not None
    run = ExperimentLoader(monitor.dir)
    run.refresh()
    assert run.state == "finished", (run.state, run.state_evidence)
    assert len(run.series("train_loss")) == 6


TRAIN_ON = """
import sys, time
from livemon import record
with record("runs/ended") as log:
    for step in range(10_000):
        log({"train_loss": 1.0}, step=step)
        print(step, flush=True)
        time.sleep(0.05)
"""


def end_by_terminate() -> None:
    """A training that is ended as Windows ends one, without a word, has failed, and its rows are there."""
    from livemon import ExperimentLoader

    code = f"import sys; sys.path[:0] = [{str(Path(__file__).parent)!r}]; import life_without_posix as life; " \
           f"life.take_away(); exec({TRAIN_ON!r}, {{'__name__': 'livemon.__main__'}})"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as training:
        assert training.stdout is not None
        for _ in range(20):
            training.stdout.readline()
        run = ExperimentLoader("runs/ended")
        deadline = time.monotonic() + 20
        while not run.refresh() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert run.state == "running", (run.state, run.state_evidence)
        note = json.loads(Path("runs/ended/livemon.json").read_text())
        assert float(note["process_started"]) > 1e9, "the time of its start, as there are no ticks"
        training.kill()  # what `terminate` does on Windows
    run.refresh()
    assert run.state == "failed", (run.state, run.state_evidence)
    assert len(run.series("train_loss")) >= 1


def main() -> None:
    """The whole life, in the current folder."""
    take_away()
    record_runs()
    look_at_them()
    end_by_terminate()
    train_with_lightning()
    print("lived")


if __name__ == "__main__":
    main()
