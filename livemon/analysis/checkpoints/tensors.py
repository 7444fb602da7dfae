"""The tensors in a checkpoint's file, memory-mapped and read block by block: no code in the file is executed.

`.safetensors` files are read by their own header. Everything else is opened by torch with `weights_only=True`, so that
torch only creates tensors and plain containers. Parts that torch unpacks or reads into memory completely are checked
first. Unreadable files are refused with a reason; single unreadable tensors are left out and counted.
"""

from __future__ import annotations

import json
import math
import os
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from livemon.system.listing import HEAD_BYTES, read_bytes
from livemon.system.shared_files import open_regular

__all__ = ["LeftOut", "OpenedTensors", "Tensor", "in_pairs", "open_weights", "plain_text"]

BLOCK = 1 << 20  # numbers at a time
LARGEST_DESCRIPTION = 100 << 20  # bytes of a file's header, which is kept in memory
LARGEST_OLD = 2 << 30  # bytes of a file in torch's old format, which is kept in memory
MOST_PARTS = 1_000_000  # of dicts and lists: with references between them a small file can describe any number
DEEPEST = 100
_NAMED = 3

Blocks = Iterator[NDArray[np.float64]]


@dataclass
class LeftOut:
    """Tensors that are left out, by reason: their number, and the names of the first."""

    reasons: dict[str, tuple[int, list[str]]] = field(default_factory=dict)

    def add(self, reason: str, name: str = "") -> None:
        """Add one."""
        count, names = self.reasons.get(reason, (0, []))
        self.reasons[reason] = count + 1, [*names, name] if name and len(names) < _NAMED else names

    @property
    def count(self) -> int:
        """The number of tensors."""
        return sum(count for count, _ in self.reasons.values())

    def __str__(self) -> str:
        """For people: `2 of them sparse (a, b), 1 quantized (q)`."""
        parts = []
        for reason, (count, names) in self.reasons.items():
            shown = ", ".join(plain_text(name, 60) for name in names) + (", ..." if count > len(names) > 0 else "")
            parts.append(f"{count:,} {reason}" + (f" ({shown})" if shown else ""))
        return ", ".join(parts)


class Tensor:
    """A tensor in a file.

    Attributes:
        shape, dtype: As in the file.
        repeated: The dimensions along which a single number is stored.
        stored: The largest number of values in the file for it.
    """

    repeated: frozenset[int] = frozenset()

    def __init__(self, shape: tuple[int, ...], dtype: str, stored: int) -> None:
        self.shape = shape
        self.dtype = dtype
        self.stored = stored

    @property
    def repeats(self) -> int:
        """The number of positions for which each number of its blocks stands, if all repeated dimensions are taken
        once."""
        return math.prod(self.shape[axis] for axis in self.repeated)

    def blocks(self, once: Iterable[int] = (), *, in_order: bool = True) -> Blocks:
        """Its numbers as flat float64; a complex number becomes its real and imaginary parts.

        Args:
            once: Repeated dimensions of which only the first position is taken.
            in_order: Row by row; otherwise in the order of the file, which is faster.
        """
        raise NotImplementedError


@dataclass
class OpenedTensors:
    """A file's tensors by unique names, and the unreadable ones."""

    tensors: dict[str, Tensor] = field(default_factory=dict)
    left_out: LeftOut = field(default_factory=LeftOut)

    def add(self, name: str, tensor: Tensor) -> None:
        """Add a tensor; if its name is taken it becomes `name (2)`."""
        unique, number = name, 2
        while unique in self.tensors:
            unique, number = f"{name} ({number})", number + 1
        self.tensors[unique] = tensor


def open_weights(path: Path) -> OpenedTensors:
    """The tensors in a file.

    Raises:
        ValueError: It is not a checkpoint, is damaged, or would execute code; the message says which, for people.
        OSError: It cannot be read.
    """
    if path.stat().st_size == 0:
        raise ValueError("it is empty")
    return _open_safetensors(path) if path.suffix == ".safetensors" else _open_torch(path)


