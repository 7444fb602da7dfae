"""Numbers, durations and settings as short texts for people."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from livemon.tables.names import kind_of
from livemon.tables.settings import flat_settings

__all__ = ["change", "clipped", "count", "duration", "headline", "instead_of", "listed", "number", "origin", "place",
           "setting", "settings", "short_exponent", "smoothing", "steps", "value_text"]

# The names of settings in the configuration block, and the names (regular expressions) that frameworks give them.
_SETTINGS: tuple[tuple[str, str], ...] = (
    ("model", r"model|model_name|model_config|model_type|model_name_or_path|arch|architecture|policy"),
    ("data", r"dataset|dataset_name|data|data_dir|task|env|env_id|datamodule"),
    ("batch", r"batch_size|train_batch_size|per_device_train_batch_size|bs"),
    ("lr", r"lr|learning_rate|max_lr|base_lr"),
    ("epochs", r"epochs|num_epochs|max_epochs|num_train_epochs|n_epochs"),
    ("steps", r"max_steps|total_steps|num_steps|max_iters|total_timesteps"),
    ("warmup", r"warmup|warmup_steps|warmup_ratio|num_warmup_steps|warmup_iters"),
    ("optimizer", r"optimizer|optim|optimizer_name"),
    ("schedule", r"scheduler|lr_scheduler|lr_scheduler_type|schedule"),
    ("precision", r"precision|dtype|mixed_precision"),
    ("weight decay", r"weight_decay|wd"),
    ("seed", r"seed|random_seed|random_state"),
    ("clip", r"max_grad_norm|gradient_clip_val|grad_clip"),
    ("dropout", r"dropout|dropout_rate"),
    ("device", r"device|accelerator"),
)
_MOST_INSTEAD = 20  # names
_HIGHEST_COUNT = 2**53  # a float64 holds every whole number up to it
_ACCUMULATION = re.compile(r"gradient_accumulation(_steps)?|accumulate_grad_batches|grad_accum(ulation_steps)?")


def number(value: float) -> str:
    """A measured value in about four digits: "0.183", "26.91", "71.3k", "5e-5", "2.3e14", "NaN"."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "inf" if value > 0 else "-inf"
    size = abs(value)
    if size == 0:
        return "0"
    if size < 0.1:
        return short_exponent(f"{value:.3g}")
    if size < 9.9995:
        return f"{value:.3f}"
    if size < 1e6 and value == int(value):
        return f"{value:,.0f}" if size < 1e5 else f"{value / 1e3:,.0f}k"
    if size < 99.995:
        return f"{value:.2f}"
    if size < 999.95:
        return f"{value:.1f}"
    if size < 9999.5:
        return f"{value:,.0f}"
    if size < 999_500:
        return f"{value / 1e3:.1f}k" if size < 99_950 else f"{value / 1e3:.0f}k"
    if size < 999_500_000:
        return f"{value / 1e6:.3g}M"
    return short_exponent(f"{value:.2g}")


def count(value: float) -> str:
    """A whole number with separators: "41,230"; other numbers with at most three decimals: "2.5"."""
    if not math.isfinite(value):
        return number(value)
    if value == int(value) and abs(value) <= _HIGHEST_COUNT:
        return f"{int(value):,}"
    if 0.001 <= abs(value) < 1e15:
        return f"{value:,.3f}".rstrip("0").rstrip(".")
    return short_exponent(f"{value:.3g}")


def steps(step: float, total: int | None, *, are_made: bool = False) -> str:
    """ "step 179/180"; of a run that has finished "180/180 steps": how many, as no row may have that number."""
    text = count(step) + (f"/{count(total)}" if total else "")
    return f"{text} step{'s' * (text != '1')}" if are_made else f"step {text}"


