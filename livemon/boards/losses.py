"""The losses of one run together: training against every evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from livemon.boards.curve_panel import CurvePanel
from livemon.boards.metric_groups import Group, colour_of, kind_of
from livemon.boards.model import Board, Colour, Header, Panel
from livemon.boards.overlay import FEW
from livemon.boards.run_tracks import Options, Run, RunTracks
from livemon.tables import names

__all__ = ["is_loss", "losses_board"]

_REST: tuple[Colour, ...] = ("orange", "green", "purple", "red", "teal", "brown", "pink", "olive", "grey")


def is_loss(metric: str) -> bool:
    """Whether the metric is a loss, of whatever: `train_loss`, `eval/loss`, `mode1_loss`."""
    return kind_of(metric) == "loss" or names.parse(metric).stem.lower().endswith("loss")


def losses_board(run: Run, options: Options) -> Board:
    """One panel with the training loss and all evaluation losses, the first ten; a message where there is none.

    Raises:
        ValueError: The run does not have the x that the options ask for.
    """
    of = RunTracks(run, options)
    metrics = of.read()
    losses = [name for name in metrics if is_loss(name) and of.tracks[name].count]
    training = _training_of(losses, of)
    ordered = [*([training] if training else []), *(name for name in losses if name != training)]
    shown = ordered[:FEW]
    header = Header(run.label, run.state, run.state_evidence)
    if not shown:
        panel = Panel("losses", "loss", (0.0, 1.0), (0.0, 1.0), message="no loss was logged", span=1)
        return Board(run.label, header, (panel,), columns=1)
    one = Group("losses", "loss", "loss", tuple(shown), tuple(_label(name) for name in shown),
                _colours(shown, training), len(ordered) - len(shown))
    tracks = [of.tracks[name] for name in shown]
    panel = CurvePanel(one, options).panel(tracks, of.x_limits(shown), of.axis.label, None, False, 2, True)
    return Board(run.label, header, (replace(panel, x_label=of.axis.label),), columns=1, row_height=1.6)


def _training_of(losses: Sequence[str], of: RunTracks) -> str | None:
    """The training loss: of its spellings the one that has the most points. Hugging Face logs `loss`, and once, at the
    end, the mean of it as `train_loss`."""
    own = [name for name in losses if names.parse(name).split in ("", "train") and kind_of(name) == "loss"]
    return max(own, key=lambda name: of.tracks[name].count, default=None)


def _colours(shown: Sequence[str], training: str | None) -> tuple[Colour, ...]:
    """Blue for training, orange for the first evaluation, as in every other picture."""
    rest = [name for name in shown if name != training]
    rest.sort(key=lambda name: names.parse(name).split != "val")
    found: dict[str, Colour] = dict(zip(rest, _REST, strict=False))
    if rest and names.parse(rest[0]).split in ("", "train") and kind_of(rest[0]) == "loss":  # training, told otherwise
        found = dict(zip(rest, _REST[1:], strict=False))
    if training is None and len(shown) == 1:
        return (colour_of(shown[0]),)
    return tuple("blue" if name == training else found.get(name, "grey") for name in shown)


def _label(metric: str) -> str:
    return metric.removesuffix("_loss").removesuffix("/loss") or metric