def in_pairs(new: Tensor, old: Tensor) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """The numbers of two tensors of one shape side by side; numbers that both repeat appear once.

    Raises:
        ValueError: Together they represent far more numbers than are stored.
    """
    once = new.repeated & old.repeated
    if math.prod(size for axis, size in enumerate(new.shape) if axis not in once) > new.stored + old.stored:
        raise ValueError("they stand for more numbers than are stored")
    ours, theirs = new.blocks(once), old.blocks(once)
    ours_left = theirs_left = np.empty(0)
    while True:
        ours_left = ours_left if len(ours_left) else next(ours, ours_left)
        theirs_left = theirs_left if len(theirs_left) else next(theirs, theirs_left)
        count = min(len(ours_left), len(theirs_left))
        if count == 0:
            return
        yield ours_left[:count], theirs_left[:count]
        ours_left, theirs_left = ours_left[count:], theirs_left[count:]


def plain_text(text: str, longest: int = 300) -> str:
    """A foreign text in one line, without terminal control characters."""
    bare = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in bare).split())
    return line if len(line) <= longest else line[: longest - 4] + " ..."


# -- safetensors


def _eight_bits(exponent_bits: int, bias: int, last: dict[int, float]) -> NDArray[np.float64]:
    """The value of each code of an 8-bit float; `last`: the codes (without sign) that are not numbers."""
    table = np.empty(256)
    mantissa_bits = 7 - exponent_bits
    for code in range(128):
        exponent, mantissa = code >> mantissa_bits, (code & ((1 << mantissa_bits) - 1)) / (1 << mantissa_bits)
        value = (1 + mantissa) * 2.0 ** (exponent - bias) if exponent else mantissa * 2.0 ** (1 - bias)
        table[code] = last.get(code, value)
        table[code + 128] = -table[code]
    return table


_TABLES: dict[str, Callable[[], NDArray[np.float64]]] = {
    "F8_E4M3": lambda: _eight_bits(4, 7, {0x7F: math.nan}),
    "F8_E5M2": lambda: _eight_bits(5, 15, {0x7C: math.inf, 0x7D: math.nan, 0x7E: math.nan, 0x7F: math.nan}),
    "F8_E8M0": lambda: np.append(2.0 ** (np.arange(255) - 127.0), math.nan),
}
_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
          "U8": "u1", "U16": "<u2", "U32": "<u4", "U64": "<u8", "BOOL": "?", "C64": "<c8",
          **dict.fromkeys(_TABLES, "u1")}


class _Mapped(Tensor):
    """A tensor whose numbers are contiguous: a flat array, mapped from the file."""

    def __init__(self, values: NDArray[Any], shape: tuple[int, ...], dtype: str) -> None:
        super().__init__(shape, dtype, values.size)
        self._values = values

    def blocks(self, once: Iterable[int] = (), *, in_order: bool = True) -> Blocks:
        table = _TABLES[self.dtype]() if self.dtype in _TABLES else None
        for start in range(0, self._values.size, BLOCK):
            part = self._values[start : start + BLOCK]
            if table is not None:
                yield table[part]
            elif self.dtype == "BF16":
                yield (np.asarray(part, np.uint32) << 16).view(np.float32).astype(np.float64)
            elif self.dtype == "C64":
                yield np.ascontiguousarray(part).view("<f4").astype(np.float64)
            else:
                yield part.astype(np.float64)


def _open_safetensors(path: Path) -> OpenedTensors:
    with open_regular(path) as file:  # its writer may delete it even while it is mapped
        size = os.fstat(file.fileno()).st_size
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(LARGEST_DESCRIPTION, size - 8):
            raise ValueError("it is not a safetensors file: the length of its description is wrong")
        try:
            header = json.loads(file.read(length), object_pairs_hook=_each_once)
        except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
            raise ValueError("its description is not JSON; the file is damaged, or not a safetensors file") from None
        data = np.memmap(file, "u1", "r")
    if not isinstance(header, dict):
        raise ValueError("its description does not name its tensors; the file is damaged, or not a safetensors file")
    opened = OpenedTensors()
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        dtype, shape, (start, end) = _entry(name, entry)
        if dtype not in _TYPES:
            opened.left_out.add(f"of type {plain_text(dtype, 20)}, which livemon does not read", name)
            continue
        kind, count = np.dtype(_TYPES[dtype]), math.prod(shape)
        if count * kind.itemsize != end - start or 8 + length + end > size:
            raise ValueError(f"{plain_text(name, 60)} does not lie where the description says; the file is cut or "
                             "damaged")
        opened.add(name, _Mapped(data[8 + length + start : 8 + length + end].view(kind), shape, dtype))
    return opened


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object's names. A name must not occur twice: one of the two tensors would be lost."""
    by_name = dict(pairs)
    if len(by_name) < len(pairs):
        raise ValueError("its description has a name twice; the file is damaged")
    return by_name


