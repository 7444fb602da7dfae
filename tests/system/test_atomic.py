"""Whole files: nobody ever finds half of one."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from livemon.system import atomic
from livemon.system.atomic import (
    LEFT_BEHIND_SECONDS,
    create_file,
    encoded,
    move_into_place,
    need_folder_of,
    remove_leftovers,
    replace_file,
    replacing,
)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_old_content_stands_until_the_new_is_whole(tmp_path: Path) -> None:
    """While the pieces of a new content come, the file says the old one; then it says the new one."""
    path = tmp_path / "note.json"
    replace_file(path, [b"old"])
    seen: list[bytes] = []

    def pieces() -> Iterator[bytes]:
        for piece in (b"new ", b"content"):
            seen.append(path.read_bytes())
            yield piece

    replace_file(path, pieces())
    assert seen == [b"old", b"old"]
    assert path.read_bytes() == b"new content" and names_in(tmp_path) == ["note.json"]


@pytest.mark.parametrize("error", [OSError("disk"), KeyboardInterrupt()])
def test_what_cannot_be_written_leaves_the_old_and_no_litter(tmp_path: Path, error: BaseException) -> None:
    """An error or a Ctrl-C in the middle of a replacement is raised, and leaves the old file alone in its folder."""
    path = tmp_path / "note.json"
    path.write_bytes(b"old")

    def pieces() -> Iterator[bytes]:
        yield b"half"
        raise error

    with pytest.raises(type(error)):
        replace_file(path, pieces())
    assert path.read_bytes() == b"old" and names_in(tmp_path) == ["note.json"]


def test_a_signal_as_soon_as_the_file_is_there_leaves_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signal's handler that raises right behind the call that made the temporary file leaves none."""

    def opened_and_interrupted(path: Path, mode: str, opener: object = None) -> None:
        open(path, mode).close()
        raise KeyboardInterrupt

    monkeypatch.setattr(atomic, "open", opened_and_interrupted, raising=False)
    with pytest.raises(KeyboardInterrupt):
        replace_file(tmp_path / "note.json", [b"new"])
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("has_links", [True, False])
def test_of_several_who_create_a_file_one_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    """Of those who create one file at once one succeeds, whose content is whole; also without hard links."""

    def refuse(*_: object) -> None:
        raise PermissionError("no hard links here")

    if not has_links:
        monkeypatch.setattr(os, "link", refuse)
    path, together, refused = tmp_path / "livemon.json", threading.Barrier(8), []

    def create(number: int) -> None:
        together.wait()
        try:
            create_file(path, [str(number).encode() * 10_000])
        except FileExistsError:
            refused.append(number)

    threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = set(range(8)) - set(refused)
    assert len(refused) == 7 and path.read_bytes() == str(winner).encode() * 10_000
    assert names_in(tmp_path) == ["livemon.json"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there is no FIFO there")
@pytest.mark.parametrize("trap", ["link", "fifo", "file"])
@pytest.mark.parametrize("write", [replace_file, create_file])
def test_what_waits_under_a_temporary_name_is_not_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[..., None], trap: str
) -> None:
    """A link, a FIFO or another writer's file under a temporary file's name gets nothing: the names cannot be guessed,
    and a name that is taken is an error."""
    path, victim = tmp_path / "note.json", tmp_path / "victim"
    victim.write_bytes(b"precious")
    seen: list[str] = []

    def pieces() -> Iterator[bytes]:
        seen.extend(name for name in names_in(tmp_path) if name.startswith(".livemon"))
        yield b"new"

    def lay(name: str) -> None:
        if trap == "fifo":
            os.mkfifo(tmp_path / name)
        elif trap == "link":
            (tmp_path / name).symlink_to(victim)
        else:
            os.link(victim, tmp_path / name)

    lay(".note.json.tmp")  # what it was called once
    write(path, pieces())
    path.unlink()
    write(path, pieces())
    first, second = seen
    assert first != second and path.read_bytes() == b"new" and victim.read_bytes() == b"precious"
    random = bytes.fromhex(first.removesuffix(".tmp")[-16:])
    monkeypatch.setattr(os, "urandom", lambda size: random)
    lay(first)
    path.unlink()
    with pytest.raises(FileExistsError):
        write(path, [b"new"])
    assert victim.read_bytes() == b"precious" and not path.exists()


