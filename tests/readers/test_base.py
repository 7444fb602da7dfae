"""What every reader and every format has in common."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from livemon.readers.base import Facts, Format, Reader, Update, read_table, unfinished_in
from livemon.system.listing import Listing
from livemon.system.tail import Look, Status
from livemon.tables.table import Block, Cells


class Scripted:
    """A reader that finds these things, one a look."""

    facts = Facts()

    def __init__(self, updates: Sequence[Update]) -> None:
        self.path = Path("run")
        self.files = [self.path]
        self._updates = list(updates)

    def read(self) -> Update:
        return self._updates.pop(0)


class Bare(Format):
    """A format that says no more than it must."""

    name = "bare"

    def find(self, folder: Listing) -> list[Path]:
        return []

    def recognises(self, path: Path, head: bytes) -> bool:
        return False

    def open(self, path: Path, *, plain: bool = False) -> Reader:
        return Scripted([])


def block(*values: float) -> Block:
    return Block(len(values), {"loss": Cells(np.array(values))})


def test_a_source_is_read_until_there_is_no_more() -> None:
    """All that a source has now is one table: its declared columns in their order, and the rows of every look until one
    says that there is no more."""
    looks = [Update(columns=["step", "loss"], more=True), Update(block=block(0.5, 0.25), more=True),
             Update(more=True), Update(block=block(0.125)), Update(block=block(9.0))]
    table = read_table(Scripted(looks))
    assert list(table.columns) == ["step", "loss"]
    assert table.columns["loss"].values.tolist() == [0.5, 0.25, 0.125]


def test_only_readers_of_rows_that_tear_have_unfinished_bytes() -> None:
    """A reader without `unfinished` has no bytes behind its last whole row."""
    reader = Scripted([])
    assert unfinished_in(reader) == 0
    reader.unfinished = 7  # type: ignore[attr-defined]
    assert unfinished_in(reader) == 7


@pytest.mark.parametrize("missing", ["find", "recognises", "open"])
def test_a_format_must_find_recognise_and_open(missing: str) -> None:
    """A format that lacks one of its three verbs cannot be made; nothing else is asked of it."""
    Bare()
    verbs = {name: getattr(Bare, name) for name in ("find", "recognises", "open") if name != missing}
    with pytest.raises(TypeError, match=missing):
        type("Half", (Format,), verbs)()


def test_what_a_format_says_that_says_nothing(tmp_path: Path) -> None:
    """A format is one of a run a source, written when its file was, unless it says otherwise; of a source that has gone
    the time is unknown, and that is no error."""
    (tmp_path / "a").write_text("x")
    bare = Bare()
    assert (bare.containers(Listing(tmp_path)), bare.runs(tmp_path / "a"), bare.problem(tmp_path / "a")) == ([], [], "")
    assert (bare.spellings("loss"), bare.attempts, bare.ordered, bare.records) == (("loss",), False, True, False)
    assert bare.written(tmp_path / "a") == (tmp_path / "a").stat().st_mtime
    assert bare.written(tmp_path / "gone") is None


@pytest.mark.parametrize("status", Status)
def test_a_status_may_be_given_as_its_word(status: Status) -> None:
    """A plug-in's update with the word of a status is the update with the status, and reads as the word."""
    assert Update(status=status.value) == Update(status=status)
    assert Update(status=status.value).status == status
    assert f"the file is {status}" == f"the file is {status.value}"


def test_all_is_well_unless_said() -> None:
    """Looks and updates are OK where nothing else is given."""
    assert (Look().status, Update().status) == (Status.OK, Status.OK)
