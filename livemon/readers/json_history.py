"""A history in one JSON document, rewritten with each row: by Chainer, Keras, Sacred and many custom loops.

There are three shapes: a list of objects, each a row (Chainer's `log`); an object of lists, each a metric (the history
of Keras); an object of metrics with `steps` and `values` (Sacred's `metrics.json`). Lists may be one object deeper.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from livemon.readers.base import Facts, Format, Reader
from livemon.readers.encodings.json_rows import DECODER, flattened
from livemon.readers.whole_file import Points, Rows, WholeFileReader
from livemon.system.listing import Listing, oldest_first, read_bytes
from livemon.tables.names import is_x, tells_of_training

__all__ = ["JsonHistory", "Sacred", "history_in"]

LARGEST_BYTES = 1 << 30
MOST_FILES = 20  # opened in one folder: data sets have folders with a million JSON files
_NAME = re.compile(r"log|(.*[-_. ])?(log|logs|history|hist|metrics?|loss|losses|train|training|results?|progress|stats|"
                   r"scores?|curves?|report)([-_. 0-9].*)?\.json", re.IGNORECASE)
_ROW = re.compile(rb'\s*\[\s*\{\s*"')
_LIST_OF_NUMBERS = re.compile(rb'"((?:[^"\\]|\\.)*)"\s*:\s*\[\s*"?(?:-?\d|NaN|-?Inf|null)')
_LIST_OF_ROWS = re.compile(rb'"(?:[^"\\]|\\.)*"\s*:\s*\[\s*\{\s*"')
_SACRED = re.compile(rb'\s*\{\s*"(?:[^"\\]|\\.)*"\s*:\s*\{\s*"(steps|values|timestamps)"\s*:\s*\[')
# pandas' `to_json`: {"loss":{"0":1.5, ... or {"0":{"loss":1.5, ...; {"columns":["loss"],"index":[0],"data":[[1.5]]}
_FRAME = re.compile(rb'\s*\{\s*"(?:[^"\\]|\\.)*"\s*:\s*\{\s*"0"\s*:\s*(?:-?\d|null|NaN|")|'
                    rb'\s*\{\s*"0"\s*:\s*\{\s*"(?:[^"\\]|\\.)*"\s*:\s*(?:-?\d|null|NaN|")')
_SPLIT = re.compile(rb'\s*\{\s*"columns"\s*:\s*\[\s*"')
_SPLIT_ROWS = re.compile(rb'"data"\s*:\s*\[\s*\[')
_NAMED = re.compile(rb'"((?:[^"\\]|\\.)*[A-Za-z](?:[^"\\]|\\.)*)"')
_NUMBER_NAMED = re.compile(rb'"((?:[^"\\]|\\.)*)"\s*:\s*(?:-?\d|NaN|-?Infinity)')


def history_in(content: Any) -> Rows | Points:
    """The rows, or the points of each metric, in a document. Raises ValueError if it is not a history."""
    if isinstance(content, dict) and content and all(map(_is_sacred, content.values())):
        return _sacred_points(content)
    if isinstance(content, list):
        return _rows_of(content)
    if not isinstance(content, dict):
        raise ValueError("it is neither a list of rows nor an object of lists")
    if (rows := _rows_of_a_frame(content)) is not None:
        return rows
    if _is_catboost(content):
        return _rows_of_catboost(content)
    lists = [value for value in content.values() if isinstance(value, list) and value and isinstance(value[0], dict)]
    if lists:
        return _rows_of(max(lists, key=len))
    return _points_of(content)


def _rows_of(entries: Sequence[Any]) -> Rows:
    rows = []
    for entry in entries:
        if not isinstance(entry, dict):
            raise ValueError("its list holds something other than objects")
        rows.append(flattened(entry))
    return Rows(rows)


def _is_catboost(content: Mapping[str, Any]) -> bool:
    meta = content.get("meta")
    return isinstance(meta, dict) and isinstance(content.get("iterations"), list) and "learn_metrics" in meta


def _rows_of_catboost(content: Mapping[str, Any]) -> Rows:
    """The rows of `catboost_training.json`, whose `meta` names the data sets, and the metrics in a row's lists."""
    meta = content["meta"]
    metrics = {name: [_name_of_metric(metric) for metric in meta.get(f"{kind}_metrics") or ()]
               for kind in ("learn", "test") for name in meta.get(f"{kind}_sets") or ()}
    rows = []
    for row in _rows_of(content["iterations"]).rows:
        values = {name: value for name, value in row.items() if not isinstance(value, list)}
        for part, names in metrics.items():
            listed = row.get(part)
            values |= {f"{part}/{name}": value for name, value in zip(names, listed, strict=False)
                       if value is not None} if isinstance(listed, list) else {}
        rows.append(values)
    return Rows(rows)


