"""Layout, labels, ticks, texts and strokes: pure functions."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livemon.views.mpl.label_places import free_place, overlap, spread
from livemon.views.mpl.layout import arrange, height_for
from livemon.views.mpl.short_names import fit_names
from livemon.views.mpl.strokes import strokes
from livemon.views.mpl.summary import share_rows
from livemon.views.mpl.text import printable, shorten, text_width, wrap
from livemon.views.mpl.ticks import linear_ticks, log_ticks, tick_texts

SIZES = [(1600, 900), (1200, 800), (800, 600), (3840, 2160), (500, 900), (300, 200), (90, 60)]


# -- layout


@pytest.mark.parametrize("size", SIZES)
@given(spans=st.lists(st.integers(1, 3), min_size=1, max_size=13), summary=st.booleans(), columns=st.integers(1, 4))
def test_nothing_overlaps_or_leaves_the_figure(
    size: tuple[int, int], spans: list[int], summary: bool, columns: int
) -> None:
    """At every size axes, summary, header and footer lie inside the figure and apart from each other."""
    width, height = size[0] * 0.72, size[1] * 0.72
    layout = arrange(width, height, spans, summary=summary, columns=columns)
    places = [layout.header, layout.footer, *layout.panels, *([layout.summary] if layout.summary else [])]
    boxes = [(place.left, place.bottom, place.right, place.top) for place in places]
    assert not any(overlap(one, other) for one, other in itertools.combinations(boxes[2:], 2))
    if height > 150:
        assert not any(overlap(edge, other) for edge in boxes[:2] for other in boxes[2:])
        assert all(box[0] >= 0 and box[2] <= width and box[1] >= 0 and box[3] <= height for box in boxes)
    assert 1 <= len(layout.panels) <= len(spans)


@pytest.mark.parametrize(("pixels", "columns"), [((1600, 900), 3), ((1200, 800), 3), ((800, 600), 2), ((450, 800), 1)])
def test_columns_follow_the_width(pixels: tuple[int, int], columns: int) -> None:
    """Three columns normally, two in a narrow figure, one in a very narrow one."""
    assert arrange(pixels[0] * 0.72, pixels[1] * 0.72, [2] + [1] * 8, summary=True, columns=3).columns == columns


def test_summary_stands_beside_the_first_panel() -> None:
    """The summary is as high as the first panel and stands at its right, in three columns and in two."""
    for width in (1152, 576):
        layout = arrange(width, 560, [2, 1, 1, 1], summary=True, columns=3)
        assert layout.summary is not None
        assert layout.summary.bottom == layout.panels[0].bottom
        assert layout.summary.left > layout.panels[0].right


@given(spans=st.lists(st.integers(1, 3), min_size=1, max_size=40), summary=st.booleans())
def test_natural_height_has_room_for_all(spans: list[int], summary: bool) -> None:
    """At its natural height a picture leaves no panel out."""
    height = height_for(1008, spans, summary=summary, columns=3)
    assert len(arrange(1008, height, spans, summary=summary, columns=3, scale=1.0).panels) == len(spans)


@given(room=st.integers(0, 40), metrics=st.integers(0, 40), settings=st.integers(0, 20))
def test_summary_rows_fit(room: int, metrics: int, settings: int) -> None:
    """Table and settings never take more lines than there are, and all that they need where there is room."""
    table, kept = share_rows(room, metrics, settings)
    assert 0 <= table <= metrics + 1
    assert 0 <= kept <= settings
    assert table + kept <= room
    if room >= metrics + settings + 2:
        assert (table, kept) == (metrics + 1 if metrics else 0, settings)


# -- labels


@given(st.lists(st.floats(-50, 150), min_size=1, max_size=10))
def test_labels_are_spread(wanted: list[float]) -> None:
    """Labels keep their order, stand at least a height apart and inside, and stay where they want to where they can."""
    places = spread(wanted, 10, 0, 100)
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    for below, above in itertools.pairwise(order):
        assert places[above] - places[below] >= 10 - 1e-6
    assert min(places) >= 5 - 1e-6
    assert max(places) <= 95 + 1e-6
    if len(wanted) == 1:
        assert places[0] == min(max(wanted[0], 5), 95)


def test_free_place() -> None:
    """The first candidate that is inside and free is taken; none where there is none."""
    here, there = (0.0, 0.0, 2.0, 1.0), (5.0, 0.0, 7.0, 1.0)
    assert free_place([here, there], [(1.0, 0.0, 3.0, 1.0)], (0, 0, 10, 1)) == there
    assert free_place([here, there], [(1.0, 0.0, 3.0, 1.0)], (0, 0, 6, 1)) is None


# -- ticks


@pytest.mark.parametrize(
    ("low", "high", "log", "texts"),
    [
        (0, 42000, False, ["0", "10k", "20k", "30k", "40k"]),
        (0, 3e6, False, ["0", "1M", "2M", "3M"]),
        (0, 1200, False, ["0", "250", "500", "750", "1,000"]),
        (0.02, 0.06, False, ["0.02", "0.03", "0.04", "0.05", "0.06"]),
        (0, 5e-4, False, ["0", "1e-4", "2e-4", "3e-4", "4e-4", "5e-4"]),
        (-1, 1, False, ["-1.0", "-0.5", "0.0", "0.5", "1.0"]),
        (0.15, 7, True, ["0.2", "0.5", "1", "2", "5"]),
        (1, 1e15, True, ["10⁰", "10³", "10⁶", "10⁹", "10¹²", "10¹⁵"]),
        (4e-5, 6e-4, True, ["5e-5", "0.0001", "0.0002", "0.0005"]),
        (1, 2e4, True, ["1", "10", "100", "1k", "10k"]),
    ],
)
def test_ticks_are_for_people(low: float, high: float, log: bool, texts: list[str]) -> None:
    """Ticks stand at round places and say so shortly: 10k, 1M, 10¹⁵."""
    ticks = log_ticks(low, high, 6) if log else linear_ticks(low, high, 6)
    assert tick_texts(ticks, log=log) == texts


@given(low=st.floats(-1e12, 1e12), width=st.floats(1e-3, 1e12), most=st.integers(2, 7))
def test_linear_ticks_are_few_and_inside(low: float, width: float, most: int) -> None:
    """There are never more ticks than wanted, all inside the limits, no two with the same text."""
    ticks = linear_ticks(low, low + width, most)
    texts = tick_texts(ticks)
    assert 1 <= len(ticks) <= most
    assert all(low - 1e-6 * width <= tick <= low + width * (1 + 1e-6) for tick in ticks)
    assert width < 1e-5 * abs(low) or len(set(texts)) == len(texts)


@given(low=st.floats(-15, 14), decades=st.floats(0.001, 29), most=st.integers(2, 6))
def test_log_ticks_are_few_and_inside(low: float, decades: float, most: int) -> None:
    """A log axis has at least two ticks where it spans a decade, never many more than wanted, all inside."""
    bottom, top = 10.0**low, 10.0 ** (low + decades)
    ticks = log_ticks(bottom, top, most)
    assert len(ticks) <= most + 1
    assert len(ticks) >= 2 or decades < 1
    assert all(bottom * (1 - 1e-6) <= tick <= top * (1 + 1e-6) for tick in ticks)


def test_whole_ticks() -> None:
    """Epochs and steps have whole ticks only."""
    assert linear_ticks(0, 2, 6, whole=True) == [0, 1, 2]


# -- texts


@given(st.text(max_size=60), st.floats(0, 200))
def test_shortened_text_fits(text: str, width: float) -> None:
    """A shortened text is never wider than its room, and is left alone where it fits."""
    text = printable(text)
    for short in (shorten(text, width, 9), shorten(text, width, 9, middle=True)):
        assert text_width(short, 9) <= width or short == ""
        assert short == text or text_width(text, 9) > width


def test_names_that_fit_stay() -> None:
    """Names that have room are not touched; else brackets, keys of words and words in common go before letters do."""
    names = ("method=base lr=0.1 seed=3 (n = 5, 4 from 2,500)", "method=ours lr=0.1 seed=3 (n = 5, 3 from 2,500)")
    assert fit_names(names, 1000, 9) == names
    assert fit_names(names, text_width("method=base lr=0.1 seed=3", 9), 9)[0] == "method=base lr=0.1 seed=3"
    assert fit_names(names, text_width("base lr=0.1 seed=3", 9), 9) == ("base lr=0.1 seed=3", "ours lr=0.1 seed=3")
    assert fit_names(names, text_width("base", 9) + 1, 9) == ("base", "ours")


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


def test_wrap() -> None:
    """A message is broken between words; what does not fit into its lines ends in an ellipsis."""
    lines = wrap("no finite value was logged so far " * 5, 100, 9, 3)
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert all(text_width(line, 9) <= 100 for line in lines)


def test_printable_replaces_what_no_font_has() -> None:
    """Line breaks become spaces, control characters go, a character without a glyph becomes a box, the rest stays."""
    assert printable("a\tb\nc\x1b[0m") == "a b c[0m"
    assert printable("loss \U0001f9ea") == "loss □"
    assert printable("$x_1^2$ é ≤ ↓") == "$x_1^2$ é ≤ ↓"


# -- strokes


def test_strokes_keep_every_extreme() -> None:
    """A spike of one point is as high in the strokes as in the curve, and no stroke reaches beyond the curve."""
    x, y = np.linspace(0, 100, 5000), np.sin(np.linspace(0, 60, 5000))
    y[1234], y[4321] = 40.0, -30.0
    found = strokes(x, y, 0, 100, 300)
    assert found is not None
    assert len(found.at) <= 301
    assert (found.high.max(), found.low.min()) == (40.0, -30.0)
    at = int(np.argmax(found.high))
    assert abs(found.at[at] - x[1234]) <= 100 / 300


def test_strokes_leave_no_gap_in_steep_parts() -> None:
    """Neighbouring strokes of a connected curve touch, however steep it is; a gap in the curve stays one."""
    x = np.linspace(0, 100, 2000)
    y = np.where(x < 50, 0.0, 10.0)
    found = strokes(x, y, 0, 100, 200)
    assert found is not None
    assert np.all(np.maximum(found.low[:-1], found.low[1:]) <= np.minimum(found.high[:-1], found.high[1:]))
    y[(x > 20) & (x < 30)] = np.nan
    gapped = strokes(x, y, 0, 100, 200)
    assert gapped is not None
    inside = (gapped.at > 21) & (gapped.at < 29)
    assert np.isnan(gapped.low[inside]).all()


def test_sparse_curves_stay_lines() -> None:
    """A curve with about a point in each column is no strokes."""
    assert strokes(np.arange(100.0), np.arange(100.0), 0, 100, 300) is None


@pytest.mark.parametrize("ticks", [[0.00075, 0.00125, 0.00175], [0.00098, 0.00099, 0.001], [0.99995, 1.0, 1.00005]])
def test_a_tick_says_where_it_stands(ticks: list[float]) -> None:
    """On a logarithmic axis with a narrow range, as of a constant learning rate, no text is rounded."""
    assert [float(text) for text in tick_texts(ticks, log=True)] == ticks
