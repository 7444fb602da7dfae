"""`livemon report`: one run, or a comparison of several, as one file to send to others."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from livemon.boards import Lens
from livemon.commands.compare_request import CompareRequest
from livemon.live.opening import need_rows, open_run
from livemon.reports.content import Report, table_of
from livemon.reports.of_run import report_of_run
from livemon.reports.saving import check_place, save_report
from livemon.runs.project import ProjectSettings, find_project
from livemon.runs.run_selection import select_runs
from livemon.system.streams import put_result
from livemon.views.style import theme_named

if TYPE_CHECKING:
    from livemon.analysis.run_set.loader import MultiExperimentLoader

__all__ = ["run_report"]

Notify = Callable[[str], None]


def run_report(arguments: Sequence[str], request: CompareRequest, lens: Lens, notify: Notify) -> None:
    """Write a report of the runs that the arguments name, and print its path.

    Args:
        arguments: A run, or several; [] for the newest run below the current folder.
        request: The options of the comparison; its output is the report.
        lens: The view of a single run.
        notify: Prints a message for people.

    Raises:
        FileNotFoundError: There is no run, or no folder for the report.
        ValueError: An option makes no sense for these runs.
        OSError: The report cannot be written.
    """
    assert request.output is not None
    path = check_place(request.output)
    if request.style is not None and path.suffix.lower() == ".pdf":
        raise ValueError("--style: a .pdf is for paper, and light; leave it out, or name a .html or .md")
    report = _of_one(None, request, lens, notify) if not arguments else _of_arguments(arguments, request, lens, notify)
    for saved in save_report(report, path, theme_named(request.style) if request.style else None)[:1]:
        put_result(str(saved), sys.stdout)


def _of_arguments(arguments: Sequence[str], request: CompareRequest, lens: Lens, notify: Notify) -> Report:
    selection = select_runs(arguments, request.header)
    if len(selection.dirs) == 1:
        return _of_one(selection.dirs[0], request, lens, notify)
    from livemon.commands.compare import opened_runs  # a single run does not need these modules

    project = find_project(selection.dirs[0])
    messages: list[str] = []

    def notify_and_keep(text: str) -> None:
        messages.append(text)
        notify(text)

    runs, groups = opened_runs(selection, notify_and_keep, request.name_pattern or project.name_pattern, request)
    if len(runs) == 1:  # the attempts of one run, or all other runs were left out
        return _of_one(runs.paths[runs.names[0]], request, lens, notify)
    project.notify_once(notify)
    return _of_several(runs, groups, request, project, messages, notify)


def _of_one(path: Path | None, request: CompareRequest, lens: Lens, notify: Notify) -> Report:
    about_several = {"--group-by": request.group_by is not None, "--at": request.at is not None,
                     "--test": request.test is not None, "--pair": request.pair is not None,
                     "--baseline": request.baseline is not None, "--name-pattern": request.name_pattern is not None}
    if any(about_several.values()):
        named = ", ".join(option for option, given in about_several.items() if given)
        raise ValueError(f"{named}: this is about several runs, and one is named; name several, or a folder of runs")
    if len(request.metrics) > 1:
        raise ValueError("--metric: one run has one main metric; --select REGEX chooses the panels")
    run = open_run(path, notify, join=request.join, header=request.header)
    run.refresh()
    run.project.notify_once(notify)
    need_rows(run, lens, "once there are some, ask for the report again")
    return report_of_run(run, lens)


def _of_several(runs: MultiExperimentLoader, groups: dict[str, list[str]], request: CompareRequest,
                project: ProjectSettings, messages: Sequence[str], notify: Notify) -> Report:
    from livemon.analysis.statistics.importance import parameter_importance
    from livemon.commands.compare import analysed, comparison_of
    from livemon.commands.compare_tables import (
        caption_of_tests,
        grouping_hint,
        notes_of,
        sentences_of_tests,
        tests_table,
    )
    from livemon.reports.of_runs import Compared, report_of_runs

    if request.group_by is None and not groups:
        request = replace(request, group_by=project.group_by)
    if request.group_by is None and not groups:
        about_groups = {"--test": request.test is not None, "--pair": request.pair is not None}
        if any(about_groups.values()):
            named = ", ".join(option for option, given in about_groups.items() if given)
            raise ValueError(f"{named}: this needs groups of runs; make them with --group-by, or with two patterns in "
                             "quotes")
        if grouping_hint(runs):
            request = replace(request, group_by="all")
    tables = analysed(runs, groups, request, notify)
    made = tables.tests
    tests = table_of(tests_table(made, tables.board), caption_of_tests(made)) if made else None
    comparison = comparison_of(runs, groups, request, tables)
    try:
        ranked = parameter_importance(runs, tables.board.metric, at=tables.board.numbers.at, rising=tables.board.rising,
                                      x=request.x)
    except ValueError:
        ranked = None
    return report_of_runs(Compared(runs, comparison, tables.board, tests, sentences_of_tests(tables.tests),
                                   notes_of(tables), messages, ranked, tables.health))
