from __future__ import annotations

import pytest

from livemon.boards.lens.value import Lens, OptionError
from livemon.views.browser.asked import asked_cursors, asked_lens, asked_pages


def test_a_query_is_of_one_page_or_of_a_list() -> None:
    """What stands in "of" is a page each; without it the query itself is the page."""
    assert asked_pages({"lens": "{}"}) == [{"lens": "{}"}]
    assert asked_pages({"of": '[{"lens":"","width":500},{"since":"a-1"}]'}) == [
        {"lens": "", "width": "500"}, {"since": "a-1"}]


@pytest.mark.parametrize("text", ["", "x", "{}", "[1]", "[" * 100_000, "null"])
def test_what_is_no_list_of_pages_is_refused(text: str) -> None:
    """Any other text is an error in words."""
    with pytest.raises(OptionError, match="not a list"):
        asked_pages({"of": text})


def test_the_browsers_last_id_is_newer_than_the_address() -> None:
    """The cursors are those of the last event, where a browser has one, else those of the address; what could break a
    line of the stream is no cursor."""
    pages = [{"since": "a-1"}, {}, {"since": "x\nevent: end"}]
    assert asked_cursors(pages, "") == ["a-1", "-", "-"]
    assert asked_cursors(pages, "2 a-3 b-7 c-1") == ["a-3", "b-7", "c-1"]
    assert asked_cursors(pages, "a-3") == ["a-1", "-", "-"]


def test_a_lens_is_made_for_a_width_and_a_number_of_panels() -> None:
    """The width is rounded up to one of a few, so that pages of about one size share their curves; rubbish is as if it
    were not there."""
    assert asked_lens({"lens": '{"smooth":0.9}', "width": "500", "panels": "40"}, Lens()) == Lens(
        smooth=0.9, pixels=600, max_panels=40)
    assert asked_lens({"width": "-5", "panels": "9999999"}, Lens(max_panels=7)) == Lens(pixels=900, max_panels=7)
    assert asked_lens({"panels": "5000"}, Lens()).max_panels == 1000
    with pytest.raises(OptionError, match="too long"):
        asked_lens({"lens": " " * 100_001}, Lens())
