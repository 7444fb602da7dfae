from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from livemon import MultiExperimentLoader
from livemon.analysis.run_set.labels import differing_parts, kept_labels, unique_names

ROWS = {"step": [0, 1], "loss": [2.0, 1.0]}


def test_differing_parts() -> None:
    """Labels are the parts of names that not all share, without time stamps where they are not needed."""
    assert differing_parts(["a_x_1", "a_y_1"]) == ["x", "y"]
    assert differing_parts(["a_x_20250101_101010", "a_y_20250102_111111"]) == ["x", "y"]
    assert differing_parts(["a_20250101_101010", "a_20250102_111111"]) == ["20250101 101010", "20250102 111111"]
    assert differing_parts(["a", "a_b"]) == ["a", "b"]


def test_a_label_is_never_a_bare_number() -> None:
    """Issue 19: where names differ in numbers only, these keep the word before them; folders stay whole."""
    assert differing_parts(["version_0", "version_1"]) == ["version_0", "version_1"]
    assert differing_parts(["logs/version_0", "logs/version_1"]) == ["version_0", "version_1"]
    assert differing_parts(["proj/lightning_logs/version_0", "exp2/version_1"]) == [
        "proj/lightning_logs/version_0", "exp2/version_1"]
    assert differing_parts(["a/logs/version_0", "b/logs/version_0"]) == ["a", "b"]
    assert differing_parts(["base_seed1", "base_seed2"]) == ["seed1", "seed2"]


def test_unique_names() -> None:
    """Only names that collide become longer, by as little as tells them apart."""
    paths = [PurePosixPath(path) for path in ("/r/a/v0", "/r/b/v0", "/q/b/v0", "/r/b/v1")]
    assert unique_names(paths) == ["a/v0", "r/b/v0", "q/b/v0", "v1"]


def test_names_are_longer_only_where_they_collide(make_run: Callable[..., Path], tmp_path: Path) -> None:
    """Four `version_0` stay four, told apart by the folders above; a run given twice stays two; others keep theirs."""
    dirs = [make_run(tmp_path / rest, {"step": [1], "loss": [1.0]}) for rest in
            ("a/version_0", "b/version_0", "x/c/version_0", "y/c/version_0", "other")]
    names = MultiExperimentLoader([*dirs, dirs[-1]]).names
    assert names == ["a/version_0", "b/version_0", "x/c/version_0", "y/c/version_0", "other", "other (2)"]


def test_labels_by_what_differs(make_run: Callable[..., Path], seeds: MultiExperimentLoader, tmp_path: Path) -> None:
    """Labels are the settings that differ, else the parts of the names that do, else what is given."""
    dirs = [make_run(tmp_path / f"run_{rate}", {"step": [1]}, {"lr": rate, "wd": 0.1, "output_dir": str(rate)})
            for rate in (0.1, 0.001)]
    assert list(MultiExperimentLoader(dirs).labels.values()) == ["lr=0.1", "lr=0.001"]
    assert seeds.labels["baseline_lr0.5"] == "baseline lr0.5"  # three runs share each setting
    assert list(MultiExperimentLoader(dirs, labels=["one", "two"]).labels.values()) == ["one", "two"]
    assert list(MultiExperimentLoader(dirs, labels={"run_0.1": "high"}).labels.values()) == ["high", "lr=0.001"]
    with pytest.raises(ValueError, match="3 labels for 2 runs"):
        MultiExperimentLoader(dirs, labels=["a", "b", "c"])
    with pytest.raises(ValueError, match="labels are given for x"):
        MultiExperimentLoader(dirs, labels={"x": "y"})


def test_labels_never_collide(make_run: Callable[..., Path], tmp_path: Path) -> None:
    """A label that is given may be another run's name: each run keeps a label of its own, so that none is lost."""
    dirs = [make_run(tmp_path / name, ROWS) for name in ("a", "b", "c")]
    labels = MultiExperimentLoader(dirs, labels={"a": "b"}).labels
    assert labels["a"] == "b" and len(set(labels.values())) == 3
    twice = MultiExperimentLoader([dirs[0], dirs[0], make_run(tmp_path / "a (2)", ROWS)])
    assert len(set(twice.names)) == 3


def test_names_stay_names() -> None:
    """Issue 14: what stands at the ends of a name belongs to it, in labels as well."""
    names = ["=1+1", "$x$", "_x_", "<b>", "__"]
    assert differing_parts(names) == names
    assert differing_parts(["_a_x", "_a_y_"]) == ["x", "y_"]


def test_runs_that_join_change_no_label() -> None:
    """A run keeps the label under which it was shown, unless the label would be another's; once the settings of runs
    are known they take the place of folder names."""
    first = {"x_a": "lr=0.1", "x_b": "lr=0.01"}
    joined = {"x_a": "lr=0.1 wd=0", "x_b": "lr=0.01 wd=0", "x_c": "lr=0.1 wd=1"}
    kept = {**first, "x_c": "lr=0.1 wd=1"}
    assert kept_labels({}, first, ()) == first
    assert kept_labels(first, joined, ()) == kept
    assert kept_labels({**first, "x_c": "c"}, joined, ["x_c"]) == kept
    assert kept_labels({"x_a": "a", "x_b": "b"}, first, ["x_b"]) == first
    assert kept_labels({"x_a": "a", "x_b": "b"}, {"x_a": "x a", "x_b": "x b", "y_a": "y a"}, ()) == {
        "x_a": "a", "x_b": "b", "y_a": "y a"}
    assert kept_labels({"x_a": "lr=0.1", "x_b": "lr=0.01"}, {"x_a": "p", "x_b": "q", "x_c": "lr=0.1"}, ()) == {
        "x_a": "p", "x_b": "q", "x_c": "lr=0.1"}
