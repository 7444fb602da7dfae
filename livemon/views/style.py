"""Colours, fonts and sizes as plain dicts, made by pure functions and applied in a context, never globally.

The palette has the same ten names in both themes (`board.Colour`). Any two of them are distinguishable for people with
protanopia, deuteranopia and tritanopia, too: a test simulates these."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Literal, cast, get_args

__all__ = [
    "STATES",
    "Theme",
    "colours",
    "context",
    "default_theme",
    "fallback_fonts",
    "fonts",
    "palette",
    "rc",
    "sizes",
    "state_colour",
    "theme_named",
]

Theme = Literal["light", "dark"]

_PALETTES: dict[str, dict[str, str]] = {
    "light": {
        "blue": "#417dde",
        "orange": "#c86e08",
        "green": "#065940",
        "purple": "#5f39cd",
        "red": "#ba0b55",
        "teal": "#0b6a82",
        "brown": "#9f6d43",
        "pink": "#c24aac",
        "olive": "#576600",
        "grey": "#6e7982",
    },
    "dark": {
        "blue": "#3598ff",
        "orange": "#ea9832",
        "green": "#a8eca9",
        "purple": "#b872c6",
        "red": "#e1646f",
        "teal": "#61e4fc",
        "brown": "#d7ac80",
        "pink": "#ff99d3",
        "olive": "#d1d56c",
        "grey": "#908c9f",
    },
}

_FRAMES: dict[str, dict[str, str]] = {
    "light": {
        "background": "#ffffff",
        "panel": "#ffffff",
        "card": "#f5f7f9",
        "grid": "#e9ebee",
        "edge": "#ccd1d7",
        "text": "#1b1f24",
        "muted": "#6a737d",
        "faint": "#b7bdc5",
        "warning": "#cf222e",
        "good": "#1a8a4c",
        "idle": "#9a6700",
    },
    "dark": {
        "background": "#0f1216",
        "panel": "#161b21",
        "card": "#161b21",
        "grid": "#262d36",
        "edge": "#39424d",
        "text": "#eef1f4",
        "muted": "#8f99a4",
        "faint": "#4b5560",
        "warning": "#ff6b6b",
        "good": "#72e29a",
        "idle": "#e3b341",
    },
}

STATES = {
    "running": "good",
    "finished": "muted",
    "stopped": "muted",
    "failed": "warning",
    "stalled": "idle",
    "unknown": "muted",
    "waiting": "idle",
}

# Fonts for characters that DejaVu lacks (Chinese, Japanese, Korean); only installed ones are used.
_FALLBACK_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Source Han Sans SC",
    "PingFang SC",
    "Hiragino Sans",
    "Microsoft YaHei",
    "Malgun Gothic",
    "WenQuanYi Micro Hei",
    "Droid Sans Fallback",
)


def palette(theme: Theme) -> dict[str, str]:
    """The ten colours of curves, by their names in `board.Colour`, as #rrggbb."""
    return dict(_PALETTES[theme])


def colours(theme: Theme) -> dict[str, str]:
    """The colours of everything except curves: background, panel, card (behind the table), grid, edge, text, muted,
    faint, warning, good, idle."""
    return dict(_FRAMES[theme])


def state_colour(state: str, theme: Theme) -> str:
    """The colour of a run's state; unknown states are muted."""
    return _FRAMES[theme][STATES.get(state, "muted")]


@functools.lru_cache(maxsize=64)  # every part of every panel asks for them in every frame
def sizes(scale: float = 1.0) -> Mapping[str, float]:
    """Font sizes and line widths in points, and lengths of the layout in points, all times `scale`."""
    points = {
        # text
        "title": 16.0,
        "headline": 16.0,
        "status": 10.0,
        "panel_title": 10.0,
        "note": 8.5,
        "tick": 8.5,
        "label": 9.0,
        "table": 9.0,
        "message": 9.5,
        # lines; those of curves and marks are in looks.py
        "thin": 0.8,
        "grid": 0.7,
        "edge": 0.8,
        "median": 1.6,
    }
    return MappingProxyType({name: value * scale for name, value in points.items()})


@functools.cache
def fallback_fonts() -> tuple[str, ...]:
    """The installed families with the characters that ours lack (Chinese, Japanese, Korean). Often there are none, and
    usually they have one weight only."""
    from matplotlib import font_manager

    installed = set(font_manager.get_font_names())
    return tuple(name for name in _FALLBACK_FONTS if name in installed)


def fonts() -> dict[str, str]:
    """The families for text ("sans") and for numbers in columns ("mono"). Both come with matplotlib, so that every
    machine draws the same picture; all digits have the same width."""
    return {"sans": "DejaVu Sans", "mono": "DejaVu Sans Mono"}


_ONE_AT_A_TIME = threading.RLock()

# Settings of a user's session that do not concern looks: they stay as they are.
_NOT_STYLE = (
    "backend",
    "date.epoch",
    "docstring",
    "figure.max_open",
    "figure.raise",
    "interactive",
    "keymap",
    "macosx",
    "savefig.directory",
    "timezone",
    "tk.",
    "toolbar",
    "webagg",
)


def rc(theme: Theme) -> dict[str, Any]:
    """matplotlib's settings for one of our figures: its defaults, so that a user's matplotlibrc cannot spoil the
    layout, and ours."""
    from matplotlib import rcParamsDefault

    defaults: dict[str, Any] = {
        name: value for name, value in rcParamsDefault.items() if not name.startswith(_NOT_STYLE)
    }
    frame = colours(theme)
    ours = {
        "figure.facecolor": frame["background"],
        "savefig.facecolor": frame["background"],
        "axes.facecolor": frame["panel"],
        "axes.edgecolor": frame["edge"],
        "axes.titley": 1.0,
        "axes.unicode_minus": True,
        "font.family": fonts()["sans"],
        "text.color": frame["text"],
        "text.parse_math": False,
        "pdf.fonttype": 42,
        "ps.fonttype": 42,
        "svg.fonttype": "none",  # text stays text
        "toolbar": "None",
    }
    return {**defaults, **ours}


@contextmanager
def context(theme: Theme) -> Iterator[None]:
    """matplotlib with the settings of `rc(theme)`; restored afterwards. One thread at a time: the settings belong to
    the process."""
    import matplotlib

    settings: Any = rc(theme)  # matplotlib's types list every name
    with _ONE_AT_A_TIME, matplotlib.rc_context(settings):
        yield


def theme_named(name: str) -> Theme:
    """The theme with this name.

    Raises:
        ValueError: There is no such theme; the message lists the themes.
    """
    if name in get_args(Theme):
        return cast(Theme, name)
    raise ValueError(f"no style {name!r}; there are {', '.join(get_args(Theme))}")


def default_theme(wanted: Theme) -> Theme:
    """`wanted`, unless the environment variable LIVEMON_STYLE asks for "light" or "dark"."""
    asked = os.environ.get("LIVEMON_STYLE", "").strip().lower()
    return cast(Theme, asked) if asked in get_args(Theme) else wanted
