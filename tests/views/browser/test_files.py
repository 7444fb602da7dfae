from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from livemon.views.browser.files import PAGE, loaded_files, page_files, why_no_page
from livemon.views.keys import KEYS

needs_uplot = pytest.mark.skipif(why_no_page() is not None,
                                 reason="no uPlot here: npm was missing when livemon was installed")


def test_without_uplot_the_message_names_what_to_do(tmp_path: Path) -> None:
    """Without npm at the installation the view says what is missing and how to get it."""
    message = why_no_page(tmp_path)
    assert message is not None and "npm" in message and "install livemon again" in message


def test_the_page_has_no_inline_script_style_or_foreign_address() -> None:
    """The page's own files hold nothing that the policy forbids, name nothing outside, and write no markup from data:
    names of runs are text wherever they stand."""
    for path in PAGE.glob("*.*"):
        text = path.read_text()
        outside = set(re.findall(r"https?://[^\s\"']+", text)) - {"http://www.w3.org/2000/svg"}
        assert not outside, (path.name, outside)
        for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function",
                          "setAttribute(\"style\"", "javascript:"):
            assert forbidden not in text, (path.name, forbidden)
    html = (PAGE / "index.html").read_text()
    assert "<style" not in html and " style=" not in html and not re.search(r"<script(?![^>]*src=)", html)
    assert not re.search(r"(src|href)=\"/", html), "an address that is not relative"


@needs_uplot
def test_the_page_is_light() -> None:
    """All that a first visit loads is at most 150 KB: what index.html names, and what that imports."""
    assert {"main.js", "source.js", "uPlot.iife.min.js", "table.json"} < loaded_files().keys()
    assert sum(map(len, loaded_files().values())) <= 150_000


@needs_uplot
def test_comments_do_not_travel() -> None:
    """What a browser gets of our scripts has no comments and no types, and all else: as many brackets, all names."""
    for path in PAGE.glob("*.js"):
        sent = page_files()[path.name][1].decode()
        assert "@param" not in sent and "@type" not in sent and "/**" not in sent and "\n//" not in sent
        comment = re.compile(r"/\*\*.*?\*/|^\s*//[^\n]*$|(?<=[;{,]) +// [^\n]*$", re.DOTALL | re.MULTILINE)
        code = comment.sub("", path.read_text())
        assert re.sub(r"\s", "", sent) == re.sub(r"\s", "", code)


@needs_uplot
def test_looks_and_keys_are_those_of_all_views() -> None:
    """The page takes keys, colours and looks from the one table of all views."""
    table = json.loads(page_files("light")["table.json"][1])
    assert [key["words"] for key in table["keys"]] == [key.words for key in KEYS]
    assert table["style"] == "light" and table["marks"]["nan"]["shape"] == "cross"
    assert table["colours"]["dark"].keys() == table["colours"]["light"].keys() >= {"blue", "frame-background"}
