from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from livemon.live import demo


def start_demo(tmp_path: Path, *arguments: str) -> subprocess.Popen[str]:
    """The demo as a user starts it, without a terminal and without a display."""
    env = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return subprocess.Popen(
        [sys.executable, "-m", "livemon", "demo", *arguments], cwd=tmp_path, text=True, stdin=subprocess.DEVNULL,
        env={**env, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )


def test_it_ends_by_itself_with_the_plots(tmp_path: Path) -> None:
    """Without a terminal or a display the demo trains, tells how it stands, ends by itself with 0, and names the final
    plots, which are there; no picture that nobody asked for lies beside."""
    process = start_demo(tmp_path, "--seconds", "3", "--dir", "run")
    out, err = process.communicate(timeout=90)
    assert process.returncode == 0, err
    lines = out.splitlines()
    assert lines[0].startswith("run ●")
    plots = [tmp_path / line for line in lines if line.endswith(".png")]
    assert len(plots) == 4, out + err
    assert all(path.stat().st_size > 10_000 for path in plots)
    assert not list(tmp_path.glob("*.png"))
    assert json.loads((tmp_path / "run" / "livemon.json").read_text())["state"] == "finished"
    rows = pd.read_csv(tmp_path / "run" / "logs" / "metrics.csv")
    assert list(rows["step"]) == list(range(1, len(rows) + 1))
    assert "{0:,}/{0:,} steps".format(len(rows)) in out


def test_ctrl_c_ends_the_training_too(tmp_path: Path) -> None:
    """Ctrl-C ends the watcher with 130 and the training with it, which is noted in the run; a line says where what it
    left lies; no plots are made."""
    process = start_demo(tmp_path, "--seconds", "60", "--dir", "run")
    metrics, note = tmp_path / "run" / "logs" / "metrics.csv", tmp_path / "run" / "livemon.json"
    deadline = time.monotonic() + 60
    while not metrics.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert err.splitlines()[-1] == "livemon: interrupted; what the training wrote until then is in run"
    assert err.count("interrupted") == 1
    noted = json.loads(note.read_text())
    assert noted["state"] == "stopped"
    assert not Path(f"/proc/{noted['pid']}").exists()
    assert not (tmp_path / "run" / "plots").exists()


def test_gradients() -> None:
    """The gradients are those that finite differences give."""
    rng = np.random.default_rng(1)
    parameters = demo.make_network(rng)
    points, labels = demo.make_spirals(rng, 5)
    _, gradients = demo.loss_and_gradients(parameters, points, labels)
    for name, gradient in gradients.items():
        place = tuple(0 for _ in gradient.shape)
        difference = []
        for change in (1e-6, -1e-6):
            parameters[name][place] += change
            difference.append(demo.loss_and_gradients(parameters, points, labels)[0])
            parameters[name][place] -= change
        assert abs((difference[0] - difference[1]) / 2e-6 - gradient[place]) < 1e-6


def test_it_learns() -> None:
    """A few hundred steps make the loss fall well below that of guessing."""
    rng = np.random.default_rng(0)
    points, labels = demo.make_spirals(rng, 100)
    parameters = demo.make_network(rng)
    adam = demo.Adam(parameters)
    first = demo.loss_and_gradients(parameters, points, labels)[0]
    for _ in range(600):
        adam.update(parameters, demo.loss_and_gradients(parameters, points, labels)[1], 0.003)
    assert demo.loss_and_gradients(parameters, points, labels)[0] < 0.7 * min(first, np.log(3))


def test_learning_rate() -> None:
    """The rate rises in a line to its peak, then falls in half a cosine to a hundredth of it."""
    rates = [demo.learning_rate(step, 2000) for step in range(1, 2001)]
    peak = int(np.argmax(rates))
    assert peak == 99
    assert rates[peak] == demo.PEAK_RATE
    assert np.allclose(np.diff(rates[: peak + 1]), demo.PEAK_RATE / 100)
    assert (np.diff(rates[peak:]) < 0).all()
    assert np.isclose(rates[-1], demo.PEAK_RATE / 100)
