"""Which metrics share a panel."""

from __future__ import annotations

import pytest

from livemon.boards.metric_groups import group, worth_a_panel
from livemon.tables.names import kind_of


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
    """A family of a hundred shows ten lines and says how many it leaves out."""
    one = group([f"layer{i}/norm" for i in range(100)], 12)[0]
    assert len(one.metrics) == len(set(one.labels)) == 10
    assert one.left_out == 90


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
