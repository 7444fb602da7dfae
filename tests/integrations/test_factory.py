"""factory.py: with LIVEMON=1 every Lightning Trainer has a LiveMonitor without a line of code; else nothing is done."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys

import pytest

pytest.importorskip("lightning")

@pytest.mark.parametrize("namespace", ["lightning.pytorch", "pytorch_lightning"])
@pytest.mark.parametrize(
    ("environment", "there"),
    [({"LIVEMON": "1"}, True), ({}, False), ({"LIVEMON": "1", "LIVEMON_DISABLED": "1"}, False)],
)
def test_every_trainer_has_one_where_the_environment_asks(
    monkeypatch: pytest.MonkeyPatch, namespace: str, environment: dict[str, str], there: bool
) -> None:
    """A real Trainer, of either namespace, has a LiveMonitor with LIVEMON=1, by the entry point alone; else none."""
    pl = importlib.import_module(namespace)
    for name in ("LIVEMON", "LIVEMON_DISABLED"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    trainer = pl.Trainer(logger=False, enable_checkpointing=False, enable_progress_bar=False, accelerator="cpu")
    found = [callback for callback in trainer.callbacks if type(callback).__name__ == "LiveMonitor"]
    assert len(found) == there
    assert all(isinstance(callback, pl.Callback) for callback in found)


def test_nothing_is_imported_where_nobody_asks() -> None:
    """Without LIVEMON=1 the entry point imports neither the monitor nor anything heavy."""
    code = (
        "import sys\nfrom livemon_integrations.factory import lightning_callbacks\nassert lightning_callbacks() == []\n"
        "print([name for name in sys.modules if name.startswith(('livemon', 'torch', 'lightning', 'numpy'))])"
    )
    env = {name: value for name, value in os.environ.items() if name != "LIVEMON"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['livemon_integrations', 'livemon_integrations.factory']"


def test_a_broken_monitor_is_a_warning(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Where the monitor cannot be made the Trainer goes without it, with one warning; LIVEMON_STRICT=1 raises."""
    from livemon_integrations import lightning
    from livemon_integrations.factory import lightning_callbacks

    monkeypatch.setenv("LIVEMON", "1")
    monkeypatch.setattr(lightning, "LiveMonitor", lambda: 1 / 0)
    assert lightning_callbacks() == []
    assert len(caplog.messages) == 1
    monkeypatch.setenv("LIVEMON_STRICT", "1")
    with pytest.raises(ZeroDivisionError):
        lightning_callbacks()
