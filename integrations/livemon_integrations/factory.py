"""Without any code: with `LIVEMON=1` in the environment every Lightning Trainer gets a LiveMonitor.

Lightning calls these through the entry points `lightning.pytorch.callbacks_factory` and
`pytorch_lightning.callbacks_factory` whenever a Trainer is made. So they import nothing and do nothing unless
`LIVEMON=1` is set.
"""

from __future__ import annotations

import logging
import os
from typing import Any

__all__ = ["lightning_callbacks"]


def lightning_callbacks() -> list[Any]:
    """A LiveMonitor if `LIVEMON=1` is set, else nothing. Never raises, except under `LIVEMON_STRICT=1`."""
    if os.environ.get("LIVEMON", "") in ("", "0") or os.environ.get("LIVEMON_DISABLED", "") not in ("", "0"):
        return []
    try:
        from livemon_integrations.lightning import LiveMonitor

        return [LiveMonitor()]
    except Exception as error:
        if os.environ.get("LIVEMON_STRICT", "") not in ("", "0"):
            raise
        logging.getLogger("livemon").warning("livemon: no monitor: %s: %s", type(error).__name__, error)
        return []
