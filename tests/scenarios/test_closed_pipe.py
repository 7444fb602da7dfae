"""Every picture that was asked for is there, also where whoever reads the output has gone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROWS = "step,train_loss,val_loss,acc\n" + "".join(f"{step},{1 / step},{2 / step},{step}\n" for step in range(1, 40))


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break otherwise there")
@pytest.mark.parametrize(("words", "pictures"), [
    ("plot exp --each -o out", {"train_loss_exp.png", "val_loss_exp.png", "acc_exp.png"}),
    ("watch exp --once --json --view file -o out/a.png", {"a.png"}),
])
def test_a_closed_pipe_takes_no_picture(tmp_path: Path, words: str, pictures: set[str]) -> None:
    """With `| head` the pictures are all there, and no error is made of it."""
    for folder in ("exp", "out"):
        (tmp_path / folder).mkdir()
    (tmp_path / "exp" / "metrics.csv").write_text(ROWS)
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([sys.executable, "-m", "livemon", *words.split()], cwd=tmp_path, stdout=writing,
                          stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == pictures
