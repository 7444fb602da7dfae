"""Writes a database as MLflow or trackio do, for tests that read it meanwhile.

`python database_writer.py KIND PATH CALLS`. A fake: the tables and statements are those of MLflow 3.17 and of trackio
0.43, without the columns that livemon does not look at. It prints "ready" when the tables are there, begins at a line
on its standard input, and prints at the end what SQLite refused it, and the seconds that each call took, as JSON.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from pathlib import Path

MLFLOW = """
CREATE TABLE experiments (experiment_id INTEGER NOT NULL, name VARCHAR(256) NOT NULL, lifecycle_stage VARCHAR(32),
    CONSTRAINT experiment_pk PRIMARY KEY (experiment_id));
CREATE TABLE runs (run_uuid VARCHAR(32) NOT NULL, name VARCHAR(250), user_id VARCHAR(256), status VARCHAR(9),
    start_time BIGINT, end_time BIGINT, lifecycle_stage VARCHAR(20), experiment_id INTEGER,
    CONSTRAINT run_pk PRIMARY KEY (run_uuid));
CREATE TABLE metrics ("key" VARCHAR(250) NOT NULL, value FLOAT NOT NULL, timestamp BIGINT NOT NULL,
    run_uuid VARCHAR(32) NOT NULL, step BIGINT DEFAULT '0' NOT NULL, is_nan BOOLEAN DEFAULT '0' NOT NULL,
    CONSTRAINT metric_pk PRIMARY KEY ("key", timestamp, step, run_uuid, value, is_nan));
CREATE INDEX index_metrics_run_uuid ON metrics (run_uuid);
CREATE TABLE params ("key" VARCHAR(250) NOT NULL, value VARCHAR(8000) NOT NULL, run_uuid VARCHAR(32) NOT NULL,
    CONSTRAINT param_pk PRIMARY KEY ("key", run_uuid));
CREATE INDEX index_params_run_uuid ON params (run_uuid);
CREATE TABLE tags ("key" VARCHAR(250) NOT NULL, value VARCHAR(8000), run_uuid VARCHAR(32) NOT NULL,
    CONSTRAINT tag_pk PRIMARY KEY ("key", run_uuid));
CREATE INDEX index_tags_run_uuid ON tags (run_uuid);
INSERT INTO experiments VALUES (0, 'Default', 'active'), (1, 'exp/1', 'active');
"""
TRACKIO = """
CREATE TABLE metrics (id INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL, timestamp TEXT NOT NULL,
    run_name TEXT NOT NULL, step INTEGER NOT NULL, metrics TEXT NOT NULL, log_id TEXT, space_id TEXT);
CREATE TABLE configs (id INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL, run_name TEXT NOT NULL,
    config TEXT NOT NULL, created_at TEXT NOT NULL, UNIQUE(run_id));
CREATE INDEX idx_metrics_run_step ON metrics(run_id, step);
CREATE INDEX idx_metrics_run_timestamp ON metrics(run_id, timestamp);
"""
TRACKIO_WITHOUT_IDS = """
CREATE TABLE metrics (id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp TEXT NOT NULL, run_name TEXT NOT NULL,
    step INTEGER NOT NULL, metrics TEXT NOT NULL);
CREATE TABLE configs (id INTEGER PRIMARY KEY AUTOINCREMENT, run_name TEXT NOT NULL, config TEXT NOT NULL,
    created_at TEXT NOT NULL, UNIQUE(run_name));
CREATE INDEX idx_metrics_run_step ON metrics(run_name, step);
CREATE INDEX idx_metrics_run_timestamp ON metrics(run_name, timestamp);
"""


class Mlflow:
    """Keeps its connection, as SQLAlchemy's pool does; a call of `log_metrics` is a transaction."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, timeout=20)
        self.connection.executescript(MLFLOW)
        with self.connection:
            self.connection.execute("INSERT INTO runs VALUES ('a1', 'live', 'me', 'RUNNING', 1, NULL, 'active', 0)")

    def log(self, step: int) -> None:
        with self.connection:
            records = [(key, 1 / (step + 1), 1000 * step, "a1", step, 0) for key in ("train_loss", "val/loss")]
            self.connection.executemany("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)", records)

    def finish(self) -> None:
        with self.connection:
            self.connection.execute("UPDATE runs SET status = 'FINISHED', end_time = 2 WHERE run_uuid = 'a1'")
        self.connection.close()


class Trackio:
    """Opens and closes the database for each batch; does not wait at all where SQLite would have it wait."""

    def __init__(self, path: Path) -> None:
        self.path = path
        connection = self._connect()
        connection.executescript(TRACKIO)
        connection.close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=0)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    def log(self, step: int) -> None:
        connection = self._connect()
        with connection:
            logged = json.dumps({"train/loss": 1 / (step + 1)}).encode()
            connection.execute(
                "INSERT INTO metrics (timestamp, run_id, run_name, step, metrics) VALUES (?, ?, ?, ?, ?)",
                ("2026-01-01T00:00:00+00:00", "a1", "live", step, logged))
        connection.close()

    def finish(self) -> None:
        pass


def main(kind: str, path: Path, calls: int) -> None:
    writer = {"mlflow": Mlflow, "trackio": Trackio}[kind](path)
    print("ready", flush=True)
    sys.stdin.readline()
    took, refused = [], []
    for step in range(calls):
        started = time.perf_counter()
        try:
            writer.log(step)
        except sqlite3.OperationalError as error:
            refused.append(str(error))
        took.append(time.perf_counter() - started)
        time.sleep(0.002)
    writer.finish()
    print(json.dumps({"refused": refused, "took": took}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
