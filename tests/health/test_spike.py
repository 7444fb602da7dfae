from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from livemon.health.checkup import Checkup
from livemon.health.finding import Kind, Severity


def spike(findings: Any) -> Any:
    """The finding of spikes; None where there is none."""
    return next((found for found in findings if found.kind is Kind.SPIKE), None)


@pytest.mark.parametrize("lasts", [1, 2, 6, 25])
def test_a_spike_is_said_within_three_rows(judge: Any, learned: Any, lasts: int) -> None:
    """A loss that leaps to many times where it stood is said within three rows, with its height; when it has come back
    it is a warning."""
    loss = learned(600)
    loss[400 : 400 + lasts] = 9.0
    found = spike(judge(train_loss=loss))
    assert found.since == 400 and 400 <= found.step <= 403
    assert (found.severity, found.value, found.is_over) == (Severity.WARNING, 9.0, True)
    early = spike(judge(train_loss=loss[:404]))
    assert early is not None and early.step == found.step


@pytest.mark.parametrize("rows", [1, 2, 3, 12, 30])
def test_it_is_said_where_a_spike_began_and_how_long_it_lasted(judge: Any, learned: Any, rows: int) -> None:
    """The beginning is the same in the finding and in its words; the highest row, if it is a later one, is named
    besides. They stay the same as the run goes on."""
    loss = learned(900)
    loss[500 : 500 + rows] = 7.0
    loss[499 + rows] = 9.0
    found = spike(judge(train_loss=loss))
    beginning = "jumped to 9" if rows == 1 else "jumped at step 500, up to 9"
    assert found.since == 500 and beginning in found.message and f"at step {499 + rows}" in found.message
    assert found.message.endswith(f"came back after {rows} row{'s' if rows > 1 else ''}, at step {500 + rows}")
    assert spike(judge(train_loss=loss[:600])).message == found.message


def test_several_spikes_are_one_finding(judge: Any, learned: Any) -> None:
    """Three spikes are counted in one finding, which begins with the first."""
    loss = learned(900)
    loss[[300, 500, 700]] = 5.0, 20.0, 8.0
    found = spike(judge(train_loss=loss))
    assert (found.since, found.value, found.evidence["spikes"], found.evidence["last"]) == (300, 20.0, 3, 700)
    assert found.message.endswith("and came back, the last time after 1 row, at step 701")


def test_a_harder_task_is_no_spike(judge: Any, learned: Any) -> None:
    """A loss that leaps and is then learned again, slowly, is no warning."""
    loss = learned(1000)
    loss[400:] = (0.1 + 6 * np.exp(-np.arange(600) / 70)) * loss[400:] / 0.1
    assert spike(judge(train_loss=np.minimum(loss, 7))).severity is Severity.INFO


def slow_spike(learned: Any, height: float) -> Any:
    """A loss that leaps at row 400, comes down over some fifty rows, and touches its level once at the beginning."""
    loss = learned(900)
    loss[400:500] += height * np.exp(-np.arange(100) / 20)
    loss[402] = loss[399]
    return loss


@pytest.mark.parametrize(("during", "severity"), [
    (1.6, Severity.WARNING), (0.3, Severity.INFO), (None, Severity.WARNING)])
def test_a_validation_tells_a_slow_spike_from_a_harder_task(
        judge: Any, learned: Any, during: float | None, severity: Severity) -> None:
    """A leap to beyond the first loss that comes back slowly is a warning if a validation was worse meanwhile; without
    a validation if it comes half of the way back in fewer rows than the first descent took."""
    validation = np.full(900, np.nan)
    if during is not None:
        validation[24::25] = 0.4
        validation[424] = during
    found = spike(judge(["val_loss"], train_loss=slow_spike(learned, 2.9), val_loss=validation))
    assert (found.severity, found.since, found.is_over) == (severity, 400, True)


@pytest.mark.parametrize(("rows", "severity"), [(20, Severity.WARNING), (60, Severity.INFO)])
def test_the_way_back_is_compared_with_the_first_descent(
        judge: Any, random: np.random.Generator, rows: int, severity: Severity) -> None:
    """A network that a leap has moved is half of the way back sooner than it had come there at first, however long the
    rest takes; another task is learned as slowly as the first one."""
    descent = np.interp(np.arange(400), [0, 100], np.log([2.3, 0.1]))
    again = np.interp(np.arange(500), [0, rows, rows + 40, 500], np.log([2.0, 0.4, 0.15, 0.1]))
    loss = np.exp(np.concatenate((descent, again)) + random.normal(size=900) * 0.1)
    assert spike(judge(train_loss=loss)).severity is severity


@pytest.mark.parametrize(("during", "severity"), [(1.6, Severity.WARNING), (0.3, Severity.INFO)])
def test_a_validation_that_leaps_too_makes_a_single_row_a_spike(
        judge: Any, learned: Any, during: float, severity: Severity) -> None:
    """A single row far below the first loss is a warning if the validation of that row was far worse, too."""
    loss, validation = learned(900), np.full(900, np.nan)
    validation[24::25], loss[424], validation[424] = 0.4, 0.8, during
    assert spike(judge(["val_loss"], train_loss=loss, val_loss=validation)).severity is severity


