"""The GUI toolkit that can open a window here: found by trying, not just by looking at DISPLAY."""

from __future__ import annotations

import ctypes
import functools
import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from matplotlib.backend_bases import FigureCanvasBase

from livemon.system.errors import first_line
from livemon.system.processes import hidden_flags, python_code

__all__ = ["canvas_class", "close_if_destroyed", "gui_backend", "screen_size", "why_no_window"]


class _CannotUseError(Exception):
    """Why a toolkit cannot open a window; `missing`: it is not installed; otherwise it found no display."""

    def __init__(self, reason: str, *, missing: bool = False) -> None:
        super().__init__(reason)
        self.missing = missing


@dataclass(frozen=True, slots=True)
class _Toolkit:
    """A matplotlib backend, and a test of whether it works here; `probe` raises an error if not."""

    backend: str
    name: str
    probe: Callable[[], None]

    @property
    def module(self) -> str:
        return f"matplotlib.backends.backend_{self.backend.lower()}"


def _probe_nothing() -> None:
    pass


def _probe_qt() -> None:
    """In another process: Qt aborts the process instead of raising, if its display or libraries do not fit."""
    program = "from matplotlib.backends.qt_compat import QtWidgets; QtWidgets.QApplication(['livemon'])"
    importlib.import_module("matplotlib.backends.backend_qtagg")
    result = subprocess.run(
        python_code(program), capture_output=True, text=True, timeout=30, check=False, creationflags=hidden_flags())
    if result.returncode:
        lines = [line for line in result.stderr.splitlines() if line.strip()] or [f"exit status {result.returncode}"]
        raise RuntimeError(lines[0])


def _probe_tk() -> None:
    import tkinter

    tkinter.Tk().destroy()


def _probe_wx() -> None:
    wx = importlib.import_module("wx")
    if not wx.App.IsDisplayAvailable():
        raise RuntimeError("no display")


_TOOLKITS = (
    _Toolkit("macosx", "macOS", _probe_nothing),
    _Toolkit("QtAgg", "Qt", _probe_qt),
    _Toolkit("GTK4Agg", "GTK 4", _probe_nothing),  # importing its backend opens the display
    _Toolkit("GTK3Agg", "GTK 3", _probe_nothing),
    _Toolkit("TkAgg", "Tk", _probe_tk),
    _Toolkit("WXAgg", "wx", _probe_wx),
)


def gui_backend() -> str | None:
    """The matplotlib backend of the first GUI toolkit that is installed in this Python and reaches a display ("QtAgg",
    "TkAgg" ...), or None. The one in MPLBACKEND is tried first."""
    return _search(*_surroundings())[0]


def why_no_window(*, advise_file: bool = True) -> str | None:
    """What is missing, and what to do about it; None if a window can be opened. `advise_file`: whether to suggest
    --view file; False if the picture already exists.

    A display forwarded by a remote shell counts, too; the caller decides whether to use it without being asked.
    """
    backend, failures = _search(*_surroundings())
    return None if backend else _explain(failures, advise_file)


def canvas_class(backend: str) -> type[FigureCanvasBase]:
    """The canvas class of a backend returned by `gui_backend`."""
    toolkit = next(toolkit for toolkit in _TOOLKITS if toolkit.backend == backend)
    canvas: type[FigureCanvasBase] = importlib.import_module(toolkit.module).FigureCanvas
    return canvas


def screen_size(manager: Any) -> tuple[int, int] | None:
    """Width and height of the screen for a window, in pixels; None if the toolkit does not say."""
    window = manager.window
    try:
        if hasattr(window, "winfo_screenwidth"):  # Tk
            return window.winfo_screenwidth(), window.winfo_screenheight()
        if hasattr(window, "screen"):  # Qt
            size, ratio = window.screen().availableGeometry(), window.devicePixelRatioF()
            return round(size.width() * ratio), round(size.height() * ratio)
    except Exception:  # each toolkit fails in its own way, and the window gets a size anyway
        return None
    return None


