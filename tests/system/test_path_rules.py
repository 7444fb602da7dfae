"""Paths and names of each system."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from livemon.system.path_rules import expanded, file_name, is_pattern, slashed, sqlite_address


@pytest.mark.parametrize(("text", "name"), [
    ("train_loss.png", "train_loss.png"), ("con.png", "con_.png"), ("AUX", "AUX_"), ("nul.tar.gz", "nul_.tar.gz"),
    ("com1", "com1_"), ("lpt².txt", "lpt²_.txt"), ("console.png", "console.png"), ("com10.png", "com10.png"),
    ("ends.", "ends_"), ("ends ", "ends_"), ("train/loss:0", "train_loss_0"), ('a<b>"c"|d?*', "a_b__c__d__"),
    ("a\\b\x1f", "a_b_"), ("con .png", "con _.png"), ("Größe", "Größe"),
])
def test_a_name_that_windows_takes(text: str, name: str) -> None:
    """Devices' names, letters that cannot be in a name, and what would be dropped at its end are changed, no others."""
    assert file_name(text, windows=True) == name
    assert file_name(name, windows=True) == name


def test_a_name_elsewhere() -> None:
    """Elsewhere only the slash cannot be in a name."""
    assert file_name('train/loss:"0" con.', windows=False) == 'train_loss:"0" con.'


@pytest.mark.parametrize(("path", "is_one"), [
    (r"runs\base_s*", True), (r"\\?\C:\runs\exp1", False), (r"\\?\UNC\server\runs\exp?", True), (r"C:\runs\a", False),
    ("//?/C:/runs/[ab]", True), (r"\\server\share\runs", False), (r"\\.\C:\runs", False),
])
def test_which_paths_of_windows_are_patterns(path: str, is_one: bool) -> None:
    """The question mark of a path that Windows is to take as it is makes no pattern."""
    assert is_pattern(path, windows=True) is is_one


@pytest.mark.parametrize(("path", "address"), [
    (PureWindowsPath(r"C:\my runs\a.db"), "file:///C:/my%20runs/a.db?mode=ro"),
    (PureWindowsPath(r"\\server\share\a#1.db"), "file:////server/share/a%231.db?mode=ro"),
    (PureWindowsPath(r"\\?\C:\runs\a.db"), "file:///C:/runs/a.db?mode=ro"),
    (PureWindowsPath(r"\\?\UNC\server\share\a.db"), "file:////server/share/a.db?mode=ro"),
    (PurePosixPath("/runs/50% ü?.db"), "file:///runs/50%25%20%C3%BC%3F.db?mode=ro"),
])
def test_how_sqlite_is_told_of_a_file(path: PureWindowsPath | PurePosixPath, address: str) -> None:
    """A drive's letter, a share and a long path are written as SQLite's pages say; other letters are quoted."""
    assert sqlite_address(path, "mode=ro") == address


def test_sqlite_takes_it(tmp_path: Path) -> None:
    """SQLite opens what is named so."""
    path = tmp_path / "50% ü?#&.db"
    sqlite3.connect(path).close()
    path.write_bytes(b"")
    with closing(sqlite3.connect(sqlite_address(path, "mode=ro"), uri=True)) as connection:
        assert connection.execute("PRAGMA page_count").fetchone() == (0,)


def test_what_a_shell_leaves_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one path is wanted, `~` and a pattern that matches one are that path; several are an error that names
    them; a file that is called like a pattern is itself."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    for name in ("exp1", "exp2", "[x]"):
        (tmp_path / name).mkdir()
    assert expanded("~/exp1", "livemon watch") == tmp_path / "exp1"
    assert expanded("~/*2", "livemon watch") == tmp_path / "exp2"
    assert expanded(str(tmp_path / "[x]"), "livemon watch") == tmp_path / "[x]"
    assert expanded(str(tmp_path / "none*"), "livemon watch") == tmp_path / "none*"
    with pytest.raises(ValueError, match=r"livemon watch takes one path, and .* matches 2: .*exp1, .*exp2"):
        expanded(str(tmp_path / "exp*"), "livemon watch")


def test_a_path_of_windows_in_a_text() -> None:
    """Backslashes are slashes."""
    assert slashed(r"C:\runs\a/b") == "C:/runs/a/b"


@pytest.mark.parametrize("letter", ["n", "ü", "\udcff"])
def test_a_name_that_is_too_long_is_cut(tmp_path: Path, letter: str) -> None:
    """A name that no system takes is cut in front of its ending; a hash tells it from others with the same start."""
    names = {file_name(letter * 250 + tail) for tail in (".png", "a.png", "b.png", "-2.png", "." + "c" * 20)}
    assert len(names) == 5
    for name in names:
        (tmp_path / name).touch()
        assert len(os.fsencode(name)) <= 240
    assert sum(name.endswith(".png") for name in names) == 4
    assert file_name("n" * 236 + ".png") == "n" * 236 + ".png"