@pytest.mark.parametrize(("after", "severity"), [(1.0, Severity.WARNING), (0.4, Severity.INFO)])
def test_a_leap_after_which_the_run_is_better_than_before(
        judge: Any, random: np.random.Generator, after: float, severity: Severity) -> None:
    """Some rows above the first loss are no fault if the run is soon far below its level, which had been the same for
    long: its data became easier."""
    loss = np.interp(np.arange(900), [0, 100], [2.3, 1.0]) * np.exp(random.normal(size=900) * 0.02)
    loss[600:606] += 2.0
    loss[606:] *= after
    found = spike(judge(train_loss=loss))
    assert (found.severity, found.since, found.is_over) == (severity, 600, True)


@pytest.mark.parametrize("piece", [1, 13, 300])
def test_a_slow_spike_is_the_same_in_pieces(columns_run: Any, learned: Any, piece: int) -> None:
    """A spike that goes on after a row in which it seemed over is the same spike however the rows came."""
    validation = np.full(900, np.nan)
    validation[24::25] = 0.4
    validation[424] = 1.6
    columns = {"step": range(900), "train_loss": slow_spike(learned, 2.9), "val_loss": validation}
    told = []
    for rows in (900, piece):
        run = columns_run(columns, ["val_loss"])
        checkup = Checkup(run)
        for _ in range(0, 900, rows):
            run.grow(rows)
            checkup.update()
        told.append(repr(checkup.findings))
    assert told[0] == told[1]


def test_an_outlier_among_the_samples_comes_in_each_epoch(judge: Any, learned: Any) -> None:
    """Single rows that leap to the same height again and again are those of one sample: information, not a warning."""
    loss = learned(900)
    loss[150::200] = 30.0 + np.arange(4) * 0.1
    assert spike(judge(train_loss=loss)).severity is Severity.INFO
    loss[150::200] = 20.0, 30.0, 45.0, 60.0
    assert spike(judge(train_loss=loss)).severity is Severity.WARNING


def test_noise_with_long_tails_is_no_spike(judge: Any, random: np.random.Generator) -> None:
    """Losses of small batches, whose noise is as wide as they are, are no spikes."""
    loss = np.exp(random.normal(size=3000)) * 0.05 + 2.0 * np.exp(-np.arange(3000) / 100)
    found = spike(judge(train_loss=loss))
    assert found is None or found.severity is Severity.INFO


def test_a_warm_restart_is_no_spike(judge: Any, learned: Any) -> None:
    """A loss that leaps where the learning rate is raised to what it was is explained by that."""
    loss = learned(600)
    loss[300:303] = 3.0
    rate = np.concatenate((np.linspace(0.1, 0.001, 300), np.linspace(0.1, 0.001, 300)))
    assert spike(judge(train_loss=loss)) is not None
    assert spike(judge(train_loss=loss, lr=rate)) is None


def test_a_jump_where_the_run_was_started_again(judge: Any, learned: Any) -> None:
    """A loss that leaps at the row where steps go back is that of a restart."""
    loss, step = learned(600), np.arange(600.0)
    loss[400], step[400:] = 9.0, np.arange(350, 550)
    assert spike(judge(train_loss=loss, step=step)) is None


def test_outliers_of_no_usual_size(judge: Any) -> None:
    """In a loss whose outliers have no usual size, a larger one than ever is no surprise: of ten runs with the tail of
    a regression on targets with far outliers, few have a warning, and a point as far in one with a thin tail is."""
    warned = 0
    for seed in range(10):
        random = np.random.default_rng(seed)
        loss = np.mean(0.3 * random.standard_t(3, size=(700, 8)) ** 2, axis=1) + 3 * np.exp(-np.arange(700) / 20)
        warned += any(one.kind is Kind.SPIKE and one.severity is Severity.WARNING for one in judge(train_loss=loss))
    assert warned <= 4
    random = np.random.default_rng(0)
    loss = (0.5 + 3 * np.exp(-np.arange(700) / 20)) * np.exp(random.normal(size=700) * 0.2)
    loss[400] = 12.0
    [found] = [one for one in judge(train_loss=loss) if one.kind is Kind.SPIKE]
    assert (found.severity, found.since) == (Severity.WARNING, 400)


def test_a_leap_of_a_trained_network(judge: Any, random: np.random.Generator) -> None:
    """Where a network was trained before, its first rows are none of a new one: six times where it stood is for
    information, sixty times a warning."""
    severities = []
    for times in (6, 60):
        loss = 0.03 * np.exp(random.normal(size=500) * 0.2)
        loss[300] *= times
        severities += [one.severity for one in judge(train_loss=loss) if one.kind is Kind.SPIKE]
    assert severities == [Severity.INFO, Severity.WARNING]