class _XcbDestroyNotify(ctypes.Structure):
    """The beginning of an event of X11, as far as one about a window that was destroyed needs it."""

    _fields_ = (("kind", ctypes.c_uint8), ("padding", ctypes.c_uint8), ("sequence", ctypes.c_uint16),
                ("event", ctypes.c_uint32), ("window", ctypes.c_uint32))


_DESTROY_NOTIFY = 17  # the kind, of X11; its highest bit says who sent it


def close_if_destroyed(manager: Any) -> None:
    """Close a Qt window that another program destroys, as `xdotool windowclose` does. Qt reads of that and goes on
    without a window; the other toolkits close it by themselves.
    """
    if "qt" not in type(manager).__module__:
        return
    qt: Any = importlib.import_module("matplotlib.backends.qt_compat")
    if qt.QtWidgets.QApplication.platformName() != "xcb":
        return
    window, number = manager.window, int(manager.window.winId())

    class Filter(qt.QtCore.QAbstractNativeEventFilter):  # type: ignore[misc]
        def nativeEventFilter(self, kind: Any, message: Any) -> tuple[bool, int]:  # noqa: N802
            event = _XcbDestroyNotify.from_address(int(message))
            if event.kind & 0x7F == _DESTROY_NOTIFY and event.window == number:
                qt.QtCore.QTimer.singleShot(0, window.close)
            return False, 0

    manager.destroy_filter = Filter()  # Qt keeps no reference to it; it goes with the manager
    qt.QtWidgets.QApplication.instance().installNativeEventFilter(manager.destroy_filter)


def _surroundings() -> tuple[str, ...]:
    """Everything on which the answer depends, so that it is found only once."""
    return tuple(os.environ.get(name, "") for name in ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND"))


@functools.lru_cache(maxsize=8)
def _search(display: str, wayland: str, preferred: str) -> tuple[str | None, tuple[tuple[str, str, bool], ...]]:
    """The backend, and (toolkit, reason, whether it is not installed) of those tried before it."""
    if _needs_display() and not (display or wayland):
        return None, ()
    failures = []
    for toolkit in sorted(_TOOLKITS, key=lambda toolkit: toolkit.backend.lower() != preferred.lower()):
        if (toolkit.backend == "macosx") != (sys.platform == "darwin") and toolkit.backend == "macosx":
            continue
        try:
            _try(toolkit)
        except _CannotUseError as error:
            failures.append((toolkit.name, str(error), error.missing))
        else:
            return toolkit.backend, tuple(failures)
    return None, tuple(failures)


def _needs_display() -> bool:
    return sys.platform not in ("win32", "cygwin", "darwin")


def _try(toolkit: _Toolkit) -> None:
    try:
        toolkit.probe()
        canvas: Any = importlib.import_module(toolkit.module).FigureCanvas
    except ImportError as error:
        raise _CannotUseError(first_line(error), missing=True) from error
    except Exception as error:  # each toolkit has its own error for a missing display
        raise _CannotUseError(first_line(error)) from error
    if not hasattr(canvas, "blit"):
        raise _CannotUseError("it cannot draw part of a picture")


def _explain(failures: tuple[tuple[str, str, bool], ...], advise_file: bool) -> str:
    use_file = "use --view file, or " if advise_file else ""
    if not failures:
        advice = f"{use_file}run livemon in a session with a screen" if advise_file else ""
        return _with("there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set", advice)
    without_display = [f"{name}: {reason}" for name, reason, missing in failures if not missing]
    if without_display:
        display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY", "")
        return _with(f"the display {display!r} cannot be opened ({'; '.join(without_display)})",
                     f"{use_file}set DISPLAY to a screen that this session may use")
    tried = ", ".join(name for name, _, _ in failures)
    return _with(f"this Python ({sys.executable}) has no GUI toolkit; {tried} were looked for",
                 f"{use_file}install one: pip install PySide6, or Tk for this Python (Debian and Ubuntu: apt install "
                 "python3-tk)")


def _with(reason: str, advice: str) -> str:
    return f"{reason}. {advice[0].upper()}{advice[1:]}" if advice else reason
