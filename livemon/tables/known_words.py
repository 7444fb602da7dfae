"""The meaning of words in metrics' names. This module has only data, for `livemon.tables.meaning`.

To make livemon understand a metric, add its word here, in small letters. Users add names in `livemon.toml`.
"""

from __future__ import annotations

__all__ = ["CLOCKS", "COUNTERS", "COUNTING", "FRAMEWORK_METRICS", "GRADIENTS", "HIGHER", "HIGHER_PHRASES", "INDEXES",
           "LENGTHS", "LOSSES", "LOWER", "LOWER_PHRASES", "NEGATIONS", "NO_RESULTS", "PERPLEXITIES", "PLACEHOLDERS",
           "RATES", "REWARDS", "SETTINGS", "SO_FAR", "SPLITS", "SPREADS", "STAMPS", "SUMMED",
           "UNITS_OF_TIME"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SPLITS = {"train": "train", "training": "train", "trn": "train", "tr": "train",
          "val": "val", "valid": "val", "validation": "val", "eval": "val", "evaluation": "val", "dev": "val",
          "test": "test", "testing": "test"}

# Less is better. ------------------------------------------------------------------------------------------------------

LOSSES = _words("""
    loss losses logloss mlogloss xent crossentropy nll ce bce objective deviance""")
PERPLEXITIES = _words("ppl perplexity perplexities")
_ERRORS = _words("""
    error errors err mae mse rmse mape smape wmape mase msle rmsle medae rmsd mre nrmse absrel sqrel
    mpjpe epe nme chamfer hausdorff hd95 assd asd
    wer cer ter eer mer mcd
    bpb bpc bpd bpw
    fid kid fvd fad lpips niqe brisque
    ece mce brier
    fpr fnr frr hter
    cost regret latency runtime failure fail""")
LOWER = LOSSES | PERPLEXITIES | _ERRORS
LOWER_PHRASES = (("cross", "entropy"), ("kl", "div"), ("kl", "divergence"), ("js", "divergence"), ("bits", "per"),
                 ("false", "positive"), ("false", "negative"), ("abs", "rel"), ("sq", "rel"), ("levenshtein",),
                 ("edit", "distance"))

# More is better. ------------------------------------------------------------------------------------------------------

REWARDS = _words("reward rewards rew return returns ret epret eprew payoff")
_SCORES = _words("""
    acc accuracy accuracies bacc
    f1 f2 f1score fscore fbeta precision recall prec rec sensitivity specificity tpr tnr ppv npv
    auc auroc rocauc roc auprc aupr prauc
    ap ar map mar miou iou giou jaccard dice dsc pq pck
    ndcg dcg mrr hit hits hitrate
    mcc kappa matthews
    r2 pearson spearman kendall pearsonr spearmanr corr correlation srcc plcc pcc ccc
    bleu sacrebleu rouge rougel rougelsum meteor chrf cider spice bertscore sari
    psnr ssim msssim sdr sisdr sisnr snr pesq stoi mos
    success successes solved win winrate elo em
    elbo likelihood ll loglik sharpe
    nmi ari purity silhouette homogeneity completeness
    lddt gdt
    score scores""")
HIGHER = REWARDS | _SCORES
HIGHER_PHRASES = (("exact", "match"), ("explained", "variance"), ("r", "squared"), ("true", "positive"),
                  ("true", "negative"), ("f", "score"), ("f", "beta"), ("log", "prob"), ("coco", "eval"))
# Words that reverse a direction: `neg_mean_squared_error`.
NEGATIONS = _words("neg negative minus")

# Neither: spreads, changes and settings are not results. --------------------------------------------------------------

SPREADS = _words("""
    std stdev stddev sd sem var variance iqr ci delta diff difference change improvement
    chosen rejected margin margins""")
SETTINGS = _words("""
    lr scale coef coeff coefficient weight alpha beta gamma lambda epsilon eps temperature temp threshold momentum mom
    decay warmup seed rank pid id uid idx index port dropout exploration""")
GRADIENTS = _words("grad grads gradient gradients gradnorm")
PLACEHOLDERS = _words("hp_metric")

# Counts, times and sizes beside the results. --------------------------------------------------------------------------

COUNTING = _words("num n nb nr number count counts counter cnt total_num")
COUNTERS = _words("""
    step steps iteration iterations iter iters epoch epochs episode episodes timestep timesteps update updates
    batch batches sample samples token tokens frame frames example examples image images interacts tick ticks kimg
    round rounds generation generations percentage percent progress flos flops game games""")
SO_FAR = _words("seen total processed done trained consumed")  # after the counted thing: tokens_seen
UNITS_OF_TIME = _words("s sec secs second seconds ms msec minutes hour hours days")
CLOCKS = UNITS_OF_TIME | _words("""
    time times timestamp timestamps datetime date duration elapsed runtime latency eta remaining clock""")
STAMPS = _words("timestamp timestamps datetime date clock wall")  # when a row was written, by the clock
RATES = _words("throughput fps sps qps tps tflops mfu hfu goodput")
LENGTHS = _words("""
    len length lengths size sizes bytes kb mb gb gib mib memory mem vram ram params parameters numel
    utilization util power temp watts gpu cpu""")

# The names that tables give to their row numbers by default.
INDEXES = frozenset(("column 1", "Unnamed: 0", "index", "level_0"))

NO_RESULTS = ("counter", "clock", "rate", "size", "setting", "gradient", "placeholder")

# Words that do not matter when a loss or a score is chosen as the main metric of a run.
SUMMED = _words("total mean average avg overall all epoch ep episode episodic rollout final the")

# The metrics by which frameworks choose their best model, best first: the framework, and a pattern for the whole name
# in any case.
FRAMEWORK_METRICS: tuple[tuple[str, str], ...] = (
    ("Ultralytics", r"metrics/mAP50-95\(B\)"),
    ("Ultralytics", r"metrics/mAP50-95\([A-Z]\)"),
    ("Ultralytics", r"metrics/accuracy_top1"),
    ("YOLOv5", r"metrics/mAP_0\.5:0\.95"),
    ("Detectron2", r"bbox/AP"),
    ("MMDetection", r"(?:val/)?coco/bbox_mAP"),
    ("MMDetection", r"(?:val/)?bbox_mAP"),
    ("COCO", r"(?:(?:val|test|eval)[/_])?AP(?:@\[?0?\.50?:0?\.95\]?)?"),
    ("COCO", r"(?:(?:val|test|eval)[/_])?mAP(?:@\[?0?\.50?:0?\.95\]?|_?50-95)?"),
    ("Spinning Up", r"(?:.*/)?AverageTestEpRet"),
    ("garage", r"Evaluation/AverageReturn"),
    ("Spinning Up", r"(?:.*/)?AverageEpRet"),
    ("ML-Agents", r"Environment/Cumulative Reward"),
    ("DETR", r"(?:(?:val|test)_)?coco_eval_(?:bbox|segm|masks)\.0"),
    ("spaCy", r"(?-i:SCORE)"),
    ("Keras", r"epoch_val_loss|validation/epoch_loss"),
    ("sentence-transformers", r"cosine_spearman"),
)
