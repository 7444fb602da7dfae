"""The table of numbers and settings."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from livemon.views.mpl.summary import share_rows


@given(room=st.integers(0, 40), metrics=st.integers(0, 40), settings=st.integers(0, 20))
def test_summary_rows_fit(room: int, metrics: int, settings: int) -> None:
    """Table and settings never take more lines than there are, and all that they need where there is room."""
    table, kept = share_rows(room, metrics, settings)
    assert 0 <= table <= metrics + 1
    assert 0 <= kept <= settings
    assert table + kept <= room
    if room >= metrics + settings + 2:
        assert (table, kept) == (metrics + 1 if metrics else 0, settings)
