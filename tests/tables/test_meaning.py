"""What the name of a metric means."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livemon.tables.meaning import ask_for_direction, bookkeeping, direction, main_metric, split_of, words_of

RISING = """
    val_acc eval/f1@0.5 rollout/ep_rew_mean mIoU/iou r2 top1_acc BLEU r Evaluation/AverageReturn
    AverageTestEpRet Evaluation/SuccessRate EpisodeReturn Total_Reward return win_rate AP AR bbox/AP AP50
    AP@0.50:0.95 metrics/mAP50-95(B) AR@100 coco/bbox_mAP mAP val_mIoU dice Dice_Score val_psnr ssim MS-SSIM
    ndcg@10 mrr recall@5 hit_rate hits@10 R@1 HR@10 mcc kappa quadratic_weighted_kappa cosine_pearson
    cosine_spearman pass@1 pass@k pass_at_10 exact_match eval_exact_match top1 top_5 top-1 acc_norm auprc
    roc_auc elbo log_likelihood explained_variance neg_mean_squared_error throughput tokens_per_second it/s
    train/fps F1Score sensitivity true_positive_rate rougeL rewards/accuracies
""".split()  # noqa: SIM905
FALLING = """
    val_loss perplexity mae acc_loss map_loss rmse eval/wer ValLoss valLoss loss1 mode1_ppl
    GaussianMLP/LossAfter top1_err error_rate false_positive_rate fpr fid_score brier_score cross_entropy
    reward_loss entropy_loss neg_elbo bits_per_dim kl_divergence loss_D d_loss latency_ms seconds_per_step
    ms/step train_loss_step val_loss_epoch
""".split()  # noqa: SIM905
UNKNOWN = """
    foo both/a learning_rate lr-AdamW grad_norm time/iterations rollout/ep_len_mean num_episodes Food_Eaten
    novelty Evaluation/StdReturn reward_std GaussianMLPValueFunction/dLoss approx_kl entropy loss_scale
    clip_fraction Evaluation/TerminationRate dropout_rate hp_metric step_time gpu_memory num_success
    train_loss_improvement rewards/margins
