"""Which metrics share a panel."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from livemon.boards.metric_groups import MANY_PANELS, group, with_main_in_front, worth_a_panel
from livemon.tables.meaning import main_metric
from livemon.tables.names import kind_of

DATA = Path(__file__).parents[1] / "data" / "sections"


def metrics_of(name: str) -> list[str]:
    with open(DATA / name / "metrics.csv", newline="") as file:
        return next(csv.reader(file))[1:]


@pytest.mark.parametrize(("metric", "kind"), [
    ("train_loss", "loss"), ("eval/loss", "loss"), ("loss_epoch", "loss"), ("value_loss", "other"),
    ("val_ppl", "perplexity"),
    ("lr-AdamW", "learning_rate"), ("grad_2.0_norm_total", "grad_norm"), ("tokens_per_second", "throughput"),
    ("time/fps", "throughput"), ("samples/s", "throughput"), ("val_acc", "score"), ("rollout/ep_rew_mean", "score"),
])
def test_kind_is_found_from_the_name(metric: str, kind: str) -> None:
    """A metric's name says what it measures, in the spelling of each framework."""
    assert kind_of(metric) == kind


def test_order_is_of_importance() -> None:
    """Loss, the task's own scores, perplexity, gradient norm, learning rate, throughput, then the unknown."""
    names = ["zebra", "fps", "lr", "grad_norm", "ppl", "val_acc", "loss"]
    assert [one.metrics[0] for one in group(names, 12)] == names[::-1]


def test_a_known_error_is_as_important_as_a_score() -> None:
    """The task's own error comes where its score would, before what every training has; a part of the loss does not."""
    groups = group(["loss", "lr", "value_loss", "mae", "val_mae"], 12)
    assert [each.title for each in groups] == ["loss", "mae", "learning rate", "value_loss"]


def test_a_metric_without_a_split_is_that_of_the_training() -> None:
    """Beside `val_mae`, as Keras names it, `mae` is the training's."""
    assert group(["mae", "val_mae"], 12)[0].labels == ("train", "val")


def test_one_stem_is_one_panel() -> None:
    """Splits and aggregations of one stem share a panel, told apart by labels and colours."""
    names = ["train_x", "val/x", "test_x", "train_mae_step", "train_mae_epoch"]
    second, first = group(names, 12)
    assert first.metrics == ("train_x", "val/x", "test_x")
    assert first.labels == ("train", "val", "test")
    assert len(set(first.colours)) == 3
    assert first.colours[:2] == ("blue", "orange")
    assert second.labels == ("train step", "train epoch")
    assert second.colours[0] == "blue"


def test_training_is_blue_though_the_epoch_comes_first() -> None:
    """Of two training lines the one by step has the training colour, wherever it stands in the file."""
    one = group(["train_loss_epoch", "train_loss_step", "val_loss"], 12)[0]
    assert dict(zip(one.metrics, one.colours, strict=True))["train_loss_step"] == "blue"
    assert one.labels == ("train epoch", "train step", "val")


def test_numbered_evaluations_join_the_loss() -> None:
    """Without a validation loss, numbered losses stand beside the training loss; numbered perplexities likewise."""
    names = ["train_loss", "train_perplexity", "mode1_loss", "mode1_ppl", "mode2_loss", "mode2_ppl"]
    loss, perplexity = group(names, 12)
    assert loss.labels == ("train", "mode1", "mode2")
    assert perplexity.labels == ("train", "mode1", "mode2")


def test_numbered_family_has_its_own_panel_beside_a_validation_loss() -> None:
    """With a validation loss, numbered losses share a panel of their own."""
    groups = group(["train_loss", "val_loss", "aux1_loss", "aux2_loss"], 12)
    assert [one.title for one in groups] == ["loss", "aux*_loss"]