def test_what_a_killed_writer_left_is_removed(tmp_path: Path) -> None:
    """Temporary files of this file that nobody writes any more are removed; those of another file, young ones, links
    and folders stay."""
    path = tmp_path / "note.json"
    with replacing(path):
        (temporary,) = names_in(tmp_path)
    for number, name in enumerate(("note.json", "note.json", "note.jso", "note.json.bak")):
        (tmp_path / f".livemon-{name}-{number:016x}.tmp").touch()
    (tmp_path / f".livemon-note.json-{9:016x}.tmp").mkdir()
    (tmp_path / f".livemon-note.json-{8:016x}.tmp").symlink_to(path)
    assert temporary.startswith(".livemon-note.json-") and temporary.endswith(".tmp")
    before = names_in(tmp_path)
    now = path.stat().st_mtime + LEFT_BEHIND_SECONDS + 60
    young = tmp_path / f".livemon-note.json-{1:016x}.tmp"
    os.utime(young, (now, now))
    remove_leftovers(path, now)
    assert set(before) - set(names_in(tmp_path)) == {f".livemon-note.json-{0:016x}.tmp"}
    remove_leftovers(tmp_path / "not there" / "note.json")


@pytest.mark.parametrize(("text", "data"), [
    ("loß", "loß".encode()), ("\udcff", b"\xff"), ("a\ud800b", b"a\\ud800b"),
])
def test_any_text_has_bytes(text: str, data: bytes) -> None:
    """A text is UTF-8, bytes that were no UTF-8 when they were read are themselves again, and a broken letter is spelt
    out."""
    assert encoded(text) == data


class _Held:
    """Stands in for `os.replace` on Windows: a viewer holds the file open for so many tries."""

    def __init__(self, tries: int, code: int | None = 32) -> None:
        self.tries, self.code = tries, code
        self.replace = os.replace

    def __call__(self, part: Path, path: Path) -> None:
        if self.tries > 0:
            self.tries -= 1
            error = PermissionError(13, "the file is used by another process")
            if self.code is not None:
                error.winerror = self.code  # type: ignore[attr-defined]
            raise error
        self.replace(part, path)


@pytest.mark.parametrize("code", [5, 32, 33])
def test_a_file_that_is_held_open_is_replaced_a_moment_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """On Windows a viewer that holds a file open for a moment loses us nothing, and nobody waits for long."""
    monkeypatch.setattr(os, "replace", _Held(3, code))
    (tmp_path / "new").write_bytes(b"new")
    (tmp_path / "old").write_bytes(b"old")
    pauses: list[float] = []
    move_into_place(tmp_path / "new", tmp_path / "old", pauses.append)
    assert (tmp_path / "old").read_bytes() == b"new" and names_in(tmp_path) == ["old"]
    assert len(pauses) == 3 and sum(pauses) < 0.3


def test_a_file_that_stays_held_open_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is held open for long is an error, after less than half a second; the old content stays."""
    monkeypatch.setattr(os, "replace", _Held(99))
    path = tmp_path / "old"
    path.write_bytes(b"old")
    with pytest.raises(PermissionError, match="another process"):
        replace_file(path, [b"new"])
    assert path.read_bytes() == b"old" and names_in(tmp_path) == ["old"]


def test_a_refusal_that_does_not_pass_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a folder may not be written to, nobody waits."""
    monkeypatch.setattr(os, "replace", _Held(99, code=None))
    with pytest.raises(PermissionError):
        move_into_place(tmp_path / "a", tmp_path / "b", lambda _: pytest.fail("it waited"))


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_file_for_its_owner_alone_never_belongs_to_others(tmp_path: Path) -> None:
    """A file that only its owner may read is so from its first moment on, whatever the one before it was."""
    (tmp_path / "token").write_text("old")
    replace_file(tmp_path / "token", [b"new"], mode=0o600)
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600


def test_a_folder_that_takes_no_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is not there, or that nobody may write into, is an error that names the option and the folder."""
    need_folder_of(tmp_path / "a.png", "-o")
    with pytest.raises(FileNotFoundError, match=r"--report .*: the folder .* does not exist; create it first"):
        need_folder_of(tmp_path / "gone" / "a.html", "--report")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(PermissionError, match=r"-o .*: no permission to write into"):
        need_folder_of(tmp_path / "a.png", "-o")
