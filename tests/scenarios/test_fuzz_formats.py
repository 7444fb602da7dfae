"""Damaged files of formats that are no CSV: no reader stops at them, and none says a number that is not in the file.

Each input is a small file as a framework writes it, damaged at random. LIVEMON_FUZZ=100000 tries that many of each
format, other ones each time. A failing input is repeated with LIVEMON_FUZZ=1 and the LIVEMON_FUZZ_SEED that the failure
names.
"""

from __future__ import annotations

import io
import json
import math
import os
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livemon.readers.base import Format, Reader
from livemon.readers.blank_columns import BlankColumns, SpinningUp, Yolo
from livemon.readers.console_log import ConsoleLog
from livemon.readers.csv import Csv
from livemon.readers.headerless import Headerless
from livemon.readers.huggingface import HuggingFace
from livemon.readers.json_history import JsonHistory, Sacred
from livemon.readers.jsonlines import JsonLines
from livemon.readers.long_table import LongTable
from livemon.readers.sb3_evaluations import Sb3Evaluations
from livemon.system.listing import read_head
from livemon.tables.table import Table

INPUTS = int(os.environ.get("LIVEMON_FUZZ", "0"))
SEED = int(os.environ.get("LIVEMON_FUZZ_SEED", random.SystemRandom().randrange(2**40) if INPUTS else 0))
STATUSES = {"ok", "missing", "unreadable", "rewriting"}

TOKENS = [b"\n", b"\r\n", b"\r", b"\t", b" ", b",", b":", b"{", b"}", b"[", b"]", b'"', b"=", b"|", b"%", b"#", b"/",
          b"\0", b"\x1b[31m", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff", "ß精".encode(), b"\\u0000", b"\\",
          b"nan", b"NaN", b"-Infinity", b"inf", b"null", b"true", b"1e400", b"-1e-400", b"1" * 30,
          b"9223372036854775808", b"0x10", b"1_000", b"12:34", b"41,230", b"loss", b"step", b"epoch",
          b'"loss": 1.5', b"[[1]]", b"{" * 40,
          b"1.2.3"]


def _rows(dice: random.Random) -> list[dict[str, Any]]:
    return [{"epoch": epoch, "loss": round(dice.uniform(-3, 3), 4), "val_acc": dice.choice((0.5, math.nan, 1e-7, 3))}
            for epoch in range(1, dice.randrange(3, 9))]


def _json_rows(dice: random.Random) -> bytes:
    return json.dumps(_rows(dice), indent=dice.choice((None, 2))).encode()


def _json_lists(dice: random.Random) -> bytes:
    rows = _rows(dice)
    lists = {name: [row[name] for row in rows] for name in rows[0]}
    return json.dumps(lists if dice.random() < 0.5 else {"history": lists, "seed": 3}).encode()


def _frame(dice: random.Random) -> bytes:
    rows = _rows(dice)
    names = list(rows[0])
    by_column = {name: {str(place): row[name] for place, row in enumerate(rows)} for name in names}
    by_row = {str(place): row for place, row in enumerate(rows)}
    split = {"columns": names, "index": list(range(len(rows))), "data": [list(row.values()) for row in rows]}
    return json.dumps(dice.choice((by_column, by_row, split))).encode()


def _long(dice: random.Random) -> bytes:
    return "\n".join(["run,metric,epoch,value", *(f"{dice.choice('ab')},{name},{row['epoch']},{row[name]}"
                                                  for row in _rows(dice) for name in ("loss", "val_acc")), ""]).encode()


def _sacred(dice: random.Random) -> bytes:
    rows = _rows(dice)
    steps, times = [row["epoch"] for row in rows], ["2020-01-01T00:00:07"] * len(rows)
    return json.dumps({name: {"steps": steps, "values": [row[name] for row in rows], "timestamps": times}
                       for name in ("loss", "val_acc")}).encode()


def _trainer_state(dice: random.Random) -> bytes:
    history = [row | {"step": 10 * row["epoch"]} for row in _rows(dice)]
    return json.dumps({"global_step": 50, "max_steps": 100, "log_history": history}, indent=2).encode()


def _lcurve(dice: random.Random) -> bytes:
    lines = [f"{row['epoch']:7d}   {row['loss']:.2e}  {row['val_acc']:.2e}" for row in _rows(dice)]
    return "\n".join(["#  step     rmse_val  lr", *lines, ""]).encode()


def _progress(dice: random.Random) -> bytes:
    return "\n".join(["Epoch\tAverageEpRet\tLossPi",
                      *("\t".join(map(str, row.values())) for row in _rows(dice)), ""]).encode()


def _yolo(dice: random.Random) -> bytes:
    return b"".join(b"%10s%10s" % (b"%d/9" % row["epoch"], b"2.26G") + b"   %.4g" % row["loss"] * 13 + b"\n"
                    for row in _rows(dice))


