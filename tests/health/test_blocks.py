from __future__ import annotations

import numpy as np

from livemon.health.blocks import Numbers, width_after


def test_widths_of_blocks() -> None:
    """A block has 4 points at first, and from 512 on between a 128th and a 64th of those before it."""
    assert [width_after(count) for count in (0, 508, 512, 1024, 4096, 1 << 20)] == [4, 4, 8, 16, 64, 16384]


def test_numbers_are_a_list_and_an_array() -> None:
    """Numbers that come in pieces are the same as elements and as an array, whoever asks first; the pieces and arrays
    that were handed out stay as they were."""
    numbers: Numbers[int] = Numbers()
    first = np.arange(3)
    numbers.take(first)
    before = numbers.array
    for start in range(3, 40, 2):
        numbers.take(np.arange(start, start + 2))
        if start % 3:
            assert numbers[start] == start and numbers[-2:] == [start, start + 1]
    assert [*numbers] == numbers.array.tolist() == list(range(len(numbers)))
    assert before.tolist() == first.tolist() == [0, 1, 2] and type(numbers[1]) is int
