from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from rliable import metrics
from scipy import stats as scipy_stats

from livemon.analysis.statistics.bands import band_of, iqm, middle_of

RNG = np.random.default_rng(7)
A = RNG.normal(1.0, 0.4, 8)


def test_iqm_is_scipys_trimmed_mean() -> None:
    """The interquartile mean is scipy's mean trimmed by a quarter at each end, for any n."""
    for count in range(1, 30):
        values = RNG.normal(size=count)
        assert float(iqm(values)) == pytest.approx(float(scipy_stats.trim_mean(values, 0.25)))


def test_iqm_is_rliables() -> None:
    """The interquartile mean is rliable's. (Its intervals need arch, which cannot be imported beside pandas 3: those
    are compared with scipy's below.)"""
    scores = RNG.normal(size=(10, 1))
    assert float(iqm(scores[:, 0])) == pytest.approx(metrics.aggregate_iqm(scores))


@pytest.mark.parametrize("middle", ["mean", "median", "iqm"])
def test_bootstrap_is_scipys(middle: str) -> None:
    """The bootstrap band is scipy's percentile interval, but for the chance of the resamples."""
    values = RNG.normal(size=(12, 1))

    def statistic(sample: np.ndarray, axis: int) -> np.ndarray:
        if middle == "iqm":
            return np.asarray(scipy_stats.trim_mean(sample, 0.25, axis=axis))
        return np.asarray(getattr(np, middle)(sample, axis=axis))

    wanted = scipy_stats.bootstrap((values[:, 0],), statistic, method="percentile", n_resamples=20_000,
                                   rng=np.random.default_rng(1)).confidence_interval
    low, high = band_of(values, middle, "bootstrap")  # type: ignore[arg-type]
    width = wanted.high - wanted.low
    assert float(low[0]) == pytest.approx(wanted.low, abs=0.08 * width)
    assert float(high[0]) == pytest.approx(wanted.high, abs=0.08 * width)


def test_t_interval_is_scipys() -> None:
    """The t band is scipy's interval of the mean; of the median it is refused."""
    low, high = band_of(A[:, None], "mean", "t")
    wanted = scipy_stats.t.interval(0.95, len(A) - 1, A.mean(), scipy_stats.sem(A))
    assert (float(low[0]), float(high[0])) == pytest.approx(wanted)
    with pytest.raises(ValueError, match="bootstrap"):
        band_of(A[:, None], "median", "t")
    with pytest.raises(ValueError, match="median"):
        band_of(A[:, None], "mean", "order")


def test_auto_is_what_covers() -> None:
    """Without a wish the band is the t interval around means and interquartile means, order statistics around
    medians."""
    for middle, named in (("mean", "t"), ("median", "order"), ("iqm", "t")):
        auto, wished = (band_of(A[:, None], middle, band) for band in ("auto", named))  # type: ignore[arg-type]
        assert [auto[0].tolist(), auto[1].tolist()] == [wished[0].tolist(), wished[1].tolist()]


def test_the_band_of_the_median_by_hand() -> None:
    """Of six runs lowest and highest hold the median in 62 of 64 studies; of five in 15 of 16, which is too few: none.
    Of nine the second lowest and highest do (1 - 20 / 512)."""
    values = np.arange(9.0)[:, None]
    ends = [tuple(float(end[0]) for end in band_of(values[:n], "median", "order")) for n in (5, 6, 9)]
    assert np.isnan(ends[0]).all() and ends[1:] == [(0.0, 5.0), (1.0, 7.0)]


def test_the_band_of_the_interquartile_mean_by_hand() -> None:
    """Of 0, 1, 2, 9 the middle two are left: 1.5, and 1, 1, 2, 2 have a squared deviation of 1 by 2 x 1, times
    Student's t of one degree of freedom. With fewer than four runs it is the t interval of the mean."""
    half = scipy_stats.t.ppf(0.975, 1) * np.sqrt(1 / 2)
    low, high = band_of(np.array([[0.0], [1], [2], [9]]), "iqm", "t")
    assert (float(low[0]), float(high[0])) == pytest.approx((1.5 - half, 1.5 + half))
    assert band_of(A[:3, None], "iqm", "t")[0] == pytest.approx(band_of(A[:3, None], "mean", "t")[0])


@pytest.mark.parametrize("middle", ["mean", "median", "iqm"])
def test_bands_cover_what_they_say(middle: str) -> None:
    """Of normal values, in 4,000 studies of 4, 6 and 8 runs: at least 93 % of the bands hold the truth, or there is
    none.
    """
    for n in (4, 6, 8):
        low, high = band_of(np.random.default_rng(n).normal(size=(n, 4000)), middle, "auto")  # type: ignore[arg-type]
        assert np.isnan(low).all() or float(((low <= 0) & (high >= 0)).mean()) >= 0.93


def test_a_single_run_has_no_band() -> None:
    """Of one run nothing is known of the spread: NaN, and lowest and highest are the run itself."""
    one = np.array([[1.0, 2.0]])
    assert np.isnan(band_of(one, "mean", "bootstrap")[0]).all() and np.isnan(band_of(one, "mean", "t")[1]).all()
    assert band_of(one, "mean", "minmax")[0].tolist() == [1.0, 2.0]
    assert middle_of(one, "iqm").tolist() == [1.0, 2.0]


def test_large_bands_are_made_in_blocks() -> None:
    """A band over many points is the same as over each point by itself."""
    values = RNG.normal(size=(5, 900))
    low, _ = band_of(values, "mean", "bootstrap")
    assert float(low[850]) == pytest.approx(float(band_of(values[:, 850:851], "mean", "bootstrap")[0][0]))


def test_bands_need_no_scipy_stats() -> None:
    """A band around the mean or the median comes at once: loading scipy.stats takes seconds on a machine that
    trains."""
    code = ("import sys, numpy as np\nfrom livemon.analysis.statistics.bands import band_of\n"
            "for middle, kind in (('mean', 't'), ('median', 'order')): band_of(np.ones((9, 2)), middle, kind)\n"
            "assert 'scipy.stats' not in sys.modules")
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("runs", [2, 6, 9, 40, 3000])
def test_the_order_band_is_scipys_binomial(runs: int) -> None:
    """The k-th of the order band is the largest that the binomial distribution allows, for any number of runs."""
    values = np.arange(float(runs))[:, None]
    outside = scipy_stats.binom.cdf(np.arange(runs), runs, 0.5) * 2
    k = int(np.searchsorted(outside, 0.05, side="right"))
    low, high = band_of(values, "median", "order")
    assert (low[0], high[0]) == (k - 1, runs - k) if k else np.isnan(low[0])
