from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest

from livemon.views.browser.packed import encoded, packed, with_steps


def unpacked(value: Any) -> np.ndarray:
    """What `board.js` does."""
    if isinstance(value, str):
        return np.frombuffer(base64.b64decode(value), "<f8")
    if "steps" in value:
        steps = np.frombuffer(base64.b64decode(value["steps"]), f"<u{value['bytes']}")
        return np.concatenate(([value["from"]], value["from"] + np.cumsum(steps.astype(np.float64))))
    if "single" in value:
        return np.frombuffer(base64.b64decode(value["single"]), "<f4").astype(np.float64)
    whole = np.frombuffer(base64.b64decode(value["whole"]), "<i4")
    return np.where(whole == -(2**31), np.nan, whole / 10.0 ** value["decimals"])


EXACT = {
    "steps": (np.arange(0.0, 42_210.0, 10), "steps"),
    "large steps": (np.array([1e9, 1e9 + 60_000, 1e9 + 60_001]), "steps"),
    "losses": (np.array([3.2917, np.nan, 0.183, -2.5]), "decimals"),
    "noise": (np.random.default_rng(1).normal(size=50), ""),
    "huge": (np.array([2.3e14, 1e300, -1e-300]), ""), "infinite": (np.array([1.0, np.inf, -np.inf]), ""),
    "minus zero": (np.array([-0.0, 1.5]), ""), "falling": (np.array([5.0, 4.0]), "decimals"), "none": (np.empty(0), ""),
    "one": (np.array([7.0]), "decimals"), "gaps alone": (np.array([np.nan, np.nan]), ""),
}


@pytest.mark.parametrize("name", EXACT)
def test_what_was_logged_is_exact(name: str) -> None:
    """Every value comes back to its last bit, in the shortest form that can do it."""
    values, form = EXACT[name]
    made = packed(values)
    assert isinstance(made, str) if not form else form in made
    back = unpacked(made)
    np.testing.assert_array_equal(back, values)
    assert (np.signbit(back) == np.signbit(values)).all() or np.isnan(values).any()


@pytest.mark.parametrize("name", EXACT)
def test_what_a_live_page_gets_is_exact(name: str) -> None:
    """Many rising whole numbers come as steps, and everything else in 8 bytes."""
    values, _ = EXACT[name]
    made = with_steps(values)
    assert isinstance(made, dict) == (name == "steps")
    assert unpacked(made).tobytes() == values.tobytes() == unpacked(encoded(values)).tobytes()


def test_what_was_computed_has_seven_digits() -> None:
    """A smoothed curve takes four bytes a point."""
    values = np.random.default_rng(2).normal(size=1000)
    made = packed(values, is_computed=True)
    assert len(base64.b64decode(made["single"])) == 4000
    assert np.allclose(unpacked(made), values, rtol=1e-7)
