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


# CIECAM02 in an average surround (CIE 159:2004), and the uniform space on it (Luo, Cui and Li 2006, "Uniform colour
# spaces based on CIECAM02", Color Research and Application 31, table II: CAM02-UCS, K_L = 1, c1 = 0.007, c2 = 0.0228).
CAT02 = np.array([[0.7328, 0.4296, -0.1624], [-0.7036, 1.6975, 0.0061], [0.0030, 0.0136, 0.9834]])
HUNT_POINTER_ESTEVEZ = np.array([[0.38971, 0.68898, -0.07868], [-0.22981, 1.18340, 0.04641], [0.0, 0.0, 1.0]])


def lightness_colourfulness_hue(xyz: Array, white: Array, light: float, background: float = 20.0) -> tuple[float, ...]:
    """CIECAM02's J, M and h (radians). `light`: of the adapting field, in cd/m2."""
    k = 1 / (5 * light + 1)
    level = 0.2 * k**4 * 5 * light + 0.1 * (1 - k**4) ** 2 * np.cbrt(5 * light)
    adaptation = 1 - np.exp(-(light + 42) / 92) / 3.6
    n = background / white[1]
    induction = 0.725 * n**-0.2

    def responses(one: Array) -> Array:
        adapted = (white[1] * adaptation / (CAT02 @ white) + 1 - adaptation) * (CAT02 @ one)
        cones = HUNT_POINTER_ESTEVEZ @ np.linalg.inv(CAT02) @ adapted
        compressed = (level * np.abs(cones) / 100) ** 0.42
        return np.asarray(np.sign(cones) * 400 * compressed / (compressed + 27.13) + 0.1)

    def achromatic(one: Array) -> float:
        return float((one @ [2, 1, 1 / 20] - 0.305) * induction)

    seen = responses(xyz)
    a, b = seen @ [1, -12 / 11, 1 / 11], seen @ [1 / 9, 1 / 9, -2 / 9]
    hue = float(np.arctan2(b, a))
    lightness = 100 * (achromatic(seen) / achromatic(responses(white))) ** (0.69 * (1.48 + np.sqrt(n)))
    t = 50000 / 13 * induction * (np.cos(hue + 2) + 3.8) / 4 * np.hypot(a, b) / (seen @ [1, 1, 21 / 20])
    chroma = t**0.9 * np.sqrt(lightness / 100) * (1.64 - 0.29**n) ** 0.73
    return lightness, chroma * level**0.25, hue


def cam02_ucs(rgb: Array) -> Array:
    """J', a', b' of a linear RGB colour as sRGB is viewed: a white of D65, 64 lux of light around (IEC 61966-2-1)."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz, white = 100 * to_xyz @ np.clip(rgb, 0, 1), 100 * to_xyz @ np.ones(3)
    lightness, colourfulness, hue = lightness_colourfulness_hue(xyz, white, 64 / np.pi / 5)
    m = np.log1p(0.0228 * colourfulness) / 0.0228
    return np.array([1.7 * lightness / (1 + 0.007 * lightness), m * np.cos(hue), m * np.sin(hue)])


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


def test_the_colour_space_of_the_tests_is_right() -> None:
    """The worked example of CIE 159:2004: X, Y, Z = 19.01, 20.00, 21.78 has J = 41.73, M = 0.1088 and h = 219.0; black
    and white of sRGB are 100 apart in CAM02-UCS."""
    example = np.array([19.01, 20.0, 21.78]), np.array([95.05, 100.0, 108.88])
    lightness, colourfulness, hue = lightness_colourfulness_hue(*example, 318.31)
    assert (lightness, colourfulness) == pytest.approx((41.73, 0.1088), abs=0.005)
    assert np.degrees(hue) % 360 == pytest.approx(219.0, abs=0.1)
    assert cam02_ucs(np.ones(3))[0] == pytest.approx(100.0)


@pytest.mark.parametrize("sight", ["usual", "protanopia", "deuteranopia"])
@pytest.mark.parametrize("theme", THEMES)
def test_colours_are_ten_apart_in_a_uniform_space(theme: style.Theme, sight: str) -> None:
    """Any two of the palette are 10 apart in CAM02-UCS, for people with the usual sight, protanopes and
    deuteranopes."""
    seen = {name: cam02_ucs(SIGHT[sight] @ linear(colour)) for name, colour in style.palette(theme).items()}
    pairs = itertools.combinations(seen, 2)
    apart = {pair: float(np.linalg.norm(seen[pair[0]] - seen[pair[1]])) for pair in pairs}
    assert {pair: distance for pair, distance in apart.items() if distance < 10} == {}


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
