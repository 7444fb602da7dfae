"""A row: its plain values, its step, and its text as a line of the file, with the columns of the lines."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from livemon.recording.device_values import PendingValue, copied_from_device, is_on_device
from livemon.recording.metrics_file import PLAIN, cell_text, read_value
from livemon.recording.problems import Problems, kind_and_message
from livemon.recording.progress import DEVICE, Progress
from livemon.system.atomic import encoded

__all__ = ["RowText", "ValueReader", "read_step"]


class ValueReader:
    """Reads the numbers in scalars of other libraries. A tensor on a device is copied, and read later."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._no_scalars: set[str] = set()  # metrics with a value that was more than one number in a 0-d array

    def read_row(self, row: dict[str, Any]) -> None:
        """Replace the values that are not plain yet."""
        on_device: dict[str, Any] = {}
        plain, no_scalars = PLAIN, self._no_scalars
        for name, value in row.items():
            if type(value) in plain:
                continue
            try:
                if not value.is_cpu and name != "step" and is_on_device(value):
                    on_device[name] = value
                    continue
            except Exception:  # usually an AttributeError: it is not a tensor
                pass
            try:  # cheaper than item(), except for large arrays
                number = value if name in no_scalars else value.tolist()
            except Exception:
                number = value
            row[name] = number if type(number) in plain else self._read(name, value)
        if on_device:
            row.update(copied_from_device(on_device))

    def _read(self, name: str, value: object) -> float | str | None:
        """The number in a value; or None, which leaves the cell blank, with one warning."""
        self._no_scalars.add(name)
        try:
            return read_value(value)
        except Exception as error:
            message = f"{name!r} is a {type(value).__name__}, not one number; its cells stay blank"
            self._problems.report("value", message, error)
            return None


def read_step(row: dict[str, Any], step: Any, next_step: float) -> Any:
    """The step of a row if the caller did not give a plain whole number.

    Args:
        row: The row, which may contain the metric "step".
        step: The step given by the caller, or None.
        next_step: The step of a row without one.

    Raises:
        ValueError: The step is not a finite number.
    """
    if step is None:
        step = row.get("step")
    step = next_step if step is None else read_value(step)
    try:
        counts = math.isfinite(step)
    except TypeError:  # a text
        counts = False
    if not counts:
        raise ValueError(f"the step is {step!r}; it must be a number that counts")
    return step


class RowText:
    """Rows as lines of CSV. A new metric gets a column after the existing ones.

    Args:
        problems: Receives warnings.
        progress: Is told about waits for a number on a device, or None.

    Attributes:
        columns: The header, in the order of the file.
    """

    def __init__(self, problems: Problems, progress: Progress | None = None) -> None:
        self.columns: list[str] = []
        self._places: dict[Any, int] = {}  # metric -> the index of its column
        self._problems = problems
        self._progress = progress or Progress()

    def add_columns(self, names: Iterable[str]) -> None:
        """Use the existing columns of a file. Of two with the same name the first gets the values."""
        for name in names:
            self._places.setdefault(name, len(self.columns))
            self.columns.append(name)

    def line(self, row: dict[Any, Any]) -> tuple[bytes, int]:
        """The row as text without its line end, and the number of its cells."""
        columns = self._places
        for name in row:
            if name not in columns:
                self._add_metric(name)
        cells = [""] * len(self.columns)
        for name, value in row.items():
            if name not in columns:
                continue
            try:
                if type(value) is PendingValue:
                    with self._progress.waiting_for(DEVICE):
                        value = value.read()
                cells[columns[name]] = repr(value) if type(value) is float else cell_text(value)
            except Exception as error:  # a whole number with thousands of digits has no text; a device may have failed
                self._problems.report("value", f"{name!r}: {kind_and_message(error)}", error)
        return encoded(",".join(cells)), len(cells)

    def _add_metric(self, name: Any) -> None:
        try:
            text = str(name)
        except Exception as error:
            message = f"a metric has a name that cannot be written: {kind_and_message(error)}"
            self._problems.report("name", message, error)
            return
        self._places[name] = len(self.columns)
        self.columns.append(text)
