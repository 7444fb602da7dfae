"""YAML as plain data, whatever is in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from livemon.runs.config import read_config
from livemon.system.inert_yaml import parse_yaml
from livemon.system.settings_files import read_settings

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)


@pytest.mark.parametrize(("text", "expected"), [
    ("x: !!python/object/apply:os.system ['exit 1']\n", {"x": ["exit 1"]}),
    ("x: !!python/object:os.PathLike {a: 1}\n", {"x": {"a": 1}}),
    ("x: !!python/name:os.system\n", {"x": ""}),
    ("x: !Ref abc\ny: !<tag:example.org,2000:z> [1]\n", {"x": "abc", "y": [1]}),
    ("x: !!python/tuple [1, !!python/tuple [2]]\n", {"x": [1, [2]]}),
    ("a: &a {lr: 1}\nb: *a\nc:\n  <<: *a\n  n: 2\n", {"a": {"lr": 1}, "b": {"lr": 1}, "c": {"lr": 1, "n": 2}}),
])
def test_tags_are_inert(tmp_path: Path, text: str, expected: dict[str, Any]) -> None:
    """FAULTS 66: tags of Python and of others become plain data, and ordinary anchors are what they stand for."""
    (tmp_path / "hparams.yaml").write_text(text)
    assert read_config(tmp_path) == (expected, [])


@pytest.mark.parametrize(
    "text", [BOMB, "a: &a [*a]\n", "a: &a\n  <<: *a\n", "x: " + "[" * 5000, "x: !!timestamp never\n", "? [1]\n: 2\n"])
def test_what_is_no_plain_data_is_refused(text: str) -> None:
    """FAULTS 66: a bomb of aliases, a circle, deep nesting and values that are not what they say raise ValueError."""
    with pytest.raises(ValueError, match=r"\w"):
        parse_yaml(text)


def test_a_large_file_without_aliases_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what aliases add is refused: a file may hold as many values as it has room for."""
    monkeypatch.setattr("livemon.system.inert_yaml.MOST_NODES", 10)
    (tmp_path / "args.yaml").write_text("".join(f"k{i}: {i}\n" for i in range(50)))
    assert len(read_settings(tmp_path / "args.yaml") or {}) == 50
