"""Groups of runs -> a panel for each metric: the middle of each group with its band, made again when one of its runs
has grown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from livemon.analysis.run_set.points import Points
from livemon.analysis.statistics.called import band_in_words
from livemon.analysis.statistics.groups import GroupCurve, group_curve
from livemon.boards.lens.value import Lens
from livemon.boards.metric_groups import worth_a_panel
from livemon.boards.model import Colour, Panel
from livemon.boards.overlay import overlay
from livemon.boards.runs_overlay import OverlaidRuns
from livemon.boards.traces import TraceStyle, pick_colours, trace_of_group
from livemon.boards.tracks import Track

__all__ = ["GroupedOverlay"]

_BAND = band_in_words("mean", "auto")


class GroupedOverlay:
    """Makes the panels of groups of runs. A group's curve is kept while none of its runs has new points.

    Attributes:
        colours: label of a group -> its colour.
    """

    def __init__(self) -> None:
        self.colours: dict[str, Colour] = {}
        self._curves: dict[tuple[str, str], tuple[object, GroupCurve]] = {}  # metric, label -> inputs, and the curve
        self._panels: dict[str, tuple[object, Panel]] = {}  # metric -> its inputs, and the panel

    def panels(self, seen: OverlaidRuns, lens: Lens, groups: Mapping[str, Sequence[str]]) -> tuple[list[Panel], int]:
        """The panels, and how many more there would be.

        Args:
            seen: The points of the runs.
            lens: The lens of the view.
            groups: label -> runs.
        """
        groups = {label: there for label, members in groups.items() if (there := [run for run in members
                                                                                  if run in seen.names])}
        ranked = list(dict.fromkeys(label for run in seen.ranked for label, members in groups.items()
                                    if run in members))
        self.colours = pick_colours(list(groups), ranked)
        metrics = [metric for metric in self._worth(seen, lens) if metric not in lens.hidden]
        if lens.large is not None:
            metrics = [metric for metric in metrics if metric == lens.large] or metrics
        first = [name for name in (*lens.pinned, seen.main) if name in metrics]
        metrics = list(dict.fromkeys((*first, *metrics)))
        made = [self._panel(metric, seen, lens, groups, 2 if number == 0 else 1)
                for number, metric in enumerate(metrics[: lens.max_panels])]
        return made, max(len(metrics) - lens.max_panels, 0)

    @staticmethod
    def _worth(seen: OverlaidRuns, lens: Lens) -> list[str]:
        metrics = list(seen.metrics)
        return metrics if lens.select is not None else worth_a_panel(metrics, {seen.main} if seen.main else set())

    def _panel(self, metric: str, seen: OverlaidRuns, lens: Lens, groups: Mapping[str, Sequence[str]], span: int
               ) -> Panel:
        tracks = {label: of_label for label, members in groups.items()
                  if (of_label := [track for run in members
                                   if (track := seen.track(metric, run)) is not None and track.count])}
        versions = {label: tuple((id(track), track.version) for track in of_label)
                    for label, of_label in tracks.items()}
        made_of = (versions, lens.whole(), lens.zoom, lens.zoom_y, seen.limits, seen.newest, seen.x_label, seen.rising,
                   metric == seen.main, span, self.colours)
        known = self._panels.get(metric)
        if known is None or known[0] != made_of:
            known = self._panels[metric] = made_of, self._make(metric, seen, lens, tracks, versions, span)
        return known[1]

    def _make(self, metric: str, seen: OverlaidRuns, lens: Lens, tracks: Mapping[str, Sequence[Track]],
              versions: Mapping[str, object], span: int) -> Panel:
        traces, colours = [], {}
        for label, of_label in tracks.items():
            points, made_of = self._points(metric, of_label, seen), versions[label]
            known = self._curves.get((metric, label))
            if known is None or known[0] != (made_of, lens.smooth):
                curve = group_curve(points, smooth=lens.smooth or 0.0)
                known = self._curves[metric, label] = (made_of, lens.smooth), curve
            trace = trace_of_group(label, points, known[1], smooth=lens.smooth or 0.0)
            traces.append(trace)
            if label in self.colours:
                colours[trace.label] = self.colours[label]
        style = TraceStyle(colours, lens.log, lens.smooth, lens.pixels, lens.linear,
                           lens.limits == "full")
        panel = overlay(metric, traces, seen.x_label, style, key=f"groups:{metric}", span=span,
                        rising=seen.rising if metric == seen.main else None, best=metric == seen.main, note=_BAND,
                        band=_BAND, within=seen.limits)
        stretch = seen.stretch(lens)
        y_limits = next(((low, high) for name, low, high in reversed(lens.zoom_y) if name == metric), None)
        return replace(panel, x_limits=stretch or (panel.x_limits if panel.message else seen.limits),
                       y_limits=y_limits or panel.y_limits, metrics=(metric,))

    @staticmethod
    def _points(metric: str, tracks: Sequence[Track], seen: OverlaidRuns) -> list[Points]:
        points = []
        for track in tracks:
            x, y = track.points().mean or track.kept_points()
            points.append(Points(metric, seen.x_kind, x, y))
        return points
