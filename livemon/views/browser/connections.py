"""A connection that asks nothing makes room: silent clients, however many, leave the others their page."""

from __future__ import annotations

import asyncio
import time

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["Connection"]

_SILENT_SECONDS = 5.0  # without a whole request, twice looked at: then it is closed
_CROWD = 48  # connections, beyond which those that are silent for a second are closed at once
_MOMENT = 1.0


class Connection(H11Protocol):
    """A connection of uvicorn's that is closed where no whole request comes."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has come."""
        super().connection_made(transport)
        self._silent_since = time.monotonic()
        self._look_again = self.loop.call_later(_SILENT_SECONDS, self._look)
        if len(self.connections) > _CROWD:
            for other in list(self.connections):
                if isinstance(other, Connection) and other.silent_seconds > _MOMENT:
                    other.transport.abort()

    def on_response_complete(self) -> None:
        """An answer is out: the client may take its time to the next request."""
        self._silent_since = time.monotonic()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._look_again.cancel()
        super().connection_lost(exc)

    @property
    def silent_seconds(self) -> float:
        """For how long no request has been in work."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._silent_since = time.monotonic()
        return time.monotonic() - self._silent_since

    def _look(self) -> None:
        if self.silent_seconds > _SILENT_SECONDS:
            self.transport.close()
        else:
            self._look_again = self.loop.call_later(_SILENT_SECONDS, self._look)