def test_a_spike_of_a_loss_that_has_hardly_fallen(judge: Any) -> None:
    """A loss of words falls little from its first rows; a leap to four times where it stands, and hardly varies, is a
    spike all the same."""
    random = np.random.default_rng(5)
    loss = 2.9 + 0.5 * np.exp(-np.arange(600) / 100) + 0.1 * random.normal(size=600)
    loss[400:420] = 3.0 + 8 * np.exp(-np.arange(20) / 5)
    found = spike(judge(train_loss=loss))
    assert (found.severity, found.since) == (Severity.WARNING, 400)


def test_a_harder_task_is_learned(judge: Any, random: np.random.Generator) -> None:
    """A leap that fades over rows to a higher level than before is a harder task; to the same level it is a spike."""
    noise, age = np.exp(random.normal(size=600) * 0.1), np.arange(200)
    severities = []
    for level in (0.4, 0.1):
        loss = (2.2 * np.exp(-np.arange(600) / 20) + 0.1) * noise
        loss[400:] = (level + 2.6 * np.exp(-age / 6)) * noise[400:]
        severities += [one.severity for one in judge(train_loss=loss) if one.kind is Kind.SPIKE]
    assert severities == [Severity.INFO, Severity.WARNING]


def low_leap(random: np.random.Generator, after: float = 0.1) -> Any:
    """A loss of 0.1, 2.3 at first, with a wide noise, which leaps to 0.8 at row 600 and fades to `after`."""
    loss = (2.2 * np.exp(-np.arange(1000) / 60) + 0.1) * np.exp(random.normal(size=1000) * 0.6)
    age = np.arange(400)
    loss[600:] = (after + (0.8 - after) * np.exp(-(age / 10) ** 2)) * np.exp(random.normal(size=400) * 0.2)
    return loss


def test_a_leap_far_below_the_first_loss_that_lasts_for_rows(judge: Any, random: np.random.Generator) -> None:
    """A leap to eight times the level, a third of the first loss, is a warning if several rows show it and it fades;
    one that fades to three times the level is a harder task."""
    found = spike(judge(train_loss=low_leap(random)))
    assert (found.severity, found.is_over) == (Severity.WARNING, True) and 595 <= found.since <= 602 <= found.step < 612
    found = spike(judge(train_loss=low_leap(random, after=0.3)))
    assert found is None or found.severity is Severity.INFO


@pytest.mark.parametrize("piece", [1, 7, 300])
def test_a_low_leap_is_the_same_in_pieces(columns_run: Any, random: np.random.Generator, piece: int) -> None:
    """What several rows show together is found at the same row however they came."""
    loss = low_leap(random)
    told = []
    for rows in (1000, piece):
        run = columns_run({"step": range(1000), "train_loss": loss})
        checkup = Checkup(run)
        for _ in range(0, 1000, rows):
            run.grow(rows)
            checkup.update()
        told.append(repr(checkup.findings))
    assert told[0] == told[1] and "spike" in told[0]


def test_rows_of_many_times_the_level_are_a_spike_however_low(judge: Any, learned: Any) -> None:
    """Three rows of eight times the level are a warning although the first loss was three times as high. They are
    information in a run of reinforcement learning, and at three times the level; a single row may be a rare sample."""
    severities = []
    for rows, height, others in ((3, 0.8, {}), (3, 0.8, {"ep_rew_mean": np.arange(600.0)}), (3, 0.3, {}), (1, 0.8, {})):
        loss = learned(600)
        loss[400 : 400 + rows] = height
        severities.append(spike(judge(train_loss=loss, **others)).severity)
    assert severities == [Severity.WARNING, Severity.INFO, Severity.INFO, Severity.INFO]


def test_a_leap_of_words_that_lasts(judge: Any, random: np.random.Generator) -> None:
    """A loss of words that has hardly fallen, and leaps to beyond its first rows for some rows, is a warning although
    it stays below twice its level."""
    loss = 2.7 + 0.7 * np.exp(-np.arange(800) / 100) + 0.14 * random.normal(size=800)
    assert spike(judge(train_loss=loss)) is None
    loss[500:530] += 1.2 * np.exp(-np.arange(30) / 9)
    found = spike(judge(train_loss=loss))
    assert (found.severity, found.is_over) == (Severity.WARNING, True) and 495 <= found.since <= 503


def test_a_leap_while_the_loss_still_falls_fast(judge: Any, random: np.random.Generator) -> None:
    """How far a loss fell in the rows before says nothing about how far it usually leaps."""
    loss = 2.2 * np.exp(-np.arange(600) / 30) + 0.5 + 0.03 * random.normal(size=600)
    loss[45] = 2.9
    assert spike(judge(train_loss=loss)).severity is Severity.WARNING


def test_an_outlier_lower_than_one_that_recurs(judge: Any, learned: Any) -> None:
    """Where a sample leaps to the same height again and again, a lower single row is another sample."""
    loss = learned(900)
    loss[150::200] = 30.0 + np.arange(4) * 0.1
    loss[300] = 12.0
    assert spike(judge(train_loss=loss)).severity is Severity.INFO
    loss[300] = 90.0
    assert spike(judge(train_loss=loss)).severity is Severity.WARNING