def _name_of_metric(metric: Any) -> str:
    return str(metric.get("name")) if isinstance(metric, dict) else str(metric)


def _rows_of_a_frame(content: Mapping[str, Any]) -> Rows | None:
    """The rows of a table in a form of pandas' `to_json`: by columns, by rows, or `split` into names and rows; None if
    it is not such a table."""
    names, data = content.get("columns"), content.get("data")
    if "schema" in content and isinstance(data, list):
        return Rows([_of_its_columns(row) for row in _rows_of(data).rows])
    if isinstance(names, list) and isinstance(data, list):
        if not all(isinstance(row, list) and len(row) == len(names) for row in data):
            raise ValueError("its rows do not have a cell for each of its columns")
        return Rows([_of_its_columns(dict(zip(map(str, names), row, strict=True))) for row in data])
    parts = list(content.values())
    if not parts or not all(isinstance(part, dict) and part for part in parts):
        return None
    if all(map(_is_whole, content)) and not any(_is_whole(name) for part in parts for name in part):
        return _with_places(content)
    if not all(_is_whole(position) for part in parts for position in part):
        return None
    positions = dict.fromkeys(position for part in parts for position in part)
    return _with_places({position: {name: part[position] for name, part in content.items()
                                    if part.get(position) is not None} for position in positions})


def _with_places(rows: Mapping[str, Mapping[str, Any]]) -> Rows:
    """The rows of a frame, by its index. If that does not just count the rows, it becomes their step."""
    counts = [*map(int, rows)] == list(range(len(rows)))
    return Rows([({} if counts or any(map(is_x, row)) else {"step": int(position)}) | _of_its_columns(flattened(row))
                 for position, row in rows.items()])


def _is_whole(position: str) -> bool:
    return position.isascii() and position.isdigit()