def _entry(name: str, entry: Any) -> tuple[str, tuple[int, ...], tuple[int, int]]:
    """Type, shape, and the first and last byte."""
    wrong = f"it is damaged: its description of {plain_text(name, 60)} has no proper "
    if not isinstance(entry, dict) or not isinstance(entry.get("dtype"), str):
        raise ValueError(wrong + "dtype")
    shape, offsets = entry.get("shape"), entry.get("data_offsets")
    if not _is_counts(shape):
        raise ValueError(wrong + "shape")
    if not _is_counts(offsets) or len(offsets) != 2:
        raise ValueError(wrong + "data_offsets")
    return entry["dtype"], tuple(shape), (offsets[0], offsets[1])


def _is_counts(given: Any) -> TypeGuard[list[int]]:
    return isinstance(given, list) and all(type(number) is int and number >= 0 for number in given)


# -- torch


class _Saved(Tensor):
    """A tensor mapped by torch; numbers repeated by its strides are stored once."""

    def __init__(self, values: Any) -> None:
        stored = values.untyped_storage().nbytes() // values.element_size()
        super().__init__(tuple(values.shape), str(values.dtype).removeprefix("torch."), stored)
        self._values = values
        self.repeated = frozenset(
            axis for axis, (size, step) in enumerate(zip(values.shape, values.stride(), strict=True))
            if step == 0 and size > 1
        )

    @property
    def distinct(self) -> int:
        """The number of its values, with repeated ones counted once."""
        return math.prod(size for axis, size in enumerate(self.shape) if axis not in self.repeated)

    def blocks(self, once: Iterable[int] = (), *, in_order: bool = True) -> Blocks:
        few = set(once)
        values = self._values[tuple(slice(0, 1) if axis in few else slice(None) for axis in range(len(self.shape)))]
        if not in_order:
            values = values.permute(sorted(range(values.dim()), key=values.stride, reverse=True))
        for part in _pieces(values.reshape(-1) if values.is_contiguous() else values):
            yield _plain(part).double().reshape(-1).numpy()


def _pieces(values: Any) -> Iterator[Any]:
    """A tensor in parts of at most BLOCK numbers, in order, none of them copied."""
    if values.numel() <= BLOCK:
        if values.numel():
            yield values
        return
    rows = BLOCK // (values.numel() // len(values))
    if rows == 0:
        for row in values:
            yield from _pieces(row)
        return
    for start in range(0, len(values), rows):
        yield values[start : start + rows]


def _plain(part: Any) -> Any:
    """Actual real numbers: torch stores separately that they are negated or conjugated."""
    import torch

    part = part.resolve_conj().resolve_neg()
    return torch.view_as_real(part) if part.is_complex() else part


def _open_torch(path: Path) -> OpenedTensors:
    _check_torch_file(path)
    try:
        import torch
    except ImportError:
        raise ValueError(f"{path.suffix} needs torch, which is not installed; .safetensors does not") from None
    try:
        loaded = torch.load(path, map_location="cpu", mmap=read_bytes(path, 4) == _ZIP, weights_only=True)
    except Exception as error:
        raise ValueError(_why_not(str(error), type(error).__name__)) from None
    opened = OpenedTensors()
    for name, tensor in _tensors(loaded, opened.left_out):
        if (reason := _unreadable(tensor)) is not None:
            opened.left_out.add(reason, name)
            continue
        saved = _Saved(tensor.detach())
        if saved.distinct > max(saved.stored, 1):
            opened.left_out.add("that stand for more numbers than are stored", name)
        else:
            opened.add(name, saved)
    return opened


def _unreadable(tensor: Any) -> str | None:
    if tensor.is_nested:
        return "nested"
    if tensor.is_meta:
        return "without data"
    if tensor.is_quantized:
        return "quantized"
    return None if str(tensor.layout) == "torch.strided" else "sparse"


