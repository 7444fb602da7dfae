"""What a file system is, and whether it tells of changes."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from livemon.system import filesystems
from livemon.system.filesystems import birth_time, file_system, is_ours, is_settled, tells_changes

MOUNTS = r"""
proc /proc proc rw 0 0
/dev/vda / ext4 rw,relatime 0 0
server:/data /data nfs4 rw,vers=4.2 0 0
/dev/vdb /data/scratch xfs rw 0 0
host:/ /mnt/my\040disk fuse.sshfs rw 0 0
/dev/vdc /home ext4 rw 0 0
//host/home /home cifs rw 0 0
a-line-that-says-nothing
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the list of mounts is Linux's")
@pytest.mark.parametrize(
    ("folder", "kind", "tells"),
    [
        ("/tmp/run", "ext4", True), ("/", "ext4", True), ("/data/run", "nfs4", False), ("/database", "ext4", True),
        ("/data/scratch/run", "xfs", True), ("/mnt/my disk/a", "fuse.sshfs", False), ("/home/me", "cifs", False),
    ],
)
def test_kinds_of_file_systems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, kind: str, tells: bool
) -> None:
    """FAULTS 35: the innermost mount over a folder names its kind; local kinds tell of changes, others do not."""
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "mounts").write_text(MOUNTS)
    monkeypatch.setattr(psutil, "PROCFS_PATH", str(tmp_path))
    assert (file_system(Path(folder)), tells_changes(kind)) == (kind, tells)


def test_names_of_other_systems() -> None:
    """Windows writes the kinds of its file systems in capitals; a drive letter that is a share is no local one."""
    assert tells_changes("NTFS") and tells_changes("exFAT") and not tells_changes("network drive")


def test_a_system_that_does_not_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system lists no mounts, events are used."""
    def refuse(all: bool = False) -> list[object]:
        raise PermissionError("no list of mounts")

    monkeypatch.setattr(psutil, "disk_partitions", refuse)
    assert file_system(tmp_path) is None
    assert tells_changes(None)


def test_when_a_file_was_made(tmp_path: Path) -> None:
    """The birth of a file is the time of its making, and stays when it is written again; of nothing it is unknown."""
    path, before = tmp_path / "metrics.csv", time.time()
    path.write_text("step\n")
    born = birth_time(path)
    assert birth_time(tmp_path / "gone") is None and birth_time(Path("a\0b")) is None
    if born is None:
        pytest.skip("this file system does not tell when a file was made")
    assert abs(born - before) < 60
    path.write_text("step,loss\n")
    os.utime(path, (1e9, 1e9))
    assert birth_time(path) == born


@pytest.mark.parametrize(("written", "later", "settled"), [
    (1_700_000_000_000_000_000, 0.5, False), (1_700_000_000_000_000_000, -0.5, False),
    (1_700_000_000_000_000_000, 2.5, True), (1_700_000_000_000_000_100, 0.0, True),
])
def test_whether_a_later_change_shows(written: int, later: float, settled: bool) -> None:
    """A file whose time is whole seconds, by a clock of such steps, may change again in the same step, of two seconds
    at most; a clock of 100 ns is fine enough."""
    status = SimpleNamespace(st_mtime_ns=written, st_mtime=written / 1e9)
    assert is_settled(status, lambda: written / 1e9 + later) is settled  # type: ignore[arg-type]


def test_whose_a_file_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file belongs to the user of this process or to another one; where files have no owner, it is ours."""
    status = os.stat(tmp_path)
    assert is_ours(status)
    other = SimpleNamespace(st_uid=status.st_uid + 1)
    assert not is_ours(other) or not hasattr(os, "getuid")  # type: ignore[arg-type]
    monkeypatch.delattr(os, "getuid", raising=False)
    assert is_ours(other)  # type: ignore[arg-type]


@pytest.mark.parametrize(("status", "born"), [
    ({"st_ctime": 7.0}, 7.0), ({"st_ctime": 7.0, "st_birthtime": 5.0}, 5.0),
])
def test_when_a_file_was_made_on_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: dict[str, float], born: float
) -> None:
    """Windows tells when a file was made, older Pythons under another name. (A fake.)"""
    with monkeypatch.context() as patch:
        patch.setattr(filesystems, "_platform", "win32")
        patch.setattr(os, "stat", lambda path: SimpleNamespace(**status))
        assert birth_time(tmp_path) == born