def listed(names: Sequence[str], most: int = 3) -> str:
    """ "a, b, c and 5 more"."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def instead_of(word: str, known: Iterable[str]) -> str:
    """ "did you mean val_loss? there are train_loss, val_loss": suggestions for an unknown name."""
    there = list(dict.fromkeys(known))
    near = difflib.get_close_matches(word, there, 2)
    meant = f"did you mean {' or '.join(near)}? " if near else ""
    return f"{meant}there are {listed(there, _MOST_INSTEAD) or 'none'}"


def clipped(text: str, most: int) -> str:
    """A text from a file, as data: one line, without control characters, of at most so many characters."""
    plain = "".join(sign if sign.isprintable() else " " for sign in text[: 4 * most])
    plain = " ".join(plain.split())
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"


def place(kind: str, value: float) -> str:
    """A position: "step 31,000"; "2h30" on a time axis, whose kind is its unit."""
    units = {"seconds": 1.0, "minutes": 60.0, "hours": 3600.0}
    return duration(value * units[kind]) if kind in units else f"{kind} {count(value)}"


def short_exponent(text: str) -> str:
    """ "5e-05" as "5e-5", "2.3e+14" as "2.3e14"."""
    return re.sub(r"e([+-])0*(\d)", lambda match: "e" + match[1].replace("+", "") + match[2], text)


def duration(seconds: float) -> str:
    """A duration in its two largest units: "<1 ms", "28 ms", "0.4 s", "45 s", "3 min", "2h10", "3d 4h"."""
    if 0 < seconds < 0.0005:
        return "<1 ms"
    if 0.0005 <= seconds < 0.0995:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 0.95:
        return "0 s" if seconds < 0.05 else f"{seconds:.1f} s"
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60}h{minutes % 60:02d}"
    hours = round(seconds / 3600)
    return f"{hours // 24}d {hours % 24}h"


def smoothing(weights: Sequence[float]) -> str:
    """ "smoothed (EMA 0.94 to 0.98)": with which weights of an exponential moving average, as TensorBoard counts them;
    "" for none."""
    if not weights:
        return ""
    low, high = (f"{1 - float(f'{1 - end:.2g}'):.6g}" for end in (min(weights), max(weights)))
    return f"smoothed (EMA {low})" if low == high else f"smoothed (EMA {low} to {high})"


def change(percent: float | None) -> str:
    """A relative change: "-7.8 %", "+0.1 %", "x24"; "" for None."""
    if percent is None or not math.isfinite(percent):
        return ""
    if percent > 999.5:
        return f"x{1 + percent / 100:,.0f}" if percent < 1e7 else "> x1e5"
    if abs(percent) < 0.05:
        return "0.0 %"
    return f"{percent:+.1f} %" if abs(percent) < 99.95 else f"{percent:+.0f} %"


def setting(value: Any, width: int = 18) -> str:
    """A configuration value, cut to `width` characters."""
    if isinstance(value, bool):
        text = "yes" if value else "no"
    elif isinstance(value, float):
        text = short_exponent(f"{value:.4g}")
    elif isinstance(value, int):
        text = str(value) if abs(value) < 100_000 else f"{value:,}"
    else:
        text = " ".join(str(value).split())
        if "/" in text and len(text) > width:
            text = text.rstrip("/").rsplit("/", 1)[-1]
    return text if len(text) <= width else text[: width - 1] + "…"


def settings(config: Mapping[str, Any], most: int = 8) -> tuple[tuple[str, str], ...]:
    """The most important settings as (name, value) texts; those of a small configuration all."""
    by_leaf: dict[str, Any] = {}
    for name, value in flat_settings(config).items():
        parts = name.lower().split(".")
        is_named = len(parts) > 1 and parts[-1] in ("name", "class_name")  # {"optimizer": {"name": "adam"}}
        by_leaf.setdefault(parts[-2 if is_named else -1], value)
    if not _not_set(by_leaf.get("max_steps", 0)):
        by_leaf.pop("num_train_epochs", None)  # Hugging Face's Trainer ignores it beside `max_steps`
    pairs: list[tuple[str, str]] = []
    used: set[str] = set()
    for label, pattern in _SETTINGS:
        for leaf, value in by_leaf.items():
            if re.fullmatch(pattern, leaf) and _telling(value) and not (label == "steps" and _not_set(value)):
                pairs.append((label, setting(value)))
                used.add(leaf)
                break
        if label == "batch" and pairs and pairs[-1][0] == "batch":
            times = next((v for leaf, v in by_leaf.items() if _ACCUMULATION.fullmatch(leaf)), 1)
            if isinstance(times, int) and times > 1:
                pairs[-1] = ("batch", f"{pairs[-1][1]} x {times}")
    if not any(label == "precision" for label, _ in pairs):
        half = next((leaf for leaf in ("bf16", "fp16", "amp") if by_leaf.get(leaf) is True), None)
        if half:
            pairs.insert(min(len(pairs), 7), ("precision", half))
    if len(pairs) < 4:
        rest = ((leaf, setting(value)) for leaf, value in by_leaf.items() if leaf not in used and _telling(value))
        pairs.extend((setting(leaf, 14), text) for leaf, text in rest)
    return tuple(pairs[:most])


def origin(known: Mapping[str, Any], config: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The other known facts about a run as (name, value) texts, without those among the settings."""
    names_said = {name for name, _ in config}
    rate = next((name for name in ("samples_per_second", "steps_per_second") if name in known), "")
    texts = {
        "batch": setting(known["batch_size"]) if "batch_size" in known else "",
        "parameters": number(float(known["parameters"])) if isinstance(known.get("parameters"), int | float) else "",
        rate.replace("_per_second", "/s"): number(float(known[rate])) if rate else "",
        "devices": setting(known.get("devices", "")),
        "commit": str(known.get("commit", ""))[:9],
        "host": setting(known.get("host", "")),
    }
    return tuple((name, text) for name, text in texts.items() if text and name not in names_said)


def _telling(value: Any) -> bool:
    return isinstance(value, str | int | float) and value != ""


def _not_set(value: Any) -> bool:
    return isinstance(value, int | float) and value <= 0


def headline(metric: str, value: float, rising: bool | None, called: str | None = None) -> str:
    """ "val_loss 0.373 ↓": a value with its better direction, if known. `called`: another name for the metric."""
    arrow = {True: " ↑", False: " ↓", None: ""}[rising]
    return f"{called or metric} {value_text(metric, value)}{arrow}"


def value_text(metric: str, value: float) -> str:
    """A value of this metric for people: three digits for a learning rate, which is set, not measured."""
    if kind_of(metric) == "learning_rate" and math.isfinite(value):
        return short_exponent(f"{value:.3g}")
    return number(value)
