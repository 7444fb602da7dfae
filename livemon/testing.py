"""Fakes for tests, ours and yours: a scripted writer, a clock turned by hand, a view that remembers.

```python
writer = ScriptedWriter("run/logs/metrics.csv", ["step", "train_loss"])
writer.append(step=1, train_loss=0.5)        # one row more, as a training would
writer.tear("2,0.4")                         # a line that is not finished yet
```
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

from livemon.boards.model import Board

__all__ = ["HandClock", "RecordingView", "ScriptedWakeups", "ScriptedWriter"]


class ScriptedWriter:
    """Writes a metrics.csv the way a training does, one deliberate step at a time.

    Args:
        path: The file; its folder is made.
        columns: The first header, written at once. None writes nothing yet.
        line_end: "\\n", or "\\r\\n" as Lightning's CSVLogger and Python's csv module write.

    Attributes:
        rows: What was appended, as dicts; the truth to compare with.
        columns: The header that stands in the file.
    """

    def __init__(self, path: str | Path, columns: Sequence[str] | None = None, *, line_end: str = "\n") -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.line_end = line_end
        self.rows: list[dict[str, object]] = []
        self.columns: list[str] = []
        if columns is not None:
            self.columns = list(columns)
            self._write("w", self._line(self.columns))

    def append(self, **cells: object) -> None:
        """Append one row. A name that the header does not have makes `grow` write the file again first."""
        missing = [name for name in cells if name not in self.columns]
        if missing:
            self.grow(*missing)
        self.rows.append(cells)
        self._write("a", self._row(cells))

    def grow(self, *names: str) -> None:
        """More columns, as Lightning's CSVLogger adds them: the same file, emptied and written anew in place, with the
        columns in alphabetical order."""
        self.columns = sorted({*self.columns, *names})
        self._write("w", self._line(self.columns) + "".join(map(self._row, self.rows)))

    def tear(self, text: str) -> None:
        """Write this much of a line and stop in the middle."""
        self._write("a", text)

    def rewrite(self, rows: Sequence[dict[str, object]]) -> None:
        """Empty the file in place and write these rows instead, below the same header."""
        self.rows = list(rows)
        self.grow()

    def delete(self) -> None:
        """Remove the file; the next `append` starts it again, with its header."""
        self.path.unlink()
        self.columns, self.rows = [], []

    def _row(self, cells: dict[str, object]) -> str:
        return self._line([cells.get(name, "") for name in self.columns])

    def _line(self, cells: Sequence[object]) -> str:
        text = io.StringIO()
        csv.writer(text, lineterminator=self.line_end).writerow(cells)
        return text.getvalue()

    def _write(self, mode: str, text: str) -> None:
        with open(self.path, mode, encoding="utf-8", newline="") as file:
            file.write(text)


class HandClock:
    """A clock that stands still until it is turned: `clock()` is the time in seconds."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        """The time."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Turn it on."""
        self.now += seconds


class ScriptedWakeups:
    """Stands in for `livemon.system.wakeups.Wakeups`: a wait passes no time, but does the next thing of a script.

    Args:
        script: Called one after the other, one a wait. When it is through, `on_end` is called at each further wait.
        clock: Turned on by what the wait would have taken.
        on_end: Must end the loop under test, for instance `monitor.stop`; without it, the wait raises.
    """

    heartbeat_seconds = 1.0
    degraded: str | None = None
    is_idle = False

    def __init__(
        self,
        script: Sequence[Callable[[], object]] = (),
        clock: HandClock | None = None,
        on_end: Callable[[], object] | None = None,
    ) -> None:
        self._script = list(script)
        self._clock = clock
        self.on_end = on_end
        self.waits: list[tuple[float | None, float]] = []
        self.followed: list[Path] = []

    def follow(self, paths: Sequence[str | Path]) -> None:
        """Remember what would be watched."""
        self.followed = [Path(path) for path in paths]

    def wait(self, timeout: float | None = None, *, rest: float = 0.0) -> None:
        """Do the next thing of the script."""
        self.waits.append((timeout, rest))
        if self._clock is not None:
            self._clock.advance(max(rest, self.heartbeat_seconds if timeout is None else timeout))
        if self._script:
            self._script.pop(0)()
        elif self.on_end is not None:
            self.on_end()
        else:
            raise AssertionError("the script is through and the loop still waits")

    def wake_now(self) -> None:
        """Nothing waits here."""

    def interrupt(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """Nothing is open here."""


class RecordingView:
    """A view that shows nothing and remembers every board.

    Args:
        on_draw: Called with each board, before it is remembered; may raise, to be a view that breaks.

    Attributes:
        boards: What was drawn, oldest first.
        calls: "open", "draw", "close", in order.
    """

    def __init__(self, on_draw: Callable[[Board], object] | None = None) -> None:
        self.boards: list[Board] = []
        self.calls: list[str] = []
        self._on_draw = on_draw

    def open(self) -> None:
        """Remember it."""
        self.calls.append("open")

    def draw(self, board: Board) -> None:
        """Remember the board."""
        self.calls.append("draw")
        if self._on_draw is not None:
            self._on_draw(board)
        self.boards.append(board)

    def close(self) -> None:
        """Remember it."""
        self.calls.append("close")
