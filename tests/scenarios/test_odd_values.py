"""Whatever stands in a file where a number, a text or an object is expected, no reader raises."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from livemon.readers.base import Format, read_table
from livemon.readers.dvclive import Dvclive
from livemon.readers.fastai import Fastai
from livemon.readers.huggingface import HuggingFace
from livemon.readers.mlflow_files import MlflowFiles
from livemon.readers.mmengine import Mmengine
from livemon.readers.ray import RayTune
from livemon.readers.sb3_monitor import Sb3Monitor
from livemon.readers.torchtune import Torchtune
from livemon.readers.trackio import Trackio

DEEP_LIST, DEEP_OBJECT = "[" * 600 + "]" * 600, '{"a":' * 600 + "1" + "}" * 600
SCALARS = st.one_of(
    st.none(), st.booleans(), st.floats(), st.text(max_size=5), st.integers(),
    st.sampled_from([10**19, -(10**400), 2**63, -(2**63), 2**1024, "NaN", "Infinity", "1e400", "9" * 5000, "0" * 5000,
                     "\ud800", "\0", "9" * 400 + ":00", "99:59:59", ""]))
NESTED = st.recursive(SCALARS, lambda inner: st.one_of(
    st.lists(inner, max_size=3),
    st.dictionaries(st.sampled_from(["step", "timestamp", "loss", "a", "_type", ""]), inner, max_size=3)), max_leaves=5)
ODD = ["1e400", "-1e400", DEEP_LIST, DEEP_OBJECT, "9" * 5000, "", "{"]
JSON = st.one_of(NESTED.map(json.dumps), st.sampled_from(ODD))


def any_of(texts: list[str], place: int) -> str:
    return texts[place % len(texts)]


def trackio(folder: Path, texts: list[str]) -> Path:
    path = folder / "a.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE metrics (id INTEGER PRIMARY KEY, timestamp, run_name, step, metrics)")
        connection.execute("CREATE TABLE configs (id INTEGER PRIMARY KEY, run_name, config)")
        for step, text in enumerate(texts):
            for logged in (text, f'{{"loss": {text}, "a": {{"b": {text}}}, "step": {text}}}'):
                connection.execute("INSERT INTO metrics (timestamp, run_name, step, metrics) VALUES (?, 'a', ?, ?)",
                                   (any_of(texts, step + 1), step, logged))
        connection.execute("INSERT INTO configs (run_name, config) VALUES ('a', ?)", (texts[0],))
    return path


def huggingface(folder: Path, texts: list[str]) -> Path:
    fields = ["global_step", "max_steps", "trial_params", "trial_name", "best_metric", "train_batch_size"]
    rows = [f'{{"step": {text}, "loss": {any_of(texts, place + 1)}, "grad_norm": NaN, "train_runtime": {text}}}'
            for place, text in enumerate(texts)]
    said = [f'"{field}": {any_of(texts, place)}' for place, field in enumerate(fields)]
    (folder / "trainer_state.json").write_text(f'{{{", ".join(said)}, "log_history": [{", ".join(rows + texts)}]}}')
    return folder


def ray(folder: Path, texts: list[str]) -> Path:
    names = ["training_iteration", "config", "trial_id", "done", "loss", "timestamp"]
    lines = ["{" + ", ".join(f'"{name}": {any_of(texts, place + start)}' for place, name in enumerate(names)) + "}"
             for start in range(len(texts))]
    (folder / "result.json").write_text("\n".join([*lines, *texts, ""]))
    (folder / "params.json").write_text(texts[0])
    return folder / "result.json"


def mmengine(folder: Path, texts: list[str]) -> Path:
    path = folder / "vis_data" / "scalars.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f'{{"loss": {text}, "iter": {text}, "epoch": {text}, "step": {text}}}\n{text}\n'
                            for text in texts))
    return path


def dvclive(folder: Path, texts: list[str]) -> Path:
    metrics = folder / "plots" / "metrics"
    metrics.mkdir(parents=True, exist_ok=True)
    for name in ("step", "loss", "timestamp"):
        lines = [f"{text[:9000]}\t{any_of(texts, place + 1)[:9000]}\t1\n" for place, text in enumerate(texts)]
        (metrics / f"{name}.tsv").write_text(f"step\t{name}\textra\n1\t2\t3\n{''.join(lines)}4\t5\t6\n")
    (folder / "params.yaml").write_text(f"lr: {texts[0]}\n")
    return folder


def fastai(folder: Path, texts: list[str]) -> Path:
    (folder / "history.csv").write_text("epoch,loss,time\n" + "".join(
        f"{place},{any_of(texts, place + 1)},{text}\n" for place, text in enumerate([*(json_text(t) for t in texts)])))
    return folder / "history.csv"


def json_text(text: str) -> str:
    """What a JSON text says, where it says a text: `12:30` without its marks."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return said.encode("utf-8", "replace").decode() if isinstance(said, str) else text


def torchtune(folder: Path, texts: list[str]) -> Path:
    (folder / "log_1.txt").write_text("".join(
        f"Step {json_text(text)} | loss:{json_text(text)} {text}:{text}\n" for text in ["1", *texts]))
    return folder / "log_1.txt"


def sb3_monitor(folder: Path, texts: list[str]) -> Path:
    (folder / "monitor.csv").write_text(f'#{{"t_start": {texts[0]}, "env_id": {texts[-1]}}}\nr,l,t\n1,2,3\n' + "".join(
        f"{text},{json_text(text)},{place}\n" for place, text in enumerate(texts)))
    return folder / "monitor.csv"


def mlflow_files(folder: Path, texts: list[str]) -> Path:
    for name in ("metrics", "params", "tags"):
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "a").write_text("".join(f"{json_text(text)} {any_of(texts, place + 1)} {text}\n1 2 3\n"
                                                 for place, text in enumerate(texts)))
    (folder / "meta.yaml").write_text("experiment_id: 1\nrun_id: a\n" + "".join(
        f"{name}: {any_of(texts, place)}\n" for place, name in enumerate(["status", "run_name", "lifecycle_stage"])))
    return folder


FORMATS: dict[str, tuple[Format, Callable[[Path, list[str]], Path]]] = {
    "trackio": (Trackio(), trackio), "Hugging Face": (HuggingFace(), huggingface), "Ray": (RayTune(), ray),
    "MMEngine": (Mmengine(), mmengine), "DVCLive": (Dvclive(), dvclive), "fastai": (Fastai(), fastai),
    "torchtune": (Torchtune(), torchtune), "monitor": (Sb3Monitor(), sb3_monitor),
    "MLflow": (MlflowFiles(), mlflow_files),
}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("plain", [False, True])
def test_no_value_stops_a_reader(name: str, plain: bool, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Numbers of any size, texts, objects and lists, however deep, in every place of a file: each is a value, a text or
    counted, and what the source says beside its rows can be asked."""
    known, write = FORMATS[name]

    @settings(max_examples=10, suppress_health_check=list(HealthCheck), database=None)
    @given(st.lists(JSON, min_size=1, max_size=4))
    @example([str(10**400)])
    @example(['"99999999999999999999:59:59"'])
    @example(["1e400"])
    @example([DEEP_LIST])
    @example([DEEP_OBJECT])
    def check(texts: list[str]) -> None:
        folder = tmp_path_factory.mktemp("odd")
        reader = known.open(write(folder, texts), plain=plain)
        table = read_table(reader)
        for column in table.columns.values():
            assert (column.rows[1:] > column.rows[:-1]).all()
        facts: Any = reader.facts
        assert isinstance(facts.name, str)

    check()
