from __future__ import annotations

from pathlib import Path

from livemon.system.disk_space import free_bytes


def test_room_on_a_disk(tmp_path: Path) -> None:
    """What is free is no more than what there is; of a folder that is not there nothing is known."""
    room = free_bytes(tmp_path)
    assert room is not None and 0 <= room[0] <= room[1]
    assert free_bytes(tmp_path / "missing") is None
