from __future__ import annotations

import json
import math
import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livemon.readers import jsonlines as module
from livemon.readers.base import read_table
from livemon.readers.jsonlines import JsonLines, JsonLinesReader, Sb3Progress
from livemon.readers.registry import format_of, reader_for
from livemon.system.listing import HEAD_BYTES, LONGEST_HEAD, Listing
from livemon.tables.table import Table

DATA = Path(__file__).parents[1] / "data"
CUTS = settings(max_examples=60, derandomize=True, database=None,
                suppress_health_check=[HealthCheck.function_scoped_fixture])

LINES = st.one_of(
    st.sampled_from(['{"step": 1, "loss": 0.5}', '{"loss": NaN}', '{"a": {"b": 2}}', "", "  ", "{", "[1]", "x",
                     '"\\ud800"', '{"loss": 1e400}', '{"loss": -Infinity, "step": 2}', '{"a":1},{"b":2}', '{"c":[1',
                     "2]}", '{"t": true, "n": null, "s": "x"}', '{"step": 18446744073709551616}', '{"é": 1}',
                     "\ufeff{}", "{}", '{"event": "start", "config": {"lr": 0.1}}', '{"type": "config", "lr": 2}',
                     '{"step": 3, "config": {"lr": 1}}']),
    st.dictionaries(st.sampled_from(["step", "loss", "lr"]), st.one_of(st.integers(), st.floats()), min_size=1)
    .map(json.dumps),
)


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


@CUTS
@given(st.lists(LINES, max_size=12), st.lists(st.integers(0, 400), max_size=5), st.sampled_from(["\n", "\r\n"]),
       st.booleans())
def test_any_cutting_and_both_ways_give_the_same(
    tmp_path: Path, checks: Any, lines: list[str], cuts: list[int], end: str, broken: bool
) -> None:
    """However the bytes come, and line by line or many at once: the same rows, and the same is odd."""
    data = "".join(line + end for line in lines).encode() + (b'{"half": ' if broken else b"")
    data = data.replace(b"x", b"\xff") if broken else data
    path = tmp_path / "metrics.jsonl"
    whole = checks.grown(path, data, [], JsonLinesReader)
    assert checks.grown(path, data, cuts, JsonLinesReader) == whole
    assert checks.grown(path, data, [], lambda path: JsonLinesReader(path, plain=True)) == whole


@pytest.mark.parametrize(("first", "config"), [
    ('{"event": "start", "name": "x", "config": {"opt": "adam"}}', {"opt": "adam"}),
    ('{"event": "start", "time": 1.7e9, "pid": 7, "hparams": {"lr": 0.1, "steps": 5}}', {"lr": 0.1, "steps": 5}),
    ('{"type": "config", "lr": 0.1, "batch": 8}', {"lr": 0.1, "batch": 8}), ('{"event": "start"}', {}),
    ('{"step": 0, "config": {"lr": 0.1}}', {"lr": 0.1}),
    ("", {}), ("\n ", {}), ('{"step": 0, "lo', {}), ('5, "loss": 0.1}', {}), ("null", {}), ("INFO: start", {}),
])
def test_first_lines_without_a_number(tmp_path: Path, first: str, config: dict[str, Any]) -> None:
    """A log whose first lines are an event, settings, blank or torn is a log all the same: its rows are read, what is
    settings is no row, and the run has them as its config."""
    for name in ("run7.jsonl", "metrics.json"):
        path = write(tmp_path / name, first, '{"step": 1, "loss": 0.5}', '{"step": 2, "loss": 0.25}')
        assert JsonLines().find(Listing(tmp_path)) == [path]
        assert JsonLines().recognises(path, path.read_bytes())
        reader = JsonLines().open(path)
        assert read_table(reader).columns["loss"].values.tolist() == [0.5, 0.25]
        assert reader.facts.config == config
        assert set(read_table(JsonLines().open(path)).columns) <= {"step", "loss", "event"}
        path.unlink()


