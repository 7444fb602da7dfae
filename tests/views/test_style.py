"""Colours that people can tell apart, and settings that leave no trace."""

from __future__ import annotations

import itertools
from typing import get_args

import matplotlib
import numpy as np
import pytest
from numpy.typing import NDArray

from livemon.boards.model import Colour
from livemon.views import style

Array = NDArray[np.float64]
THEMES = get_args(style.Theme)

# Machado, Oliveira and Fernandes 2009, severity 1; on linear RGB.
SIGHT = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def linear(colour: str) -> Array:
    parts = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(rgb: Array) -> Array:
    """CIE L*a*b* (D65) of a linear RGB colour; a distance of 2.3 is just noticeable."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ np.clip(rgb, 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio."""
    lights = sorted(float(np.array([0.2126, 0.7152, 0.0722]) @ linear(colour)) for colour in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_every_colour_of_a_board_is_there(theme: style.Theme) -> None:
    """Both themes have a colour for each name that a board may use."""
    assert set(style.palette(theme)) == set(get_args(Colour))
    assert set(style.colours("light")) == set(style.colours("dark"))


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("theme", THEMES)
def test_colours_can_be_told_apart(theme: style.Theme, sight: str) -> None:
    """Any two curves' colours are several times a just noticeable difference apart, with the usual and with
    colour-blind sight."""
    seen = {name: lab(SIGHT[sight] @ linear(colour)) for name, colour in style.palette(theme).items()}
    close = {
        pair: distance
        for pair in itertools.combinations(seen, 2)
        if (distance := float(np.linalg.norm(seen[pair[0]] - seen[pair[1]]))) < 10
    }
    assert close == {}


@pytest.mark.parametrize("theme", THEMES)
def test_everything_can_be_read(theme: style.Theme) -> None:
    """Curves and their labels reach a contrast of 3.5 with the panel, text and warnings 4.5."""
    frame = style.colours(theme)
    assert min(contrast(colour, frame["panel"]) for colour in style.palette(theme).values()) >= 3.5
    assert min(contrast(frame[name], frame["background"]) for name in ("text", "muted", "warning", "idle")) >= 4.5


def test_context_leaves_no_trace() -> None:
    """The settings hold in the context only, whatever the user's own are."""
    before = dict(matplotlib.rcParams)
    with matplotlib.rc_context({"savefig.bbox": "tight", "font.size": 30}):
        mine = dict(matplotlib.rcParams)
        with style.context("dark"):
            assert matplotlib.rcParams["savefig.bbox"] is None
            assert matplotlib.rcParams["pdf.fonttype"] == 42
        assert dict(matplotlib.rcParams) == mine
    assert dict(matplotlib.rcParams) == before


def test_unknown_style_names_what_there_is() -> None:
    """A style that does not exist is an error that names those that do."""
    with pytest.raises(ValueError, match=r"'neon'.*light, dark"):
        style.theme_named("neon")


@pytest.mark.parametrize(("asked", "gets"), [("light", "light"), ("DARK", "dark"), ("", "dark"), ("neon", "dark")])
def test_environment_chooses_the_default(asked: str, gets: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """LIVEMON_STYLE chooses the default theme where it names one."""
    monkeypatch.setenv("LIVEMON_STYLE", asked)
    assert style.default_theme("dark") == gets


def test_unknown_state_is_muted() -> None:
    """A state has its colour; one that we do not know is muted."""
    assert style.state_colour("failed", "dark") == style.colours("dark")["warning"]
    assert style.state_colour("dreaming", "dark") == style.colours("dark")["muted"]