""".split()  # noqa: SIM905


@pytest.mark.parametrize(("name", "words"), [
    ("AverageTestEpRet", "average test ep ret"),
    ("TotalEnvSteps", "total env steps"),
    ("total timesteps", "total timesteps"),
    ("val_loss/dataloader_idx_0", "val loss dataloader idx 0"),
    ("metrics/mAP50-95(B)", "metrics map50 95 b"),
    ("AP@0.50:0.95", "ap 0 50 0 95"),
    ("GaussianMLPPolicy/KLBefore", "gaussian mlp policy kl before"),
    ("val_mIoU", "val miou"),
    ("EPOCH", "epoch"),
    ("", ""),
])
def test_a_name_has_words(name: str, words: str) -> None:
    """Words end at blanks, at signs, and where a capital follows small letters; a known word is not cut."""
    assert words_of(name) == tuple(words.split())


@pytest.mark.parametrize("name", RISING)
def test_more_is_better(name: str) -> None:
    """More is better of scores, rewards and rates, however they are spelt."""
    assert direction(name) == "max"


@pytest.mark.parametrize("name", FALLING)
def test_less_is_better(name: str) -> None:
    """Less is better of losses and errors, whatever else the name says, and of the time that a step takes."""
    assert direction(name) == "min"


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_direction_that_is_not_known_is_not_invented(name: str) -> None:
    """Of settings, counters, clocks, sizes, spreads and of words that nobody knows neither more nor less is better."""
    assert direction(name) is None


def test_the_user_knows_better() -> None:
    """What a user says of a name, or of a pattern of names, wins over its words; an exact name wins over a pattern."""
    own = {"*/quality": "max", "val_loss": "max", "a/quality": "min"}
    assert [direction(name, own) for name in ("b/quality", "val_loss", "a/quality", "train_loss")] == [
        "max", "max", "min", "min"]  # fmt: skip


@pytest.mark.parametrize(("name", "kind"), [
    ("Total_Steps", "counter"), ("num_episodes", "counter"), ("Evaluation/NumEpisodes", "counter"),
    ("total_flos", "counter"), ("n_updates", "counter"), ("Epsilon", "setting"), ("lr/pg0", "setting"),
    ("loss_weight", "setting"), ("total_time", "clock"), ("eval_runtime", "clock"), ("data_time", "clock"),
    ("Timestamp", "clock"), ("eval_samples_per_second", "rate"), ("train/fps", "rate"), ("ep_len_mean", "size"),
    ("max_memory", "size"), ("hp_metric", "placeholder"), ("grad_norm", "gradient"),
    ("time/iterations", "counter"), ("time/total_timesteps", "counter"),
    ("tokens_seen", "counter"), ("episodes_total", "counter"),
    ("loss", ""), ("ep_rew_min", ""), ("val_acc_epoch", ""), ("foo", ""), ("cosine_spearman", ""),
])
def test_what_is_no_result(name: str, kind: str) -> None:
    """Counters, clocks, rates, sizes, settings, gradients and placeholders are known by their words."""
    assert bookkeeping(name) == kind


def test_splits() -> None:
    """The data that is measured on is found in any part of the name; a validation wins over a training."""
    names = ("val_loss", "Loss/test", "epoch_val_loss", "AverageTestEpRet", "train/loss", "loss", "eval/train_loss")
    assert [split_of(name) for name in names] == ["val", "test", "val", "test", "train", "", "val"]


MAINS = [  # the first of each is the main metric of them all
    ("val_loss", "train_loss val_acc"),
    ("val_acc", "train_loss lr train_acc"),
    ("train_loss_step", "lr train_loss_epoch epoch"),
    ("rollout/ep_rew_mean", "train/loss rollout/ep_len_mean time/fps train/value_loss"),
    ("a", ""),
    ("metrics/mAP50-95(B)", "train/box_loss val/box_loss metrics/precision(B) metrics/mAP50(B) lr/pg0 time"),
    ("AverageTestEpRet", "AverageEpRet StdEpRet MaxEpRet MaxTestEpRet LossPi TotalEnvInteracts EpLen Time"),
    ("Evaluation/AverageReturn", "Evaluation/MaxReturn Evaluation/SuccessRate TotalEnvSteps GaussianMLPPolicy/KL"),
    ("Environment/Cumulative Reward", "Losses/Policy_Loss Environment/Episode_Length Policy/Learning_Rate"),
    ("epoch_val_loss", "epoch_loss epoch_val_accuracy epoch_accuracy"),
    ("validation/epoch_loss", "train/epoch_loss validation/evaluation_loss_vs_iterations"),
    ("val_loss/dataloader_idx_0", "val_loss/dataloader_idx_1 val_loss/dataloader_idx_10 train_loss"),
    ("eval_code_loss", "eval_wiki_loss eval_runtime loss learning_rate eval_code_samples_per_second"),
    ("bbox/AP", "total_loss bbox/AP50 bbox/APs lr data_time"),
    ("AP@0.50:0.95", "train_loss"),
    ("Total_Reward", "Episode Epsilon Total_Steps Food_Eaten Timestamp"),
    ("reward", "total_time n_koeff novelty iteration"),
    ("ep_rew_mean", "num_episodes total_time total_loss entropy_loss value_loss"),
    ("test_loss", "train_loss test_acc"),
    ("loss", "total_tokens grad_norm entropy"),
    ("cosine_spearman", "cosine_pearson dot_pearson dot_spearman"),
    ("eval/mean_reward", "eval/mean_ep_length train/loss rollout/ep_rew_mean"),
]


@pytest.mark.parametrize(("main", "others"), MAINS)
@settings(max_examples=10)
@given(data=st.data())
def test_the_main_metric_does_not_depend_on_the_order(main: str, others: str, data: st.DataObject) -> None:
    """Validation before training, and what frameworks choose by before all; the same for any order of columns."""
    columns = [main, *(name.replace("_", " ") if "Environment" in main else name for name in others.split())]
    assert main_metric(data.draw(st.permutations(columns))) == main


@pytest.mark.parametrize("names", [[], ["hp_metric"], ["epoch", "num_steps", "time_elapsed", "ep_len_mean", "fps"]])
def test_no_main_metric(names: list[str]) -> None:
    """A counter, a clock, a rate, a size or a placeholder never stands for a run."""
    assert main_metric(names) is None


def test_a_number_at_the_end_is_no_curve() -> None:
    """A metric with one value does not stand for a run whose others have many, as Lightning's test does."""
    assert main_metric(["train_loss", "test_loss"], single={"test_loss"}) == "train_loss"
    assert main_metric(["loss", "train_loss"], single={"train_loss"}) == "loss"
    assert main_metric(["train_loss", "val_loss"], single={"val_loss"}) == "val_loss"  # the first validation


def test_what_the_user_prefers_is_the_main_metric() -> None:
    """The first that is there, of what the user names; a metric whose direction the user says counts as a score."""
    assert main_metric(["val_loss", "foo"], ["bar", "foo"]) == "foo"
    assert main_metric(["val_foo", "val_bar"], own={"val_foo": "max"}) == "val_foo"


def test_the_message_says_what_to_type() -> None:
    """Where a direction is not known, the message names the option."""
    assert "--metric foo:max" in ask_for_direction("foo")


def test_the_metrics_that_frameworks_choose_by() -> None:
    """Issue 16: spaCy's SCORE, DETR's first AP, a mean over episodes before one episode's return stand for a run."""
    assert main_metric(["LOSS NER", "ENTS_F", "SCORE"]) == "SCORE"
    assert main_metric(["val_loss", "score"]) == "val_loss"
    positions = [f"test_coco_eval_bbox.{place}" for place in range(12)]
    assert main_metric(["test_loss", *reversed(positions)]) == positions[0] and direction(positions[0]) == "max"
    assert main_metric(["r", "rollout/ep_rew_mean", "l"]) == "rollout/ep_rew_mean" and main_metric(["r", "l"]) == "r"
