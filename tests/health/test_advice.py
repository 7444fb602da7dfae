"""What to do about all findings together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from livemon.health.advice import advised, named_checkpoint
from livemon.health.finding import Finding, Kind, Severity

SAVED = [(step, Path("run") / f"step={step}.ckpt") for step in (35, 100, 200)]


def found(kind: Kind, since: float, advice: str, severity: Severity = Severity.WARNING) -> Finding:
    """A finding that began somewhere."""
    return Finding(kind, severity, "loss", since, since, 1.0, "it happened", advice)


def test_one_checkpoint_before_all_that_went_wrong() -> None:
    """Of several findings the worst names a path, from before the earliest of them; the others refer to it."""
    nan = found(Kind.NAN, 250, "stop, and resume from a checkpoint before it with clipped gradients", Severity.CRITICAL)
    fall = found(Kind.COLLAPSE, 150, "lower the learning rate")
    gradient = found(Kind.GRADIENT, 240, "clip gradients; resume from a checkpoint before it")
    ended = found(Kind.FAILED, 260, "resume from the newest checkpoint")
    advice = [one.advice for one in advised([nan, fall, gradient, ended], SAVED, None, is_ended=False)]
    path = Path("run") / "step=100.ckpt"
    assert advice == [f"stop, and resume from {path}, with clipped gradients", "lower the learning rate",
                      "clip gradients; resume from the named checkpoint", "resume from the named checkpoint"]


def test_the_checkpoint_to_keep() -> None:
    """Of a training that overfits the checkpoint nearest to the best is to be kept, and no other is named beside it."""
    rises = found(Kind.OVERFITTING, 34, "end the run, or regularise")
    unsaved = found(Kind.BEST_NOT_SAVED, 60, "keep step=100.ckpt", Severity.INFO)
    made = advised([rises], SAVED, unsaved, is_ended=True)
    path = Path("run") / "step=35.ckpt"
    assert made[0].advice == f"keep {path}, the nearest to the best at 34; regularise"
    assert "step=" not in made[1].advice and named_checkpoint(made) == str(path)


@pytest.mark.parametrize(("best", "words"), [
    (35.0, f"keep {Path('run') / 'step=35.ckpt'}, the best; regularise"),
    (36.0, f"keep {Path('run') / 'step=35.ckpt'}, the nearest to the best at 36; regularise")])
def test_the_best_of_all_is_to_be_kept(best: float, words: str) -> None:
    """The step of the lowest validation is named, which may lie before the rise, and whether it was saved."""
    rises = replace(found(Kind.OVERFITTING, 120, "end the run, or regularise"), evidence={"best_at": best})
    assert advised([rises], SAVED, None, is_ended=True)[0].advice == words
    assert advised([rises], (), None, is_ended=True)[0].advice == (
        f"no checkpoint is known of the best at {best:.0f}; regularise")


def test_what_has_passed_is_not_resumed_from() -> None:
    """What is over, or for information, names no checkpoint."""
    info = found(Kind.DIVERGENCE, 150, "stop, and resume from a checkpoint before it", Severity.INFO)
    assert named_checkpoint(advised([info], SAVED, None, is_ended=False)) is None


def test_a_checkpoint_to_keep_is_none_to_resume_from() -> None:
    """Where no checkpoint is named to resume from, nothing refers to that of the best, which is to be kept."""
    rises = found(Kind.OVERFITTING, 34, "end the run, or regularise")
    ended = found(Kind.PROCESS_GONE, 260, "resume from the newest checkpoint", Severity.CRITICAL)
    blown = found(Kind.DIVERGENCE, 20, "stop, and resume from a checkpoint before it", Severity.CRITICAL)
    assert advised([ended, rises], SAVED, None, is_ended=True)[0].advice == "resume from the newest checkpoint"
    first, second, _ = (one.advice for one in advised([blown, ended, rises], SAVED, None, is_ended=False))
    assert "named checkpoint" not in first + second
    assert first == "no checkpoint is older than this; stop, and start again"


def test_no_checkpoint_is_kept_that_was_saved_after_it_went_wrong() -> None:
    """Where all that is saved is from after the NaN, nobody is told to keep one of it."""
    nan = found(Kind.NAN, 20, "stop, and resume from a checkpoint before it with clipped gradients", Severity.CRITICAL)
    best = found(Kind.BEST_NOT_SAVED, 10, "keep step=100.ckpt", Severity.INFO)
    unsaved = replace(best, evidence={"keep_step": 100.0})
    advice = [one.advice for one in advised([nan], SAVED, unsaved, is_ended=False)]
    assert advice == ["no checkpoint is older than this; stop, and start again with clipped gradients",
                      "save a checkpoint at each best step"]
    assert advised([nan], SAVED, unsaved, is_ended=False)[-1].evidence == {}
    nan = replace(nan, since=150.0)
    assert advised([nan], SAVED[:0], unsaved, is_ended=False)[-1].advice == "keep step=100.ckpt"
