"""Numbers on a device: the copy starts now, and the number is read when it has arrived, so that no step waits.

This module does not import torch: a script that has a tensor has imported it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

__all__ = ["PendingValue", "copied_from_device", "is_on_device"]


class PendingValue:
    """A number on its way from a device."""

    __slots__ = ("_copy", "_place")

    def __init__(self, copy: _Copy, index: int) -> None:
        self._copy = copy
        self._place = index

    def read(self) -> Any:
        """The number; waits for it. Raises RuntimeError if the device has failed."""
        return self._copy.values()[self._place]


class _Copy:
    """Tensors of one device and one type, stacked there and copied to the host, and the event that ends the copy."""

    def __init__(self, tensors: list[Any], runtime: Any) -> None:
        torch = sys.modules["torch"]
        first = tensors[0]
        # They are stacked on the device's own queue, so that a later update in place comes after that there, too.
        stacked = torch.stack([tensor.detach().reshape(()) for tensor in tensors])
        self._host = stacked.to("cpu", non_blocking=True)  # torch copies into pinned memory
        self._arrived = runtime.Event()
        self._arrived.record(runtime.current_stream(first.device))
        self._values: list[Any] | None = None

    def values(self) -> list[Any]:
        if self._values is None:
            self._arrived.synchronize()
            self._values = self._host.tolist()
        return self._values


def is_on_device(value: object) -> bool:
    """Whether a value is a tensor with one number on a device that can copy asynchronously (CUDA, ROCm, XPU). Other
    devices, such as Apple's, have no queue to query, and are read like any other number."""
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(value, torch.Tensor) or value.device.type == "cpu" or value.numel() != 1:
        return False
    return _runtime(value.device) is not None


def copied_from_device(values: Mapping[str, Any]) -> dict[str, PendingValue]:
    """Start to copy tensors for which `is_on_device` holds, without waiting: one copy for each device and type."""
    groups: dict[Any, list[str]] = {}
    for name, value in values.items():
        groups.setdefault((value.device, value.dtype), []).append(name)
    pending: dict[str, PendingValue] = {}
    for (device, _), names in groups.items():
        copy = _Copy([values[name] for name in names], _runtime(device))
        pending.update((name, PendingValue(copy, index)) for index, name in enumerate(names))
    return pending


def _runtime(device: Any) -> Any:
    """torch's module for this kind of device if it has queues and events, else None."""
    runtime = getattr(sys.modules["torch"], device.type, None)
    return runtime if hasattr(runtime, "Event") and hasattr(runtime, "current_stream") else None
