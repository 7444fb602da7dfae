"""What a user asks of `livemon ls`."""

from __future__ import annotations

from pathlib import Path

import pytest

from livemon.commands.ls_request import ListRequest


def test_what_a_list_needs() -> None:
    """Settings are read where a key may be one, and rows where a key tells how a run stands."""
    plain = ListRequest(base=Path("."))
    assert not plain.needs_settings and not plain.needs_looks and plain.asked == []
    by_setting = ListRequest(base=Path("."), words=("lr>=0.1",), sort="-val_loss")
    assert by_setting.asked == ["lr", "val_loss"] and by_setting.sort_key == "val_loss"
    assert by_setting.needs_settings and not by_setting.needs_looks
    assert ListRequest(base=Path("."), words=("state:failed",)).needs_looks
    assert ListRequest(base=Path("."), sort="steps").needs_looks


def test_a_word_that_is_no_filter() -> None:
    """A word that is no filter is an error that shows what filters look like."""
    with pytest.raises(ValueError, match=r"lr>=0\.001"):
        _ = ListRequest(base=Path("."), words=("lr",)).filters
