"""Numbers, spans of time and settings as people read them."""

from __future__ import annotations

import math

import pytest

from livemon import wording


@pytest.mark.parametrize(("value", "text"), [
    (0.18321, "0.183"), (3.31747, "3.317"), (26.909, "26.91"), (5e-05, "5e-5"), (71272.78, "71.3k"),
    (2.28e14, "2.3e14"),
    (0.0285132, "0.0285"), (9.99961, "10.00"), (1234.5, "1,234"), (105.0, "105"), (0.0, "0"), (-3.3, "-3.300"),
    (999_999.0, "1,000k"), (1.23456e7, "12.3M"), (math.nan, "NaN"), (math.inf, "inf"), (-math.inf, "-inf"),
])
def test_number_has_about_four_digits(value: float, text: str) -> None:
    """A measured value is said in about four digits, whatever its size."""
    assert wording.number(value) == text


@pytest.mark.parametrize(("seconds", "text"), [
    (0.0, "0 s"), (0.028, "28 ms"), (0.0995, "0.1 s"), (0.4, "0.4 s"), (4.2, "4 s"), (99.0, "99 s"), (185.0, "3 min"),
    (3599.0, "1h00"), (7800.0, "2h10"), (100 * 3600.0, "4d 4h"),
])
def test_duration_has_two_units(seconds: float, text: str) -> None:
    """A span of time is said in its largest units."""
    assert wording.duration(seconds) == text


def test_count_and_place() -> None:
    """Steps have separators and say what they count; times on an axis of time are spans."""
    assert wording.count(41230.0) == "41,230"
    assert wording.count(2.5) == "2.5"
    assert wording.count(5e-05) == "5e-5"
    assert wording.count(1.23e15 + 0.5) == "1.23e15"
    assert wording.place("step", 31000.0) == "step 31,000"
    assert wording.place("hours", 2.5) == "2h30"


def test_smoothing_says_its_weights() -> None:
    """One weight, or the lowest and the highest, with two digits of what they leave of the newest value."""
    assert wording.smoothing([]) == "" and wording.smoothing([0.9]) == "smoothed (EMA 0.9)"
    assert wording.smoothing([0.9375, 0.78125, 0.99951]) == "smoothed (EMA 0.78 to 0.99951)"


def test_change_is_signed() -> None:
    """A change says its direction; a leap is a factor; nothing known is an empty text."""
    assert wording.change(-7.81) == "-7.8 %"
    assert wording.change(0.01) == "0.0 %"
    assert wording.change(2300.0) == "x24"
    assert wording.change(None) == wording.change(math.nan) == ""


def test_settings_are_a_handful_of_the_telling_ones() -> None:
    """Of a large configuration the telling settings are shown under short names, the values short."""
    config = {
        "model_config": "distilgpt2", "dataset_name": "wikipedia", "batch_size": 8, "gradient_accumulation_steps": 16,
        "learning_rate": 0.0005, "num_epochs": 3, "max_steps": -1, "warmup_steps": 2000, "fp16": True,
        "adam_beta1": 0.9,
    }
    assert wording.settings(config) == (
        ("model", "distilgpt2"), ("data", "wikipedia"), ("batch", "8 x 16"), ("lr", "0.0005"), ("epochs", "3"),
        ("warmup", "2000"), ("precision", "fp16"),
    )


def test_a_small_setting_is_spelled_as_the_axes_do() -> None:
    """A learning rate of 5e-05 is 5e-5 in the settings, too."""
    assert wording.setting(5e-05) == wording.number(5e-05) == "5e-5"


def test_settings_reach_into_nested_ones_and_fill_up() -> None:
    """Nested settings are found by their last name; a small configuration is shown whole; texts stay short."""
    found = dict(wording.settings({"optim": {"lr": 0.1}, "hidden": 8, "layers": [1, 2], "note": "x" * 50}))
    assert found["lr"] == "0.1"
    assert found["hidden"] == "8"
    assert "layers" not in found
    assert len(found["note"]) == 18
    assert wording.settings({}) == ()


def test_an_object_in_the_settings_is_shown_by_its_name() -> None:
    """Keras keeps its optimizer as an object with a name: the name is what people set."""
    found = dict(wording.settings({"epochs": 4, "optimizer": {"name": "adam", "learning_rate": 0.003}}))
    assert found == {"lr": "0.003", "epochs": "4", "optimizer": "adam"}


@pytest.mark.parametrize(("steps", "shown"), [(-1, {"epochs": "3"}), (500, {"steps": "500"})])
def test_epochs_that_the_trainer_ignores_are_not_shown(steps: int, shown: dict[str, str]) -> None:
    """With `max_steps` Hugging Face's Trainer ignores its default of three epochs, and so do the settings shown."""
    found = dict(wording.settings({"num_train_epochs": 3.0, "max_steps": steps}))
    assert {key: found[key] for key in ("epochs", "steps") if key in found} == shown


def test_settings_that_look_like_a_secret_are_masked() -> None:
    """A key, a token or a password beside the settings of a run is no more than `***`, whatever names stand around it,
    and whether it is a text or a number; a tokenizer is no token."""
    config = {"logger": {"apiKey": "verysecret"}, "hf_token": 12345, "url": "https://me:pw@host/x",
              "tokenizer": "bpe"}
    shown = dict(wording.settings(config))
    assert shown["apikey"] == shown["hf_token"] == "***"
    assert "pw" not in shown["url"] and shown["tokenizer"] == "bpe"


def test_what_may_be_meant_stands_before_what_there_is() -> None:
    """For a word that nothing is called the nearest names come first, then all that there are, each once; where there
    are very many the rest is counted."""
    assert wording.instead_of("val_los", ["train_loss", "val_loss", "val_loss"]).startswith("did you mean val_loss")
    assert wording.instead_of("val_los", ["val_loss", "lr", "lr"]) == "did you mean val_loss? there are val_loss, lr"
    assert wording.instead_of("zebra", ["lr"]) == "there are lr"
    assert wording.instead_of("zebra", []) == "there are none"
    assert "and 10 more" in wording.instead_of("zebra", [f"m{place}" for place in range(30)])


def test_a_headline_has_its_arrow() -> None:
    """Where better is stands behind the value, as far as that is known."""
    assert wording.headline("val_loss", 0.3734, False) == "val_loss 0.373 ↓"
    assert wording.headline("acc", 0.9, True, "accuracy") == "accuracy 0.900 ↑"
    assert wording.headline("x", 2.0, None) == "x 2.000"
