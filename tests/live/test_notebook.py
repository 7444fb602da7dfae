"""notebook.py, in a real Jupyter kernel: what a cell shows, and what goes to the page while it does."""

from __future__ import annotations

import base64
import os
import queue
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from livemon.live.notebook import in_notebook, rich, show
from livemon.recording.recorder import record
from livemon.runs.experiment import ExperimentLoader

pytest.importorskip("ipykernel")
pytest.importorskip("nbclient")
ROOT = Path(__file__).parent.parent.parent


def make_run(folder: Path, rows: int = 30) -> None:
    with record(folder) as log:
        for step in range(rows):
            log({"train_loss": 1 / (step + 1), "lr": 0.1}, step=step)


# -- without a kernel --------------------------------------------------------------------------------------------------


def test_a_loader_displays_itself_richly(tmp_path: Path) -> None:
    """A loader's rich display is its header line and a picture of its dashboard; names cannot become markup."""
    make_run(tmp_path / "<b>run")
    shown = ExperimentLoader(tmp_path / "<b>run")._repr_mimebundle_()
    assert "<b>run ● finished" in shown["text/plain"]
    assert "&lt;b&gt;run ● finished" in shown["text/html"]
    assert "<b>" not in shown["text/html"]
    picture = base64.b64decode(shown["text/html"].partition("base64,")[2].partition('"')[0])
    assert picture.startswith(b"\x89PNG")


def test_a_loader_without_rows_displays_its_header(tmp_path: Path) -> None:
    """A run without a row has no picture, and no error."""
    assert "<img" not in rich(ExperimentLoader(tmp_path))["text/html"]


