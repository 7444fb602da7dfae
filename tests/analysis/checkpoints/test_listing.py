from __future__ import annotations

import json
import math
import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from livemon import ExperimentLoader
from livemon.analysis.checkpoints.listing import checkpoint_table, step_in_name
from livemon.analysis.checkpoints.tensors import open_weights
from livemon.analysis.checkpoints.weights import WeightsError, weight_statistics
from livemon.testing import ScriptedWriter

RUNS = Path(__file__).parents[2] / "data" / "runs" / "seed_layout" / "experiments"


def test_the_last_good_one_before_the_nan() -> None:
    """A run that diverged at step 120: the checkpoint of step 100 is the last good one; none is opened."""
    table = checkpoint_table(ExperimentLoader(RUNS / "diverged_nan"))
    assert table.attrs["first_bad"] == 120
    assert table.index[table["last_good"]].tolist() == ["checkpoint_step_100.pt"]
    assert table.loc["checkpoint_step_50.pt", "step"] == 50
    assert table["kind"].tolist() == ["", "", "", "", "best", "final"]
    assert (table["bytes"] > 0).all()


def test_a_run_that_went_well_has_no_last_good() -> None:
    """Without a NaN no checkpoint is called the last good one; each has the metric's value at its step."""
    table = checkpoint_table(ExperimentLoader(RUNS / "lr0.1"))
    assert not table["last_good"].any() and table.attrs["first_bad"] is None
    frame = pd.read_csv(RUNS / "lr0.1" / "logs" / "metrics.csv").set_index("step")["val_loss"]
    assert table.loc["checkpoint_step_100.pt", "value"] == frame[100]
    with pytest.raises(ValueError, match="no metric 'nope'"):
        checkpoint_table(ExperimentLoader(RUNS / "lr0.1"), "nope")


def test_checkpoints_of_all_folders(tmp_path: Path) -> None:
    """A run that went on in another folder has the checkpoints of both, under names of their own; the last good one may
    lie in the first. A folder counts where it holds the parts of one; a FIFO or another folder does not."""
    folders = [tmp_path / "exp", tmp_path / "exp_20250101_000000"]
    for folder, steps, names in ((folders[0], range(0, 100, 10), ("step_50.pt", "step_90.pt", "best_model.pt")),
                                 (folders[1], range(95, 150, 10), ("step_120.pt", "best_model.pt"))):
        writer = ScriptedWriter(folder / "metrics.csv", ["step", "train_loss"])
        for step in steps:
            writer.append(step=step, train_loss=1.0 if step < 110 else math.nan)
        (folder / "checkpoints").mkdir()
        for name in names:
            (folder / "checkpoints" / name).write_bytes(b"x" * 7)
    (folders[1] / "checkpoints" / "d.pt").mkdir()
    (folders[1] / "checkpoints" / "step_130.ckpt").mkdir()
    (folders[1] / "checkpoints" / "step_130.ckpt" / ".metadata").write_bytes(b"x" * 9)
    if hasattr(os, "mkfifo"):
        os.mkfifo(folders[1] / "checkpoints" / "f.pt")
    run = ExperimentLoader(folders)
    table = checkpoint_table(run)
    assert table.index.tolist() == ["step_50.pt", "step_90.pt", "step_120.pt", "step_130.ckpt", "exp/best_model.pt",
                                    "exp_20250101_000000/best_model.pt"]
    assert table.index[table["last_good"]].tolist() == ["step_90.pt"] and table["bytes"].tolist()[2:4] == [7, 9]
    assert run.list_checkpoints() == sorted(run.list_checkpoints()) and len(run.list_checkpoints()) == len(table)


@pytest.mark.parametrize(("name", "step"), [
    ("checkpoint_step_1000.pt", 1000), ("epoch=3-step=40.ckpt", 40), ("checkpoint-500", 500), ("iter_20.pth", 20),
    ("best_model.pt", math.nan), ("model_v2.pt", math.nan),
])
def test_steps_in_names(name: str, step: float) -> None:
    """The step is read from the names that frameworks give."""
    assert step_in_name(name) == pytest.approx(step, nan_ok=True)


def save_safetensors(path: Path, tensors: dict[str, np.ndarray], types: dict[str, str]) -> Path:
    header, at, blob = {}, 0, b""
    for name, values in tensors.items():
        data = values.tobytes()
        header[name] = {"dtype": types[name], "shape": list(values.shape), "data_offsets": [at, at + len(data)]}
        at, blob = at + len(data), blob + data
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + blob)
    return path


