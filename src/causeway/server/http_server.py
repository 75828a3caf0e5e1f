"""Chooses the HTTP server that runs the application, and imports no other (tests/test_import_cost.py)."""

import socket
from collections.abc import Callable
from typing import Protocol

from causeway.adapters.inbound.asgi import AsgiApplication
from causeway.config.schema import ServerConfig
from causeway.server.memory import settle


class HttpServer(Protocol):
    """One process, one event loop; it runs once.

    It ends by itself on SIGTERM and SIGINT, or once `should_exit` is set, when what is under way has been
    answered. `started` says whether it has ever accepted connections.
    """

    started: bool
    should_exit: bool

    def run(self, sockets: list[socket.socket]) -> None:
        """Serve on listening sockets, on a loop of its own."""

    async def serve(self, sockets: list[socket.socket]) -> None:
        """Serve on listening sockets, on the loop that runs."""


def http_server(
    application: AsgiApplication, config: ServerConfig, *, when_started: Callable[[], None] = settle
) -> HttpServer:
    """Return the server that `config` asks for; `when_started` is called when it accepts connections."""
    if config.http_server == "uvicorn":
        from causeway.adapters.inbound.uvicorn_server import uvicorn_server

        return uvicorn_server(application, when_started=when_started)
    from causeway.adapters.inbound.http_server import HttpServer

    return HttpServer(application, when_started=when_started)