def test_many_lines_are_counted_not_drawn() -> None:
    """A family of a hundred shows ten lines in a panel, says how many that leaves out, and has further panels for
    them."""
    one, *others = group([f"layer{i}/norm" for i in range(100)], 12)
    assert len(one.metrics) == len(set(one.labels)) == 10
    assert one.left_out == 90
    assert [(each.title, each.before) for each in others] == [
        (f"layer*/norm ({number})", 10 * number - 10) for number in range(2, 11)]
    assert [label for each in (one, *others) for label in each.labels] == [f"layer{i}" for i in range(100)]


def test_a_section_stands_together() -> None:
    """Metrics named `act/...`, `grad/...` stand side by side by their own prefix, in the file's order, behind what
    every run has; none shares a panel with another prefix."""
    groups = group(metrics_of("sixty"))
    assert [each.title for each in groups[:3]] == ["loss", "gradient norm", "learning rate"]
    sections = [each.metrics[0].split("/")[0] for each in groups[3:]]
    assert list(dict.fromkeys(sections)) == ["act", "weight", "grad", "data", "opt", "eval", "sys", "aug", "reg",
                                             "loss"]
    assert sections == [name for name in dict.fromkeys(sections) for _ in range(6)]
    assert [each.title for each in groups[3:9]] == [
        "act/layer0.mean", "act/layer0.std", "act/block_1/attn", "act/block_1/mlp", "act/head max", "act/quantile-95"]


def test_a_part_of_the_loss_is_not_the_loss() -> None:
    """`loss/layer0.mean` is one of a section beside a loss, and neither a score nor the main metric; `loss/train` and
    `loss/total` are the run's loss."""
    assert main_metric(metrics_of("sixty")) == "val_loss"
    for loss in ("loss/train", "loss/total"):
        names = ["loss/layer0.mean", "act/layer0.mean", "loss/kl", "lr", loss]
        assert main_metric(names) == loss
        assert with_main_in_front(group(names), loss, 12)[0].metrics == (loss,)
        assert [each.title for each in group(names)][-1] == "act/layer0.mean"


def test_layers_are_split_by_ten_where_there_is_room() -> None:
    """24 layers are three panels, side by side; in a small view the first panel of each group comes before the others,
    and all views have the same panels."""
    groups = group(metrics_of("layers"))
    titles = [each.title for each in groups]
    assert titles[3:7] == ["act/layer*.mean", "act/layer*.mean (2)", "act/layer*.mean (3)", "act/layer*.std"]
    assert groups[5].labels == ("layer20", "layer21", "layer22", "layer23")
    small = [each.title for each in with_main_in_front(groups, "val_loss", 12)]
    assert small[:12] == [title for title in titles if "(" not in title] and sorted(small) == sorted(titles)
    assert with_main_in_front(groups, "val_loss", 30) == groups


def test_panels_stay_the_same_when_metrics_come_later() -> None:
    """The key, the metrics and the colours of a panel do not depend on metrics of other sections or later layers."""
    metrics = metrics_of("layers")
    new = ["act/layer24.mean", "loss/aux", "val_acc", "sys/a.b", "zebra"]
    later = {each.key: each for each in group([*metrics, *new])}
    for each in group(metrics):
        if each.title != "act/layer*.mean (3)":
            now = later[each.key]
            assert (now.title, now.metrics, now.colours, now.labels) == (
                each.title, each.metrics, each.colours, each.labels)


@pytest.mark.parametrize(("metrics", "titles"), [
    ([f"act/{part}.mean" for part in "abc"], ["act/*.mean"]),
    ([*(f"act/{part}.mean" for part in "abc"), *(f"w/{part}.mean" for part in "abc")], ["act/*.mean", "w/*.mean"]),
    ([f"{section}/a.mean" for section in "pqr"], ["p/a.mean", "q/a.mean", "r/a.mean"]),
    ([f"{task}/acc" for task in ("cola", "rte", "qqp")], ["*/acc"]),
    ([f"{section}/x_acc" for section in "pqr"], ["p/x_acc", "q/x_acc", "r/x_acc"]),
    ([f"time/{part}_ms" for part in "abc"], ["time/*_ms"]),
])
def test_what_ends_alike_is_joined_within_its_section(metrics: list[str], titles: list[str]) -> None:
    """With very many metrics those that end alike share a panel within their section, under a title in their own
    spelling; a score that several sections have is one panel."""
    others = [f"q{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"[:MANY_PANELS]]
    assert [each.title for each in group([*metrics, *others]) if each.title not in others] == titles
    assert len(group(metrics)) == len(metrics)


