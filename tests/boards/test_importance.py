"""The importance of settings as a board."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from livemon.analysis.statistics.importance import importance_of
from livemon.boards.importance import importance_board
from livemon.views.mpl.paper import draw_into
from livemon.views.mpl.picture import render


def test_a_bar_for_each_setting() -> None:
    """Each setting is a bar, the strongest first, as long and with the number of its strength, which has no sign; what
    is no more than chance is grey, and names nothing as better."""
    rng = np.random.default_rng(0)
    settings = {f"r{run}": {"lr": run % 7, "noise": float(rng.normal())} for run in range(40)}
    values = {name: -float(one["lr"]) + 0.1 * rng.normal() for name, one in settings.items()}
    board = importance_board(importance_of(settings, values, rising=False), "x")
    lr, noise = board.panels[0].rows
    assert lr.label.startswith("lr  (more is better, n = 40") and lr.text.startswith("0.9") and lr.value > 0.9
    assert noise.label.startswith("noise  (n = 40") and noise.value < 0.5
    assert (lr.colour, noise.colour) == ("blue", "grey") and board.panels[0].message == ""


def test_a_category_has_a_name_and_no_sign() -> None:
    """Of a setting that is a word the best one is named, and its strength has no sign."""
    settings = {f"r{run}": {"opt": ("adam", "sgd")[run % 2]} for run in range(40)}
    values = {name: float(one["opt"] == "sgd") + place / 1000 for place, (name, one) in enumerate(settings.items())}
    (row,) = importance_board(importance_of(settings, values, rising=False), "x").panels[0].rows
    assert row.label.startswith("opt  (best: adam, n = 40") and not row.text.startswith("+")


def test_settings_of_which_nothing_is_known_are_a_word() -> None:
    """Where too few runs say anything there is no bar but a message."""
    few = importance_of({"a": {"lr": 1}, "b": {"lr": 2}}, {"a": 1.0, "b": 2.0}, False)
    panel = importance_board(few, "x").panels[0]
    assert panel.rows == () and panel.message == "no setting differs in enough runs"


def test_the_axis_goes_from_0_to_1_in_every_view() -> None:
    """A strength is a share: its axis goes from 0 to 1 whatever the values, in a picture, on paper and in a browser."""
    pytest.importorskip("plotly", reason="plotly is not installed")
    from livemon.views.plotly import to_plotly

    settings = {f"r{run}": {"a": run % 3, "b": run % 5} for run in range(30)}
    board = importance_board(importance_of(settings, {f"r{run}": float(run % 7) for run in range(30)}, False), "x")
    assert max(row.value for row in board.panels[0].rows) < 0.5
    assert render(board).axes[0].get_xlim() == (0.0, 1.0)
    assert draw_into(Figure().add_subplot(), board.panels[0]).get_xlim() == (0.0, 1.0)
    assert tuple(to_plotly(board).layout.xaxis.range) == (0.0, 1.0)
