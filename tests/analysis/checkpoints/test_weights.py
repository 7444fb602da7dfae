"""What is read of a checkpoint, what is left out and said, and what is refused in words of our own."""

from __future__ import annotations

import json
import math
import os
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livemon.analysis.checkpoints import tensors as weights_files
from livemon.analysis.checkpoints import weights
from livemon.analysis.checkpoints.tensors import LeftOut, in_pairs, open_weights
from livemon.analysis.checkpoints.weights import WeightsError, weight_statistics

ONE = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


def safetensors(path: Path, header: Any, data: bytes = b"\0" * 16) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def saved(path: Path, item: Any, **how: Any) -> Path:
    """What torch saves; the test is skipped where it is absent."""
    pytest.importorskip("torch").save(item, path, **how)
    return path


def described(path: Path) -> dict[str, dict[str, Any]]:
    opened = open_weights(path)
    return {row["layer"]: row for row in weights._rows(opened, None)}


def test_a_module_in_the_current_folder_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder that the user stands in may be somebody else's: no `random.py` or `torch.py` in it is run."""
    path = saved(tmp_path / "a.pt", {"w": np.ones(1).tolist(), "t": pytest.importorskip("torch").ones(2)})
    for name in ("random", "torch", "numpy"):
        (tmp_path / f"{name}.py").write_text(f"open('{name} was run', 'w')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    assert weight_statistics(path)["norm"].tolist() == [pytest.approx(math.sqrt(2))]
    assert not list(tmp_path.glob("* was run"))


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
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
def test_torch_tensors_of_other_kinds(tmp_path: Path) -> None:
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


def test_bytes_that_are_floats() -> None:
    """The 8-bit floats mean what torch takes them for."""
    torch = pytest.importorskip("torch")
    codes = torch.arange(256, dtype=torch.uint8)
    for name, kind in (("F8_E4M3", "float8_e4m3fn"), ("F8_E5M2", "float8_e5m2"), ("F8_E8M0", "float8_e8m0fnu")):
        if hasattr(torch, kind):
            wanted = codes.view(getattr(torch, kind)).to(torch.float32).double().numpy()
            np.testing.assert_array_equal(weights_files._TABLES[name](), wanted)


def test_names_that_collide_and_deep_ones(tmp_path: Path) -> None:
    """Each tensor is a row, however its name is spelled; what is nested too deep is counted."""
    torch = pytest.importorskip("torch")
    deep: Any = torch.ones(1)
    for _ in range(30):
        deep = {"d": deep}
    deeper: Any = deep
    for _ in range(100):
        deeper = [deeper]
    circle: list[Any] = [torch.ones(3)]
    circle.append(circle)
    path = saved(tmp_path / "a.pt", {"a.b": torch.ones(2), "a": {"b": torch.ones(5)}, 1: torch.ones(1),
                                     "1": torch.ones(7), "deep": deep, "deeper": deeper, "circle": circle})
    opened = open_weights(path)
    assert {name: tensor.shape for name, tensor in opened.tensors.items()} == {
        "a.b": (2,), "a.b (2)": (5,), "1": (1,), "1 (2)": (7,), "deep" + ".d" * 30: (1,), "circle.0": (3,)}
    assert str(opened.left_out) == "1 parts nested deeper than 100 levels"


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


def test_change_at_the_ends_of_float64(tmp_path: Path) -> None:
    """The change of huge and tiny numbers is their ratio; from 1e308 to -1e308 it is 2."""
    for old, new, change in ((1e308, -1e308, 2.0), (1e200, 1.5e200, 0.5), (1e-200, 2e-200, 1.0)):
        before, after = (safetensors(tmp_path / f"{name}.safetensors", {"w": {"dtype": "F64", "shape": [2],
                         "data_offsets": [0, 16]}}, np.full(2, value).tobytes()) for name, value in
                         (("old", old), ("new", new)))
        found = weights._change(open_weights(after).tensors["w"], open_weights(before).tensors["w"])
        assert found == pytest.approx(change)


def test_repeated_numbers_are_taken_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


def packed_again(path: Path, source: Path, compressed: str) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w") as new:
        for entry in old.infolist():
            how = zipfile.ZIP_DEFLATED if entry.filename.endswith(compressed) else zipfile.ZIP_STORED
            new.writestr(entry.filename, old.read(entry), how)
    return path


class _Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("was-run",)


def test_torch_files_that_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong is said in our own words, with what to do, and nothing that steers a terminal."""
    torch = pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    good = saved(tmp_path / "good.pt", {"w": torch.ones(1000)})
    data = good.read_bytes()
    (tmp_path / "text.pt").write_text("hello \x1b[31mworld")
    (tmp_path / "empty.pt").touch()
    (tmp_path / "cut.pt").write_bytes(data[: len(data) // 2])
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(3, protocol=2))
    with zipfile.ZipFile(tmp_path / "other.pt", "w") as file:
        file.writestr("a.txt", "a")
    refused = {
        "text.pt": "no file that torch saved; it begins with b'hello", "empty.pt": "it is empty",
        "cut.pt": "cut or damaged", "plain.pt": "damaged, or no file that torch saved", "other.pt": "no data.pkl in it",
        packed_again(tmp_path / "numbers.pt", good, "data/0").name: "0 is compressed in it, which torch never does",
        packed_again(tmp_path / "words.pt", good, "data.pkl").name: "data.pkl is compressed in it",
        saved(tmp_path / "evil.pt", {"w": _Evil()}).name: r"it wants to make \w+.mkdir, .* runs nothing",
        saved(tmp_path / "old.pt", {"w": torch.ones(1)}, _use_new_zipfile_serialization=False).name: "old format",
        saved(tmp_path / "long.pt", {"w": torch.ones(1), "text": "x" * 3000}).name: "beside the tensors has",
    }
    monkeypatch.setattr(weights_files, "LARGEST_OLD", 100)
    monkeypatch.setattr(weights_files, "LARGEST_DESCRIPTION", 2000)
    for name, words in refused.items():
        with pytest.raises(ValueError, match=words) as caught:
            open_weights(tmp_path / name)
        assert str(caught.value).isprintable() and "weights_only" not in str(caught.value)
    assert not (tmp_path / "was-run").exists()
    monkeypatch.undo()
    assert described(tmp_path / "old.pt")["w"]["mean"] == 1
    with pytest.raises(WeightsError, match="it is a folder of parts"):
        weight_statistics(tmp_path)


@pytest.mark.parametrize(("header", "words"), [
    (b"[1, 2]", "does not name its tensors"), (b'{"a":', "no JSON"), (b"[" * 100_000, "no JSON"),
    (b"\xff\xfe\x00", "no JSON"), ({"a": "x"}, "of a has no proper dtype"),
    ({"a": {**ONE, "shape": [-1, -2]}}, "shape"), ({"a": {**ONE, "data_offsets": [8, 24]}}, "lie where"),
    ({"a": {"dtype": "F32", "data_offsets": [0, 8]}}, "shape"), ({"a": {**ONE, "data_offsets": [0]}}, "data_offsets"),
    ({"a": {**ONE, "data_offsets": [0.0, 8.0]}}, "data_offsets"),
    (b'{"a": {"dtype": "F32"}, "a": {}}', "a name twice"),
    ({"\x1b[31mred": {}}, "of red has no proper dtype"),
])
def test_descriptions_that_are_wrong(header: Any, words: str, tmp_path: Path) -> None:
    """A description of safetensors that is not what it must be is refused, with the place."""
    with pytest.raises(ValueError, match=words):
        open_weights(safetensors(tmp_path / "a.safetensors", header))


def test_many_that_are_left_out() -> None:
    """Of many that are left out for one reason the first are named."""
    left_out = LeftOut()
    for place in range(2000):
        left_out.add("sparse", f"l{place}")
    assert str(left_out) == "2,000 sparse (l0, l1, l2, ...)" and left_out.count == 2000
