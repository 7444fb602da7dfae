"""The arrays that curves are made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "Ints"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