def test_settings_in_the_middle(tmp_path: Path) -> None:
    """A training that goes on writes its settings anew: they are settings there, too; a row with a metric stays one."""
    path = write(tmp_path / "a.jsonl", '{"step": 1, "loss": 1}', '{"event": "resume", "config": {"lr": 2}}',
                 '{"step": 2, "loss": 3, "config": {"x": 4}}', '{"type": "config", "step": 3, "loss": 5}')
    for plain in (False, True):
        reader = JsonLinesReader(path, plain=plain)
        assert read_table(reader).columns["loss"].values.tolist() == [1, 3, 5]
        assert reader.facts.config == {"lr": 2}


def test_a_log_without_a_step_is_data(tmp_path: Path) -> None:
    """A `*.jsonl` in which no line of the first names a step may be data, whatever numbers it has."""
    write(tmp_path / "data.jsonl", '{"event": "made"}', '{"id": 5, "text": "x"}')
    assert JsonLines().find(Listing(tmp_path)) == []
    assert not JsonLines().recognises(tmp_path / "notes.txt", b'INFO\n{"step": 1, "a": 2}\n{"step": 2, "a": 2}\n')


@pytest.mark.parametrize("end", ["", "\r"])
def test_the_fast_way_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    """Plain rows are never read line by line, and rows without objects in them are taken as they are."""
    path = write(tmp_path / "a.jsonl", *(json.dumps({"step": i, "n": {"a": i}}) + end for i in range(100)))
    monkeypatch.setattr(JsonLinesReader, "_line_by_line", None)
    assert read_table(JsonLinesReader(path)).n_rows == 100
    write(path, *(json.dumps({"step": i, "loss": math.nan}) + end for i in range(100)))
    monkeypatch.setattr(JsonLinesReader, "_shaped", None)
    assert read_table(JsonLinesReader(path)).n_rows == 100


def test_rows_keep_the_order_of_names(tmp_path: Path) -> None:
    """Columns stand in the order in which their names first appear, in whichever row."""
    path = write(tmp_path / "a.jsonl", '{"b": 1, "a": 2}', '{"c": 1, "a": 2}', '{"a": 3, "d": null, "b": 1}')
    table = read_table(JsonLinesReader(path))
    assert list(table.columns) == ["b", "a", "c", "d"]
    assert table.columns["a"].values.tolist() == [2, 2, 3]
    assert table.columns["b"].rows.tolist() == [0, 2]


@pytest.mark.parametrize("plain", [False, True])
def test_objects_in_rows_become_columns(tmp_path: Path, plain: bool) -> None:
    """A nested number is a column with "/" in its name; a brace in a text is no object; rows too deep are rejected."""
    deep = '{"a": ' * 60 + "1" + "}" * 60
    rows = ['{"eval": {"acc": 0.5, "by": {"cat": 1}}, "step": 1}', '{"step": 2, "s": "{"}', deep]
    path = write(tmp_path / "a.jsonl", *rows)
    update = JsonLinesReader(path, plain=plain).read()
    assert update.block is not None and list(update.block.cells) == ["eval/acc", "eval/by/cat", "step", "s"]
    assert update.block.cells["eval/acc"].values.tolist() == [0.5]
    assert [(odd.kind, odd.line) for odd in update.anomalies] == [("row rejected", 3)]


def test_broken_lines_are_counted_with_their_numbers(tmp_path: Path) -> None:
    """A line that is no object is rejected and told with its number; the lines around it are read."""
    path = write(tmp_path / "a.jsonl", '{"a": 1}', "", '{"a": ', "[2]", '{"a": 2} {"a": 3}', '{"a": 1e400}', '{"a": 4}')
    update = JsonLinesReader(path).read()
    assert [(odd.kind, odd.line) for odd in update.anomalies] == [
        ("row rejected", 3), ("row rejected", 4), ("row rejected", 5), ("overflow", 6)]
    assert update.block is not None and update.block.n_rows == 3
    assert update.block.cells["a"].values.tolist() == [1, 4]


