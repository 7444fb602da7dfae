"""Tables among what a training prints."""

from __future__ import annotations

from typing import Any

import pytest

from livemon.readers.encodings.printed_tables import PrintedTables

BOX = """-----------------------------
| rollout/           |      |
|    ep_rew_mean     | 22.3 |
| time/              |      |
|    total_timesteps | 2048 |
-----------------------------
"""
SPACY = """E    #       LOSS TOK2VEC  LOSS NER  ENTS_F  SCORE
---  ------  ------------  --------  ------  ------
  0       0          0.00     54.64    1.23    0.01
  0     200         33.46   1500.00   45.50    0.46
"""
FASTAI = """epoch     train_loss  valid_loss  accuracy  time
0         1.25        1.5         0.5       00:10
1         1.0         1.25        0.75      00:11
"""
SKORCH = """  epoch    train_loss    valid_acc    dur
-------  ------------  -----------  -----
      1        \x1b[36m0.7111\x1b[0m       \x1b[32m0.5100\x1b[0m  0.1345
      2        0.6      0.52  0.1
"""
MARKDOWN = """| epoch | loss | note |
|-------|------|------|
| 1     | 0.5  |      |
| 2     | 0.25 |      |
"""
RICH = """╭──────────────┬───────╮
│ AverageEpRet │ -12.5 │
│ Epoch        │ 3     │
╰──────────────┴───────╯
"""


@pytest.mark.parametrize(("text", "rows"), [
    (BOX + BOX.replace("2048", "4096"), [{"rollout/ep_rew_mean": 22.3, "time/total_timesteps": 2048},
                                         {"rollout/ep_rew_mean": 22.3, "time/total_timesteps": 4096}]),
    (SPACY, [{"epoch": 0, "step": 0, "LOSS TOK2VEC": 0.0, "LOSS NER": 54.64, "ENTS_F": 1.23, "SCORE": 0.01},
             {"epoch": 0, "step": 200, "LOSS TOK2VEC": 33.46, "LOSS NER": 1500.0, "ENTS_F": 45.5, "SCORE": 0.46}]),
    (FASTAI, [{"epoch": 0, "train_loss": 1.25, "valid_loss": 1.5, "accuracy": 0.5},
              {"epoch": 1, "train_loss": 1.0, "valid_loss": 1.25, "accuracy": 0.75}]),
    (SKORCH, [{"epoch": 1, "train_loss": 0.7111, "valid_acc": 0.51, "dur": 0.1345},
              {"epoch": 2, "train_loss": 0.6, "valid_acc": 0.52, "dur": 0.1}]),
    (MARKDOWN, [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}]),
    (RICH, [{"AverageEpRet": -12.5, "Epoch": 3}]),
    ("Step    Training Loss    Validation Loss\n500   1.5   1.25\n1000   1.0   0.75\n",
     [{"Step": 500, "Training Loss": 1.5, "Validation Loss": 1.25},
      {"Step": 1000, "Training Loss": 1.0, "Validation Loss": 0.75}]),
    ("----------\n| a setting | 3 |\n| another | 4 |\n----------\n", []),  # nothing of a training
    ("epoch loss\nthe loss is 0.5\n1 2 3\n", []),
    (BOX[:-60], []),  # not closed
    ("Name | Type | Params\n------------------\n0 | encoder | 50 K\n1 | loss | 0\n------------------\n", []),
])  # fmt: skip
def test_the_rows_of_tables(text: str, rows: list[dict[str, Any]]) -> None:
    """Issue 16: a closed box is a row, and so is each line of numbers below names; other tables have none."""
    tables = PrintedTables()
    assert [row for line in text.split("\n") if (row := tables.take(line)) is not None] == rows


def test_lines_of_tables_are_known() -> None:
    """What is a part of a table is no line of its own, and what is behind one is."""
    tables = PrintedTables()
    taken = []
    for line in [*BOX.splitlines(), "step 3: loss 0.5", *FASTAI.splitlines(), "done"]:
        tables.take(line)
        taken.append(tables.has_taken)
    assert taken == [True] * 6 + [False, False, True, True, False]
