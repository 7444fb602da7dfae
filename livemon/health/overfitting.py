"""A validation that gets worse while the training still improves."""

from __future__ import annotations

import bisect
import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from livemon import wording
from livemon.curves.arrays import distinct
from livemon.health.condition import LONGEST_NAME, Condition
from livemon.health.course import Course
from livemon.health.finding import Kind, Severity
from livemon.health.medians import median, medians_of_stretches, rank_correlation, stretches
from livemon.health.roles import Role
from livemon.health.series import Series
from livemon.health.watch import NONE, Harmless
from livemon.tables import meaning

__all__ = ["Overfitting"]

_FEWEST = 7  # validations
_DENSE = 256  # up to so many validations each one is judged, then every 2 %
_LONG_AGO = 0.15  # of the validations since the best one
_LONG_AGO_POINTS = 4
_NEWEST, _PART_NEWEST = 3, 3  # the newest validations, and a part of those since the best one: the present level
_NOISES = 5.5  # standard errors of the rise: it is tested again and again, from the lowest of many values
_RISE = 0.05  # of the best value
_FEW = 2  # validation counts: judging so few is faster than choosing among them
_ABOUT = 1 - 1e-9  # allows for rounding
_RISE_OF_GAIN = 0.02  # of the gain
_SEVERE = 0.10  # of the best value, and ...
_SEVERE_OF_GAIN = 0.08  # ... of the gain since the first rows: a warning
_WITH_GOOD_SCORE = 0.4  # of the best value: a rise that is tolerated if the score stays as good ...
_KEPT = 0.6  # ... and the validation loss stays below this part of an untrained network's
_BETTER_SCORE = 0.04
_AS_GOOD = 2.5  # times what scores differ by from one to the next: three standard errors of two medians of five
_STEADY = 0.5  # the rank correlation of the validations since the best one with their order
_FALLS = 0.03  # of the training loss, since the best validation


