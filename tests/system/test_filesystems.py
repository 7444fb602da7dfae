"""What a file system is, and whether it tells of changes."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from livemon.system.filesystems import birth_time, file_system, tells_changes

MOUNTINFO = r"""
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
28 27 0:40 / /data rw,relatime shared:1 master:2 - nfs4 server:/data rw,vers=4.2
29 28 254:1 / /data/scratch rw - xfs /dev/vdb rw
30 27 0:41 / /mnt/my\040disk rw - fuse.sshfs host:/ rw
31 27 0:42 / /home rw - ext4 /dev/vdc rw
32 27 0:43 / /home rw - cifs //host/home rw
a line that says nothing
"""


@pytest.mark.parametrize(
    ("folder", "kind", "tells"),
    [
        ("/tmp/run", "ext4", True), ("/", "ext4", True), ("/data/run", "nfs4", False), ("/database", "ext4", True),
        ("/data/scratch/run", "xfs", True), ("/mnt/my disk/a", "fuse.sshfs", False), ("/home/me", "cifs", False),
    ],
)
def test_kinds_of_file_systems(tmp_path: Path, folder: str, kind: str, tells: bool) -> None:
    """FAULTS 35: the innermost mount over a folder names its kind; local kinds tell of changes, others do not."""
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTINFO)
    assert (file_system(Path(folder), mounts), tells_changes(kind)) == (kind, tells)


def test_a_system_that_does_not_tell(tmp_path: Path) -> None:
    """Where the system lists no mounts (macOS, Windows), events are used."""
    assert file_system(tmp_path, tmp_path / "nothing") is None
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
