"""Lines that frameworks print in a form of their own."""

from __future__ import annotations

from typing import Any

import pytest

from livemon.readers.encodings.printed_lines import rows_in


@pytest.mark.parametrize(("line", "row"), [
    # CatBoost's times have units, and may have two.
    ("3:\tlearn: 0.5\ttotal: 250ms\tremaining: 1m 2s", {"iteration": 3, "learn/value": 0.5, "elapsed": 0.25,
                                                        "remaining": 62}),
    ("900:\tlearn: 0.5\ttotal: 1h 1m 1s\tremaining: 500us", {"iteration": 900, "learn/value": 0.5, "elapsed": 3661,
                                                           "remaining": 0.0005}),
    # Durations in words, and those of a whole epoch, are no metrics.
    ("(trainer:357) INFO: 2epoch results: [train] loss=8.5, time=2 minutes and 5.5 seconds, acc=0.25, "
     "[valid] loss=7.5, time=10.25 seconds", {"epoch": 2, "train/loss": 8.5, "time": 125.5, "train/acc": 0.25,
                                              "valid/loss": 7.5}),
    ("2epoch results: [train] loss=8.5, time=1 hour, 2 minutes and 5 seconds",
     {"epoch": 2, "train/loss": 8.5, "time": 3725}),
    ("Epoch: [3] Total time: 0:01:30 (0.5 s / it)", None),
    ("Test: Total time: 1 day, 0:01:30 (0.1250 s / it)", None),
    # Megatron says of which step a validation is.
    (" validation loss at iteration 100 | lm loss value: 7.5E+00 | lm loss PPL: 1.75E+03 | ",
     {"iteration": 100, "validation/lm loss": 7.5, "validation/lm loss PPL": 1750}),
    (" validation loss at iteration 100 on test set | lm loss value: 7.5E+00 |",
     {"iteration": 100, "test/lm loss": 7.5}),
    # The values of a score, one a class, are shown by their mean; a class that did not occur has none.
    ("2025-11-18 03:11:41.130006: Pseudo dice [0.25, 0.5, 0.75]", {"Pseudo dice": 0.5}),
    ("Pseudo dice [np.float32(0.25), nan, np.float32(0.5)]", {"Pseudo dice": 0.375}),
    # COCO's table: -1 is of sizes that no object has.
    (" Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.302", {"val/AP": 0.302}),
    (" Average Precision  (AP) @[ IoU=0.75      | area=   all | maxDets=100 ] = 0.250", {"val/AP_75": 0.25}),
    (" Average Precision  (AP) @[ IoU=0.50:0.95 | area= small | maxDets=100 ] = 0.125", {"val/AP_small": 0.125}),
    (" Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets= 10 ] = 0.500", {"val/AR_10": 0.5}),
    (" Average Recall     (AR) @[ IoU=0.50:0.95 | area= large | maxDets=100 ] = -1.000", None),
    ("2025-11-18 03:11:05,112 DEV : loss 0.75 - f1-score (micro avg)  0.5", {"dev/loss": 0.75,
                                                                            "dev/f1-score micro avg": 0.5}),
    # At a line about other data the average over its batches is the result, not the last batch.
    ("Test: [10/98]  Time 0.5 (0.25)  Loss 0.5 ( 0.625)  Acc@1  75.00 ( 62.50)",
     {"time": 0.5, "test/Loss": 0.625, "test/Acc@1": 62.5}),
    ("Test (EMA): [ 10/98]  Loss: 0.5 (0.625)", {"test/Loss": 0.625}),
    ("Train: 2 [ 250/1251 ( 20%)]  Loss: 0.5 (0.625)", {"epoch": 2, "batch": 250, "Loss": 0.5}),
])
def test_lines(line: str, row: dict[str, Any] | None) -> None:
    """Issue 16: what frameworks shorten is read as they mean it."""
    assert list(rows_in(line)) == ([row] if row else [])