def test_outside_a_notebook_show_says_what_to_type(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where there is no notebook, show() opens nothing and says how to watch the run."""
    make_run(tmp_path)
    assert not in_notebook()
    assert show(ExperimentLoader(tmp_path)) is None
    assert f"livemon watch {tmp_path}" in capsys.readouterr().err


# -- in a real kernel --------------------------------------------------------------------------------------------------

Messages = list[dict[str, Any]]


class Kernel:
    """A real kernel, and all that it sends to the page."""

    def __init__(self, folder: Path) -> None:
        from jupyter_client.manager import start_new_kernel

        env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "integrations")]), "DISPLAY": ""}
        self.manager, self.client = start_new_kernel(cwd=str(folder), env=env)
        self.messages: Messages = []

    def run(self, code: str) -> None:
        """Run a cell to its end."""
        asked = self.client.execute(code)
        self.collect(lambda: any(
            message["msg_type"] == "status" and message["content"]["execution_state"] == "idle"
            and message["parent_header"].get("msg_id") == asked for message in self.messages
        ))  # fmt: skip
        errors = [message["content"]["traceback"] for message in self.messages if message["msg_type"] == "error"]
        assert errors == [], "\n".join(errors[0])

    def collect(self, until: Callable[[], bool], seconds: float = 90.0) -> None:
        """Take messages until something is so."""
        deadline = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < deadline, [message["msg_type"] for message in self.messages]
            try:
                self.messages.append(self.client.get_iopub_msg(timeout=0.5))
            except queue.Empty:
                continue

    def outputs(self) -> list[tuple[str, str, dict[str, str]]]:
        """What was displayed: kind, display id, data."""
        return [
            (message["msg_type"], message["content"]["transient"].get("display_id", ""), message["content"]["data"])
            for message in self.messages if message["msg_type"] in ("display_data", "update_display_data")
        ]  # fmt: skip

    def pictures(self) -> list[bytes]:
        """The pictures that were shown."""
        return [base64.b64decode(data["image/png"]) for _, _, data in self.outputs() if "image/png" in data]


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Kernel]:
    kernel = Kernel(tmp_path)
    yield kernel
    kernel.client.stop_channels()
    kernel.manager.shutdown_kernel(now=True)


WRITER = """
import sys, time
from livemon import record
with record("run", total_steps=60) as log:
    for step in range(60):
        log({"train_loss": 1 / (step + 1), "val_loss": 1.2 / (step + 1)}, step=step)
        time.sleep(0.2)
"""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_cell_follows_a_run_without_blocking(kernel: Kernel, tmp_path: Path) -> None:
    """show() returns at once; its cell is updated in place, under one display id and without clear_output, while other
    cells run, until the run ends; run again it goes on in the new cell, and the old one is left alone; no process of
    ours outlives a kernel that is killed."""
    writer = subprocess.Popen([sys.executable, "-c", WRITER], cwd=tmp_path)
    while not (tmp_path / "run" / "logs" / "metrics.csv").exists():
        time.sleep(0.1)
    kernel.run("from livemon import ExperimentLoader\nrun = ExperimentLoader('run')")
    started = time.monotonic()
    kernel.run("cell = run.show()\n6 * 7")
    assert writer.poll() is None
    assert time.monotonic() - started < 20
    kernel.collect(lambda: len(kernel.pictures()) >= 2)
    first_id = kernel.outputs()[0][1]
    assert [kind for kind, _, _ in kernel.outputs()][:2] == ["display_data", "update_display_data"]
    assert {name for _, name, _ in kernel.outputs()} == {first_id}
    kernel.run("again = run.show()\nprint('pid', again._process.pid)")
    kernel.collect(lambda: any(name != first_id and "image/png" in data for _, name, data in kernel.outputs()))
    seen = len([1 for _, name, _ in kernel.outputs() if name == first_id])
    writer.wait()
    kernel.run("again._thread.join(60)\nassert not again._thread.is_alive()\nassert not cell._thread.is_alive()")
    assert len([1 for _, name, _ in kernel.outputs() if name == first_id]) <= seen + 1
    assert not [message for message in kernel.messages if message["msg_type"] == "clear_output"]
    pictures = kernel.pictures()
    assert len(set(pictures)) >= 3
    (tmp_path / "last.png").write_bytes(pictures[-1])


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at /proc")
@pytest.mark.filterwarnings("ignore")
def test_nothing_outlives_a_killed_kernel(kernel: Kernel, tmp_path: Path) -> None:
    """The process that draws ends when the kernel is killed, though the run goes on."""
    with record(tmp_path / "run") as log:
        log({"train_loss": 1.0})
        log.flush()
        kernel.run("from livemon import ExperimentLoader\ncell = ExperimentLoader('run').show()")
        kernel.run("print(cell._process.pid)")
        (pid,) = [int(message["content"]["text"]) for message in kernel.messages if message["msg_type"] == "stream"]
        kernel.collect(lambda: len(kernel.pictures()) >= 1)
        assert _runs(pid)
        kernel.manager.shutdown_kernel(now=True)
        deadline = time.monotonic() + 30
        while _runs(pid) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not _runs(pid)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


TRAINING = """
import time, warnings
warnings.simplefilter("ignore")
from pathlib import Path
from livemon_integrations.attachment import Attachment, Settings
from livemon_integrations.error_guard import Guard
settings = Settings("auto", plots=True, deadline=60)
attachment = Attachment(Path("run"), settings, Guard(), framework="test", total_steps=80)
for step in range(80):
    attachment.add({"train_loss": 1 / (step + 1), "learning_rate": 0.1 * 0.97**step}, step)
    time.sleep(0.1)
attachment.end("finished")
"""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_notebook_with_a_callback_is_executed(tmp_path: Path) -> None:
    """A notebook that trains with view="auto" shows the run in its cell: after it has been executed there is one
    picture, of the whole run, and the final plots are in the run."""
    import nbclient
    import nbformat

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(TRAINING)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "integrations")]))
        nbclient.NotebookClient(notebook, timeout=110, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = notebook.cells[0].outputs
    pictures = [output.data["image/png"] for output in outputs if "image/png" in output.get("data", {})]
    assert len(pictures) == 1
    (tmp_path / "cell.png").write_bytes(base64.b64decode(pictures[0]))
    assert len(list((tmp_path / "run" / "plots").glob("*.png"))) == 4
