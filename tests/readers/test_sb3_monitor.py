from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livemon.readers.base import read_table
from livemon.readers.csv import CsvReader
from livemon.readers.jsonlines import Sb3Progress
from livemon.readers.registry import find_sources, format_of
from livemon.readers.sb3_monitor import STEPS, Sb3Monitor
from livemon.runs.experiment import ExperimentLoader
from livemon.system.listing import Listing
from livemon.tables.table import Table
from tests.started import started

RUNS = Path(__file__).parents[1] / "data" / "others"
HEAD = b'#{"t_start": 5.5, "env_id": "CartPole-v1"}\nr,l,t\n'


@pytest.mark.parametrize("length", range(4080, 4110))
def test_wherever_the_head_is_cut(tmp_path: Path, length: int) -> None:
    """Issue 16: a monitor is a monitor wherever its 4,096th byte falls, in a folder and by its name."""
    head = b'#{"t_start": 5.5, "env_id": "%s"}\nr,l,t\n'
    rows = b"17.0,17,0.052757\n" * 400
    start = head % b""
    padding = b"x" * (length - len(start) - (length - len(start)) // 17 * 17)
    path = tmp_path / "0.monitor.csv"
    path.write_bytes(head % padding + rows)
    found = find_sources(Listing(tmp_path))
    assert [(one.name, source) for one, source in found] == [("Stable-Baselines3 monitor", path)]
    assert format_of(path) == found[0][0]


def test_a_real_run() -> None:
    """Each episode is a row; its step is the sum of the lengths so far; the first line says the environment."""
    (path,) = Sb3Monitor().find(Listing(RUNS / "sb3_one"))
    reader = Sb3Monitor().open(path)
    table = read_table(reader)
    assert list(table.columns) == ["r", "l", "t", "time/total_timesteps"]
    lengths = [int(line.split(",")[1]) for line in path.read_text().splitlines()[2:]]
    assert table.columns["time/total_timesteps"].values.tolist() == np.cumsum(lengths).tolist()
    assert reader.facts.config["env_id"] == "CartPole-v1" and reader.facts.odd == ()


def test_several_environments() -> None:
    """The files of several environments are one source: all episodes by the times of their ends since the first
    environment was made, the steps counted over all, as Stable-Baselines3's own reader of results does it."""
    [path] = Sb3Monitor().find(Listing(RUNS / "sb3_two"))
    reader = Sb3Monitor().open(path)
    table = read_table(reader)
    starts, episodes = [], []
    for file in path.glob("*.monitor.csv"):
        about, _, *rows = file.read_text().splitlines()
        starts.append(json.loads(about[1:])["t_start"])
        for reward, length, t in (row.split(",") for row in rows):
            episodes.append((starts[-1] + float(t), float(reward), int(length)))
    episodes.sort()
    assert path == RUNS / "sb3_two" and len(starts) == 2 and len(episodes) == 46
    assert table.columns["r"].values.tolist() == [reward for _, reward, _ in episodes]
    assert table.columns["l"].values.tolist() == [length for _, _, length in episodes]
    times = [end - min(starts) for end, _, _ in episodes]
    assert table.columns["t"].values.tolist() == pytest.approx(times, abs=1e-5)
    steps = np.cumsum([length for _, _, length in episodes]).tolist()
    assert table.columns["time/total_timesteps"].values.tolist() == steps
    assert reader.facts.config == {"env_id": "CartPole-v1"} and reader.facts.odd == ()
    assert reader.facts.began == min(starts) and len(reader.files) == 2


def test_one_of_several_environments() -> None:
    """Who names one file gets that environment, and is told that its steps are counted alone."""
    reader = Sb3Monitor().open(RUNS / "sb3_two" / "0.monitor.csv")
    assert read_table(reader).n_rows == 26 and "alone" in reader.facts.odd[0]


def test_environments_that_are_written_while_they_are_read(tmp_path: Path, checks: Any) -> None:
    """Episodes of several environments as they end, read in between, give what is read afterwards; a new training in
    the folder begins anew."""
    ends = [(end, end % 3) for end in range(1, 40)]
    reader, table = Sb3Monitor().open(tmp_path), Table()
    for number in range(3):
        head = f'#{{"t_start": {100 + number}.0, "env_id": "a"}}\nr,l,t\n'
        (tmp_path / f"{number}.monitor.csv").write_text(head)
    for count, (end, number) in enumerate(ends, 1):
        with (tmp_path / f"{number}.monitor.csv").open("a") as file:
            file.write(f"{end},{end + 1},{end * 10 - number}\n")
        if count % 4 == 0:
            table = checks.take(reader, table, Counter())
    table = checks.take(reader, table, Counter())
    assert table.columns["t"].values.tolist() == [10 * end for end, _ in ends]
    assert table.to_frame().equals(read_table(Sb3Monitor().open(tmp_path)).to_frame())
    assert table.columns[STEPS].values.tolist() == np.cumsum([end + 1 for end, _ in ends]).tolist()
    for number in range(3):
        (tmp_path / f"{number}.monitor.csv").write_text('#{"t_start": 900.0, "env_id": "a"}\nr,l,t\n1,5,2\n')
    for _ in range(3):
        time.sleep(0.2)  # A file that was rewritten is let come to rest.
        table = checks.take(reader, table, Counter())
    assert table.columns[STEPS].values.tolist() == [5, 10, 15] and reader.facts.began == 900.0


@pytest.mark.filterwarnings("ignore:.*no config.json:UserWarning")
def test_when_the_run_began_is_no_setting(tmp_path: Path) -> None:
    """A run that was copied has new files, and old rows: they came when the run's start and their times say."""
    (tmp_path / "monitor.csv").write_text('#{"t_start": 1700000000.0, "env_id": "a"}\nr,l,t\n1,5,50\n')
    run = ExperimentLoader(tmp_path)
    run.refresh()
    assert run.config == {"env_id": "a"} and run.pace.last_row_at == 1700000050.0


@settings(max_examples=40, derandomize=True, database=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([b"1.0,5,0.5\n", b"2.0,,0.5\n", b"x\n", b"3,1e3,1\n", b"1,9999999999999999999,1\n"])),
       st.lists(st.integers(0, 120), max_size=4))
