"""Lines in the special forms of some frameworks -> the same in words, `step 10 loss: 0.3`.

Text that looks like a metric but is not one is rewritten here, too: a time in several units becomes seconds.
"""

from __future__ import annotations

import math
import re

from livemon.tables.meaning import direction
from livemon.tables.time_texts import seconds_of_units

__all__ = ["in_words"]

_NUMBER = r"[-+]?(?:\d++\.?\d*+(?:[eE][-+]?\d+)?|nan)"

# llm.c's `s:10 trl:3.2`, ESPnet's `1epoch:train:1-100batch: loss=2` and `1epoch results: [train] loss=2, [valid] ...`,
# and ` * Acc@1 70.1`, with which PyTorch's examples end an evaluation
_LLM_C = re.compile(r"s:(\d+)\s+(?=(?:trl|tel|eval):)")
_LLM_C_NAMES = re.compile(r"\b(trl|tel|eval):")
_LLM_C_WORDS = {"trl": "train_loss:", "tel": "val_loss:", "eval": "eval_acc:"}
_ESPNET = re.compile(r"(?:^|(?<=\s))(\d+)epoch(?::(\w+):\d+-(\d+)batch:| results:)\s*")
# CatBoost's `10:<tab>learn: 0.5<tab>test: 0.6<tab>best: 0.6 (9)<tab>total: 57.2ms<tab>remaining: 1m 2s`, without the
# name of the metric
_CATBOOST = re.compile(r"(\d+):\s+(?=(?:learn|test): )")
_CATBOOST_NAMES = re.compile(r"\b(learn|test|best):")
_CATBOOST_TIMES = re.compile(r"\b(total|remaining):\s*([\d.]+[a-z]+(?:\s[\d.]+[a-z]+)*)")
_BRACKETS = re.compile(r"^\s*\[(\d+),\s*(\d+)\]\s+(?=\w)")  # `[1,  2000] loss: 2.2` in PyTorch's tutorial
# OpenMMLab's `Epoch(train) [2][ 50/150]`, `Iter(train) [  50/40000]`; Swin's `Train: [0/300][10/30]`
_MMENGINE = re.compile(r"\b(Epoch|Iter)\((train|val|test)\)\s*(?:\[\s*(\d+)\])?\[\s*(\d+)/\s*(\d+)\]\s*")
_EPOCH_AND_BATCH = re.compile(r"\b(?:Train|Epoch):?\s*\[\s*(\d+)/\s*\d+\]\s*\[\s*(\d+)/\s*\d+\]")
_STARRED = re.compile(r"^\s*\*\s+(?=(?:Acc|Prec|Err)@)")
_AT_A_STEP = re.compile(r"\b(validation|valid|val|evaluation|eval|test) (?:loss|results?|metrics?) at "
                        r"(iteration|step|epoch) (\d+)(?: on (\w+) set)?\s*[|:]", re.IGNORECASE)  # Megatron's
_VALUE_OF = re.compile(r"(?<=\w) value:")
_ENTRY = rf"(?:np\.float\d\d\()?{_NUMBER}\)?"
_LIST = re.compile(rf"(?P<name>\b[A-Za-z][\w -]{{0,60}}?)\s{{0,9}}[:=]?\s{{0,9}}"
                   rf"\[\s*(?P<values>{_ENTRY}(?:\s*,\s*{_ENTRY})+)\s*\]")  # nnU-Net's `Pseudo dice [0.6, 0.5]`
_COCO = re.compile(r"Average (?:Precision|Recall)\s+\((AP|AR)\)\s+@\[ IoU=([\d.:]+)\s*\| area=\s*(\w+)\s*\| maxDets=\s*"
                   rf"(\d+)\s*\] = ({_NUMBER})")
_AVERAGED = re.compile(r"(?<=\w) \((micro|macro|weighted|samples) (avg|average)\)")  # flair's `f1-score (micro avg)`
_UNITS_IN_WORDS = re.compile(r"(?<=[:=])\s*(\d[\d.]*\s(?:day|hour|minute|second)s?(?:(?:,|\sand|,\sand)?\s\d[\d.]*\s"
                             r"(?:day|hour|minute|second)s?)*)\b")  # ESPnet's `time=5 minutes and 3 seconds`