def test_a_line_of_two_megabytes_is_skipped(tmp_path: Path) -> None:
    """A line longer than 1 MiB is skipped and counted."""
    path = write(tmp_path / "a.jsonl", '{"a": 1}', '{"a": "' + "x" * 2_000_000 + '"}', '{"a": 2}')
    odd: Counter[str] = Counter()
    table, reader = Table(), JsonLinesReader(path)
    for _ in range(4):
        update = reader.read()
        odd.update(anomaly.kind for anomaly in update.anomalies)
        if update.block is not None:
            table.append(update.block)
    assert odd == {"line too long": 1} and table.columns["a"].values.tolist() == [1, 2]


def test_a_file_that_begins_anew(tmp_path: Path) -> None:
    """A file that was replaced is read from its start, and says so."""
    path = write(tmp_path / "a.jsonl", '{"a": 1}', '{"a": 2}')
    reader = JsonLinesReader(path)
    assert reader.read().block is not None
    write(path, '{"b": 7}')
    update = reader.read()
    assert update.restarted and update.block is not None and list(update.block.cells) == ["b"]
    assert update.lines == b'{"b": 7}\n'


def test_names_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who makes a new name for each row does not fill the memory: what is too many is left out and counted."""
    monkeypatch.setattr(module, "MOST_NAMES", 5)
    path = write(tmp_path / "a.jsonl", *(f'{{"name{i}": 1}}' for i in range(9)))
    update = JsonLinesReader(path).read()
    assert update.block is not None and list(update.block.cells) == [f"name{i}" for i in range(5)]
    assert [(odd.kind, odd.count) for odd in update.anomalies] == [("too many names", 4)]


def test_awkward_sources_raise_nothing(tmp_path: Path, checks: Any) -> None:
    """Nothing that may lie in the place of the file raises."""
    checks.survives(JsonLines(), tmp_path, "metrics.jsonl", b'{"step": 1, "loss": 2}\n' * 9)


def test_what_is_refused(tmp_path: Path) -> None:
    """A binary file is unreadable, with the reason."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\0\1\2\n")
    reader = JsonLinesReader(path)
    for _ in range(2):
        update = reader.read()
        assert update.status == "unreadable" and "not text" in update.problem


def test_long_lines(tmp_path: Path) -> None:
    """Issue 16: whether a file is JSON lines is decided on whole lines, also where each has many thousand bytes, and
    whatever the file is called; so its metrics are the same under each name."""
    rows = [{"epoch": epoch, "train_loss": 1.0 / (epoch + 1), "boxes": [0.25] * 3000} for epoch in range(3)]
    for name in ("log.txt", "log.jsonl", "metrics.json", "any"):
        path = write(tmp_path / name, *map(json.dumps, rows))
        assert format_of(path) is not None and format_of(path).name == "JSON lines"  # type: ignore[union-attr]
        table = read_table(reader_for(path))
        assert list(table.columns) == ["epoch", "train_loss", "boxes"]
        assert table.columns["train_loss"].values.tolist() == [1.0, 0.5, 1 / 3]


def test_utf_16(tmp_path: Path) -> None:
    """Issue 16: lines that PowerShell's `>` has written in UTF-16 are read like others."""
    path = tmp_path / "log.jsonl"
    path.write_text('{"step": 1, "loss": 0.5}\n{"step": 2, "loss": 0.25}\n', encoding="utf-16")
    assert read_table(reader_for(path)).columns["loss"].values.tolist() == [0.5, 0.25]