_ZIP = b"PK\x03\x04"


def _check_torch_file(path: Path) -> None:
    """Refuse files that torch would unpack into memory, or did not save, with a clear message."""
    head = read_bytes(path, HEAD_BYTES)
    if head.startswith(_ZIP):
        _check_zip(path)
    elif head[257:262] == b"ustar":
        raise ValueError("it is in the .tar format of torch 0.1, which livemon does not read; load it with torch and "
                         "save it again with torch.save")
    elif head[:1] != b"\x80":  # every pickle that torch can have written begins with this
        raise ValueError(f"torch did not save this file; it begins with {plain_text(repr(head[:16]))}")
    elif (size := path.stat().st_size) > LARGEST_OLD:
        raise ValueError(f"it is in torch's old format, which has to be read into memory as a whole, and it has "
                         f"{size / 2**30:.1f} GiB; load it with torch and save it again with torch.save, which livemon "
                         "reads piece by piece")


def _check_zip(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as file:
            entries = file.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        raise ValueError("it is cut or damaged: the table of contents at its end is missing") from None
    names = {os.path.basename(entry.filename) for entry in entries}
    if "constants.pkl" in names:
        raise ValueError("it is a program (torch.jit.save), which livemon does not run; save its state_dict() with "
                         "torch.save")
    if "data.pkl" not in names:
        raise ValueError("it is a zip file, but torch did not save it: it has no data.pkl")
    for entry in entries:
        what = plain_text(os.path.basename(entry.filename), 60)
        if entry.compress_type != zipfile.ZIP_STORED:
            raise ValueError(f"{what} is compressed in it, which torch never does: somebody has repacked it. Load "
                             "it with torch, if you trust it, and save it again with torch.save")
        if what == "data.pkl" and entry.file_size > LARGEST_DESCRIPTION:
            raise ValueError(f"what it holds beside the tensors has {entry.file_size / 2**20:,.0f} MiB; livemon reads "
                             f"at most {LARGEST_DESCRIPTION >> 20} MiB of that")
    if sum(entry.file_size for entry in entries) > path.stat().st_size:
        raise ValueError("it is damaged: what its table of contents names is larger than the file")


def _why_not(text: str, kind: str) -> str:
    """The meaning of torch's refusal in our own words: torch would advise to execute the file's code."""
    wanted = re.search(r"GLOBAL ([\w.]+)|[Uu]nsupported class ([\w.]+)", text)
    if wanted:
        return (f"it wants to make {wanted[1] or wanted[2]}, for which code would have to run. livemon reads tensors, "
                "numbers, texts, lists and dicts, and runs nothing; save only the weights: "
                "torch.save(model.state_dict(), path)")
    reason = plain_text(re.split(r"\.{2,}|\n", text.rpartition("WeightsUnpickler error: ")[2].strip())[0], 160)
    return f"it is damaged, or torch did not save it ({reason or kind})"


def _tensors(loaded: Any, left_out: LeftOut) -> Iterator[tuple[str, Any]]:
    """The tensors in dicts and lists, by dotted names."""
    waiting: list[tuple[Any, tuple[str, ...], frozenset[int]]] = [(loaded, (), frozenset())]
    seen = 0
    while waiting:
        item, names, above = waiting.pop()
        if hasattr(item, "detach") and hasattr(item, "reshape"):
            yield ".".join(names) or "tensor", item
            continue
        pairs = item.items() if isinstance(item, dict) else (
            enumerate(item) if isinstance(item, list | tuple | set | frozenset) else ())
        if not pairs or id(item) in above:
            continue
        if len(names) >= DEEPEST:
            left_out.add(f"parts nested deeper than {DEEPEST} levels")
            continue
        inside = [(part, (*names, str(key)), above | {id(item)}) for key, part in pairs if _may_hold(part)]
        seen += len(inside)
        if seen > MOST_PARTS:
            raise ValueError(f"it holds more than {MOST_PARTS:,} parts")
        waiting += reversed(inside)


def _may_hold(part: Any) -> bool:
    return hasattr(part, "detach") or isinstance(part, dict | list | tuple | set | frozenset)
