"""The findings of losslint, runmedic and trainspotter about a run, in livemon's words; they come with the extra
`bench`."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

# Their kinds -> ours; a kind without an equivalent keeps its own name.
_KINDS = {
    "nan_inf": "nan", "non_finite": "nan", "nan": "nan", "loss_spike": "spike", "spikes": "spike", "spike": "spike",
    "loss_spikes": "spike", "overfit_onset": "overfitting", "stagnation": "not_learning",
    "no_learning": "not_learning", "not_learning": "not_learning", "plateau": "not_learning",
    "lr_plateau": "learning_rate", "lr_schedule": "learning_rate", "grad_norm": "gradient",
    "grad_explosion": "gradient",
}


@dataclass(frozen=True)
class Told:
    """A finding of any tool.

    Attributes:
        kind: The kind in livemon's words.
        warns: Whether it is a warning or worse.
        rows: How many steps after its beginning it was reported; 0 for tools that look afterwards.
        row: The row at which it was reported; -1 for tools that look afterwards.
    """

    kind: str
    warns: bool
    rows: float = 0.0
    row: int = -1


def _json_of(main: Callable[[list[str]], Any], *words: str) -> Any:
    """The JSON output of a peer's command; None if it cannot read the file."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()), contextlib.suppress(SystemExit):
        main(list(words))
    return json.loads(out.getvalue()) if out.getvalue().strip() else None


def _told(findings: list[dict[str, Any]], key: str) -> list[Told]:
    return [Told(_KINDS.get(one[key], one[key]), one["severity"] in ("warning", "error", "critical"))
            for one in findings]


def by_losslint(path: Path) -> list[Told]:
    """`losslint check`."""
    main = import_module("losslint.cli").main
    found = _json_of(main, "check", str(path), "--format", "json")
    return _told(found["findings"], "check") if found else []


def by_runmedic(path: Path) -> list[Told]:
    """`runmedic diagnose`."""
    runs = _json_of(import_module("runmedic.cli").main, "diagnose", str(path), "--json")
    return _told([found for run in runs or [] for found in run["findings"]], "check")


def by_trainspotter(path: Path) -> list[Told]:
    """`trainspotter analyze`, which calls a NaN a divergence."""
    trainspotter = import_module("trainspotter")
    findings = [{"check": one.detector, "severity": one.severity}
                for one in trainspotter.run_all(trainspotter.load_run(str(path)))]
    told = _told(findings, "check")
    return told + [Told("nan", one.warns) for one in told if one.kind == "divergence"]


PEERS: dict[str, Callable[[Path], list[Told]]] = {
    "losslint": by_losslint, "runmedic": by_runmedic, "trainspotter": by_trainspotter}


def missing_peers() -> list[str]:
    """The peers that are not installed."""
    return [name for name in PEERS if importlib.util.find_spec(name) is None]
