"""`livemon compare`: a leaderboard, groups and tests, and pictures of several runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from livemon import wording
from livemon.analysis.run_set.loader import MultiExperimentLoader
from livemon.analysis.run_set.missing import metrics_of_all
from livemon.analysis.run_set.reading import Study
from livemon.analysis.run_set.sorting import sort_runs
from livemon.analysis.statistics.group_leaderboard import group_leaderboard
from livemon.analysis.statistics.groups import find_groups, renamed
from livemon.analysis.statistics.importance import parameter_importance
from livemon.analysis.statistics.leaderboard import Leaderboard, leaderboard
from livemon.analysis.statistics.metric_table import metric_table
from livemon.analysis.statistics.significance import MOST_GROUPS, GroupComparison, compare_groups
from livemon.analysis.table_formats import to_csv, with_blanks
from livemon.boards.comparison import Comparison, ComparisonOptions
from livemon.boards.drawn_points import drawn_points
from livemon.boards.importance import with_importance
from livemon.commands.compare_request import CompareRequest
from livemon.commands.compare_tables import Tables, grouping_hint, limited, print_tables
from livemon.commands.compare_tasks import run_tasks
from livemon.commands.compared_health import judged, with_health
from livemon.commands.output import FORMATS, MOVING, is_moving, picture_path
from livemon.commands.progress import show_progress
from livemon.commands.saved_pictures import print_saved, save_board, save_growth, save_paper, save_text
from livemon.runs.experiment import ExperimentLoader
from livemon.runs.project import ProjectSettings, find_project
from livemon.runs.run_selection import RunSelection, select_runs, unquoted_patterns
from livemon.tables import names
from livemon.tables.metric_choice import parse_choices, rising_of

__all__ = ["analysed", "comparison_of", "opened_runs", "run_compare"]

Notify = Callable[[str], None]
_FORMATS = (*FORMATS, "html", "csv", *MOVING)  # for -o


def run_compare(arguments: Sequence[str], request: CompareRequest, notify: Notify) -> None:
    """Compare the runs that the arguments name.

    Raises:
        FileNotFoundError: There are no such runs.
        ValueError: An option makes no sense for these runs; the message says what can be asked for.
    """
    picture = picture_path(request.output, "comparison_dashboard.png", _FORMATS) if request.output is not None else None
    selection = select_runs(arguments, request.header)
    project = find_project(selection.dirs[0]) if selection.dirs else ProjectSettings()
    project.notify_once(notify)
    runs, groups = opened_runs(selection, notify, request.name_pattern or project.name_pattern, request)
    if request.group_by is None and not groups:
        request = replace(request, group_by=project.group_by)
    if request.without_effect:
        notify(f"{', '.join(request.without_effect)}: no effect on the points in {request.output}")
    if request.labels and request.tasks is None:
        if not groups and request.group_by is None:
            raise ValueError("--label names groups; a run gets a name by PATH=LABEL")
        groups = renamed(groups or find_groups(runs.settings, request.group_by), request.labels)
        request = replace(request, group_by=None)
    if request.tasks is not None:
        choices = parse_choices(request.metrics, lambda: metrics_of_all(runs))
        run_tasks(runs, groups, request, choices[0] if choices else None, picture, notify)
        return
    if request.group_by is None and not groups:
        patterns = unquoted_patterns(arguments)
        _check_about_groups(request, patterns)
        if patterns:
            notify(f"each of the {len(arguments)} runs is by itself; for groups of them quote the patterns: "
                f"{_quoted(patterns)}")
        elif hint := grouping_hint(runs):
            notify(hint)
    tables = analysed(runs, groups, request, notify)
    # The picture comes first: whoever reads the tables may stop at any line (`| head`).
    drawn = _drawn(runs, groups, request, tables, picture) if picture is not None else None
    for problem in tables.board.problems:
        notify(problem)
    if tables.tests and (unseen := request.unseen_in_tables()):
        notify(f"{', '.join(unseen)}: the tests are in a table of their own, which --table tests prints")
    if len(runs) == 1 and (choice := next(iter(runs.read(_choice).values()), "")):
        notify(choice)
    print_tables(tables, runs, request.form, notify, request.table)
    if drawn is not None:
        print_saved(drawn, request)


def _choice(run: ExperimentLoader) -> str:
    run.refresh()
    return run.choice


def _quoted(patterns: Sequence[str]) -> str:
    return " ".join(f"'{pattern}'" for pattern in patterns)


def _check_about_groups(request: CompareRequest, patterns: Sequence[str]) -> None:
    about_groups = {"--test": request.test is not None, "--pair": request.pair is not None,
                    "--middle": request.middle != "mean", "--band": request.band != "auto", "--lines": request.lines,
                    "--table tests": request.table == "tests"}
    if any(about_groups.values()):
        named = ", ".join(option for option, given in about_groups.items() if given)
        raise ValueError(f"{named}: this needs groups of runs, and there are none; make them with --group-by, or "
                         f"with two patterns in quotes{f', {_quoted(patterns)}' if patterns else ''}")


def analysed(runs: MultiExperimentLoader, groups: dict[str, list[str]], request: CompareRequest, notify: Notify
             ) -> Tables:  # fmt: skip
    """The tables of a comparison.

    Raises:
        ValueError: An option makes no sense for these runs.
    """
    choices = parse_choices(request.metrics, lambda: metrics_of_all(runs))
    metrics, labels = [choice.name for choice in choices], {choice.name: choice.label for choice in choices}
    directions = rising_of(choices)
    board: Leaderboard
    tests: list[GroupComparison] = []
    if groups or request.group_by is not None:
        by_group = groups or find_groups(runs.settings, request.group_by)
        board = group_leaderboard(runs, metrics, middle=request.middle, band=request.band, at=request.at, x=request.x,
                                  groups=by_group, test=request.test, pair=request.pair, labels=labels,
                                  directions=directions)
        if len(by_group) > MOST_GROUPS and request.baseline is None:
            notify(f"{len(by_group)} groups are too many to test all pairs; --baseline NAME compares each with one")
        elif len(by_group) > 1:
            tests = [compare_groups(runs, metric, at=request.at or (board.numbers.at if metric == board.metric else
                                                                    None),
                                    groups=by_group, test=request.test, middle=request.middle, pair=request.pair,
                                    rising=directions.get(metric), x=request.x, baseline=request.baseline,
                                    label=labels.get(metric))
                     for metric in metrics or [board.metric]]
    elif len(metrics) > 1:
        board = metric_table(runs, metrics, at=request.at, x=request.x, labels=labels, directions=directions,
                             baseline=request.baseline)
    else:
        first = metrics[0] if metrics else None
        board = leaderboard(runs, first, directions.get(first or ""), at=request.at, x=request.x,
                            label=labels.get(first or ""), baseline=request.baseline, limit=request.limit)
    ranked = None
    if request.importance:
        ranked = parameter_importance(runs, board.metric, at=board.numbers.at, rising=board.rising,
                                      x=request.x)
    shown = limited(board, request.limit)
    health = judged(runs, shown)
    return Tables(with_health(shown, health, runs.titles), tests, ranked, health, choices)


def _drawn(runs: MultiExperimentLoader, groups: dict[str, list[str]], request: CompareRequest, tables: Tables,
           path: Path) -> Path:
    """The picture, in the ranking of the table."""
    return _draw(comparison_of(runs, groups, request, tables), path, request, tables)


def comparison_of(runs: MultiExperimentLoader, groups: dict[str, list[str]], request: CompareRequest, tables: Tables
                  ) -> Comparison:
    """The comparison from which boards are made, in the ranking of the table.

    Raises:
        ValueError: An option names a metric that no run has.
    """
    grouped = bool(groups) or request.group_by is not None
    metrics = tuple(choice.name for choice in tables.choices)
    options = ComparisonOptions(x=request.x, smooth=request.smooth, x_limits=request.x_limits(),
                                y_limits=request.y_limits(), log_x=request.log_x, lines=request.lines,
                                x_name=request.xlabel,
                                metric=metrics[0] if metrics else None, metrics=metrics if len(metrics) > 1 else (),
                                names={choice.name: choice.label for choice in tables.choices
                                       if choice.label != choice.name},
                                directions=rising_of(tables.choices),
                                log=request.log, linear=request.linear, select=request.select,
                                middle=request.middle, band=request.band, test=request.test, pair=request.pair,
                                at=tables.board.numbers.at,
                                groups=groups or None, group_by=request.group_by)
    if request.limit is not None and not grouped:
        runs = runs.only([str(row["run"]) for row in tables.board.rows])
    comparison = Comparison(runs, options, metrics if len(metrics) > 1 else (), health=tables.health)
    named = (("--log", options.log), ("--linear", options.linear), ("--ylim", filter(None, options.y_limits)))
    for option, metric in ((option, metric) for option, metrics in named for metric in metrics):
        if names.find_metric(metric, comparison.metrics) is None:
            instead = wording.instead_of(metric, comparison.metrics)
            raise ValueError(f"{option}: no run has the metric {metric!r}; {instead}")
    return comparison


def opened_runs(selection: RunSelection, notify: Notify, name_pattern: str | None, request: CompareRequest
                ) -> tuple[MultiExperimentLoader, dict[str, list[str]]]:
    """The runs to compare, and the groups that patterns made of them; messages name what is left out.

    Raises:
        ValueError: There is nothing to compare.
    """
    study = Study(request.header, selection.by_path)
    sorted_out = sort_runs(selection.dirs, join=request.join, study=study)
    for sentence in (*selection.unlisted, *sorted_out.in_words()):
        notify(sentence)
    if not sorted_out.runs:
        raise ValueError("no run can be read: there is nothing to compare" if sorted_out.unreadable else
                         "every run is empty: there is nothing to compare yet")
    runs = MultiExperimentLoader(sorted_out.runs, name_pattern=name_pattern, progress=show_progress("reading"),
                                 study=study, header=request.header)
    called = dict(zip(map(tuple, sorted_out.runs), runs.names, strict=True))
    labels = {called[tuple(folders)]: selection.labels[path] for folders in sorted_out.runs for path in folders
              if path in selection.labels}
    if labels:
        runs = MultiExperimentLoader(sorted_out.runs, labels=labels, name_pattern=name_pattern,
                                     progress=show_progress("reading"), study=study, header=request.header)
    if len(selection.groups) < 2:  # a single pattern is a list of runs, not a group
        return runs, {}
    groups = {pattern: [name for folders, name in called.items() if set(folders) & set(dirs)]
              for pattern, dirs in selection.groups.items()}
    return runs, {pattern: members for pattern, members in groups.items() if members}


def _draw(comparison: Comparison, path: Path, request: CompareRequest, tables: Tables) -> Path:
    metrics = [choice.name for choice in tables.choices] or [comparison.main or "train_loss"]
    if path.suffix.lower() == ".csv":
        _check_axes({"--log": request.log}, path, metrics)
        grouped = comparison.options.groups is not None or comparison.options.group_by is not None
        points = with_blanks(drawn_points(comparison, metrics), ["low", "high", *["logged"] * grouped])
        return save_text(path, to_csv(points.set_index("metric")) + "\n")
    axes = {"--log": request.log, "--linear": request.linear, "--ylim": list(filter(None, request.y_limits()))}
    if request.is_for_paper:
        _check_axes(axes, path, metrics)
        return save_paper([comparison.panel(metric) for metric in metrics], path, request)
    board = comparison.dashboard()
    _check_axes(axes, path, list(dict.fromkeys(line.metric for panel in board.panels for line in panel.lines)))
    if is_moving(path):
        return save_growth(comparison, path, request.chosen_style.theme, show_progress("drawing frames"))
    return save_board(board if tables.ranked is None else with_importance(board, tables.ranked), path, request)


def _check_axes(asked: Mapping[str, Sequence[str]], path: Path, drawn: Sequence[str]) -> None:
    """Raises ValueError if an option is about the axis of a metric that is not drawn. `asked`: option -> metrics."""
    for option, metrics in asked.items():
        for metric in metrics:
            if not any(names.find_metric(name, [metric]) for name in drawn):
                raise ValueError(f"{option}: {metric} is not in {path}, which has {', '.join(drawn)}; name it with "
                                 "--metric")