def test_the_gradient_norm_of_the_model_is_before_those_of_layers() -> None:
    """Beside the whole model's norm, and where there are many, norms of layers stand in their section."""
    names = [f"grad_norm/{part}.weight" for part in "abcd"]
    assert [each.title for each in group([*names, "lr", "grad_norm"])] == ["gradient norm", "learning rate", *names]
    assert group([*names, "lr"])[0].title == "learning rate"
    assert group(["lr", "actor/grad_norm"])[0].title == "gradient norm"


def test_too_many_single_metrics_come_together_by_their_last_word() -> None:
    """Where there would be too many panels, metrics that end alike share one."""
    names = ["loss", *(f"{word}_entropy" for word in ("a", "b", "c", "d"))]
    assert len(group(names, 12)) == 5
    assert [one.title for one in group(names, 3)] == ["loss", "*_entropy"]


def test_a_metric_can_stand_alone() -> None:
    """A metric that cannot share an axis has a panel under its own name."""
    assert [one.title for one in group(["train_x", "val_x"], 12, alone={"val_x"})] == ["x", "val_x"]


def test_labels_are_never_the_same() -> None:
    """Lines of a panel can always be told apart, also where the names are odd."""
    for names in (["lr/pg1", "lr/pg2"], ["loss", "train_loss"], ["acc", "accuracy"], ["a//b_1", "a/b_2"]):
        for one in group(names, 12):
            assert len(set(one.labels)) == len(one.metrics), one


def test_titles_are_names() -> None:
    """Issue 14: a name that begins with `=`, or looks like a mark, is a title as it is, alone in its panel or not."""
    names = ["=1+1", "1+1", "$x$", "_x_", "<b>"]
    assert {one.metrics: one.title for one in group(names, 9)} == {(name,): name for name in names}
    assert {one.metrics: one.title for one in group(names, 9, names)} == {(name,): name for name in names}


@pytest.mark.parametrize(("apart", "together"), [
    (["psnr_restore", "ssim_restore", "loss_restore", "l1_mae_restore"], []),
    (["batches_num", "images_num", "errors_num", "words_num"], []),
    (["worker_pid", "reader_pid", "writer_pid"], []),
    (["psnr_ms", "lpips_ms"], ["forward_ms", "backward_ms", "data_ms"]),
    (["ssim_x2"], ["a_psnr_x2", "b_psnr_x2", "c_psnr_x2"]),
    ([], ["l1_loss", "kl_loss", "mse_loss"]),
])
def test_a_panel_of_many_has_one_unit(apart: list[str], together: list[str]) -> None:
    """Metrics that end alike share a panel only where their names do not say that they are measured differently: a PSNR
    and an SSIM, or counts of different things, stand apart."""
    groups = [one.metrics for one in group([*apart, *together], 1)]
    assert sorted(groups) == sorted([*((name,) for name in apart), *([tuple(together)] if together else [])])


def test_bookkeeping_gets_no_panel() -> None:
    """Counters, wall clocks, numbers of processes and the lowest and highest of a W&B export are left out; results,
    what is set, measured times and rates stay, in the file's order."""
    kept = ["loss", "lr", "val_acc", "step_time_ms", "ep_len_mean", "fps", "a__MIN", "gpu_mem"]
    left_out = ["num_episodes", "samples_seen_total_num", "pid", "eval_runtime", "_timestamp", "loss__MIN", "loss__MAX",
                "total_time"]
    assert worth_a_panel([*left_out[:4], *kept, *left_out[4:]]) == kept
    assert worth_a_panel(["pid", "loss"], wanted={"pid"}) == ["pid", "loss"]
    assert worth_a_panel(["pid", "num_episodes"]) == ["pid", "num_episodes"]