@pytest.mark.parametrize(("name", "head", "expected"), [
    ("metrics.jsonl", b'{"loss": 1}\n', True),
    ("any.jsonl", b'{"a": {"b": 1}}\n', True),
    ("any.jsonl", b'{"a": "1", "b": true}\n', False),  # no number in it
    ("any.jsonl", b'{"a": 1}', False),  # a line that is not there yet
    ("any.jsonl", b"[1]\n", False),
    ("any.jsonl", b"{\n", False),
    ("params.json", b'{"lr": 1}\n', False),  # one object is no log
    ("log.txt", b'{"a": 1}\n{"a": 2}\n', True),
    ("log.txt", b'{"a": 1}\nhello\n', False),
    ("any.jsonl", b'{"a": 1, "b": "\0' + b"x" * HEAD_BYTES, False),
    ("any.jsonl", b'{"a": 1, "b": ' + b'{"c": ' * 50 + b"1" + b"}" * 51 + b"\n", False),  # too deep for a row
    ("metrics.json", b'\xef\xbb\xbf{"a": 1}\n', True),
    ("any.jsonl", b'{"t": "\xff", "a": 1}\n', True),
    ("any.jsonl", b'{"a": 1, "b": "' + b"x" * HEAD_BYTES, False),  # a line that is not there yet
    ("any.jsonl", b'{"a": 1, "b": "' + b"x" * LONGEST_HEAD, True),  # a line that is too long, which is told
    ("any.jsonl", b"", False),
])
def test_what_is_recognised(name: str, head: bytes, expected: bool) -> None:
    """A file whose first line is an object with a number in it; other names than *.jsonl need two such lines."""
    assert JsonLines().recognises(Path(name), head) is expected


def test_what_is_found_in_a_folder(tmp_path: Path) -> None:
    """Logs by their names, other *.jsonl if they have a step, also in `logs`, oldest first; no data, no summaries."""
    (tmp_path / "logs").mkdir()
    write(tmp_path / "logs" / "b.jsonl", '{"epoch": 1}')
    write(tmp_path / "metrics.json", '{"iteration": 20, "total_loss": 2.5}')  # Detectron2
    write(tmp_path / "data.jsonl", '{"id": 5, "text": "hello"}')
    (tmp_path / "summary.json").write_text('{\n"loss": 1\n}\n')
    (tmp_path / "progress.json").write_text('{\n"loss": 1\n}\n')
    for age, name in enumerate(("metrics.json", "logs/b.jsonl")):
        os.utime(tmp_path / name, (1e9 + age, 1e9 + age))
    assert JsonLines().find(Listing(tmp_path)) == [tmp_path / "metrics.json", tmp_path / "logs" / "b.jsonl"]


def test_stable_baselines3_as_expected() -> None:
    """`progress.json` has every series that is expected of the same run's `progress.csv`, told to the last digit."""
    expected = json.loads((DATA / "expected_json.json").read_text())["sb3_ppo|sb3_ppo/progress.csv"]
    (path,) = Sb3Progress().find(Listing(DATA / "runs" / "sb3_ppo"))
    table = read_table(Sb3Progress().open(path))
    assert table.n_rows == expected["rows"]
    for name, said in expected["series"].items():
        column = table.columns[name]
        rows, values = (column.rows, column.values) if len(column) else (column.text_rows, column.texts)
        steps = table.at_rows(expected["x"], rows)
        assert len(values) == said["n"]
        for place, which in ((0, "first"), (-1, "last")):
            step, value = said[which]
            assert steps[place] == float(step)
            assert value in (f"{values[place]:g}" if len(column) else values[place], str(values[place]))


def test_two_names_that_become_one_lose_no_value(tmp_path: Path) -> None:
    """Where a nested and a flat name of a row are the same when it is flat, the nested one is numbered, whichever
    stands first, and the doubling is told once."""
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"step": 0, "a/b": 1, "a": {"b": 2}}\n{"step": 1, "a": {"b": 3}, "a/b": 4}\n')
    for plain in (False, True):
        reader = JsonLinesReader(path, plain=plain)
        update = reader.read()
        assert update.block is not None
        assert {name: cells.values.tolist() for name, cells in update.block.cells.items()} == {
            "step": [0, 1], "a/b": [1, 4], "a/b.1": [2, 3]}
        assert [(anomaly.kind, anomaly.line) for anomaly in update.anomalies] == [("name doubled", 1)]