def _printed(dice: random.Random) -> bytes:
    lines = []
    for row in _rows(dice):
        epoch, loss, acc = row.values()
        lines += dice.choice((
            [f"{{'loss': {loss}, 'epoch': {epoch}}}"], [f"step {epoch}: loss {loss}, acc {acc}"],
            [f"Epoch {epoch}/9", f"10/10 [====] - 1s 3ms/step - loss: {loss} - val_acc: {acc}"],
            [f"2024-01-02 03:04:05 INFO train.py:12 epoch={epoch} loss={loss} lr=1e-3"],
            [f" {epoch}0%|##   | {epoch}/9 [00:01<00:02, 3.1it/s]"],
            ["-" * 30, "| rollout/    |     |", f"|    ep_rew   | {loss} |", f"|    total_timesteps | {epoch} |",
             "-" * 30]))
    return "\n".join([*lines, ""]).encode()


def _json_lines(dice: random.Random) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in _rows(dice))


def _table(dice: random.Random) -> bytes:
    return "\n".join(["epoch,loss,val_acc", *(",".join(map(str, row.values())) for row in _rows(dice)), ""]).encode()


def _numbers(dice: random.Random) -> bytes:
    return _table(dice).partition(b"\n")[2].replace(b",", dice.choice((b",", b"\t", b"  ", b";")))


def _in_utf_16(write: Callable[[random.Random], bytes]) -> Callable[[random.Random], bytes]:
    return lambda dice: write(dice).decode().encode(dice.choice(("utf-16", "utf-16-be")))


@dataclass
class Kind:
    """A format, the name of its file, who writes one, and which of its columns count places in the file."""

    form: Format
    name: str
    write: Callable[[random.Random], bytes]
    places: tuple[str, ...] = ()
    grows: bool = True


KINDS = {
    "JSON rows": Kind(JsonHistory(), "log", _json_rows, ("step",), grows=False),
    "JSON lists": Kind(JsonHistory(), "history.json", _json_lists, ("epoch",), grows=False),
    "data frame": Kind(JsonHistory(), "history.json", _frame, grows=False),
    "long table": Kind(LongTable(), "export.csv", _long),
    "Sacred": Kind(Sacred(), "metrics.json", _sacred, ("step", "timestamp"), grows=False),
    "Hugging Face": Kind(HuggingFace(), "trainer_state.json", _trainer_state, grows=False),
    "DeePMD": Kind(BlankColumns(), "lcurve.out", _lcurve),
    "Spinning Up": Kind(SpinningUp(), "progress.txt", _progress),
    "YOLO": Kind(Yolo(), "results.txt", _yolo, ("gpu_mem",)),
    "console": Kind(ConsoleLog(), "train.log", _printed),
    "console in UTF-16": Kind(ConsoleLog(), "train.log", _in_utf_16(_printed)),
    "JSON lines in UTF-16": Kind(JsonLines(), "log.jsonl", _in_utf_16(_json_lines)),
    "CSV in UTF-16": Kind(Csv(), "log.csv", _in_utf_16(_table)),
    "numbers alone": Kind(Headerless(("epoch", "loss", "val_acc")), "loss.txt", _numbers),
}


def damaged(data: bytes, dice: random.Random) -> bytes:
    """The data with some faults in them."""
    for _ in range(dice.choice((0, 1, 1, 1, 2, 3, 6))):
        place = dice.randrange(len(data) + 1)
        end = place + dice.randrange(12)
        what = dice.randrange(7)
        if what <= 1:
            data = data[:place] + dice.choice(TOKENS) + data[place:]
        elif what == 2:
            data = data[:place] + dice.choice(TOKENS) + data[end:]
        elif what == 3:
            data = data[:place] + bytes([dice.randrange(256)]) + data[place + 1 :]
        elif what == 4:
            data = data[:place] + data[end:]
        elif what == 5:
            data = data[:place] + data[place : end + 40] + data[place:]
        else:
            data = data[:place]
    return data


def read(reader: Reader, table: Table | None = None) -> tuple[Table, str]:
    """What a reader says until it has no more, and how it stands then."""
    table = table or Table()
    while True:
        update = reader.read()
        assert update.status in STATUSES
        if update.restarted:
            table = Table()
        if update.columns is not None:
            table.declare(update.columns)
        if update.block is not None:
            table.append(update.block)
        if not update.more:
            assert reader.facts.odd is not None and list(reader.files)
            return table, update.status


def answer(table: Table) -> dict[str, Any]:
    """All points, in a form that compares NaN."""
    return {name: (column.rows.tolist(), list(map(repr, map(float, column.values.tolist()))), list(column.texts))
            for name, column in table.columns.items() if len(column) or column.texts}


_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def plain_numbers_in(data: bytes) -> set[float]:
    """The numbers that stand in a text by themselves."""
    text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "replace")
    return set(map(float, _NUMBER.findall(text)))


