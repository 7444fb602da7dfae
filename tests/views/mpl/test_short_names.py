"""Names that are short and differ."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from livemon.views.mpl.short_names import fit_names
from livemon.views.mpl.text import text_width


def test_names_that_fit_stay() -> None:
    """Names that have room are not touched; else brackets, keys of words and words in common go before letters do."""
    names = ("method=base lr=0.1 seed=3 (n = 5, 4 from 2,500)", "method=ours lr=0.1 seed=3 (n = 5, 3 from 2,500)")
    assert fit_names(names, 1000, 9) == names
    assert fit_names(names, text_width("method=base lr=0.1 seed=3", 9), 9)[0] == "method=base lr=0.1 seed=3"
    assert fit_names(names, text_width("base lr=0.1 seed=3", 9), 9) == ("base lr=0.1 seed=3", "ours lr=0.1 seed=3")
    assert fit_names(names, text_width("base", 9) + 1, 9) == ("base", "ours")
    beside = ("median", "optimizer=adam seed=0", "optimizer=sgd seed=0")  # of all runs, which has no settings
    assert fit_names(beside, text_width("adam seed=0", 9) + 1, 9) == ("median", "adam seed=0", "sgd seed=0")


WORDS = st.sampled_from(["method=ours", "method=base", "lr=0.1", "lr=0.001", "x" * 40, "seed=1", "seed=2", "a_b_c"])


def test_names_that_differ_where_nothing_fits_are_counted() -> None:
    """Names that differ at several places far within are told apart by a count at the worst."""
    names = tuple(f"{'p' * 20}{one:03b}".replace("", "q" * 9) for one in range(8))
    assert len(set(fit_names(names, 60, 9))) == 8


@given(st.lists(st.lists(WORDS, min_size=1, max_size=4).map(" ".join), min_size=1, max_size=12, unique=True),
       st.floats(50, 300))
def test_names_fit_and_differ(names: list[str], width: float) -> None:
    """No name is wider than its room, and no two that differ read the same."""
    fitted = fit_names(tuple(names), width, 9)
    assert len(set(fitted)) == len(names)
    assert all(text_width(name, 9) <= width for name in fitted)
