"""Which toolkit opens windows here, and why none does."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from livemon.views.mpl import toolkits as toolkits
from livemon.views.mpl.window import WindowView, gui_backend, why_no_window


def test_a_toolkit_is_found(screen: str) -> None:
    """With a display and a toolkit there is a backend, and no reason why not."""
    assert gui_backend() is not None
    assert why_no_window() is None


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="there is always a display")
def test_no_display_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a display the reason says so and what to do, and opening raises it."""
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert gui_backend() is None
    assert "DISPLAY" in str(why_no_window())
    assert "--view file" in str(why_no_window()) and "--view file" not in str(why_no_window(advise_file=False))
    with pytest.raises(RuntimeError, match="there is no display"):
        WindowView().open()


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="there is always a display")
def test_a_display_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A DISPLAY that nobody serves is found out by trying, and named."""
    monkeypatch.setenv("DISPLAY", ":987")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert gui_backend() is None
    assert "':987' cannot be opened" in str(why_no_window())


def test_no_toolkit_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python without any GUI toolkit is told what to install."""

    def absent(toolkit: toolkits._Toolkit) -> None:
        raise toolkits._CannotUseError(f"No module named {toolkit.name!r}", missing=True)

    monkeypatch.setattr(toolkits, "_try", absent)
    monkeypatch.setenv("DISPLAY", ":986")
    assert gui_backend() is None
    assert "pip install PySide6" in str(why_no_window())
    assert "python3-tk" in str(why_no_window())


def test_mplbackend_is_tried_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """A GUI backend that MPLBACKEND names is tried first; one that is no GUI is not obeyed."""
    tried: list[str] = []
    monkeypatch.setattr(toolkits, "_try", lambda toolkit: tried.append(toolkit.backend))
    monkeypatch.setenv("DISPLAY", ":985")
    monkeypatch.setenv("MPLBACKEND", "wxagg")
    assert gui_backend() == "WXAgg"
    assert tried == ["WXAgg"]
    monkeypatch.setenv("MPLBACKEND", "agg")
    assert gui_backend() != "agg"


def test_how_large_the_screen_is() -> None:
    """Tk says it in pixels, Qt in its own units and how many pixels these have; who says nothing has no size."""
    tk = SimpleNamespace(window=SimpleNamespace(winfo_screenwidth=lambda: 1600, winfo_screenheight=lambda: 900))
    assert toolkits.screen_size(tk) == (1600, 900)
    geometry = SimpleNamespace(width=lambda: 800, height=lambda: 450)
    screen = SimpleNamespace(availableGeometry=lambda: geometry)
    qt = SimpleNamespace(window=SimpleNamespace(screen=lambda: screen, devicePixelRatioF=lambda: 2.0))
    assert toolkits.screen_size(qt) == (1600, 900)
    assert toolkits.screen_size(SimpleNamespace(window=SimpleNamespace(screen=lambda: None))) is None
    assert toolkits.screen_size(SimpleNamespace(window=object())) is None
