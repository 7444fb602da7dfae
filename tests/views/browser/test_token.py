from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from livemon.views.browser.token import kept_token


def test_the_token_is_kept_from_start_to_start_for_its_owner_alone(tmp_path: Path) -> None:
    """The second start has the same token of 256 bits; nobody else may read its file."""
    token = kept_token(tmp_path / "state")
    assert len(token) == 43 and kept_token(tmp_path / "state") == token
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "state" / "browser-token").stat().st_mode) == 0o600


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_token_that_others_could_read_is_replaced(tmp_path: Path) -> None:
    """A file that others may read, that is a link, or that holds something else, is no secret any more."""
    path = tmp_path / "browser-token"
    token = kept_token(tmp_path)
    path.chmod(0o644)
    second = kept_token(tmp_path)
    assert second != token and stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("../../x")
    assert kept_token(tmp_path) not in (second, "../../x")
    path.unlink()
    (tmp_path / "elsewhere").write_text("a" * 43)
    (tmp_path / "elsewhere").chmod(0o600)
    path.symlink_to(tmp_path / "elsewhere")
    assert kept_token(tmp_path) != "a" * 43 and not path.is_symlink()


def test_without_a_folder_the_token_is_good_for_this_start(tmp_path: Path) -> None:
    """Where nothing can be kept there is a token all the same."""
    (tmp_path / "file").write_text("")
    assert len(kept_token(tmp_path / "file" / "state")) == 43