# DETR's `Total time: 0:00:30 (0.5 s / it)`
_TOTAL_TIME = re.compile(r"(?:\d+ days?, )?\d+:\d\d:\d\d(?:\.\d+)?\s*\([\d.]+ s ?/ ?it\)")


def in_words(text: str) -> str:
    """A line with words for the short forms of some frameworks."""
    if match := _LLM_C.match(text):
        return f"step {match[1]} {_LLM_C_NAMES.sub(lambda name: _LLM_C_WORDS[name[1]], text[match.end() :])}"
    if match := _CATBOOST.match(text):
        shown = _CATBOOST_NAMES.sub(lambda name: f"{name[1]}/value:", text[match.end() :])
        return f"iteration {match[1]} {_CATBOOST_TIMES.sub(_time_of_catboost, shown)}"
    if "IoU=" in text and (match := _COCO.search(text)):
        return _score_of_coco(match)
    text = _BRACKETS.sub(r"epoch \1 batch \2 ", text)
    text = _ESPNET.sub(lambda match: f"epoch {match[1]} {f'[{match[2]}] batch {match[3]}, ' if match[2] else ''}", text)
    text = _EPOCH_AND_BATCH.sub(r"epoch \1 batch \2 ", _MMENGINE.sub(_axes_of_mmengine, text))
    if " at " in text and (match := _AT_A_STEP.search(text)):
        values = _VALUE_OF.sub(":", text[match.end() :])
        return f"{match[2]} {match[3]} [{(match[4] or match[1]).lower()}] {values}"
    if "second" in text or "minute" in text:
        text = _UNITS_IN_WORDS.sub(lambda match: f"{seconds_of_units(match[1]):g}", text)
    if "/" in text:
        text = _TOTAL_TIME.sub(";", text)
    if "[" in text:
        text = _LIST.sub(_mean_of_scores, text)
    if " avg" in text or " average" in text:
        text = _AVERAGED.sub(r" \1 \2", text)
    return _STARRED.sub("val: ", text)


def _axes_of_mmengine(match: re.Match[str]) -> str:
    """The epoch and the step of the training in words; the batches of an evaluation are not steps."""
    counted, data, epoch, count, of = match.groups()
    if (counted == "Epoch") != bool(epoch):
        return match[0]
    if data != "train":
        return f"epoch {epoch} ({data}) " if epoch else f"({data}) "
    return f"epoch {epoch} step {(int(epoch) - 1) * int(of) + int(count)}, " if epoch else f"step {count}, "


def _time_of_catboost(match: re.Match[str]) -> str:
    name = "elapsed" if match[1] == "total" else match[1]
    seconds = seconds_of_units(match[2])
    return "" if math.isnan(seconds) else f"{name}: {seconds:g}"


def _score_of_coco(match: re.Match[str]) -> str:
    """A line of COCO's table as `val: AP= 0.3`; "" for -1, which means that no object has that size."""
    kind, overlap, area, most, value = match.groups()
    if float(value) < 0:
        return ""
    of_area = "" if area == "all" else f"_{area}"
    of_overlap = "" if ":" in overlap else f"_{round(100 * float(overlap))}"
    return f"val: {kind}{of_overlap}{of_area}{f'_{most}' if kind == 'AR' and not of_area else ''}= {value}"


def _mean_of_scores(match: re.Match[str]) -> str:
    """The mean of a score's values for all classes, without the nan of classes that did not occur."""
    if direction(match["name"]) is None:
        return match[0]
    numbers = [float(text) for text in re.findall(rf"(?<![\w.])(?:np\.float\d\d\()?({_NUMBER})", match["values"])]
    known = [number for number in numbers if not math.isnan(number)]
    return f"{match['name']}: {sum(known) / len(known):.6g} " if known else match[0]
