"""The runs of a list: the values of each, and its state."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livemon.analysis.run_set.filters import COLUMNS
from livemon.analysis.run_set.loader import MultiExperimentLoader
from livemon.analysis.run_set.settings import find_key
from livemon.commands.ls_request import ListRequest
from livemon.commands.progress import show_progress
from livemon.commands.run_overview import OVERVIEW_FIELDS, RunOverview, overview_of
from livemon.runs.notes import read_note
from livemon.runs.project import find_project

__all__ = ["ListedRun", "listed_runs"]


@dataclass(slots=True)
class ListedRun:
    """A run of a list.

    Attributes:
        path: Its newest folder, relative in the way in which the user named the folder of runs.
        folders: All folders of the run, the oldest first.
        settings, origin: Its settings, and its host, commit and command.
        values: Everything to filter, sort and show by, by key. The columns of the list win over settings, and settings
            over the last values of metrics.
        overview: Its state; None before `find_overview`.
    """

    path: Path
    folders: list[Path]
    settings: dict[str, Any]
    origin: dict[str, Any]
    values: dict[str, Any]
    overview: RunOverview | None = None

    @property
    def known(self) -> dict[str, Any]:
        """Everything to filter and sort by, the columns of the list first."""
        return {key: self.values.get(key) for key in COLUMNS} | self.values

    def find_overview(self, header: Sequence[str]) -> RunOverview:
        """The state of the run; it is looked at only once."""
        if self.overview is None:
            self.overview = overview_of(self.folders, header)
            self.values |= {key: getattr(self.overview, key) for key in OVERVIEW_FIELDS}
            # A finished run shows the steps that it made, even if the last one logged is lower.
            made = {"steps": self.overview.steps, "epochs": self.overview.epochs}
            self.values |= {key: count for key, count in made.items() if count is not None}
        return self.overview


def listed_runs(dirs: Sequence[Path], request: ListRequest, notify: Callable[[str], None]) -> list[ListedRun]:
    """The runs in these folders, by name, with everything that is known without reading their rows; a message names the
    joined ones."""
    pattern = request.name_pattern or find_project(request.base).name_pattern
    runs = MultiExperimentLoader(list(dirs), name_pattern=pattern, progress=show_progress("reading"),
                                 header=request.header)
    runs.project.notify_once(notify)
    summaries = {name: summary | {"main": _main_of(summary, runs)}
                 for name, summary in runs.get_all_summaries().items()}
    chains = _chains(runs, notify) if request.join else {name: [path] for name, path in runs.paths.items()}
    joined = {name: chain for name, chain in chains.items() if len(chain) > 1}
    summaries |= {name: summary | {"main": summaries[name]["main"]}
                  for name, summary in _summaries_of(joined, request.header).items()}
    settings = runs.settings if request.needs_settings else {}
    logged = _names_of_last_values(summaries, settings)
    for key in dict.fromkeys((*request.asked, *request.columns)):
        if logged.get(key, key) != key:
            notify(f"{key} is the setting here; what was logged last is {logged[key]!r}")
    return [_listed_run(path, chains[name], runs.titles[name], summaries[name], settings.get(name, {}), logged)
            for name, path in zip(runs.names, dirs, strict=True) if name in summaries and name in chains]


def _main_of(summary: Mapping[str, Any], runs: MultiExperimentLoader) -> str | None:
    """The main metric of the run with this summary."""
    counts = {metric: int(numbers["count"]) for metric, numbers in summary["metrics"].items()}
    return runs.main_of(counts, {metric for metric, numbers in summary["metrics"].items()
                                 if numbers["nan_count"] + numbers["inf_count"] == counts[metric]})


def _chains(runs: MultiExperimentLoader, notify: Callable[[str], None]) -> dict[str, list[Path]]:
    """The folders of each run, by the name of the newest; a message names the joined ones."""
    resumed = runs.resumed()
    for sentence in resumed.in_words():
        notify(sentence)
    name_of = {path: name for name, path in runs.paths.items()}
    return {name_of[chain[-1]]: list(chain) for chain in resumed.chains}


def _summaries_of(chains: Mapping[str, Sequence[Path]], header: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The summaries of joined runs, each over all its folders."""
    if not chains:
        return {}
    runs = MultiExperimentLoader(list(chains.values()), header=header)
    summaries = runs.get_all_summaries()
    return {name: summaries[run] for name, run in zip(chains, runs.names, strict=True) if run in summaries}


def _names_of_last_values(summaries: Mapping[str, dict[str, Any]], settings: Mapping[str, dict[str, Any]]
                          ) -> dict[str, str]:
    """metric -> the name of its last value in the list. It is "lr (logged)" if "lr" is a setting of any run, so that a
    column or filter means one thing in all runs."""
    known = dict.fromkeys(key for of_run in settings.values() for key in of_run)
    metrics = dict.fromkeys(metric for summary in summaries.values() for metric in summary["metrics"])
    return {metric: f"{metric} (logged)" if known and find_key(metric, [known]) else metric for metric in metrics}


def _listed_run(path: Path, folders: list[Path], name: str, summary: dict[str, Any], settings: dict[str, Any],
                logged: Mapping[str, str]) -> ListedRun:
    """`logged`: the names of the last values of metrics."""
    finals = {metric: numbers["final"] for metric, numbers in summary["metrics"].items()}
    last = {logged.get(metric, metric): value for metric, value in finals.items()}
    main, seconds = summary["main"], summary.get("training_duration_seconds")
    best = summary["metrics"].get(main or "", {}).get("best")  # NaN if there is none
    steps = summary["total_steps"] or (None if summary["total_epochs"] else 0)  # None if only epochs are counted
    origin = read_note(path).origin
    values = {**last, **origin, **settings, "run": name, "name": name, "path": path, "steps": steps,
              "epochs": summary["total_epochs"], "took": seconds, "seconds": seconds, "metric": main, "main": main,
              "final": finals.get(main or ""), "best": best if best is not None and math.isfinite(best) else None,
              "model": summary["model_type"], "data": summary["dataset"], "attempts": len(folders)}
    return ListedRun(path, folders, settings, origin, values)
