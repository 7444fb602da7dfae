"""Parallel coordinates."""

from __future__ import annotations

import numpy as np

from livemon.views.mpl.parallel_coordinates import parallel_coordinates


def test_parallel_axes() -> None:
    """Rates that are doubled stand evenly on a logarithmic axis, runs with the same setting side by side, runs without
    it at a foot that says so, and texts never on each other."""
    settings = {f"r{place}": {"lr": rate} for place, rate in enumerate((0.001, 0.001, 0.002, 0.004, 0.008))}
    values = {name: 0.4447 + place / 50 for place, name in enumerate([*settings, "bare"])}
    axes = parallel_coordinates(settings, values, ["lr"], "loss", False).axes[0]
    starts = {round(float(line.get_ydata()[0]), 3) for line in axes.get_lines() if list(line.get_xdata()) == [0, 1]}
    assert len(starts) == 6
    places = {text.get_text(): text.xy for text in axes.texts if hasattr(text, "xy")}
    levels = [places[text][1] for text in ("0.001", "0.002", "0.004", "0.008")]
    np.testing.assert_allclose(np.diff(levels), levels[1] - levels[0])
    assert places["not set"] == (0, 0.0)
    measured = sorted(height for text, (at, height) in places.items() if at == 1)
    assert len(measured) > 2 and min(np.diff(measured)) > 0.05