def numbers_in(data: bytes) -> set[float]:
    """Every number that can be seen in a text: where one begins at each of its characters, with and without a sign,
    with commas between its thousands or as its decimal mark."""
    texts = [data.decode(encoding, "replace") for encoding in ("utf-8", "utf-16", "utf-16-be", "utf-16-le", "latin-1")]
    texts += [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f]", "", texts[0])]
    found = set()
    for text in texts:
        for spelt in {text, text.replace(",", ""), text.replace(",", ".")}:
            for run in re.findall(r"[-+.\deE]+", spelt):
                for start in range(min(len(run), 60)):
                    if match := _NUMBER.match(run, start):
                        found.add(float(match[0]))
                        found |= {float(match[0][:end]) for end in range(1, len(match[0]))
                                  if _NUMBER.fullmatch(match[0][:end])}
    return found


def try_one(kind: Kind, folder: Path, dice: random.Random) -> int:
    """Make one input, read it in all ways, and hold them against each other and against what stands in it."""
    data = damaged(kind.write(dice), dice)
    folder.mkdir()
    path = folder / kind.name
    path.write_bytes(data)
    kind.form.recognises(path, read_head(path))
    table, _ = read(kind.form.open(path))
    plain, _ = read(kind.form.open(path, plain=True))
    assert answer(plain) == answer(table), "the fast way and the plain one"
    there = plain_numbers_in(data)
    for name, column in table.columns.items():
        told = {float(value) for value in column.values.tolist() if math.isfinite(value)} - there
        if told and name not in kind.places:
            assert told <= numbers_in(data), f"{name}: {told - numbers_in(data)} is not in the file"
    if kind.grows:
        cut = dice.randrange(len(data) + 1)
        path.unlink()
        path = folder / f"growing {kind.name}" if kind.name not in ("progress.txt",) else path
        path.write_bytes(data[:cut])
        reader = kind.form.open(path)
        so_far, _ = read(reader)
        with open(path, "ab") as file:
            file.write(data[cut:])
        _ = read(reader, so_far)
    else:
        try_rewritten(kind, path, dice)
    return table.n_rows


def try_rewritten(kind: Kind, path: Path, dice: random.Random) -> None:
    """A reader that has seen a damaged file says of the next one what one says that sees it alone."""
    reader = kind.form.open(path)
    table, _ = read(reader)
    whole = kind.write(dice)
    path.write_bytes(whole)
    os.utime(path, (1.7e9, 1.7e9))
    table, _ = read(reader, table)
    alone, status = read(kind.form.open(path))
    assert status == "ok" and answer(table) == answer(alone), "after damage, and alone"


@pytest.mark.timeout(0 if INPUTS else 120)
@pytest.mark.parametrize("name", KINDS)
def test_no_damage_stops_a_reader_or_makes_a_number(name: str, tmp_path: Path) -> None:
    """FAULTS 60: a damaged file of any text format is read without an error, alike in both ways, and each number that
    is shown stands in it."""
    total, errors, rows = INPUTS or 150, list[Exception](), 0
    for seed in range(SEED, SEED + total):
        try:
            rows += try_one(KINDS[name], tmp_path / str(seed), random.Random(f"{name}{seed}"))
        except Exception as error:
            error.add_note(f"repeat it with LIVEMON_FUZZ=1 LIVEMON_FUZZ_SEED={seed}")
            errors.append(error)
            if len(errors) == 5:
                break
    if errors:
        raise ExceptionGroup("inputs that are not read as they should be", errors)
    assert rows >= total // 2 or INPUTS  # enough was read to say so; a damaged JSON list is refused as a whole


def test_no_damage_makes_an_evaluation(tmp_path: Path) -> None:
    """FAULTS 60: a damaged archive of evaluations has the means that it was written with, or is refused."""
    path = tmp_path / "evaluations.npz"
    results = np.array([[1.0, 3.0], [2.0, 6.0], [4.5, 5.5]])
    steps = np.array([100, 200, 300])
    for seed in range(SEED, SEED + (INPUTS or 300)):
        dice = random.Random(seed)
        whole = io.BytesIO()
        (np.savez_compressed if seed % 2 else np.savez)(whole, timesteps=steps, results=results,
                                                        ep_lengths=np.array([[7, 9]] * 3))
        path.write_bytes(damaged(whole.getvalue(), dice))
        Sb3Evaluations().recognises(path, read_head(path))
        table, status = read(Sb3Evaluations().open(path))
        shown = answer(table)
        assert status in STATUSES
        if "eval/mean_reward" in shown:
            assert shown["time/total_timesteps"][1] == ["100.0", "200.0", "300.0"], seed
            assert shown["eval/mean_reward"][1] == ["2.0", "4.0", "5.0"], seed
            assert shown.get("eval/mean_ep_length", ([], ["8.0"] * 3))[1] == ["8.0"] * 3, seed
