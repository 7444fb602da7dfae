from __future__ import annotations

import pytest

from livemon.system.errors import first_line


@pytest.mark.parametrize(("error", "line"), [
    (ValueError("no\nmore"), "no"), (ValueError("\n no "), "no"), (ValueError(), "ValueError"),
    (ImportError(" "), "ImportError"),
])
def test_first_line(error: Exception, line: str) -> None:
    """The first line that says something; of an error without a message the name of its type."""
    assert first_line(error) == line
