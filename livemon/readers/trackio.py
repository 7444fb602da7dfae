"""trackio's SQLite database, one for each project: JSON in table cells -> runs.

A row is one call of `trackio.log`. The database does not record the end of a run.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from livemon.readers.base import Facts
from livemon.readers.databases import AXES, DatabaseFormat, Position, Row, Run, columns_of
from livemon.readers.encodings.json_rows import DECODER, DEEPEST, plain_block_of
from livemon.tables.anomalies import Anomaly
from livemon.tables.plain import leaves
from livemon.tables.table import Block

__all__ = ["Trackio"]

_NOT_FINITE = {word: DECODER.decode(word) for word in ("NaN", "Infinity", "-Infinity")}


class Trackio(DatabaseFormat):
    """trackio's database (`<TRACKIO_DIR>/<project>.db`), of versions with and without run ids.

    A run is called by its name; of runs with the same name, the later ones get the first 8 characters of their id at
    the end. `project.db/<run id>` opens a run as well. Up to about version 0.12, runs have only names.

    Columns: `step`, `timestamp` (unix seconds; trackio has ISO times), and the logged numbers, truth values and texts;
    a value in a dictionary is `outer/inner`. Pictures, tables and histograms are left out, and so are system metrics,
    which have no step.
    """

    name = "trackio"
    columns: ClassVar[Mapping[str, frozenset[str]]] = {
        "metrics": frozenset(("run_name", "metrics")),
        "configs": frozenset(("run_name", "config")),
    }

    def list_runs(self, connection: sqlite3.Connection) -> list[Run]:
        """The runs that have logged something, in the order of their first rows."""
        key = _key(connection)
        # This goes from run to run along the index: DISTINCT would read every row.
        rows = connection.execute(
            f"WITH RECURSIVE known(id) AS (SELECT min({key}) FROM metrics WHERE typeof({key}) = 'text' UNION ALL "
            f"SELECT (SELECT min({key}) FROM metrics WHERE {key} > known.id AND typeof({key}) = 'text') FROM known "
            f"WHERE known.id IS NOT NULL) SELECT id FROM known WHERE id IS NOT NULL").fetchall()
        runs = []
        for (run_id,) in rows:
            first = connection.execute(
                f"SELECT timestamp, rowid, run_name FROM metrics WHERE {key} = ? ORDER BY timestamp LIMIT 1", (run_id,)
            ).fetchone()
            runs.append((str(first[0]), first[1], Run(str(run_id), str(first[2]))))
        return [run for _, _, run in sorted(runs, key=lambda rows: rows[:2])]

    def has_run(self, connection: sqlite3.Connection, run_id: str) -> bool:
        """Whether the run has a row."""
        rows = connection.execute(f"SELECT 1 FROM metrics WHERE {_key(connection)} = ? LIMIT 1", (run_id,))
        return rows.fetchone() is not None

    def row_at(self, connection: sqlite3.Connection, run_id: str, rowid: int) -> Row | None:
        """The row with this id."""
        row: Row | None = connection.execute(
            f"SELECT rowid, step, timestamp, metrics FROM metrics WHERE rowid = ? AND {_key(connection)} = ?",
            (rowid, run_id)).fetchone()
        return row

    def rows_behind(
        self, connection: sqlite3.Connection, run_id: str, position: Position, limit: int
    ) -> tuple[list[Row], Position]:
        """The next rows. Ids are never used again, so the rows of other runs are read only once."""
        if position.rowid == 0:
            position = self._start(connection, run_id)
        key = _key(connection)
        end, = connection.execute("SELECT max(rowid) FROM metrics").fetchone()
        ranges = [(position.rowid, end)]
        if position.gap is not None:
            ranges = [(position.rowid, position.gap[0]), (position.gap[1], end)]
        rows: list[Row] = []
        for start, stop in ranges:
            rows += connection.execute(
                f"SELECT rowid, step, timestamp, metrics FROM metrics WHERE rowid > ? AND rowid <= ? AND +{key} = ? "
                "ORDER BY rowid LIMIT ?", (start, stop, run_id, limit - len(rows)))
        last = rows[-1] if rows else position.last
        if len(rows) < limit:
            return rows, Position(end, last)
        gap = position.gap if position.gap and rows[-1][0] <= position.gap[0] else None
        return rows, Position(rows[-1][0], last, gap)

    def _start(self, connection: sqlite3.Connection, run_id: str) -> Position:
        """The position before the run's first row. If the table goes on after its last one, that part is a gap."""
        key = _key(connection)
        first, last = connection.execute(
            f"SELECT min(rowid), max(rowid) FROM metrics WHERE {key} = ?", (run_id,)).fetchone()
        end, = connection.execute("SELECT max(rowid) FROM metrics").fetchone()
        return Position(first - 1, gap=(last, end))

    def block(self, rows: Sequence[Row], path: Path) -> tuple[Block | None, list[Anomaly]]:
        """One row for each call."""
        taken: list[dict[str, Any]] = []
        rowids, anomalies = [], []
        for rowid, step, timestamp, text in rows:
            logged = _parse(text)
            if logged is None or not isinstance(step, int):
                anomalies.append(Anomaly("row rejected", str(path), rowid, "the row holds no JSON object, or no step"))
                continue
            row: dict[str, Any] = {"step": step}
            if (seconds := _seconds(timestamp)) is not None:
                row["timestamp"] = seconds
            row.update((f"{name}.1" if name in AXES else name, value) for name, value in _flat(logged))
            taken.append(row)
            rowids.append(rowid)
        block, too_large = plain_block_of(taken)
        anomalies += [Anomaly("overflow", str(path), rowids[cell.row],
                              f"{cell.name}: the number is too large for a float64") for cell in too_large]
        return block if taken else None, anomalies

    def facts(self, connection: sqlite3.Connection, run_id: str) -> Facts:
        """The configuration without trackio's own entries (`_Created`, ...), and the name."""
        row = connection.execute(
            f"SELECT run_name FROM metrics WHERE {_key(connection)} = ? LIMIT 1", (run_id,)).fetchone()
        name = str(row[0]) if row else ""
        key = _key(connection, "configs")
        known_by = run_id if key == "run_id" else name
        row = connection.execute(
            f"SELECT config FROM configs WHERE {key} = ? ORDER BY rowid DESC LIMIT 1", (known_by,)).fetchone()
        config = (_parse(row[0]) if row else None) or {}
        return Facts({key: value for key, value in config.items() if not key.startswith("_")}, name=name)


def _key(connection: sqlite3.Connection, table: str = "metrics") -> str:
    """The column that identifies a run."""
    return "run_id" if "run_id" in columns_of(connection, table) else "run_name"


def _parse(text: Any) -> dict[str, Any] | None:
    """The JSON object in a cell, or None."""
    try:
        value = DECODER.decode(text.decode("utf-8", "replace") if isinstance(text, bytes) else text)
    except (ValueError, TypeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _flat(logged: Mapping[str, Any]) -> Iterator[tuple[str, float | str]]:
    """The names and values of numbers, truth values and texts, up to DEEPEST levels deep."""
    for name, _, value in leaves(logged, "/", lambda value, depth: "_type" in value or depth > DEEPEST):
        if isinstance(value, bool):
            yield name, str(value)
        elif isinstance(value, str):
            yield name, _NOT_FINITE.get(value, value)
        elif isinstance(value, int | float):
            yield name, value


def _seconds(timestamp: Any) -> float | None:
    """An ISO time in unix seconds; without a time zone it is in UTC."""
    try:
        time = datetime.fromisoformat(timestamp)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
