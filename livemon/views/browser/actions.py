"""Actions in the page -> another lens, as in the window and the terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import cast, get_args

from livemon.boards.lens import moves
from livemon.boards.lens.history import History
from livemon.boards.lens.value import Lens, OptionError
from livemon.boards.model import Board, Panel
from livemon.views.keys import Action
from livemon.views.lens_control import LensControl, zoomed, zoomed_y

__all__ = ["Moved", "moved"]

_EVENTS = {"next event": 1, "event before": -1}


@dataclass(frozen=True)
class Moved:
    """Another lens. `words`: the description of the event that it marks; "" for none."""

    lens: Lens
    words: str = ""


def moved(lens: Lens, board: Board, words: Mapping[str, str]) -> Moved:
    """The lens after an action.

    Args:
        lens: The lens before.
        board: The board that it shows.
        words: "action": a key's action, or "zoom", "whole", "zoom y", "axis", "filter", "curve", "show run", "open
            run", "hide run", "run alone", "runs where", "groups", "run list"; and its object: "panel" (its key),
            "metric", "low", "high", "text".

    Raises:
        OptionError: The action is not valid; the message says why.
    """
    action, panel = words.get("action", ""), _panel_of(board, words.get("panel", ""))
    text, metric = words.get("text", ""), words.get("metric", "")
    if action == "zoom":
        return Moved(zoomed(lens, board, _number(words, "low"), _number(words, "high")))
    if action == "whole":
        return Moved(replace(lens, zoom=None))
    if action == "zoom y" and panel is not None:
        return Moved(zoomed_y(lens, panel, _number(words, "low"), _number(words, "high")))
    if action == "axis":
        return Moved(replace(lens, x=text or None, zoom=None, mark=None))
    if action == "filter":
        return Moved(moves.filter_names(lens, text))
    if action == "curve":
        return Moved(moves.hide_or_show(lens, [metric]))
    if action in _OF_RUNS:
        return Moved(_OF_RUNS[action](lens, text, board))
    if action not in get_args(Action):
        raise OptionError(f"{action!r} is not an action of this page")
    return _by_key(lens, board, cast(Action, action), panel, metric)


def _by_key(lens: Lens, board: Board, action: Action, panel: Panel | None, metric: str) -> Moved:
    asked = [lens]
    lens_control = LensControl(asked.append, lambda: board)
    lens_control.history = History.of(lens)
    event_position = None
    if action in _EVENTS:
        event_position = lens_control.go_to_event(_EVENTS[action])
    elif not lens_control.do(action) and panel is not None:
        lens_control.do_with(action, panel, lambda lens: metric or next(iter(panel.metrics), None))
    words = "" if event_position is None else f"{event_position.words} ({event_position.number} of {event_position.of})"
    return Moved(asked[-1], words)


_OF_RUNS: Mapping[str, Callable[[Lens, str, Board], Lens]] = {
    "show run": lambda lens, run, board: moves.choose_run(lens, run, [row.name for row in board.runs if row.is_shown]),
    "open run": lambda lens, run, board: moves.open_run(lens, run),
    "hide run": lambda lens, run, board: moves.hide_or_show_run(lens, run),
    "run alone": lambda lens, run, board: moves.show_run_alone(lens, run),
    "runs where": lambda lens, text, board: moves.filter_runs(lens, text),
    "groups": lambda lens, text, board: moves.group_runs(lens),
    "run list": lambda lens, text, board: moves.toggle_run_list(lens),
}


def _panel_of(board: Board, key: str) -> Panel | None:
    return next((panel for panel in board.panels if panel.key == key), None)


def _number(words: Mapping[str, str], name: str) -> float:
    try:
        return float(words.get(name, ""))
    except ValueError:
        raise OptionError(f"{name}: {words.get(name, '')!r} is not a number") from None
