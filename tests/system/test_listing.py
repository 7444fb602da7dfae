"""A folder that is scanned once: what is listed, what is followed, and what is never opened."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from livemon.system import listing as listing_module
from livemon.system.listing import (
    HEAD_BYTES,
    LONGEST_HEAD,
    Listing,
    identity,
    is_git_lfs_pointer,
    leads_back,
    oldest_first,
    read_head,
    real_path,
)

needs_fifo = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")


def test_a_folder_is_scanned_once_and_a_head_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often a listing is asked, the folder is scanned once, and of each file the first bytes are read once."""
    (tmp_path / "a.csv").write_bytes(b"x\n" * HEAD_BYTES)
    (tmp_path / "logs").mkdir()
    counted: list[str] = []
    real: dict[str, Callable[..., object]] = {"scandir": os.scandir, "read_head": read_head}
    monkeypatch.setattr(os, "scandir", lambda path: (counted.append("scandir"), real["scandir"](path))[1])
    monkeypatch.setattr(listing_module, "read_head", lambda path: (counted.append("head"), real["read_head"](path))[1])
    listing = Listing(tmp_path)
    for _ in range(3):
        assert (listing.files, listing.folders) == (["a.csv"], ["logs"])
        assert listing.head("a.csv") == b"x\n" * (HEAD_BYTES // 2)
        assert listing.below("logs").files == []
    assert counted == ["scandir", "head", "scandir"]


@pytest.mark.parametrize(("text", "head"), [
    (b"a,b\n1,2", b"a,b\n1,2"),  # The file ends here.
    (b"#x\na,b\n" + b"1,2\n" * 3000, None),
    (b"x" * 9000 + b"\n" + b"y" * 9000 + b"\nz\n" + b"1\n" * 9000, None),
    (b"a\r" + b"y" * 9000 + b"\rz\r1\r" + b"1" * 9000, b"a\r" + b"y" * 9000 + b"\rz\r1\r"),
    (b"x" * 3 * LONGEST_HEAD, b"x" * LONGEST_HEAD),
    (b"\0" + b"x" * 2 * HEAD_BYTES, b"\0" + b"x" * (HEAD_BYTES - 1)),  # no text
])
def test_a_head_is_of_whole_lines(tmp_path: Path, text: bytes, head: bytes | None) -> None:
    """Issue 16: the head of a text ends behind a line, has four of them where there are so many, however long, and is
    bounded; that of other files is their first bytes."""
    (tmp_path / "a").write_bytes(text)
    read = read_head(tmp_path / "a")
    assert text.startswith(read) if head is None else read == head
    if head is None:
        assert read.endswith(b"\n") and read.count(b"\n") >= 4 and len(read) < 40_000


def test_the_head_of_a_text_in_utf_16(tmp_path: Path) -> None:
    """Issue 16: a text in UTF-16 is recognised by what it says, in UTF-8."""
    lines = "step,loss\n" + "1,0.5 ä\n" * 3000
    for encoding in ("utf-16", "utf-16-be"):
        mark = "\ufeff" if encoding != "utf-16" else ""
        (tmp_path / "a").write_text(mark + lines, encoding=encoding)
        head = read_head(tmp_path / "a").decode()
        assert lines.startswith(head) and head.endswith("\n") and head.count("\n") > 100
    (tmp_path / "a").write_text("a,b\n1,2", encoding="utf-16")
    assert read_head(tmp_path / "a") == b"a,b\n1,2"


def test_a_git_lfs_pointer_says_nothing(tmp_path: Path) -> None:
    """Issue 16: what Git leaves in the place of a file that Git LFS has not fetched has no head, and is known."""
    (tmp_path / "a").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    (tmp_path / "b").write_text("version,loss\n1,2\n")
    assert read_head(tmp_path / "a") == b"" and is_git_lfs_pointer(tmp_path / "a")
    assert not is_git_lfs_pointer(tmp_path / "b") and not is_git_lfs_pointer(tmp_path / "gone")


def test_what_is_not_there_is_empty(tmp_path: Path) -> None:
    """A folder that is missing, is a file, or lies below one that is missing, is an empty listing and no error."""
    (tmp_path / "file").write_text("x")
    listing = Listing(tmp_path)
    for empty in (Listing(tmp_path / "gone"), listing.below("gone"), listing.below("file"), listing.below("a", "b")):
        assert (empty.files, empty.folders, empty.links) == ([], [], [])
        assert empty.below("deeper").files == []


def test_where_it_was_looked(tmp_path: Path) -> None:
    """The folders whose names were asked for are told, and no others: a watcher must look at these again."""
    (tmp_path / "logs" / "version_0").mkdir(parents=True)
    (tmp_path / "data").mkdir()
    listing = Listing(tmp_path)
    assert listing.looked_in() == []
    below = listing.below("logs", "version_0")
    assert listing.looked_in() == [tmp_path, tmp_path / "logs"]
    assert below.files == [] and listing.below("gone").files == []
    assert listing.looked_in() == [tmp_path, tmp_path / "logs", tmp_path / "logs" / "version_0"]


def test_which_links_are_followed(tmp_path: Path) -> None:
    """A link to a file counts where it leads below the root; of links to folders only those called as a framework calls
    its logs are followed, the others are told, and such as lead in a circle are not there."""
    outside, run = tmp_path / "outside", tmp_path / "run"
    for folder in (outside, run):
        folder.mkdir()
        (folder / "metrics.csv").write_text("step\n")
    for name, place in (("inside.csv", run / "metrics.csv"), ("away.csv", outside / "metrics.csv"), ("logs", outside),
                        ("data", outside), ("wandb", run), ("tensorboard", run / "tensorboard"), ("up", tmp_path)):
        (run / name).symlink_to(place)
    listing = Listing(run)
    assert listing.files == ["inside.csv", "metrics.csv"]
    assert (listing.folders, listing.links) == (["logs"], ["data", "logs"])
    assert listing.below("logs").files == ["metrics.csv"] and listing.below("data").files == []


def test_behind_a_followed_link_is_a_root_of_its_own(tmp_path: Path) -> None:
    """What lies behind a link that is followed may link to files there, which are outside the folder of the link."""
    scratch, run = tmp_path / "scratch", tmp_path / "run"
    scratch.mkdir()
    run.mkdir()
    (scratch / "epoch_9.csv").write_text("step\n")
    (scratch / "metrics.csv").symlink_to("epoch_9.csv")
    (run / "logs").symlink_to(scratch)
    assert Listing(run).below("logs").files == ["epoch_9.csv", "metrics.csv"]


@needs_fifo
@pytest.mark.timeout(20)
def test_nothing_waits_for_what_is_no_file(tmp_path: Path) -> None:
    """A FIFO is no file of a folder, and has no first bytes: nothing waits for somebody to write."""
    os.mkfifo(tmp_path / "metrics.csv")
    assert Listing(tmp_path).files == [] and read_head(tmp_path / "metrics.csv") == b""


def test_the_names_of_one_file_are_known(tmp_path: Path) -> None:
    """A file, a hard link and a symbolic link to it have one identity, a copy has another, nothing has none."""
    for name in ("a", "copy"):
        (tmp_path / name).write_text("same")
    os.link(tmp_path / "a", tmp_path / "hard")
    (tmp_path / "soft").symlink_to("a")
    assert identity(tmp_path / "a") == identity(tmp_path / "hard") == identity(tmp_path / "soft") is not None
    assert identity(tmp_path / "copy") not in (identity(tmp_path / "a"), None)
    assert identity(tmp_path / "gone") is identity("a\0b") is None


def test_which_links_lead_back(tmp_path: Path) -> None:
    """A link to its own folder, or to one above, leads back, also over another link; one to a neighbour does not."""
    here = tmp_path / "a" / "b"
    here.mkdir(parents=True)
    (tmp_path / "ab").mkdir()
    (tmp_path / "other").symlink_to(here)
    for name, place, expected in (("self", ".", True), ("up", "../..", True), ("round", tmp_path / "other", True),
                                  ("beside", tmp_path / "ab", False)):
        (here / name).symlink_to(place)
        assert leads_back(here / name) is expected, name


def test_files_stand_in_the_order_of_their_last_writing(tmp_path: Path) -> None:
    """The oldest comes first, of one time by name, and what cannot be asked in front of all."""
    paths = {name: tmp_path / name for name in ("c", "b", "a", "gone")}
    for name, time in (("a", 3), ("b", 2), ("c", 2)):
        paths[name].write_text("")
        os.utime(paths[name], (time, time))
    assert oldest_first(paths.values()) == [paths[name] for name in ("gone", "b", "c", "a")]


def test_files_without_numbers_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a file system that numbers nothing, two folders are two, and a link to one is that one. (The zeros are
    fakes.)"""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    (tmp_path / "link").symlink_to("a")
    real = os.stat

    def stat(path: Path, **named: bool) -> os.stat_result:
        status = real(path, **named)
        return os.stat_result((status.st_mode, 0, *tuple(status)[2:]))

    monkeypatch.setattr(os, "stat", stat)
    assert identity(tmp_path / "a") == identity(tmp_path / "link") == identity(tmp_path / "b" / ".." / "a") is not None
    assert identity(tmp_path / "a") != identity(tmp_path / "b")
    assert identity(tmp_path / "gone") is None


def test_a_folder_of_many_is_found_among_them_at_once(tmp_path: Path) -> None:
    """Issue 14: whether a name is there is not looked for in a list of all names: a search would cost their square."""
    (tmp_path / "a").mkdir()
    folder = Listing(tmp_path)

    class Names(list[str]):
        def __contains__(self, name: object) -> bool:
            raise AssertionError("looked for in a list")

    folder._names = [], Names(f"version_{number}" for number in range(1000)), []
    assert folder.below("version_7").path == tmp_path / "version_7" and folder.below("version_x").folders == []


def test_a_folder_beside_another(tmp_path: Path) -> None:
    """What lies beside a folder is found without a list of the folder above; what is not there is empty."""
    for name in ("a/x", "b/y"):
        (tmp_path / name).mkdir(parents=True)
    above = Listing(tmp_path)
    for folder in (Listing(tmp_path / "a"), above.below("a")):
        assert folder.beside("b").folders == ["y"] and folder.beside("c").folders == []
    assert above.below("a").beside("b") is above.below("b")


def test_the_real_path_of_many_beside_each_other(tmp_path: Path) -> None:
    """The parent's real path is looked up once; a folder that is a link, or `..`, has its own."""
    (tmp_path / "real" / "a").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "b").symlink_to(tmp_path / "real" / "a")
    parents: dict[str, str] = {}
    for name in ("a", "b", "a/..", "", "none"):
        path = str(tmp_path / "link" / name)
        assert real_path(path, parents) == os.path.realpath(path)
    assert list(parents) == [str(tmp_path / "link")]


def test_a_file_whose_head_was_read_is_no_pointer(tmp_path: Path) -> None:
    """A listing knows which files it has read, in it and below; a pointer of Git LFS is not among them."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "m.csv").write_text("step,loss\n1,2\n")
    (tmp_path / "p.csv").write_text("version https://git-lfs.github.com/spec/v1\n")
    listing = Listing(tmp_path)
    listing.below("logs").head("m.csv")
    listing.head("p.csv")
    known = [listing.has_read(str(tmp_path / name)) for name in ("logs/m.csv", "p.csv", "other.csv")]
    assert known == [True, False, False]
