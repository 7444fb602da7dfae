"""What is read of a checkpoint, what is left out and said, and what is refused in words of our own."""

from __future__ import annotations

import math
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from livemon.analysis.checkpoints import tensors as weights_files
from livemon.analysis.checkpoints import weights
from livemon.analysis.checkpoints.tensors import in_pairs, open_weights
from livemon.analysis.checkpoints.weights import WeightsError, weight_statistics

RUNS = Path(__file__).parents[2] / "data" / "runs" / "seed_layout" / "experiments"
ONE = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


def test_a_module_in_the_current_folder_is_not_run(
    saved: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder that the user stands in may be somebody else's: no `random.py` or `torch.py` in it is run."""
    path = saved(tmp_path / "a.pt", {"w": np.ones(1).tolist(), "t": pytest.importorskip("torch").ones(2)})
    for name in ("random", "torch", "numpy"):
        (tmp_path / f"{name}.py").write_text(f"open('{name} was run', 'w')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    assert weight_statistics(path)["norm"].tolist() == [pytest.approx(math.sqrt(2))]
    assert not list(tmp_path.glob("* was run"))


def test_what_is_left_out_is_said(safetensors: Callable[..., Path], tmp_path: Path) -> None:
    """A tensor that cannot be described is no reason to refuse the others: a warning counts and names it."""
    path = safetensors(tmp_path / "a.safetensors", {
        "w": {"dtype": "F4", "shape": [4], "data_offsets": [8, 10]}, "b": ONE})
    with pytest.warns(UserWarning, match=r"a\.safetensors: tensors left out: 1 of type F4, .* \(w\)"):
        table = weight_statistics(path)
    assert table.index.tolist() == ["b"] and "F4" in table.attrs["left_out"]
    path = safetensors(tmp_path / "b.safetensors", {"w": {"dtype": "F4", "shape": [4], "data_offsets": [0, 2]}})
    with pytest.raises(WeightsError, match="no tensor that can be read: 1 of type F4"):
        weight_statistics(path)


@pytest.mark.filterwarnings("ignore")  # of torch, that quantized and CSR tensors are going or coming
def test_torch_tensors_of_other_kinds(saved: Callable[..., Path], tmp_path: Path) -> None:
    """Complex tensors are rows, of their parts; sparse, quantized and empty shells are counted by kind."""
    torch = pytest.importorskip("torch")
    path = saved(tmp_path / "a.pt", {
        "c": torch.tensor([3 + 4j]), "coo": torch.eye(3).to_sparse(), "csr": torch.eye(3).to_sparse_csr(),
        "q": torch.quantize_per_tensor(torch.ones(4), 0.1, 0, torch.quint8), "m": torch.empty(10**12, device="meta"),
        "f8": torch.tensor([1.0, 2.0]).to(torch.float8_e4m3fn)})
    opened = open_weights(path)
    rows = {row["layer"]: row for row in weights._rows(opened, None)}
    assert list(rows) == ["c", "f8"] and rows["c"]["norm"] == 5 and rows["f8"]["mean"] == 1.5
    assert str(opened.left_out) == "2 sparse (coo, csr), 1 quantized (q), 1 without data (m)"


@pytest.mark.parametrize("values", [[1e200] * 3, [1e308, -1e308], [1e-200] * 4, [1e308] * 2, [0.0, 1e-300], [5e-324]])
def test_float64_at_its_ends(values: list[float]) -> None:
    """Norm, mean, std and change are right where squares are beyond float64, over several blocks too."""
    numbers = np.array(values)
    scale = np.abs(numbers).max()
    found = weights._described(iter([numbers[:1], np.zeros(0), numbers[1:]]))
    assert found["norm"] == pytest.approx(np.linalg.norm(numbers / scale) * scale, rel=1e-12)
    assert found["mean"] == pytest.approx((numbers / scale).mean() * scale, rel=1e-12)
    assert found["std"] == pytest.approx((numbers / scale).std() * scale, rel=1e-12)
    assert found["inf_count"] == 0


def test_change_at_the_ends_of_float64(safetensors: Callable[..., Path], tmp_path: Path) -> None:
    """The change of huge and tiny numbers is their ratio; from 1e308 to -1e308 it is 2."""
    for old, new, change in ((1e308, -1e308, 2.0), (1e200, 1.5e200, 0.5), (1e-200, 2e-200, 1.0)):
        before, after = (safetensors(tmp_path / f"{name}.safetensors", {"w": {"dtype": "F64", "shape": [2],
                         "data_offsets": [0, 16]}}, np.full(2, value).tobytes()) for name, value in
                         (("old", old), ("new", new)))
        found = weights._change(open_weights(after).tensors["w"], open_weights(before).tensors["w"])
        assert found == pytest.approx(change)


def test_repeated_numbers_are_taken_once(
    saved: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tensor that stands for 2**41 numbers of which two are stored is described by the two; one whose places overlap
    otherwise is left out; what is not contiguous comes in blocks, row by row."""
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(weights_files, "BLOCK", 5)
    grid = torch.arange(12.0).reshape(4, 3)
    path = saved(tmp_path / "a.pt", {
        "e": torch.tensor([[1.0], [3.0]]).expand(2, 2**40), "o": torch.ones(8).as_strided((5, 4), (1, 1)),
        "t": grid.t(), "p": grid.reshape(2, 2, 3).permute(2, 0, 1)})
    opened = open_weights(path)
    rows = {row["layer"]: row for row in weights._rows(opened, opened.tensors)}
    assert rows["e"]["count"] == 2**41 and rows["e"]["mean"] == 2
    assert rows["e"]["norm"] == pytest.approx(math.sqrt(10 * 2**40))
    assert all(row["change"] == 0 for row in rows.values())
    assert str(opened.left_out) == "1 that stand for more numbers than are stored (o)"
    for name, wanted in (("t", grid.t()), ("p", grid.reshape(2, 2, 3).permute(2, 0, 1))):
        blocks = list(opened.tensors[name].blocks())
        assert max(map(len, blocks)) <= 5
        np.testing.assert_array_equal(np.concatenate(blocks), wanted.reshape(-1).numpy())
        assert rows[name]["mean"] == 5.5
    whole = open_weights(saved(tmp_path / "b.pt", {"t": grid.t().contiguous()})).tensors["t"]
    assert all((new == old).all() for new, old in in_pairs(opened.tensors["t"], whole))


class _Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("was-run",)


def test_safetensors_equal_numpy(save_safetensors: Callable[..., Path], tmp_path: Path) -> None:
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


def test_change_since_the_one_before(save_safetensors: Callable[..., Path], tmp_path: Path) -> None:
    """The change of a layer is the norm of the difference by the norm before; a new layer has none."""
    old = save_safetensors(tmp_path / "1.safetensors", {"a": np.array([3.0, 4.0])}, {"a": "F64"})
    new = save_safetensors(tmp_path / "2.safetensors", {"a": np.array([3.0, 4.5]), "b": np.ones(1)},
                           {"a": "F64", "b": "F64"})
    table = weight_statistics(new, old)
    assert table.loc["a", "change"] == pytest.approx(0.1) and math.isnan(table.loc["b", "change"])


def test_one_rule_for_what_is_not_finite(save_safetensors: Callable[..., Path], tmp_path: Path) -> None:
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


@pytest.mark.parametrize("damage", ["cut", "no header", "wrong offsets"])
def test_damaged_safetensors_are_refused(save_safetensors: Callable[..., Path], damage: str, tmp_path: Path) -> None:
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
