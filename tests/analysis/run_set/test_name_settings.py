"""Settings out of the names of folders."""

from __future__ import annotations

import pytest

from livemon.analysis.run_set.name_settings import guess_settings, pattern_settings

USERS = [
    "cond60-80_3block_seed42_conditional",
    "cond60-80_max_block_seed42_sgpt_temporal",
    "cond0-40_max_block_seed42_conditional_20251227_070135_20251227_070158",
]


def test_users_names_are_read() -> None:
    """The names of the users' runs give condition, block, seed and what is left; time stamps are left out."""
    assert guess_settings(USERS) == [
        {"cond": "60-80", "block": 3, "seed": 42, "variant": "conditional"},
        {"cond": "60-80", "block": "max", "seed": 42, "variant": "sgpt_temporal"},
        {"cond": "0-40", "block": "max", "seed": 42, "variant": "conditional"},
    ]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("lr0.1", {"lr": 0.1}), ("lr=1e-3", {"lr": 0.001}), ("lr_3e-4_wd_0.1", {"lr": 0.0003, "wd": 0.1}),
        ("cond_c30_e75_b3_s42_20251223_165824", {"c": 30, "e": 75, "b": 3, "seed": 42, "variant": "cond"}),
        ("20251020_033212", {"variant": "20251020_033212"}), ("gpt2", {"variant": "gpt2"}), ("", {}),
    ],
)
def test_a_guess(name: str, wanted: dict[str, object]) -> None:
    """Keys and values are found in the spellings that people use; a model's number is part of its name."""
    assert guess_settings([name]) == [wanted]


def test_words_of_all_names_tell_nothing() -> None:
    """A word that all names share is no setting."""
    assert guess_settings(["run_base_s1", "run_ours_s1"]) == [
        {"seed": 1, "variant": "base"}, {"seed": 1, "variant": "ours"}
    ]


def test_a_pattern_is_followed() -> None:
    """A pattern's fields take what stands there, the last one the rest; numbers are numbers; time stamps may follow."""
    pattern = "{cond}_{block}_seed{seed}_{method}"
    found = pattern_settings([*USERS[:1], "a_b_seed1_c_d_20250101_101010", "else"], pattern)
    assert found == [{"cond": "cond60-80", "block": "3block", "seed": 42, "method": "conditional"},
                     {"cond": "a", "block": "b", "seed": 1, "method": "c_d"}, {}]
    with pytest.raises(ValueError, match="fields"):
        pattern_settings(["x"], "no field")