def test_safetensors_equal_numpy(tmp_path: Path) -> None:
    """Norm, mean, std, zeros, NaN and infinities of each tensor are numpy's, for float32, float16 and bfloat16."""
    rng = np.random.default_rng(0)
    a = rng.normal(size=(300, 7)).astype(np.float32)
    a[:3] = 0
    b = rng.normal(size=50).astype(np.float16)
    c = (rng.normal(size=64).astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
    d = np.array([1, np.nan, np.inf, 3], np.float32)
    path = save_safetensors(tmp_path / "m.safetensors", {"a": a, "b": b, "c": c, "d": d},
                            {"a": "F32", "b": "F16", "c": "BF16", "d": "F32"})
    table = weight_statistics(path)
    wide = {"a": a.astype(float), "b": b.astype(float), "c": (c.astype(np.uint32) << 16).view(np.float32).astype(float)}
    for name, values in wide.items():
        row = table.loc[name]
        assert (row["norm"], row["mean"], row["std"]) == pytest.approx(
            (float(np.linalg.norm(values)), values.mean(), values.std()))
    assert table.loc["a", "zeros"] == pytest.approx(3 / 300) and table.loc["a", "shape"] == (300, 7)
    assert (table.loc["d", "nan_count"], table.loc["d", "inf_count"], table.loc["d", "mean"]) == (1, 1, 2.0)


def test_change_since_the_one_before(tmp_path: Path) -> None:
    """The change of a layer is the norm of the difference by the norm before; a new layer has none."""
    old = save_safetensors(tmp_path / "1.safetensors", {"a": np.array([3.0, 4.0])}, {"a": "F64"})
    new = save_safetensors(tmp_path / "2.safetensors", {"a": np.array([3.0, 4.5]), "b": np.ones(1)},
                           {"a": "F64", "b": "F64"})
    table = weight_statistics(new, old)
    assert table.loc["a", "change"] == pytest.approx(0.1) and math.isnan(table.loc["b", "change"])


def test_one_rule_for_what_is_not_finite(tmp_path: Path) -> None:
    """Norm, mean, std and change are over the finite values; nothing that changed is a change of 0, a layer without a
    finite value has none."""
    nan, inf = math.nan, math.inf
    before = {"zero": np.zeros(3), "bad": np.array([nan, nan]), "part": np.array([3.0, 4.0, nan]), "up": np.zeros(1)}
    after = {"zero": np.zeros(3), "bad": np.array([nan, inf]), "part": np.array([3.0, 4.5, 1.0]), "up": np.ones(1)}
    types = dict.fromkeys(before, "F64")
    old = save_safetensors(tmp_path / "1.safetensors", before, types)
    table = weight_statistics(save_safetensors(tmp_path / "2.safetensors", after, types), old)
    assert (table.loc["zero", "change"], table.loc["up", "change"]) == (0, inf)
    assert table.loc["bad", ["change", "norm", "mean", "std"]].isna().all() and table.loc["bad", "nan_count"] == 1
    assert table.loc["part", "change"] == pytest.approx(0.1)
    assert weight_statistics(old).loc["part", "norm"] == 5


def test_hugging_faces_folders(tmp_path: Path) -> None:
    """Folders `checkpoint-12` with weights in them are checkpoints, by step; without weights they are none."""
    rows = [{"step": 6, "loss": 2.0}, {"step": 12, "loss": 1.0}]
    (tmp_path / "trainer_state.json").write_text(json.dumps({"log_history": rows}))
    for step, names in ((12, ["model.safetensors"]), (6, ["model-1-of-2.safetensors", "model-2-of-2.safetensors"]),
                        (18, ["trainer_state.json"])):
        (tmp_path / f"checkpoint-{step}").mkdir()
        for name in names:
            (tmp_path / f"checkpoint-{step}" / name).write_bytes(b"0123456789")
    run = ExperimentLoader(tmp_path)
    table = checkpoint_table(run)
    assert list(table.index) == ["checkpoint-6", "checkpoint-12"] and table["step"].tolist() == [6, 12]
    assert table["bytes"].tolist() == [20, 10] and table["value"].tolist() == [2.0, 1.0]
    assert Path(table.loc["checkpoint-12", "path"]) == tmp_path / "checkpoint-12" / "model.safetensors"
    assert run.list_checkpoints() == []


def test_a_large_file_is_mapped(tmp_path: Path) -> None:
    """A file of 8 GiB (a hole) is not loaded: its tensor is mapped, and comes in blocks of a million values."""
    count = 8 << 30
    header = json.dumps({"w": {"dtype": "I8", "shape": [count], "data_offsets": [0, count]}}).encode()
    path = tmp_path / "large.safetensors"
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        file.truncate(8 + len(header) + count)
    tensor = open_weights(path).tensors["w"]
    assert tensor.shape == (count,) and len(next(iter(tensor.blocks()))) == 1 << 20


@pytest.mark.parametrize("damage", ["cut", "no header", "wrong offsets"])
def test_damaged_safetensors_are_refused(damage: str, tmp_path: Path) -> None:
    """A file that is cut or whose description is wrong is an error that says so."""
    path = save_safetensors(tmp_path / "m.safetensors", {"a": np.ones(10)}, {"a": "F64"})
    data = path.read_bytes()
    if damage == "cut":
        path.write_bytes(data[:-8])
    elif damage == "no header":
        path.write_bytes(b"\xff" * 100)
    elif damage == "wrong offsets":
        path.write_bytes(data.replace(b"[0, 80]", b"[0, 88]"))
    with pytest.raises(WeightsError, match=r"m\.safetensors: its weights cannot be read"):
        weight_statistics(path)


def test_torch_files() -> None:
    """What torch saved is read, nested as it is."""
    pytest.importorskip("torch")
    folder = RUNS / "lr0.1" / "checkpoints"
    table = weight_statistics(folder / "checkpoint_step_100.pt", folder / "checkpoint_step_50.pt")
    assert len(table) >= 2 and (table["norm"] > 0).all() and table["change"].notna().all()


class _Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("was-run",)


def test_nothing_in_a_file_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pickle that wants to run something is refused and runs nothing."""
    torch = pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    torch.save({"w": _Evil()}, tmp_path / "evil.pt")
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(_Evil()))
    for name in ("evil.pt", "plain.pt"):
        with pytest.raises(WeightsError, match="cannot be read"):
            weight_statistics(tmp_path / name)
    assert not (tmp_path / "was-run").exists()
    with pytest.raises(FileNotFoundError, match="no checkpoint at"):
        weight_statistics(tmp_path / "none.pt")
