"""uvicorn in the place of the server of our own, for who would rather rely on a library."""

import socket
from collections.abc import Callable

import uvicorn

from causeway.adapters.inbound.asgi import AsgiApplication
from causeway.adapters.inbound.limits import Limits


def uvicorn_server(
    application: AsgiApplication, *, when_started: Callable[[], None] = lambda: None
) -> uvicorn.Server:
    """Return a server that ends as `http_server.HttpServer` does. It keeps to two of our limits only."""
    limits = Limits()
    config = uvicorn.Config(
        application,
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=int(limits.keep_alive_seconds),
        timeout_graceful_shutdown=int(limits.answer_seconds),
    )
    return _TellingServer(config, when_started)


class _TellingServer(uvicorn.Server):
    """Says when everything has started."""

    def __init__(self, config: uvicorn.Config, when_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._when_started = when_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._when_started()
