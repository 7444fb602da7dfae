"""Tensors in files of weights."""

from __future__ import annotations

import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livemon.analysis.checkpoints import tensors as weights_files
from livemon.analysis.checkpoints import weights
from livemon.analysis.checkpoints.tensors import LeftOut, open_weights
from livemon.analysis.checkpoints.weights import WeightsError, weight_statistics

ONE = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


class _Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("was-run",)


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


def test_bytes_that_are_floats() -> None:
    """The 8-bit floats mean what torch takes them for."""
    torch = pytest.importorskip("torch")
    codes = torch.arange(256, dtype=torch.uint8)
    for name, kind in (("F8_E4M3", "float8_e4m3fn"), ("F8_E5M2", "float8_e5m2"), ("F8_E8M0", "float8_e8m0fnu")):
        if hasattr(torch, kind):
            wanted = codes.view(getattr(torch, kind)).to(torch.float32).double().numpy()
            np.testing.assert_array_equal(weights_files._TABLES[name](), wanted)


def test_names_that_collide_and_deep_ones(saved: Callable[..., Path], tmp_path: Path) -> None:
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


def packed_again(path: Path, source: Path, compressed: str) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w") as new:
        for entry in old.infolist():
            how = zipfile.ZIP_DEFLATED if entry.filename.endswith(compressed) else zipfile.ZIP_STORED
            new.writestr(entry.filename, old.read(entry), how)
    return path


def test_torch_files_that_are_refused(
    saved: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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
        "text.pt": "torch did not save this file; it begins with b'hello", "empty.pt": "it is empty",
        "cut.pt": "cut or damaged", "plain.pt": "damaged, or torch did not save it", "other.pt": "it has no data.pkl",
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
    (b"[1, 2]", "does not name its tensors"), (b'{"a":', "not JSON"), (b"[" * 100_000, "not JSON"),
    (b"\xff\xfe\x00", "not JSON"), ({"a": "x"}, "of a has no proper dtype"),
    ({"a": {**ONE, "shape": [-1, -2]}}, "shape"), ({"a": {**ONE, "data_offsets": [8, 24]}}, "lie where"),
    ({"a": {"dtype": "F32", "data_offsets": [0, 8]}}, "shape"), ({"a": {**ONE, "data_offsets": [0]}}, "data_offsets"),
    ({"a": {**ONE, "data_offsets": [0.0, 8.0]}}, "data_offsets"),
    (b'{"a": {"dtype": "F32"}, "a": {}}', "a name twice"),
    ({"\x1b[31mred": {}}, "of red has no proper dtype"),
])
def test_descriptions_that_are_wrong(safetensors: Callable[..., Path], header: Any, words: str, tmp_path: Path) -> None:
    """A description of safetensors that is not what it must be is refused, with the place."""
    with pytest.raises(ValueError, match=words):
        open_weights(safetensors(tmp_path / "a.safetensors", header))


def test_many_that_are_left_out() -> None:
    """Of many that are left out for one reason the first are named."""
    left_out = LeftOut()
    for place in range(2000):
        left_out.add("sparse", f"l{place}")
    assert str(left_out) == "2,000 sparse (l0, l1, l2, ...)" and left_out.count == 2000


ONE = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


def described(path: Path) -> dict[str, dict[str, Any]]:
    opened = open_weights(path)
    return {row["layer"]: row for row in weights._rows(opened, None)}
