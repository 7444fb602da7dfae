"""What looks like a secret."""

from __future__ import annotations

from typing import Any

import pytest

from livemon.system.secrets import masked_command, masked_setting


@pytest.mark.parametrize(("argv", "shown"), [
    (["train.py", "--lr", "0.1", "--name=a b"], "train.py --lr 0.1 '--name=a b'"),
    (["train.py", "--hf-token", "abc", "--lr", "1"], "train.py --hf-token *** --lr 1"),
    (["train.py", "--api_key=abc", "wandb.apiKey=abc", "+db.password=abc"],
     "train.py --api_key=*** wandb.apiKey=*** +db.password=***"),
    (["train.py", "--token", "--fast"], "train.py --token --fast"),
    (["train.py", "--max-tokens", "5", "--tokenizer", "gpt2", "--key", "a"],
     "train.py --max-tokens 5 --tokenizer gpt2 --key a"),
    (["train.py", "postgres://user:pass@host/db"], "train.py 'postgres://***@host/db'"),
    (["train.py", "hf_abcdefghijklmnopqrstuv"], "train.py '***'"),
    (["train.py", "--header", "Authorization: Bearer abc.def"], "train.py --header 'Authorization: Bearer ***'"),
])
def test_secrets_are_masked(argv: list[str], shown: str) -> None:
    """Values of what is called a token, password or API key, passwords in URLs and keys of services are not kept;
    other values are, also of options whose names are only alike."""
    assert masked_command(argv).replace("'***'", "***") == shown.replace("'***'", "***")


def test_a_long_command_is_cut() -> None:
    """A command line of any length is kept in bounded space."""
    assert len(masked_command(["train.py", "x" * 100_000])) == 2_000


@pytest.mark.parametrize(("name", "value", "shown"), [
    ("wandb.api_key", "abc", "***"), ("hub_token", "abc", "***"), ("db.password", 1234, "***"), ("hub_token", "", ""),
    ("note", "see hf_abcdefghijklmnop", "see ***"), ("urls", ["http://me:pass@host/x"], ("http://***@host/x",)),
    ("eos_token", "</s>", "</s>"), ("pad_token_id", 7, 7), ("token", 512, 512), ("hub_token", None, None),
    ("hf_token", 12345, "***"), ("max_tokens", 5, 5), ("key", "C major", "C major"), ("lr", 0.1, 0.1),
])  # fmt: skip
def test_secrets_in_settings_are_masked(name: str, value: Any, shown: Any) -> None:
    """A setting that is called a token, password or API key is masked, and keys of services in any text; the tokens of
    a text, how many there are, and what is not set are shown."""
    assert masked_setting(name, value) == shown