def _of_its_columns(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row without the index that pandas gives it."""
    return {name: value for name, value in row.items() if name not in ("index", "Unnamed: 0", "level_0")}


def _points_of(content: Mapping[str, Any]) -> Points:
    """The points of an object of lists: each list of numbers is a metric, with the index as its x unless one of the
    lists is an x."""
    lists = {name: list(map(_number, values)) for name, values in flattened(content).items() if _is_metric(values)}
    if not lists:
        raise ValueError("it has no list of numbers")
    return Points(lists, {}, ())


def _sacred_points(content: Mapping[str, Any]) -> Points:
    lists: dict[str, list[Any]] = {}
    axes: dict[str, dict[str, list[Any]]] = {}
    for name, metric in content.items():
        lists[name] = list(map(_number, metric["values"]))
        axes[name] = {"step": list(map(_number, metric["steps"])),
                      "timestamp": list(map(_unix, metric.get("timestamps", ())))}
    return Points(lists, axes, ("timestamp",))


def _is_sacred(metric: Any) -> bool:
    return isinstance(metric, dict) and isinstance(metric.get("steps"), list) and isinstance(metric.get("values"), list)


def _is_metric(values: Any) -> bool:
    """Whether a value is a list of numbers. Some may be missing, or written as texts."""
    return isinstance(values, list) and any(_is_a_number(_number(value)) for value in values[:50]) and not any(
        isinstance(value, list) for value in values)


def _is_a_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: Any) -> Any:
    """A value as it is shown: jsonpickle, which Sacred uses, wraps NumPy's numbers in objects."""
    if isinstance(value, dict):
        return value.get("value")
    if isinstance(value, str):
        try:
            return float(value) if re.fullmatch(r"[-+.\deE]+|-?(nan|inf|infinity)", value, re.IGNORECASE) else value
        except ValueError:
            return value
    return value


def _unix(text: Any) -> float | None:
    """A time stamp of Sacred, which is in UTC, in unix seconds."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _parse(data: bytes) -> Rows | Points:
    if not data.strip():
        return Rows([])
    return history_in(DECODER.decode(data.decode("utf-8-sig", "replace")))


class JsonHistory(Format):
    """Documents of any writer: Chainer's `log`, a Keras history, or one saved by a loop with `json.dump`."""

    name = "JSON history"
    generic = True
    ordered = False

    def find(self, folder: Listing) -> list[Path]:
        """The documents in the folder, or in its `logs`, with the name and the first bytes of a history."""
        paths = []
        for candidate in (folder, folder.below("logs")):
            names = [name for name in candidate.files if _NAME.fullmatch(name)][:MOST_FILES]
            paths += [candidate.path / name for name in names if _is_a_log(candidate.head(name))]
        return oldest_first(paths)

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether the file begins like a list of objects with numbers, or like an object with a list of numbers."""
        head = head.removeprefix(b"\xef\xbb\xbf")
        if _FRAME.match(head) or (_SPLIT.match(head) and _SPLIT_ROWS.search(head)):
            return True
        if _ROW.match(head):
            return bool(_NUMBER_NAMED.search(head))
        if head.lstrip().startswith(b"{") and not _is_json_line(head):
            rows = _LIST_OF_ROWS.search(head)
            return bool(_LIST_OF_NUMBERS.search(head) or (rows and _NUMBER_NAMED.search(head, rows.start())))
        return False

    def open(self, path: Path, *, plain: bool = False) -> Reader:
        """A reader for one document."""
        axis = "epoch" if "hist" in path.name.lower() else "step"
        return WholeFileReader(path, _parse, LARGEST_BYTES, axis=axis, plain=plain)


class SacredReader(WholeFileReader):
    """Follows one `metrics.json`; the `run.json` beside it says how the run ended."""

    @property
    def facts(self) -> Facts:
        """How the run ended, if Sacred has noted it."""
        try:
            run = json.loads(read_bytes(self.path.with_name("run.json"), 1 << 20))
        except (ValueError, RecursionError):
            return Facts()
        status = run.get("status") if isinstance(run, dict) else None
        states = {"COMPLETED": "finished", "FAILED": "failed", "INTERRUPTED": "failed", "TIMEOUT": "failed"}
        state = states.get(status) if isinstance(status, str) else None
        return Facts(state=state, evidence=f"Sacred's run.json says {status}") if state else Facts()  # type: ignore[arg-type]


class Sacred(Format):
    """The `metrics.json` that Sacred's FileStorageObserver writes into a run's folder."""

    name = "Sacred"
    records = True
    ordered = False

    def find(self, folder: Listing) -> list[Path]:
        """The file in the run's folder."""
        name = "metrics.json"
        return [folder.path / name] if name in folder.files and _SACRED.match(folder.head(name)) else []

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether the file begins with a metric that has steps and values."""
        return _SACRED.match(head) is not None

    def open(self, path: Path, *, plain: bool = False) -> Reader:
        """A reader for one run."""
        return SacredReader(path, _parse, LARGEST_BYTES, axis="step", plain=plain)


def _is_json_line(head: bytes) -> bool:
    """Whether the first line is a whole object with another one below it: then the file has JSON lines."""
    first, _, second = head.partition(b"\n")
    return first.rstrip().endswith(b"}") and second.lstrip().startswith(b"{")


def _is_a_log(head: bytes) -> bool:
    """Whether a document is a history: a list, or a number in a row, has a name that tells of a training."""
    if _SACRED.match(head) or not JsonHistory().recognises(Path(), head):
        return False
    if _FRAME.match(head) or _SPLIT.match(head):
        return tells_of_training(match[1].decode("utf-8", "replace") for match in _NAMED.finditer(head))
    named = (*_LIST_OF_NUMBERS.finditer(head), *(_NUMBER_NAMED.finditer(head) if not _is_of_lists(head) else ()))
    return tells_of_training(match[1].decode("utf-8", "replace") for match in named)


def _is_of_lists(head: bytes) -> bool:
    return _ROW.match(head) is None and _LIST_OF_ROWS.search(head) is None
