"""All conditions together: that what is said does not depend on how the rows came, and when a run is healthy."""

from __future__ import annotations

import gc
import math
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livemon.health.checkup import Checkup
from livemon.health.finding import Finding, Kind, Verdict
from livemon.runs.experiment import ExperimentLoader


def course(seed: int, length: int, fault: str) -> dict[str, np.ndarray]:
    """A training of some metrics, in which something happens."""
    random = np.random.default_rng(seed)
    at = np.arange(length)
    noise = np.exp(random.normal(size=length) * random.choice([0.02, 0.1, 0.4]))
    loss = (2.3 * np.exp(-at / (length / random.uniform(2, 30))) + 0.05) * noise
    start = int(random.integers(length // 3, length))
    rate = np.full(length, 0.1)
    if fault == "nan":
        loss[start:] = math.nan
    elif fault == "spike":
        loss[start : start + int(random.integers(1, 9))] *= 60
    elif fault == "divergence":
        loss[start:] = np.minimum(loss[start:] * np.exp(np.arange(length - start) / 10.0), 1e9)
    elif fault == "flat":
        loss = 2.3026 * (1 + random.normal(size=length) * 0.005)
    elif fault == "zero":
        rate[start:] = 0
    elif fault == "restart":
        at[start:] -= min(start, 20)
        rate[start:] *= 5
    elif fault == "stuck":
        rate = np.interp(np.minimum(np.arange(length), start), [0, length], [0.1, 0])
    elif fault == "outliers":
        loss *= np.exp(np.abs(random.standard_t(1.5, size=length)))
    elif fault == "gaps":
        loss[random.random(length) < 0.03] = random.choice([math.nan, math.inf])
        loss[: int(random.integers(0, 12))] = math.nan
    elif fault == "late":
        loss[:start] = math.nan  # and blank: see `sparse_of`
    validation = np.full(length, math.nan)
    every = int(random.integers(3, 15))
    rise = 2.5 if fault == "overfitting" else 0.0
    measured = 0.3 + 2 * np.exp(-at / (length / 8)) + rise * np.maximum(at / length - 0.3, 0)
    validation[every::every] = (measured * np.exp(random.normal(size=length) * 0.02))[every::every]
    return {"step": at.astype(float), "train_loss": loss, "val_loss": validation, "lr": rate,
            "grad_norm": noise * (1 + 50 * (fault == "divergence") * (np.arange(length) > start)),
            "time": np.cumsum(np.exp(random.normal(size=length) * 0.3) * np.where(np.arange(length) < start, 1, 5)),
            "cls_loss": noise * random.uniform(0.1, 2) * np.linspace(0.1, 3, length),
            "val_acc": np.where(np.isnan(validation), math.nan, 1 / (1 + validation)),
            "ep_rew_mean" if fault == "collapse" else "other": np.where(at < start, at / length, -0.1) + noise * 0.05}


FAULTS = ["none", "nan", "spike", "divergence", "flat", "zero", "restart", "overfitting", "collapse", "stuck",
          "outliers", "gaps", "late"]
SPARSE = ("val_loss", "val_acc")


def sparse_of(fault: str) -> tuple[str, ...]:
    """The columns in which NaN is a blank cell."""
    return (*SPARSE, "train_loss") if fault == "late" else SPARSE


def said(checkup: Checkup) -> list[Finding]:
    checkup.update()
    return list(checkup.findings)


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.sampled_from(FAULTS), st.integers(30, 450),
       st.lists(st.integers(1, 120), min_size=1, max_size=12))
def test_pieces_change_nothing(columns_run: Any, seed: int, fault: str, length: int, pieces: list[int]) -> None:
    """However the rows are cut into pieces, the same is found, to the row; at each cut it is what a checkup of the rows
    so far finds that has read them at once."""
    columns = course(seed, length, fault)
    growing = columns_run(columns, sparse_of(fault))
    checkup = Checkup(growing)
    for piece in (pieces * length)[:length]:
        growing.grow(piece)
        count = growing.tables[0].n_rows
        at_once = columns_run({name: values[:count] for name, values in columns.items()}, sparse_of(fault))
        at_once.grow(count)
        whole = Checkup(at_once)
        assert repr(said(checkup)) == repr(said(whole))
        assert checkup.not_judged == whole.not_judged
        if count == length:
            break


def test_growing_and_large_blocks(columns_run: Any) -> None:
    """The same of a run of many rows, whose blocks are wide."""
    columns = course(3, 40_000, "spike")
    growing, whole = columns_run(columns, SPARSE), columns_run(columns, SPARSE)
    checkup = Checkup(growing)
    for _ in range(8):
        growing.grow(5_001)
        checkup.update()
    whole.grow(40_000)
    assert repr(said(checkup)) == repr(said(Checkup(whole)))


ROWS = range(60)
AXES_THAT_CHANGE = {
    "the step comes late": ("global_step,epoch,loss", [f"{row if row > 20 else ''},{row % 7},1.5" for row in ROWS]),
    "the time is a duration": ("step,time,train_loss", [f"{row},{row if row < 9 else 0.5},2.3" for row in ROWS]),
    "the time is a clock": ("time,train_loss", [f"{(0.9, 0.8)[row] if row < 2 else row},2.3" for row in ROWS]),
}


@pytest.mark.parametrize(("header", "rows"), AXES_THAT_CHANGE.values(), ids=AXES_THAT_CHANGE)
def test_axes_that_show_late_change_nothing(tmp_path: Path, header: str, rows: list[str]) -> None:
    """At each row the same is found as by a checkup that reads the file at once, also where only later rows tell which
    column is the step, and whether `time` is a clock."""
    (tmp_path / "live").mkdir()
    (tmp_path / "whole").mkdir()
    live = ExperimentLoader(tmp_path / "live")
    checkup = Checkup(live)
    for stop in range(len(rows) + 1):
        text = "\n".join([header, *rows[:stop], ""])
        (tmp_path / "whole" / "metrics.csv").write_text(text)
        with (tmp_path / "live" / "metrics.csv").open("a") as file:
            file.write(text.splitlines()[-1] + "\n")
        whole = ExperimentLoader(tmp_path / "whole")
        for run in (live, whole):
            run.refresh()
        at_once = Checkup(whole)
        assert repr(said(checkup)) == repr(said(at_once))
        assert checkup.not_judged == at_once.not_judged


@pytest.mark.parametrize("length", [0, 1, 5])
def test_too_few_rows_are_not_healthy(columns_run: Any, length: int) -> None:
    """A run with too few rows to judge is unknown, and each condition says why."""
    run = columns_run({"step": range(length), "train_loss": np.linspace(2, 1, length)})
    run.grow(length)
    checkup = Checkup(run)
    assert checkup.verdict(said(checkup)) is Verdict.UNKNOWN
    assert {"divergence", "not_learning"} <= {one.kind for one in checkup.not_judged}


def test_a_run_that_learns_is_healthy(columns_run: Any, random: np.random.Generator) -> None:
    """A loss that falls and stays is healthy, with nothing said."""
    loss = (2 * np.exp(-np.arange(600) / 80) + 0.1) * np.exp(random.normal(size=600) * 0.1)
    run = columns_run({"step": range(600), "train_loss": loss})
    run.grow(600)
    checkup = Checkup(run)
    assert checkup.verdict(said(checkup)) is Verdict.HEALTHY
    assert [one for one in checkup.findings if one.kind is not Kind.PLATEAU] == []


def test_a_thousand_metrics(columns_run: Any, random: np.random.Generator) -> None:
    """Of a thousand metrics, those with a NaN are one finding that names the first of them."""
    columns = {f"layer_{number}/mean": random.normal(size=50) for number in range(1000)}
    for number in (3, 500):
        columns[f"layer_{number}/mean"][40:] = math.nan
    run = columns_run({"step": range(50), **columns})
    run.grow(50)
    checkup = Checkup(run)
    found = said(checkup)
    assert [(one.kind, one.metric, one.since) for one in found] == [(Kind.NAN, "layer_3/mean", 40.0)]
    assert "layer_500/mean" in found[0].message


@pytest.mark.parametrize("name", ["train_loss", "val_acc", "ep_rew_mean", "grad_norm"])
@pytest.mark.filterwarnings("error")
def test_the_largest_numbers_are_judged(columns_run: Any, name: str) -> None:
    """Values near the largest float, whose differences overflow, are judged without an error or a warning of NumPy,
    alike in pieces, and no finding says that a value was infinite."""
    random = np.random.default_rng(3)
    for seed in range(6):
        values = np.exp(random.normal(size=150) * 0.1)
        values[int(random.integers(20, 100)) :] = 1e308
        values[int(random.integers(100, 140)) :] = random.choice([1.0, -1e308])
        columns = {"step": range(150), name: values, "loss": np.linspace(2, 1, 150)}
        told = []
        for rows in (150, 1 + seed * 7):
            run = columns_run(columns)
            checkup = Checkup(run)
            for _ in range(0, 150, rows):
                run.grow(rows)
                checkup.update()
            told.append(repr(checkup.findings))
        assert told[0] == told[1] and "inf " not in told[0]


def test_the_rows_of_a_run_are_freed_with_it(columns_run: Any) -> None:
    """Nothing of a checkup holds the tables of a run that nobody has any more until garbage is searched for: 10 columns
    of a million rows are 80 MB."""
    gc.collect()
    gc.disable()
    try:
        run = columns_run({"step": range(600), **course(1, 600, "spike")})
        run.grow(600)
        checkup = Checkup(run)
        checkup.update()
        assert checkup.findings
        table = weakref.ref(run.tables[0])
        del run, checkup
        assert table() is None
    finally:
        gc.enable()
