"""MLflow's SQLite database: the tables of its tracking store -> runs.

A row is one record of `metrics`, in the order of writing: MLflow does not record which of them were logged by one call.
It stores a NaN as 0 with a mark, and an infinity as the largest float64.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from livemon.readers.base import Facts
from livemon.readers.databases import AXES, DatabaseFormat, Position, Row, Run
from livemon.readers.encodings.column_builder import RowsBuilder
from livemon.readers.encodings.numbers import parse_number
from livemon.states import Reason, State
from livemon.tables.anomalies import Anomaly
from livemon.tables.table import Block

__all__ = ["MlflowSqlite", "config_from", "state_from"]

DEFAULT_EXPERIMENT = "0"
_KEPT_TAGS = ("mlflow.source.git.commit", "mlflow.parentRunId")
_COLUMNS = "rowid, key, value, timestamp, step, is_nan"


class MlflowSqlite(DatabaseFormat):
    """MLflow's tracking database (`sqlite:///mlflow.db`).

    A run is called `<experiment>.<run name>`, or just `<run name>` in MLflow's default experiment. Of runs with the
    same name, the later ones get the first 8 characters of their id at the end. `mlflow.db/<run id>` opens a run as
    well, and `mlflow.db/<run name>` the newest of that name. Runs that were deleted in MLflow are not listed.

    Columns: `step`, `timestamp` (unix seconds; MLflow has milliseconds), and the metrics by their keys.
    """

    name = "MLflow (SQLite)"
    records = True
    columns: ClassVar[Mapping[str, frozenset[str]]] = {
        "metrics": frozenset(("key", "run_uuid")),
        "runs": frozenset(("run_uuid", "experiment_id")),
        "experiments": frozenset(("experiment_id",)),
        "params": frozenset(("key", "run_uuid")),
        "tags": frozenset(("key", "run_uuid")),
    }

    def list_runs(self, connection: sqlite3.Connection) -> list[Run]:
        """The runs that are not deleted, in the order of their starts."""
        rows = connection.execute(
            "SELECT runs.run_uuid, runs.name, tags.value, experiments.name, experiments.experiment_id FROM runs "
            "LEFT JOIN experiments ON experiments.experiment_id = runs.experiment_id "
            "LEFT JOIN tags ON tags.run_uuid = runs.run_uuid AND tags.key = 'mlflow.runName' "
            "WHERE runs.lifecycle_stage IS NOT 'deleted' AND typeof(runs.run_uuid) = 'text' "
            "ORDER BY runs.start_time, runs.rowid")
        return [_run(*row) for row in rows]

    def has_run(self, connection: sqlite3.Connection, run_id: str) -> bool:
        """Whether the run exists, deleted in MLflow or not."""
        return connection.execute("SELECT 1 FROM runs WHERE run_uuid = ?", (run_id,)).fetchone() is not None

    def row_at(self, connection: sqlite3.Connection, run_id: str, rowid: int) -> Row | None:
        """The record with this rowid."""
        row: Row | None = connection.execute(
            f"SELECT {_COLUMNS} FROM metrics WHERE rowid = ? AND run_uuid = ?", (rowid, run_id)).fetchone()
        return row

    def rows_behind(
        self, connection: sqlite3.Connection, run_id: str, position: Position, limit: int
    ) -> tuple[list[Row], Position]:
        """The next records. MLflow's index on the run leads to them directly.

        The rowids of deleted runs are used again, but new ones are never below those of this run.
        """
        rows = connection.execute(
            f"SELECT {_COLUMNS} FROM metrics WHERE run_uuid = ? AND rowid > ? ORDER BY rowid LIMIT ?",
            (run_id, position.rowid, limit)).fetchall()
        return rows, Position(rows[-1][0], rows[-1]) if rows else position

    def block(self, rows: Sequence[Row], path: Path) -> tuple[Block | None, list[Anomaly]]:
        """One row for each record."""
        builder, anomalies = RowsBuilder(), []
        for rowid, key, value, milliseconds, step, is_nan in rows:
            if not (isinstance(key, str) and isinstance(value, float | int) and isinstance(step, int)
                    and isinstance(milliseconds, int)):
                anomalies.append(Anomaly("row rejected", str(path), rowid, f"{key}: not a name and numbers"))
                continue
            builder.next_row()
            builder.put("step", step)
            builder.put("timestamp", milliseconds / 1000)
            builder.put(f"{key}.1" if key in AXES else key, float("nan") if is_nan else _with_infinity(value))
        return builder.block(), anomalies

    def facts(self, connection: sqlite3.Connection, run_id: str) -> Facts:
        """The parameters and tags, the status, and the name."""
        name, status, stage, experiment = connection.execute(
            "SELECT runs.name, runs.status, runs.lifecycle_stage, experiments.name FROM runs "
            "LEFT JOIN experiments ON experiments.experiment_id = runs.experiment_id WHERE run_uuid = ?", (run_id,)
        ).fetchone()
        params, tags = (
            connection.execute(
                f"SELECT key, value FROM {table} WHERE run_uuid = ? AND typeof(key) = 'text'", (run_id,)).fetchall()
            for table in ("params", "tags"))
        state, reason, evidence = state_from(status)
        notes = ("the run was deleted in MLflow, where it can be restored",) if stage == "deleted" else ()
        called = str(name or dict(tags).get("mlflow.runName") or "")
        config = config_from(params, tags, str(experiment or ""))
        return Facts(config, state, evidence, name=called, odd=notes, reason=reason)


def _run(run_id: str, name: str | None, tag: str | None, experiment: str | None, experiment_id: Any) -> Run:
    bare = str(name or tag or run_id)
    is_default = experiment is None or str(experiment_id) == DEFAULT_EXPERIMENT
    return Run(str(run_id), bare if is_default else f"{experiment}.{bare}", bare)


def _with_infinity(value: float) -> float:
    if abs(value) == sys.float_info.max:
        return float("inf") if value > 0 else float("-inf")
    return float(value)


# -- common to both of MLflow's stores

_Pairs = Iterable[tuple[str, Any]]

_NUMBERED = {"1": "RUNNING", "2": "SCHEDULED", "3": "FINISHED", "4": "FAILED", "5": "KILLED"}
_STATES = {
    "RUNNING": State.RUNNING, "FINISHED": State.FINISHED, "FAILED": State.FAILED, "KILLED": State.FAILED,
}
_REASONS = {"KILLED": Reason.KILLED}


def state_from(status: Any) -> tuple[State | None, Reason | None, str]:
    """The state according to MLflow's status (a word or a number), the reason, and the evidence in words."""
    if status is None:
        return None, None, ""
    word = _NUMBERED.get(str(status), str(status))
    evidence = f"MLflow's status is {word}"
    if word == "RUNNING":
        evidence += ", which a killed process leaves as it is"
    return _STATES.get(word), _REASONS.get(word), evidence


def config_from(params: _Pairs, tags: _Pairs, experiment: str) -> dict[str, Any]:
    """The run's settings: the parameters by their names, the users' tags, and the experiment.

    MLflow stores only texts: a text that Python would write for a number or a truth value is read as that.
    """
    config = {key: _value(text) for key, text in params}
    for key, text in tags:
        if not key.startswith("mlflow.") or key in _KEPT_TAGS:
            config.setdefault(key, _value(text))
    if experiment:
        config.setdefault("mlflow.experiment", experiment)
    return config


def _value(text: Any) -> Any:
    if not isinstance(text, str):
        return repr(text) if isinstance(text, bytes) else text
    if text in ("True", "False"):
        return text == "True"
    try:
        number = parse_number(text)
    except OverflowError:
        return text
    return number if number is not None and str(number) == text else text
