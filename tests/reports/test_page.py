from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livemon.boards.model import Board, Header, Line, Panel
from livemon.reports.content import Lines, Paragraph, Picture, Report, Section, Tabular
from livemon.reports.page import save_page
from livemon.views.browser.files import why_no_page

pytestmark = pytest.mark.skipif(why_no_page() is not None,
                                reason="no uPlot here: npm was missing when livemon was installed")
HOSTILE = "</script></style></title><img src=x onerror=alert(1)>\"'`${alert(1)}<!--"


def report(text: str = "fine", points: int = 100) -> Report:
    x = np.arange(float(points))
    line = Line(text, "raw", x, np.random.default_rng(0).normal(size=points), "blue", label=text)
    panel = Panel(text, text, (0.0, float(points)), (-4.0, 4.0), lines=(line,), points=points, metrics=(text,))
    board = Board(text, Header(text, "finished"), (panel,), axes=("step",), x_kind="step")
    table = Tabular((text, "b"), ((text, "1"),), (False, True), frozenset({(0, 1)}), text, text)
    blocks = (Paragraph(text, "good"), table, Lines(text, (text,)))
    return Report(text, (text, text), "good", (Section("summary", text, blocks),
                                               Section("curves", text, (Picture(board, text),))), "now", (text, text))


def made(folder: Path, given: Report, **options: Any) -> str:
    return save_page(given, folder / "r.html", **options).read_text("utf-8")


def test_all_scripts_and_styles_are_allowed_by_their_hash(tmp_path: Path) -> None:
    """The policy names the hash of each script and style that is in the file, and nothing else: no address."""
    text = made(tmp_path, report())
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    text = re.sub(r'src="data:image[^"]*"', "", text)  # what is in a picture is under no policy, and has no scripts
    inline = re.findall(r"<script(?: type=\"module\")?>(.*?)</script>|<style>(.*?)</style>", text, re.DOTALL)
    assert len(inline) == 5
    for script, style in inline:
        digest = base64.b64encode(hashlib.sha256((script or style).encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy[1]
    assert "unsafe" not in policy[1] and "http" not in policy[1] and "default-src 'none'" in policy[1]
    assert not re.search(r'(src|href)="(?!data:|#)', text) and ' style="' not in text.split("<noscript><img")[0]


def test_names_are_text(tmp_path: Path) -> None:
    """Whatever a run, a metric or a setting is called, it opens no tag and ends no script."""
    text = made(tmp_path, report(HOSTILE))
    assert "<img src=x" not in re.sub(r"<noscript><img class.*?</noscript>", "", text, flags=re.DOTALL)
    assert text.lower().count("</script") == 4
    data = re.search(r'id="livemon-data">(.*?)</script>', text, re.DOTALL)
    assert data is not None and json.loads(data[1])["message"]["parts"]["title"] == HOSTILE


def test_size(tmp_path: Path) -> None:
    """At most 200 KB and 24 bytes a point that is drawn."""
    for points in (1, 5000):
        assert len(made(tmp_path, report(points=points)).encode()) <= 200_000 + 24 * points


def test_light_or_dark(tmp_path: Path) -> None:
    """The colours are those that were asked for, else those of the browser."""
    assert "prefers-color-scheme:dark" in made(tmp_path, report())
    assert "prefers-color-scheme:dark" not in made(tmp_path, report(), style="dark")


def test_without_uplot_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where npm was missing when livemon was installed, the message says so, and names the other forms."""
    monkeypatch.setattr("livemon.reports.page.why_no_page", lambda: "the page draws with uPlot, which npm brings")
    with pytest.raises(ValueError, match=r"uPlot, which npm brings.*\.pdf or \.md"):
        save_page(report(), tmp_path / "r.html")
    assert not list(tmp_path.iterdir())