def test_names_and_texts_can_be_written(tmp_path: Path) -> None:
    """Half a pair of surrogates, which no encoding can write, is shown as its escape, in names and in texts."""
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"step": 0, "lo\\ud800ss": 1.5, "note": "\\udfff", "größe": 1e400}\n')
    for plain in (False, True):
        table = read_table(JsonLinesReader(path, plain=plain))
        assert list(table.columns) == ["step", "lo\\ud800ss", "note", "größe"]
        assert table.columns["note"].texts == ["\\udfff"]


@pytest.mark.parametrize(("last", "losses"), [
    ('{"step": 1, "loss": 0.25}', [0.5, 0.25]), ('{"step": 1, "loss": 0.25', [0.5]), ('{"step": 1}, 2', [0.5]),
    ("7", [0.5]),
    ('{"step": 1, "val": {"loss": 3}, "loss": 0.25}\r', [0.5, 0.25])])
def test_a_last_object_without_a_line_end(tmp_path: Path, last: str, losses: list[float]) -> None:
    """In a file that nobody writes any more, a last line that is one whole object is a row, also without its end."""
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(('{"step": 0, "loss": 0.5}\n' + last).encode())
    assert read_table(JsonLinesReader(path)).n_rows == 1
    os.utime(path, (time.time() - 120, time.time() - 120))
    for plain in (False, True):
        reader = JsonLinesReader(path, plain=plain)
        table = read_table(reader)
        assert table.columns["loss"].values.tolist() == losses
        assert reader.unfinished == (0 if len(losses) == 2 else len(last))
    assert ("val/loss" in table.columns) == ("val" in last)


def test_metrics_that_are_written_as_texts(tmp_path: Path) -> None:
    """A text that says a number is one under the name of an axis or a metric (fairseq), and else a text."""
    path = tmp_path / "train.jsonl"
    losses = ('"2.5"', '"nan"', '"oops"', "1.5")
    path.write_text("".join(f'{{"num_updates": "{place}00", "loss": {loss}, "run": "7"}}\n'
                            for place, loss in enumerate(losses, 1)))
    for plain in (False, True):
        table = read_table(JsonLinesReader(path, plain=plain))
        assert table.columns["num_updates"].values.tolist() == [100, 200, 300, 400]
        assert [str(value) for value in table.columns["loss"].values.tolist()] == ["2.5", "nan", "1.5"]
        assert list(table.columns["loss"].texts) == ["oops"] and list(table.columns["run"].texts) == ["7"] * 4


@pytest.mark.parametrize("plain", [False, True])
def test_lists_of_a_metrics_numbers(plain: bool, tmp_path: Path) -> None:
    """Issue 16: each number of a metric's list, as DETR's twelve of COCO, is a metric; other lists are texts."""
    path = tmp_path / "log.txt"
    path.write_text('{"epoch": 0, "test_coco_eval_bbox": [0.25, 0.5], "shape": [3, 4], "test_names": ["a", 1]}\n'
                    '{"epoch": 1, "test_coco_eval_bbox": [0.5, 0.75], "shape": [3, 4], "test_names": []}\n')
    table = read_table(JsonLinesReader(path, plain=plain))
    numbers = {name: column.values.tolist() for name, column in table.columns.items() if column.numeric}
    assert numbers == {"epoch": [0, 1], "test_coco_eval_bbox.0": [0.25, 0.5], "test_coco_eval_bbox.1": [0.5, 0.75]}
    assert table.columns["shape"].texts == ["[3, 4]", "[3, 4]"]