def test_any_cutting_gives_the_same(tmp_path: Path, checks: Any, rows: list[bytes], cuts: list[int]) -> None:
    """However the bytes come, the rows and the steps are the same; odd lengths do no harm."""
    data = HEAD + b"".join(row for row in rows if b"e" not in row and b"999" not in row)
    path = tmp_path / "monitor.csv"
    assert checks.grown(path, data, cuts, Sb3Monitor().open) == checks.grown(path, data, [], Sb3Monitor().open)
    checks.grown(path, HEAD + b"".join(rows), cuts, Sb3Monitor().open)


def test_a_file_that_begins_anew(tmp_path: Path) -> None:
    """A new training in the same folder counts its steps from the start."""
    path = tmp_path / "monitor.csv"
    path.write_bytes(HEAD + b"1.0,5,0.5\n1.0,6,0.5\n")
    reader = Sb3Monitor().open(path)
    reader.read()
    path.write_bytes(HEAD.replace(b"5.5", b"7.5") + b"1.0,7,0.5\n")
    update = reader.read()
    assert update.restarted and update.block is not None
    assert update.block.cells["time/total_timesteps"].values.tolist() == [7]
    assert reader.facts.began == 7.5


def test_awkward_sources_raise_nothing(tmp_path: Path, checks: Any) -> None:
    """Nothing that may lie in the place of the file raises."""
    checks.survives(Sb3Monitor(), tmp_path, "monitor.csv", HEAD + b"1.0,5,0.5\n" * 50)


WRITER = """
import sys
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.logger import configure
env = make_vec_env("CartPole-v1", n_envs=2, seed=0, monitor_dir=sys.argv[1])
model = PPO("MlpPolicy", env, n_steps=64, batch_size=64, n_epochs=1, seed=0, device="cpu")
model.set_logger(configure(sys.argv[1], ["csv", "json"]))
model.learn(512)
"""


@pytest.mark.slow
def test_a_real_training(tmp_path: Path, checks: Any) -> None:
    """What Stable-Baselines3 writes of two environments, read while it trains, is what its own reader of results says;
    its progress.json and progress.csv say the same."""
    results_of = pytest.importorskip("stable_baselines3.common.monitor").load_results
    with started([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.DEVNULL) as training:
        reader, table, odd = Sb3Monitor().open(tmp_path), Table(), Counter[str]()
        while training.poll() is None:
            table = checks.take(reader, table, odd)
            time.sleep(0.002)
    table = checks.take(reader, table, odd)
    assert training.returncode == 0 and not odd
    results = results_of(str(tmp_path))
    for name in ("r", "l", "t"):
        assert table.columns[name].values.tolist() == pytest.approx(results[name].tolist(), abs=1e-5)
    assert table.columns[STEPS].values.tolist() == results["l"].cumsum().tolist()
    (path,) = Sb3Progress().find(Listing(tmp_path))
    lines, csv = read_table(Sb3Progress().open(path)), read_table(CsvReader(tmp_path / "progress.csv"))
    assert path.name == "progress.json" and lines.n_rows == csv.n_rows == 4
    for name in csv.columns:
        assert lines.columns[name].values.tolist() == pytest.approx(csv.columns[name].values.tolist(), rel=1e-6)
