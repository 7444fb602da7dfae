"""The pages are read in their folder, without a server: nothing that only a server shows is built."""

from __future__ import annotations

from typing import Any


def on_config(config: Any, **_: Any) -> Any:
    """mkdocs has read mkdocs.yml: leave out the page for missing addresses, which would lack its style on a disk."""
    config.theme.static_templates.discard("404.html")
    return config
