"""The HTTP server that runs the application: one process, one event loop."""

import socket

import uvicorn

from causeway.server.application import Application
from causeway.server.garbage_collection import settle

_KEEP_ALIVE_SECONDS = 75
_SHUTDOWN_SECONDS = 10


def http_server(application: Application) -> uvicorn.Server:
    """Return a server that ends by itself on SIGTERM and SIGINT, once what is under way has been answered."""
    return _SettledServer(
        uvicorn.Config(
            application,
            http="httptools",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        )
    )


class _SettledServer(uvicorn.Server):
    """Settles the garbage collector once everything has started."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        settle()
