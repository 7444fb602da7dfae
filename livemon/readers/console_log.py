"""What a training prints, kept in a file: `slurm-4711.out`, `train.log`, `nohup.out`.

A line is a row where it names values as trainings do: `{'loss': 0.3, 'epoch': 1.2}` (Hugging Face), `epoch=3 loss=0.3`,
`step 10: loss 0.3`, `Epoch [3/10], Loss: 0.3`. What a carriage return overwrites, as a progress bar does, is no line,
and neither is the bar that stays; of a line that has both, what stands behind the bar counts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from livemon.readers.base import Facts, Format, Reader, Update
from livemon.readers.encodings.json_rows import block_of, plain_block_of
from livemon.readers.encodings.numbers import parse_number
from livemon.readers.encodings.text_tail import TextTail
from livemon.readers.steps import StepWatch
from livemon.system.listing import UTF_16_MARKS, Listing, oldest_first, read_bytes
from livemon.tables.anomalies import Anomaly
from livemon.tables.meaning import direction
from livemon.tables.names import is_loss, is_x, kind_of, kind_of_x

__all__ = ["ConsoleLog", "ConsoleLogReader", "rows_in"]

LOOKED_AT_BYTES = 256 << 10  # of a file whose name says that it is a log: settings and warnings stand above the rows
MOST_FILES = 8  # of a folder that are looked at, the newest ones
_NAMED = re.compile(r"(?:slurm|job|nohup|stdout|stderr|output|console|train|training|run|main|log|exp)?[-_. \w%]*\."
                    r"(?:log|out|err|o\d+|e\d+)|(?:nohup|stdout|console|output|train|training|log|train_log|"
                    r"training_log|output_log)\.txt|log", re.IGNORECASE)

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f]")
_BAR = re.compile(r"(?:[^|\r\n]{0,80}?\d{1,3}%\|[^|]*\|\s*)?\d[\d.kMG]*/[\d.kMG?]+ \[[^\]\r\n]{0,400}\]")
_KERAS_BAR = re.compile(r"\s*(\d+)/(\d+|Unknown)\s+(?:\[[=>.]*\]|━[━ ]*)")
_PLACE = re.compile(r"(?:\[|\s)\s*(\d+)\s*/\s*\d+\b")  # the batch in its epoch: `[640/60000`, `100 / 1000`
_TRAINING = frozenset(("train", "training", "global", "current"))  # words in front of the name of an axis
_STAMP = re.compile(r"\[?\d{4}[-/]\d\d[-/]\d\d(?:[T ,_]+\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)?\]?"
                    r"|(?<![\d:])\d{1,3}:\d\d(?::\d\d)?(?:[.,]\d+)?(?![\d:])")
_SOURCE = re.compile(r"[\w./-]+\.py:\d+\b")  # where a logger was called
_DICT = re.compile(r"\{[^{}]{3,20000}\}")
_NUMBER = r"[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|nan|inf|NaN|Inf|Infinity)"
_PAIR = re.compile(rf"""['"]([^'"]{{1,100}})['"]\s*:\s*(?:tensor\(|np\.float\d\d\()?['"]?({_NUMBER})(?=['",)\s}}])""")
_VALUE = re.compile(rf"(?<![\w.])(?<!\d[-:/])({_NUMBER})(?![\d.:]*\d)(?!-\d)(?:\.(?=\s|$))?")
_PIECES = re.compile(r"[,;|\t{}\[\]()<>]|\s-+\s|\s--+|:\s|:(?=[A-Za-z])|\s{2,}")
_PLAIN_WORDS = 3  # a metric's name has no more, unless it is one by its words
_LONGEST_NAME = 60


def rows_in(text: str) -> Iterator[dict[str, int | float]]:
    """The rows that one line says: none for most lines; several where dicts follow each other."""
    if "\r" in text:
        text = text.rstrip("\r").rpartition("\r")[2]
    if "\x1b" in text or "\x08" in text:
        text = _ESCAPES.sub("", text)
    if not any(character.isdigit() for character in text) and "nan" not in text.lower():
        return
    if "{" in text:
        dicts = _DICT.findall(text)
        yield from filter(None, map(_row_of_dict, dicts))
        if dicts:
            return
    if row := _row_of_words(text):
        yield row


def _row_of_dict(text: str) -> dict[str, int | float] | None:
    """The numbers in a printed dict; None where it is none of metrics."""
    row = {name: number for name, written in _PAIR.findall(text) if (number := _parsed(written)) is not None}
    return row if len(row) > 1 and any(map(_is_metric, row)) else None


def _row_of_words(text: str) -> dict[str, int | float] | None:
    """The named numbers of a line: a step, an epoch or the like and something else, or metrics alone."""
    if bar := _KERAS_BAR.match(text):
        if bar[1] != bar[2]:
            return None  # a bar on its way
        text = text[bar.end() :]
    text = _SOURCE.sub(" ", _STAMP.sub(" ", _BAR.sub(" ", text)))
    row: dict[str, int | float] = {}
    end, named_at = 0, set[int]()
    for match in _VALUE.finditer(text):
        before = text[end : match.start()]
        name = _name_before(re.sub(r"^[A-Za-z%/]+", "", before) if end else before)  # without the unit of a number
        end = match.end()
        number = _parsed(match[1])
        if name and number is not None and _is_unit(text[end:]):
            row.setdefault(axis_of(name) or name, number)
            named_at.add(match.start())
    axes = {name: value for name, value in row.items() if is_x(name)}
    others = {name: value for name, value in row.items() if name not in axes}
    metrics = {name: value for name, value in others.items() if _is_metric(name)}
    if not axes:
        return row if metrics and all(map(_is_plain, row)) else None
    named = {name: value for name, value in others.items() if name in metrics or _is_plain(name)}
    if not named:
        return None
    kinds = {kind_of_x(name) for name in axes}
    if "epoch" in kinds and "step" not in kinds:
        places = (int(place[1]) for place in _PLACE.finditer(text) if place.start(1) not in named_at)
        if (batch := next(places, None)) is not None:
            axes["batch"] = batch
    return axes | named


def axis_of(name: str) -> str:
    """The step, epoch or time that a name on a line means: `epoch` for `Train Epoch`; "" for other names."""
    if is_x(name):
        return name
    first, _, last = name.lower().rpartition(" ")
    return last if is_x(last) and (not first or first in _TRAINING) else ""


def _name_before(text: str) -> str:
    """The name that stands in front of a number; "" where there is none."""
    text = text.rstrip().rstrip("=:[(").rstrip()
    if text.endswith("/") or not text:
        return ""
    name = _PIECES.split(text)[-1].strip(" :=-*#.'\"")
    return name if name and len(name) <= _LONGEST_NAME and re.match(r"[^\W\d]", name) else ""


def _is_unit(text: str) -> bool:
    """Whether letters right behind a number are its unit, and not the rest of a word."""
    return re.match(r"(?:ms|s|sec|min|h|k|K|M|G|B|MB|GB|MiB|GiB|it|e)?(?:/\w+)?(?![\w])", text) is not None


def _is_metric(name: str) -> bool:
    """Whether a name is that of something measured in a training."""
    return direction(name) is not None or is_loss(name) or "loss" in name.lower() or kind_of(name) != "other" or \
        name.lower() in ("lr", "acc", "reward", "return")


def _is_plain(name: str) -> bool:
    return len(name.split()) <= _PLAIN_WORDS


def _parsed(text: str) -> int | float | None:
    try:
        return parse_number(text)
    except OverflowError:
        return None


class ConsoleLogReader:
    """Follows one log.

    Args:
        path: The file.
        plain: Take every value by itself.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, *, plain: bool = False) -> None:
        self.path = path
        self._plain = plain
        self._tail = TextTail(path)
        self._start_over()

    def _start_over(self) -> None:
        self._line = 0
        self._n_rows = 0
        self._epoch: int | float | None = None
        self._steps = StepWatch(self.path)

    def read(self) -> Update:
        """Read what is new; see `readers.Update`. Raises nothing for what may be in a file."""
        look = self._tail.look()
        if look.restarted:
            self._start_over()
        odd: list[Anomaly] = []
        if look.dropped_lines:
            odd.append(Anomaly("line too long", str(self.path), self._line, "a line longer than 1 MiB was skipped",
                               look.dropped_lines))
        rows: list[dict[str, int | float]] = []
        lines: list[int] = []
        for line in _lines_of(look.lines):
            self._line += 1
            for row in rows_in(line.decode("utf-8", "replace")):
                rows.append(self._with_epoch(row))
                lines.append(self._line)
            self._note_epoch(line)
        self._n_rows += len(rows)
        block, _ = (plain_block_of if self._plain else block_of)(rows)
        if rows:
            odd += self._steps.look_at(block, lines)
        return Update(look.restarted, None, block if rows else None, tuple(odd), look.status, look.problem, look.more,
                      look.lines)

    def _note_epoch(self, line: bytes) -> None:
        """Remember the epoch of a line that says nothing else, as Keras prints it above its rows."""
        if match := re.match(rb"\s*Epoch\s*[:#]?\s*(\d{1,9})(?:\s*/\s*\d+)?\s*$", line, re.IGNORECASE):
            self._epoch = int(match[1])

    def _with_epoch(self, row: dict[str, int | float]) -> dict[str, int | float]:
        """A row below the line of its epoch, which it does not name itself."""
        if self._epoch is None or any(map(is_x, row)):
            return row
        return {"epoch": self._epoch, **row}

    @property
    def facts(self) -> Facts:
        """What users must know where no line is a row."""
        if self._n_rows or not self._line:
            return Facts()
        return Facts(odd=(f"none of the {self._line:,} lines of {self.path.name} names a metric and its value, such as "
                          "`step 10: loss 0.3` or {'loss': 0.3, 'epoch': 1.0}",))

    @property
    def files(self) -> Sequence[Path]:
        """The file."""
        return [self.path]


def _lines_of(data: bytes) -> list[bytes]:
    """The lines in some data that ends with a line; between carriage returns, too, where the file began with bars."""
    return re.split(rb"[\r\n]", data)[:-1] if data.endswith(b"\r") else data.split(b"\n")[:-1]


class ConsoleLog(Format):
    """The output of a training, as a batch system or a shell keeps it. Counts in a folder where nothing better is."""

    name = "console log"
    generic = True
    last_resort = True

    def find(self, folder: Listing) -> list[Path]:
        """The newest file in the folder, or in its `logs`, whose name and lines are those of a training's output."""
        paths = [place.path / name for place in (folder, folder.below("logs")) for name in place.files
                 if _NAMED.fullmatch(name)]
        newest = reversed(oldest_first(paths)[-MOST_FILES:])
        return [path for path in newest if _has_rows(path)][:1]

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether lines of one shape are rows; of a name that only a log has, any text will do: the rows may come."""
        if not head or (b"\0" in head and not head.startswith(UTF_16_MARKS)):
            return False
        is_log = path.suffix.lower() in (".log", ".out", ".err")
        return _has_rows(path) or (is_log and b"\0" not in head)

    def open(self, path: Path, *, plain: bool = False) -> Reader:
        """A reader for one log."""
        return ConsoleLogReader(path, plain=plain)


def _has_rows(path: Path) -> bool:
    """Whether the first lines of a file have two rows of one shape: the same names."""
    data = read_bytes(path, LOOKED_AT_BYTES)
    if data.startswith(UTF_16_MARKS):
        text = data.decode("utf-16", "replace")
    elif b"\0" in data:
        return False
    else:
        text = data.decode("utf-8", "replace")
    shapes = Counter(tuple(row) for line in text.split("\n") for row in rows_in(line))
    return any(count > 1 for count in shapes.values())
