"""livemon shows a training run while it trains, and afterwards explains it.

The names here are resolved when they are first used, so that `import livemon` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from livemon._version import __version__ as __version__

if TYPE_CHECKING:
    from livemon.analysis import MultiExperimentLoader as MultiExperimentLoader
    from livemon.live.watching import watch as watch
    from livemon.plotter import ExperimentPlotter as ExperimentPlotter
    from livemon.plotter import quick_plot as quick_plot
    from livemon.recording.recorder import record as record
    from livemon.runs.experiment import ExperimentLoader as ExperimentLoader
    from livemon.runs.experiment import discover_experiments as discover_experiments

_HOMES = {
    "ExperimentLoader": "runs.experiment",
    "ExperimentPlotter": "plotter",
    "MultiExperimentLoader": "analysis",
    "discover_experiments": "runs.experiment",
    "quick_plot": "plotter",
    "record": "recording.recorder",
    "watch": "live.watching",
}

__all__ = [
    "ExperimentLoader", "ExperimentPlotter", "MultiExperimentLoader", "__version__", "discover_experiments",
    "quick_plot", "record", "watch",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'livemon' has no attribute {name!r}")
    return getattr(import_module(f"livemon.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
