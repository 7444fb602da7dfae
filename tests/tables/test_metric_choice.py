"""`NAME[:min|:max][=LABEL]`."""

from __future__ import annotations

import pytest

from livemon.tables.metric_choice import MetricChoice, parse_choice, parse_choices

KNOWN = ["val_loss", "acc@IoU=0.5", "AP@[0.50:0.95]", "score:max"]


@pytest.mark.parametrize(("text", "name", "direction", "label"), [
    ("val_loss", "val_loss", None, "val_loss"), ("val_loss:max", "val_loss", "max", "val_loss"),
    ("val_loss=Loss", "val_loss", None, "Loss"), ("val_loss:min=Loss (a=b)", "val_loss", "min", "Loss (a=b)"),
    ("acc@IoU=0.5", "acc@IoU=0.5", None, "acc@IoU=0.5"), ("acc@IoU=0.5=AP50", "acc@IoU=0.5", None, "AP50"),
    ("acc@IoU=0.5:max", "acc@IoU=0.5", "max", "acc@IoU=0.5"), ("AP@[0.50:0.95]=AP", "AP@[0.50:0.95]", None, "AP"),
    ("score:max", "score:max", None, "score:max"), ("eval_loss=Validation", "eval_loss", None, "Validation"),
    ("nope=x", "nope", None, "x"),
])
def test_a_choice(text: str, name: str, direction: str | None, label: str) -> None:
    """The label stands behind the first = before which a metric's name stands; a metric with a = or a :max in its own
    name is that metric."""
    assert parse_choice(text, lambda: KNOWN) == MetricChoice(name, direction, label)  # type: ignore[arg-type]


def test_what_is_no_choice() -> None:
    """An empty label or name, and a metric or a label that is there twice, are errors; names are not asked for without
    need."""
    for text in ("val_loss=", "=Loss", ":min"):
        with pytest.raises(ValueError, match=r"label behind the = is empty|the name of the metric is missing"):
            parse_choice(text, lambda: KNOWN)
    for texts in (["a", "a:min"], ["a=x", "b=x"]):
        with pytest.raises(ValueError, match="is there twice"):
            parse_choices(texts, lambda: [])
    assert parse_choice("plain", lambda: pytest.fail("asked")).name == "plain"
