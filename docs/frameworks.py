"""Writes the table of docs/formats.md that says which step, main metric and direction livemon finds for each framework.

`python docs/frameworks.py` rewrites the table; a test checks that the page says what the code says.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from livemon.tables.meaning import direction, main_metric
from livemon.tables.table import Block, Cells, Table
from livemon.tables.x_axis import find_axis, is_axis

PAGE = Path(__file__).parent / "formats.md"
BEGIN, END = "<!-- made by docs/frameworks.py -->", "<!-- end of what docs/frameworks.py made -->"

# What each framework logs in a usual training, as livemon's readers name it.
COLUMNS = {
    "Lightning": "epoch step train_loss_step train_loss_epoch val_loss val_acc lr-Adam",
    "Lightning, several validation sets": "epoch step train_loss val_loss/dataloader_idx_0 val_loss/dataloader_idx_1",
    "Lightning in TensorBoard": "step epoch hp_metric train_loss val_loss",
    "Hugging Face Trainer": "step epoch loss grad_norm learning_rate eval_loss eval_runtime eval_samples_per_second",
    "the same, several data sets": "step epoch loss eval_wiki_loss eval_wiki_runtime eval_code_loss",
    "the same in TensorBoard": "step train/loss train/learning_rate eval/loss eval/runtime train/epoch",
    "LLaMA-Factory": "current_steps loss lr epoch percentage elapsed_time",
    "sentence-transformers, evaluator": "epoch cosine_pearson cosine_spearman euclidean_pearson dot_spearman",
    "Keras CSVLogger": "epoch accuracy loss val_accuracy val_loss",
    "Keras in TensorBoard": "step train/epoch_loss train/epoch_learning_rate validation/epoch_loss "
                            "validation/evaluation_loss_vs_iterations",
    "Stable-Baselines3": "time/total_timesteps time/fps rollout/ep_len_mean rollout/ep_rew_mean train/loss "
                         "train/approx_kl train/explained_variance train/n_updates",
    "the same with EvalCallback": "time/total_timesteps eval/mean_ep_length eval/mean_reward rollout/ep_rew_mean",
    "Stable-Baselines3, monitor.csv": "total_timesteps r l t",
    "Spinning Up": "Epoch AverageEpRet StdEpRet AverageTestEpRet EpLen TestEpLen TotalEnvInteracts LossPi LossQ Time",
    "garage": "TotalEnvSteps Evaluation/Iteration Evaluation/NumEpisodes Evaluation/AverageReturn Evaluation/StdReturn "
              "GaussianMLPPolicy/KL GaussianMLPPolicy/LossAfter",
    "ML-Agents": "step Environment/Cumulative_Reward Environment/Episode_Length Losses/Policy_Loss",
    "Ultralytics": "epoch time train/box_loss metrics/precision(B) metrics/recall(B) metrics/mAP50(B) "
                   "metrics/mAP50-95(B) val/box_loss lr/pg0",
    "YOLOv5": "epoch train/box_loss metrics/precision metrics/mAP_0.5 metrics/mAP_0.5:0.95 val/box_loss x/lr0",
    "Detectron2": "iteration total_loss loss_cls lr data_time bbox/AP bbox/AP50 bbox/APs",
    "MMEngine, detection": "step epoch iter lr data_time loss loss_cls coco/bbox_mAP coco/bbox_mAP_50",
    "fastai": "epoch train_loss valid_loss accuracy",
    "timm": "epoch train_loss eval_loss eval_top1 eval_top5 lr",
    "Ray Tune": "training_iteration time_total_s mean_accuracy loss",
    "torchtune": "step loss lr tokens_per_second_per_gpu grad_norm",
}


def table() -> list[str]:
    """The lines of the table: what is found in any order of a framework's columns."""
    lines = ["| framework | step | main metric | better |", "| --- | --- | --- | --- |"]
    for framework, text in COLUMNS.items():
        columns = [name.replace("_", " ") if framework == "ML-Agents" else name for name in text.split()]
        cells = {name: Cells(np.arange(1.0, 6.0)) for name in columns}
        read = Table()
        read.append(Block(5, cells))
        step = find_axis("step", [read]) or find_axis("epoch", [read]) or ""
        main = main_metric(name for name in columns if not is_axis(name, [read])) or ""
        words = {"min": "less", "max": "more", None: "not known"}
        lines.append(f"| {framework} | `{step}` | `{main}` | {words[direction(main)]} |")
    return lines


def written() -> list[str]:
    """The lines of the table that the page holds now."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return [line for line in lines[lines.index(BEGIN) + 1 : lines.index(END)] if line]


def main() -> None:
    """Rewrite the table in the page."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text("\n".join([f"{before}{BEGIN}", "", *table(), "", f"{END}{after}"]), encoding="utf-8")


if __name__ == "__main__":
    main()
