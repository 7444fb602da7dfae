"""device_values.py: a number on a device is taken at the moment of log(), and nothing waits for the device.

There is no GPU here: a tensor type that says it lies on one, and a runtime of one queue, stand in. Every operation on
the tensors is counted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from livemon.recording import device_values  # noqa: E402
from livemon.recording.recorder import record  # noqa: E402

Rows = Callable[[Path], list[dict[str, str]]]
# What waits for the device: operations, and the methods of a tensor that end in them, or copy without asking torch.
WAITING_METHODS = ("item", "tolist", "numpy", "cpu", "__float__", "__int__", "__bool__", "__index__", "__array__")
WAITING_OPERATIONS = {
    "aten._local_scalar_dense.default", "aten.item.default", "aten.is_nonzero.default", *WAITING_METHODS
}  # fmt: skip


class DeviceTensor(torch.Tensor):  # type: ignore[misc]
    """A tensor that says it lies on a GPU, and counts what is done with it."""

    operations: list[tuple[str, dict[str, Any]]] = []  # noqa: RUF012

    @staticmethod
    def __new__(cls, held: Any) -> Any:
        return torch.Tensor._make_wrapper_subclass(cls, held.shape, dtype=held.dtype, device="cuda:0")

    def __init__(self, held: Any) -> None:
        self.held = held

    @classmethod
    def __torch_dispatch__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        cls.operations.append((str(function), kwargs))
        if str(function) == "aten._to_copy.default":
            return args[0].held.clone()
        plain = torch.utils._pytree.tree_map(lambda x: x.held if isinstance(x, DeviceTensor) else x, args)
        result = function(*plain, **kwargs)
        return DeviceTensor(result) if isinstance(result, torch.Tensor) else result


def counted(name: str) -> Any:
    """A method of a tensor that counts its calls."""

    def call(self: DeviceTensor, *args: Any) -> Any:
        DeviceTensor.operations.append((name, {}))
        return getattr(torch.Tensor, name)(self, *args)

    return call


for method in WAITING_METHODS:
    setattr(DeviceTensor, method, counted(method))


class Runtime:
    """Stands for torch.cuda: its events are over when the test says so."""

    done = threading.Event()
    recorded: list[object] = []  # noqa: RUF012

    class Event:
        def record(self, stream: object) -> None:
            Runtime.recorded.append(stream)

        def synchronize(self) -> None:
            assert threading.current_thread() is not threading.main_thread(), "the training waits"
            assert Runtime.done.wait(20)

    @staticmethod
    def current_stream(device: object) -> object:
        return ("stream of", str(device))


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Runtime]]:
    monkeypatch.setattr(device_values, "_runtime", lambda device: Runtime)
    Runtime.done.clear()
    Runtime.recorded.clear()
    DeviceTensor.operations.clear()
    yield Runtime
    Runtime.done.set()


def test_nothing_waits_for_the_device(tmp_path: Path, runtime: type[Runtime], rows_of: Rows) -> None:
    """log() of tensors on a device returns while the device is still busy, reads none of them, and copies all of a row
    at once, without blocking, on the device's own stream."""
    with record(tmp_path) as log:
        for step in range(3):
            loss, norm = DeviceTensor(torch.tensor(0.5 + step)), DeviceTensor(torch.tensor([2.5]))
            log({"on the CPU": torch.tensor(step), "loss": loss, "norm": norm, "lr": 0.1})
        names = [name for name, _ in DeviceTensor.operations]
        assert not WAITING_OPERATIONS & set(names)
        copies = [kwargs for name, kwargs in DeviceTensor.operations if name == "aten._to_copy.default"]
        assert [copy["non_blocking"] for copy in copies] == [True] * 3
        assert runtime.recorded == [("stream of", "cuda:0")] * 3
        runtime.done.set()
    assert [(row["loss"], row["norm"], row["lr"]) for row in rows_of(tmp_path)] == [
        ("0.5", "2.5", "0.1"), ("1.5", "2.5", "0.1"), ("2.5", "2.5", "0.1")
    ]  # fmt: skip


def test_the_device_s_value_is_the_one_at_the_moment_of_logging(
    tmp_path: Path, runtime: type[Runtime], rows_of: Rows
) -> None:
    """A running total that is updated in place on a device is recorded as 1, 2, 3."""
    total = DeviceTensor(torch.zeros(()))
    with record(tmp_path) as log:
        for _ in range(3):
            total.add_(1)
            log({"total": total})
        runtime.done.set()
    assert [float(row["total"]) for row in rows_of(tmp_path)] == [1, 2, 3]


def test_whole_numbers_stay_exact(tmp_path: Path, runtime: type[Runtime], rows_of: Rows) -> None:
    """Tensors of different types in one row are copied by type, so that a count is not rounded as a float."""
    runtime.done.set()
    with record(tmp_path) as log:
        log({"loss": DeviceTensor(torch.tensor(0.1)), "tokens": DeviceTensor(torch.tensor(2**53 + 1))})
    row = rows_of(tmp_path)[0]
    assert row["tokens"] == str(2**53 + 1)
    assert float(row["loss"]) == torch.tensor(0.1).item()


def test_a_failed_device_leaves_blanks(
    tmp_path: Path, runtime: type[Runtime], monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture, rows_of: Rows,
) -> None:
    """Where the device fails before its numbers have come, their cells stay blank with one warning; the rest is
    recorded."""

    def fail(event: object) -> None:
        raise RuntimeError("device-side assert")

    monkeypatch.setattr(Runtime.Event, "synchronize", fail)
    with record(tmp_path) as log:
        for step in range(2):
            log({"loss": DeviceTensor(torch.tensor(1.0)), "lr": 0.1}, step=step)
    assert [(row["step"], row["loss"], row["lr"]) for row in rows_of(tmp_path)] == [("0", "", "0.1"), ("1", "", "0.1")]
    assert caplog.text.count("device-side assert") == 1


def test_what_is_no_single_number_is_not_copied(
    tmp_path: Path, runtime: type[Runtime], caplog: pytest.LogCaptureFixture, rows_of: Rows
) -> None:
    """A tensor of several numbers on a device stays blank with a warning, and is not copied."""
    with record(tmp_path) as log:
        log({"weights": DeviceTensor(torch.zeros(3)), "x": 1})
    assert rows_of(tmp_path)[0]["weights"] == ""
    assert "not one number" in caplog.text
    assert runtime.recorded == []


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU; DeviceTensor stands in where there is none")
def test_no_synchronisation_on_a_gpu(tmp_path: Path, rows_of: Rows) -> None:
    """On a real GPU log() never synchronises, and a total that is updated in place is recorded as 1, 2, 3."""
    total = torch.zeros((), device="cuda")
    with record(tmp_path) as log:
        torch.cuda.set_sync_debug_mode("error")
        try:
            for _ in range(3):
                total += 1
                log({"total": total})
        finally:
            torch.cuda.set_sync_debug_mode("default")
    assert [float(row["total"]) for row in rows_of(tmp_path)] == [1, 2, 3]
