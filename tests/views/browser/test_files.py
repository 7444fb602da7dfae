from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from livemon.views.browser.files import PAGE, page_files, version_of, why_no_page
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
def test_all_modules_are_asked_for_at_once() -> None:
    """The page names each module that its first one needs, so that a browser does not find them one after another."""
    files = page_files()
    html = files["index.html"][1].decode()
    named = re.findall(r'<link rel="modulepreload" href="page/([\w.]+)">', html)
    needed, new = {"main.js"}, ["main.js"]
    while new:
        text = files[new.pop()][1].decode()
        found = set(re.findall(r'from "\./([\w.]+)"', text)) - needed
        needed |= found
        new += sorted(found)
    assert sorted(named) == sorted(needed - {"main.js"}) and len(named) > 10
    assert html.index("modulepreload") < html.index("page/main.js")


def test_looks_and_keys_are_those_of_all_views() -> None:
    """The page takes keys, colours and looks from the one table of all views."""
    table = json.loads(page_files("light")["table.json"][1])
    assert [key["words"] for key in table["keys"]] == [key.words for key in KEYS]
    assert table["style"] == "light" and table["marks"]["nan"]["shape"] == "cross"
    assert table["colours"]["dark"].keys() == table["colours"]["light"].keys() >= {"blue", "frame-background"}


@needs_uplot
def test_the_version_is_that_of_what_the_page_is_made_of() -> None:
    """Pages of one version have the same files; light or dark is no other version, and another script is."""
    files = page_files("light")
    assert f'data-version="{version_of(files)}"' in files["index.html"][1].decode()
    assert version_of(files) == version_of(page_files("dark"))
    assert version_of({**files, "main.js": (files["main.js"][0], b"")}) != version_of(files)
