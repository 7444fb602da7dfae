"""What tests of curves share: an array cut into pieces, and TensorBoard's smoothing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest


@pytest.fixture(scope="session")
def cut() -> Callable[[np.ndarray, list[int]], list[np.ndarray]]:
    """Cut an array into pieces at these places, whatever they are."""
    return lambda values, pieces: np.split(values, sorted(place % (len(values) + 1) for place in pieces))


@pytest.fixture(scope="session")
def tensorboard() -> Callable[[list[float], float], list[float]]:
    """TensorBoard's debiased average, value by value."""

    def smoothed(y: list[float], weight: float) -> list[float]:
        last, out = 0.0, []
        for count, value in enumerate(y, 1):
            last = last * weight + (1 - weight) * value
            out.append(last / (1 - weight**count))
        return out

    return smoothed
