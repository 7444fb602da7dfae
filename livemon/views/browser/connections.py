"""Silent connections are closed, so that any number of silent clients leave room for the others."""

from __future__ import annotations

import asyncio
import time

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["Connection"]

_SILENT_SECONDS = 5.0  # without a complete request, measured twice: then the connection is closed
_CROWD = 48  # connections: with more, those silent for a second are closed at once
_MOMENT = 1.0


class Connection(H11Protocol):
    """A uvicorn connection that is closed if no complete request arrives."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected."""
        super().connection_made(transport)
        self._silent_since = time.monotonic()
        self._look_again = self.loop.call_later(_SILENT_SECONDS, self._look)
        if len(self.connections) > _CROWD:
            for other in list(self.connections):
                if isinstance(other, Connection) and other.silent_seconds > _MOMENT:
                    other.transport.abort()

    def on_response_complete(self) -> None:
        """An answer was sent: the client may wait before its next request."""
        self._silent_since = time.monotonic()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has disconnected."""
        self._look_again.cancel()
        super().connection_lost(exc)

    @property
    def silent_seconds(self) -> float:
        """The seconds without a request in progress."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._silent_since = time.monotonic()
        return time.monotonic() - self._silent_since

    def _look(self) -> None:
        if self.silent_seconds > _SILENT_SECONDS:
            self.transport.close()
        else:
            self._look_again = self.loop.call_later(_SILENT_SECONDS, self._look)
