"""The rows in one line of a training's output.

A line is a row if it has named values as trainings print them: `{'loss': 0.3, 'epoch': 1.2}` (Hugging Face),
`epoch=3 loss=0.3`, `step 10: loss 0.3`, `Epoch [3/10], Loss: 0.3`. Text overwritten after a carriage return, such as a
progress bar, is not a line, and neither is the final bar; of a line with both, the text after the bar counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from livemon.readers.encodings.framework_spellings import in_words
from livemon.readers.encodings.numbers import parse_number
from livemon.tables.known_words import SPLITS
from livemon.tables.meaning import direction, split_of
from livemon.tables.names import is_loss, is_x, kind_of, kind_of_x

__all__ = ["ONE_COUNT", "axes_alone", "axis_of", "evaluation_place", "rows_in", "without_escapes"]

_SHORT_AXES = {"Ep": "epoch", "Up": "update"}  # in Marian's lines
# After this, a line is about other data: `[valid] loss=0.3`
_SECTION = re.compile(r"[\[(]\s*(valid|validation|val|eval|evaluation|test|dev|train|training)\s*[\])]"
                      r"|[|;,]\s*(valid|validation|val|eval|evaluation|test|dev)\s*:", re.IGNORECASE)
ONE_COUNT = frozenset(("step", "iter", "iteration", "it", "global_step", "num_updates", "update"))  # all the same count

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f]")
_BAR = re.compile(r"(?:[^|\r\n]{0,80}?\d{1,3}%\|[^|]*\|\s*)?\d[\d.kMG]*/[\d.kMG?]+ \[[^\]\r\n]{0,400}\]")
_KERAS_BAR = re.compile(r"\s*(\d+)/(\d+|Unknown)\s+(?:\[[=>.]*\]|━[━ ]*)")
_PLACE = re.compile(r"(?:\[|\s)\s*(\d+)\s*/\s*\d+\b")  # the batch in its epoch: `[640/60000`, `100 / 1000`
_TRAINING = frozenset(("train", "training", "global", "current"))  # words before the name of an axis
_STAMP = re.compile(r"\[?\d{4}[-/]\d\d[-/]\d\d(?:[T ,_]+\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)?\]?"
                    r"|(?<![\d:])\d{1,3}:\d\d(?::\d\d)?(?:[.,]\d+)?(?![\d:])")
_SOURCE = re.compile(r"(?<![\w./-])[\w./-]+\.py:\d+\b|\[(?:rank|pid)\W?\d+\]", re.IGNORECASE)  # the source of a message
_LEVEL = re.compile(r"[^=\n]{0,160}?\b(?:TRACE|DEBUG|INFO|WARNING)\b")  # a logger's text before the message
_NUMBER = r"[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|nan|inf|NaN|Inf|Infinity)"
_SHARE = re.compile(rf"\s*/\s*\d+\s*\(({_NUMBER})\s*%\)")
# The iteration in lines of XGBoost and LightGBM: `[10]<tab>train-rmse:0.5`
_ROUND = re.compile(r"\s*(?:\[\s*\]\s*)?\[(\d+)\]\s+(?=\S)")
_OF_DATA = re.compile(r"(?:^|[|\[:(,-])\s*(valid|validation|val|eval|evaluation|test|testing|dev)"
                      r"(?:\s+(?:set|results?|metrics|summary))?"
                      r"(?:\s*\([A-Za-z]{1,10}\))?\s*(?:[|\]:)\[]|-\s|epoch\b|step\b|iter(?:ation)?\b)", re.IGNORECASE)
_AXIS_ALONE = (r"(?:(?:training|learning|train|global)[ _])?(epoch|step|iter|iteration|batch)\s*[:=#\[]?\s*(\d{1,15})"
               r"(?:\s*/\s*\d+)?")
_AXES_ALONE = re.compile(rf"[\W_]*{_AXIS_ALONE}(?:[\s,;\]]+{_AXIS_ALONE})?[\W_]*", re.IGNORECASE)
# The progress of an evaluation: `Test: [10/98]`, `Test (EMA): [10/98]`, `Valid: [3][10/98]`
_EVALUATION = re.compile(r"\b(?:valid|validation|val|eval|evaluation|test)(?:\s*\(\w{1,10}\))?\s*:?\s*(?:\[\d+\]\s*)?"
                         r"\[\s*(\d+)\s*/\s*(\d+)\b", re.IGNORECASE)
_AVERAGE = re.compile(rf"\s*\(\s*({_NUMBER})\s*\)")  # the mean over the batches so far, after the value of a batch
_DICT = re.compile(r"\{[^{}]{3,20000}\}")
_PAIR = re.compile(rf"""['"]([^'"]{{1,100}})['"]\s*:\s*(?:tensor\(|np\.float\d\d\()?['"]?({_NUMBER})(?=['",)\s}}])""")
_GROUPED = r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?"  # 41,230
_WITH_COMMA = r"(?<![(\[])[-+]?\d+,\d+(?:[eE][-+]?\d+)?(?![,.]\d|\w)"  # 0,75
_VALUE = re.compile(rf"(?<![\w.@])(?<!\d[-:/])({_GROUPED}|{_WITH_COMMA}|{_NUMBER})(?![\d.:]*\d)(?!-\d)(?:\.(?=\s|$))?")
_BEHIND = re.compile(r"^(?:\s*/\s*\d+(?![.\d])|[A-Za-z%/]++(?![\w=:]))")  # after a number: the total, or the unit
# A value as printed by PyTorch and NumPy: `tensor(0.5, device='cuda:0')`
_TENSOR = re.compile(rf"\b(?:tensor|np\.float\d\d|float\d\d)\(\s*({_NUMBER})\s*[^()]*\)")
# A path or a file name: `/ckpt/epoch=3-val_loss=0.5.ckpt` has old values. A match must begin at the beginning of a
# word: otherwise the time for a long word would grow with the square of its length.
_FILE = re.compile(r"(?<!\S)(?:(?:[~.]{0,2}/|[A-Za-z]:\\)\S+|\S*://\S+"
                   r"|\S+\.(?:ckpt|pth?|bin|safetensors|h5|keras|npz|npy|pkl|zip|tar|gz|json|ya?ml|csv|txt|log|py)\b\S*)")
_NO_NEWS = re.compile(r"\W*(?:best\s*[:(]|warning:\s|\w*(?:Error|Exception|Warning)\b:)", re.IGNORECASE)
_TIMES = {"k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9}  # after a number
_NUMBER_IN_NAME = re.compile(r"(?:^|\s)[-+]?\d[\w.]*\s")
_PIECES = re.compile(r"[,;|\t{}\[\]()<>]|\s-+\s|\s--+|:\s|:(?=[A-Za-z])|\.\s|\s{2,}")
_PLAIN_WORDS = 3  # a name with more words is a metric only if the words say so
_LONGEST_NAME = 60
_PREPOSITIONS = frozenset(("in", "of", "at", "to", "for", "by", "on", "from", "after", "and", "with"))  # `in #3`


def rows_in(text: str) -> Iterator[dict[str, int | float]]:
    """The rows in one line: none in most lines; several if there are several dicts."""
    if "\r" in text:
        text = text.rstrip("\r").rpartition("\r")[2]
    text = without_escapes(text)
    if not any(character.isdigit() for character in text) and "nan" not in text.lower():
        return
    if "{" in text:
        dicts = _DICT.findall(text)
        yield from filter(None, map(_row_of_dict, dicts))
        if dicts:
            return
    if row := _row_of_words(text):
        yield row


def without_escapes(text: str) -> str:
    """A line without the escape sequences that move a terminal's cursor or set colours."""
    return _ESCAPES.sub("", text) if "\x1b" in text or "\x08" in text else text


def _row_of_dict(text: str) -> dict[str, int | float] | None:
    """The numbers in a printed dict; None if it is not a dict of metrics."""
    row = {_axis_of_split(name) or name: number for name, written in _PAIR.findall(text)
           if (number := _parsed(written)) is not None}
    return row if len(row) > 1 and any(map(_is_metric, row)) else None


def _row_of_words(text: str) -> dict[str, int | float] | None:
    """The named numbers of a line: a step, an epoch or the like with something else, or only metrics."""
    if bar := _KERAS_BAR.match(text):
        if bar[1] != bar[2]:
            return None  # an unfinished bar
        text = text[bar.end() :]
    if _NO_NEWS.match(text):
        return None
    text = in_words(_TENSOR.sub(r" \1 ", _FILE.sub(" ", text)))
    text = _SOURCE.sub(" ", _STAMP.sub(" ", _BAR.sub(" ", _message_of(text))))
    row: dict[str, int | float] = {}
    data: re.Match[str] | None = None
    end, named_at, section = 0, set[int](), ""
    for match in _VALUE.finditer(text):
        before = text[end : match.start()]
        name = _name_before(_BEHIND.sub("", before) if end else before)
        if named_at and (part := _SECTION.search(before)):
            section = (part[1] or part[2]).lower()
        if match[1][0] in "nNiI" and not before.rstrip().endswith((":", "=")) and not _is_metric(name):
            continue  # `number of nan iterations`
        end = match.end()
        if not _is_unit(text[end:]) and (glued := re.match(r"\w+", text[end:])):
            if axis_of(glued[0]):
                return None  # two lines in one: a writer was killed, and the next one continued its line
            end += glued.end()
            continue
        if not named_at:
            data = _OF_DATA.search(text[: match.start()])
        share = _SHARE.match(text[end:])  # the `93` in `Accuracy: 9300/10000 (93%)`
        average = _AVERAGE.match(text[end:]) if (data or section) and "." in match[1] and not axis_of(name) else None
        exact = average if average and "." in average[1] else share
        number = _parsed(exact[1] if exact else _with_point(match[1]))
        if name.lower() in SPLITS:  # `Train: 3 [50/1251]` is an epoch, `Test: [50/98]` a batch: not a metric
            is_score = "." in match[1] and before.rstrip().endswith((":", "="))  # `Train: 0.95, Val: 0.9`
            name = name if is_score else "epoch" if re.match(r"\s*\[\s*\d+\s*/", text[end:]) else ""
        if name and name.lower() != "eta" and number is not None and _is_unit(text[end:]):
            number = _with_unit(number, text[end:])
            known = axis_of(name)
            if known in row and known in ONE_COUNT and row[known] != number:
                return None  # two lines in one
            row.setdefault(known or (f"{section}/{name}" if section and not split_of(name) else name), number)
            named_at.add(match.start())
    axes = {name: value for name, value in row.items() if is_x(name)}
    others = {name: value for name, value in row.items() if name not in axes}
    metrics = {name: value for name, value in others.items() if _is_metric(name)}
    if not axes:
        rounds = _ROUND.match(text)
        axes = {"iteration": int(rounds[1])} if rounds and metrics else {}
        return axes | _of_data(data, row) if metrics and all(map(_is_plain, row)) else None
    named = {name: value for name, value in others.items() if name in metrics or _is_plain(name)}
    if not named:
        return None
    kinds = {kind_of_x(name) for name in axes}
    if "epoch" in kinds and "step" not in kinds:
        batches = (int(match[1]) for match in _PLACE.finditer(text) if match.start(1) not in named_at)
        if (batch := next(batches, None)) is not None:
            axes["batch"] = batch
    return axes | _of_data(data, named)


def _with_unit(number: int | float, behind: str) -> int | float:
    """The number multiplied by a thousand for `12k`, and so on."""
    match = re.match(r"([kKMG])(?!\w)", behind)
    return round(number * _TIMES[match[1]], 6) if match else number


def _with_point(number: str) -> str:
    """A number without its thousands separators, or with a point instead of its decimal comma."""
    return number.replace(",", "" if re.fullmatch(_GROUPED, number) else ".")


def _message_of(text: str) -> str:
    """A logged line without the text before its message: time, module, process, level."""
    level = _LEVEL.match(text)
    return text[level.end() :] if level else text


def _of_data(data: re.Match[str] | None, row: dict[str, int | float]) -> dict[str, int | float]:
    """The values of a line that begins with the name of its data: `Test: Loss 0.3` is not a training loss."""
    if data is None:
        return row
    return {name if split_of(name) else f"{data[1].lower()}/{name}": value for name, value in row.items()}


def _axis_of_split(name: str) -> str:
    """The axis in a name that begins with its data, such as `valid_num_updates`; "" for other names."""
    first, _, rest = name.partition("_")
    return rest if first.lower() in SPLITS and rest in ONE_COUNT | {"epoch"} else ""


def axes_alone(text: str) -> dict[str, int]:
    """The step and the epoch in a line with nothing else: `Epoch 3/10`, `[step=10/5000,epoch=0]`; its values are in the
    lines below."""
    if not any(word in text.lower() for word in ("epoch", "step", "iter", "batch")):
        return {}
    match = _AXES_ALONE.fullmatch(_STAMP.sub(" ", _message_of(_ESCAPES.sub("", text))))
    if match is None:
        return {}
    axes = {match[1].lower(): int(match[2])}
    return axes | ({match[3].lower(): int(match[4])} if match[3] else {})


def evaluation_place(text: str) -> tuple[int, int] | None:
    """The batch of an evaluation to which a line belongs, and the number of batches; None for other lines."""
    match = _EVALUATION.search(text) if "/" in text and "[" in text else None
    return (int(match[1]), int(match[2])) if match else None


def axis_of(name: str) -> str:
    """The step, epoch or time meant by a name in a line: `epoch` for `Train Epoch`; "" for other names."""
    if is_x(name):
        return name
    if name in _SHORT_AXES:
        return _SHORT_AXES[name]
    first, _, last = name.lower().rpartition(" ")
    return last if len(last) > 1 and is_x(last) and (not first or first in _TRAINING or first in SPLITS) else ""


def _name_before(text: str) -> str:
    """The name before a number, or ""."""
    text = text.rstrip().rstrip("=:[(").rstrip()
    if text.endswith(("/", "....")) or not text:  # lists of settings have dotted lines
        return ""
    name = _NUMBER_IN_NAME.split(_PIECES.split(text)[-1])[-1].strip(" :=-*#.'\"/")
    if name.lower() in _PREPOSITIONS:
        return ""
    return name if name and len(name) <= _LONGEST_NAME and re.match(r"[^\W\d]", name) else ""


def _is_unit(text: str) -> bool:
    """Whether the letters right after a number are its unit, and not the rest of a word."""
    return re.match(r"(?:ms|s|sec|min|h|k|K|M|G|B|MB|GB|MiB|GiB|it)?(?:/\w+)?(?![\w])", text) is not None


def _is_metric(name: str) -> bool:
    """Whether a name is that of a metric of a training."""
    return direction(name) is not None or is_loss(name) or "loss" in name.lower() or kind_of(name) != "other" or \
        name.lower() in ("lr", "acc", "reward", "return")


def _is_plain(name: str) -> bool:
    return len(name.split()) <= _PLAIN_WORDS


def _parsed(text: str) -> int | float | None:
    try:
        return parse_number(text)
    except OverflowError:
        return None