class Overfitting(Condition):
    """A validation loss that rises beyond its own noise since its best value, while the training loss falls."""

    kind = Kind.OVERFITTING

    def __init__(self, series: Series, course: Course) -> None:
        super().__init__(series, course)
        self._next = _FEWEST
        self._best_point = 0  # of the finding
        self._training = ""  # the training loss to compare with

    @property
    def harmless(self) -> Harmless:
        """The validations before the next one that is judged; none in a lasting finding, which has the newest value."""
        return NONE if self.finding is not None and not self.finding.is_over else Harmless(until=self._next)

    def read(self) -> None:
        """Judge the new validations."""
        counts = [*range(self._next, min(self.series.count, _DENSE - 1) + 1)]
        self._next += len(counts)
        while _DENSE <= self._next <= self.series.count:
            counts.append(self._next)
            self._next += self._next // 50
        while counts:
            # Without a finding most counts can be skipped at a glance; the last one shows whether judging is possible.
            is_open = self.finding is not None and not self.finding.is_over
            chosen = range(len(counts)) if is_open else sorted({*self._worth_a_look(counts), len(counts) - 1})
            for index in chosen:
                self._judge(counts[index])
                if is_open != (self.finding is not None and not self.finding.is_over):
                    break
            counts = counts[index + 1 :]
        self._report_now()

    def _worth_a_look(self, counts: list[int]) -> list[int]:
        """The indices of the validation counts at which the best one may be long ago, and a rise is possible."""
        chosen: list[int] = []
        split = bisect.bisect_right(counts, _DENSE)
        if split:
            chosen += _risen_for_long(self.series.between(0, counts[split - 1]), np.array(counts[:split]))
        if split < len(counts):
            blocks = self.series.blocks
            known = np.searchsorted(blocks.stops.array, counts[split:], side="right")
            chosen += [split + index for index in _risen_for_long(blocks.levels.array[: known[-1]], known)]
        return chosen

    def _validations(self, count: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """The values to judge after so many validations, and their points: every one, or block medians if there are
        many."""
        if count <= _DENSE:
            values, points = self.series.between(0, count), np.arange(count)
        else:
            blocks = self.series.blocks
            known = bisect.bisect_right(blocks.stops.as_list, count)
            values, points = blocks.levels.array[:known], blocks.stops.array[:known] - 1
        finite = np.isfinite(values)
        return (values, points) if finite.all() else (values[finite], points[finite])

    def _judge(self, count: int) -> None:
        values, points = self._validations(count)
        if len(values) < _FEWEST:
            return
        if self._is_quiet(values):
            self.why_not = ""
            return
        row = self.series.row_of(count - 1)
        training = self.course.training_loss(row, 2)
        if training is None:
            self.why_not = "no training loss beside it"
            return
        self.why_not = ""
        smooth = _medians_of_three(values)
        best = int(np.argmin(smooth))
        since = len(values) - 1 - best
        if since == 0 and self.finding is not None and not self.finding.is_over:
            self._pass(count)
        if since < _long_ago(len(values)):
            return
        untrained = max(training.value(0), training.blocks.levels[0])
        rise, now = self._rise(values, smooth, best, untrained)
        best_row = self.series.row_of(int(points[best]))
        if rise is None or not self._training_falls(training, best_row, row, now):
            return
        if self.course.rate_was_raised(best_row, row):
            return
        middle = self.series.row_of(int(points[(best + len(points) - 1) // 2]))
        low = float(smooth[best])
        is_harmless = (now < _KEPT * untrained and now - low < _WITH_GOOD_SCORE * abs(low)
                       and self._score_is_no_worse(best_row, row))
        is_severe = rise > 1 and not is_harmless and not self._score_improves(middle, row)
        severity = Severity.WARNING if is_severe else Severity.INFO
        if self.finding is None or self.finding.is_over or self.finding.severity.rank < severity.rank:
            start = max(best - 1, 0)
            at = start + int(np.argmin(values[start : best + 2]))  # of the three values, the best one itself
            self._report(severity, count - 1, int(points[at]), now, training)

    def _is_quiet(self, values: NDArray[np.float64]) -> bool:
        """Whether a glance shows nothing new: no rise, or one that was already reported."""
        low, middle = float(values.min()), sorted(values[-3:].tolist())[1]
        if self.finding is not None and not self.finding.is_over:
            return self.finding.severity is Severity.WARNING and float(values[-2:].min()) > low
        return low > 0 and middle - low <= _RISE * low and float(values[-1]) > low

    def _rise(self, values: NDArray[np.float64], smooth: NDArray[np.float64], best: int,
              untrained: float) -> tuple[float | None, float]:  # fmt: skip
        """The rise since the best validation as a multiple of a severe one, and the present level; None if the rise is
        within the noise.

        Args:
            values, smooth: The validations, and their running median.
            best: The index of the best one.
            untrained: The training loss in the first rows.
        """
        low, since = float(smooth[best]), len(values) - 1 - best
        last = values[-max(_NEWEST, since // _PART_NEWEST) :]
        now, rise = median(last), median(last) - low
        gain = max(float(values[:2].max()), untrained if untrained == untrained else low) - low
        size = abs(low) if float(values.min()) > 0 else max(gain, abs(low))
        if rise <= max(_RISE * size, _RISE_OF_GAIN * gain):
            return None, now
        differences = np.diff(values[len(values) // 4 :])
        noise = 1.4826 * median(np.abs(differences - median(differences))) / math.sqrt(2)
        if rise <= _NOISES * noise * math.sqrt(1 / len(last) + 1 / 3) or rank_correlation(values[best:]) < _STEADY:
            return None, now
        return rise / max(_SEVERE * size, _SEVERE_OF_GAIN * gain, 1e-300), now

    def _training_falls(self, training: Series, best_row: int, row: int, validation: float) -> bool:
        """Whether the training loss has fallen since the best validation, and lies below the validation loss."""
        then, now = _level_at(training, best_row), _level_at(training, row)
        return now < then - _FALLS * abs(then) and now < validation

    def _score_improves(self, since: int, row: int) -> bool:
        """Whether the validation score still improves: the network is surer of its errors, but does not make more.

        Args:
            since: The row half-way from the best loss.
        """
        for series in self.course.of(Role.SCORE):
            then, now = series.count_at(since), series.count_at(row)
            if then >= 2 and now >= then + 2 and meaning.split_of(series.name) != "train":
                before, lately = series.between(max(then - 3, 0), then), series.between(now - 3, now)
                noise = median(np.abs(np.diff(series.between(0, now))))
                if median(lately) - median(before) > max(3 * noise, _BETTER_SCORE):
                    return True
        return False

    def _score_is_no_worse(self, best_row: int, row: int) -> bool:
        """Whether the validation score is what it was at the best loss: the network is surer of its errors, but does
        not make more."""
        for series in self.course.of(Role.SCORE):
            then, now = series.count_at(best_row), series.count_at(row)
            if then >= 2 and now >= then + 2 and meaning.split_of(series.name) != "train":
                before, lately = series.between(max(then - 3, 0), then + 2), series.between(now - 5, now)
                noise = median(np.abs(np.diff(series.between(0, now))))
                return median(lately) >= median(before) - _AS_GOOD * noise
        return False

    def _pass(self, count: int) -> None:
        """Mark the finding as over, with the height of the rise after so many validations."""
        assert self.finding is not None
        values = self.series.between(self._best_point, count)
        worst = self._best_point + int(np.argmax(np.where(np.isfinite(values), values, -np.inf)))
        message = (f"{self.name} got worse from {self.place(self._best_point)}, where it was "
                   f"{self.text(self.series.value(self._best_point))}, to {self.text(self.series.value(worst))} at "
                   f"{self.place(worst)}, while {self._training} fell; it has reached a new best since")
        self.finding = replace(self.finding, severity=Severity.INFO, value=self.series.value(worst), message=message,
                               advice="nothing to do now", is_over=True)

    def _report_now(self) -> None:
        """Update the value in a lasting finding."""
        if self.finding is None or self.finding.is_over:
            return
        point = self.series.count - 1
        while not math.isfinite(now := self.series.value(point)):
            point -= 1
        if now != self.finding.value:
            self.finding = replace(self.finding, value=now, message=self._message(self._best_point, now))

    def _message(self, best: int, now: float) -> str:
        return (f"{self.name} has been getting worse since {self.place(best)}, where it was "
                f"{self.text(self.series.value(best))}: it is now {self.text(now)}, while {self._training} has fallen")

    def _report(self, severity: Severity, point: int, best: int, now: float, training: Series) -> None:
        self._best_point, self._training = best, wording.clipped(training.name, LONGEST_NAME)
        values = self.series.between(0, point + 1)
        lowest = int(np.argmin(np.where(np.isfinite(values), values, np.inf)))  # may lie far before the rise
        self.finding = self.made(severity, point, best, now, self._message(best, now),
                                 "end the run, or regularise, or use more data",
                                 {"best": float(values[lowest]), "best_at": self.series.place_of(lowest)})


def _long_ago(count: int) -> float:
    """How long ago the best validation must be, by their number."""
    return max(_LONG_AGO_POINTS, _LONG_AGO * count)


def _risen_for_long(values: NDArray[np.float64], counts: NDArray[np.int64]) -> list[int]:
    """The indices of the counts at which the best value, by its running median, is long ago, and the newest values have
    risen beyond their noise. `_judge` looks at these again, with the rest of the run."""
    finite = np.isfinite(values)
    known = finite.cumsum()[counts - 1]  # the number of finite values up to each
    values = values[finite]
    if len(values) < _FEWEST:
        return []
    smooth = _medians_of_three(values)
    lowest = np.minimum.accumulate(smooth)
    at = np.maximum.accumulate(np.where(smooth < np.concatenate(([np.inf], lowest[:-1])), np.arange(len(values)), 0))
    last = np.maximum(known - 1, 1)
    # The newest value has no right neighbour, so it stands for itself.
    best = np.where(values[last] < lowest[last - 1], last, at[last - 1])
    is_long_ago = last - best >= np.maximum(_LONG_AGO_POINTS, _LONG_AGO * known)
    chosen = np.flatnonzero((known >= _FEWEST) & is_long_ago)
    widths = np.maximum(_NEWEST, (last - best)[chosen] // _PART_NEWEST)
    bests, ends = distinct(best[chosen]), known[chosen] - 1
    lows, of = smooth[bests][:, None], np.searchsorted(bests, best[chosen])
    least = np.maximum(_RISE * np.abs(lows), _RISE_OF_GAIN * (values[:2].max() - lows))
    are_high = (values - lows > _ABOUT * least).cumsum(axis=1)
    has_risen = 2 * (are_high[of, ends] - are_high[of, ends - widths]) >= widths  # so the median lies above the limit
    chosen, widths = chosen[has_risen], widths[has_risen]
    if len(chosen) <= _FEW:
        return [*map(int, chosen)]
    ends = known[chosen]
    now = medians_of_stretches(*stretches(values, ends - widths, ends))
    differences, lengths = stretches(np.diff(values), ends // 4, ends - 1)
    middles = medians_of_stretches(differences, lengths)
    noises = 1.4826 * medians_of_stretches(np.abs(differences - middles[:, None]), lengths) / math.sqrt(2)
    errors = noises * np.sqrt(1 / widths + 1 / 3)
    is_within = now - smooth[best[chosen]] <= _ABOUT * _NOISES * errors
    return [*map(int, chosen[~is_within])]


def _level_at(series: Series, row: int) -> float:
    """The median of the newest tenth of the points at a row: of 5 at least and 200 at most."""
    count = series.count_at(row)
    values = series.between(max(count - min(max(count // 10, 5), 200), 0), count)
    values = values[np.isfinite(values)]
    return median(values)


def _medians_of_three(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The median of each value and its neighbours."""
    padded = np.concatenate((values[:1], values, values[-1:]))
    a, b, c = padded[:-2], padded[1:-1], padded[2:]
    return np.asarray(np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c)))
