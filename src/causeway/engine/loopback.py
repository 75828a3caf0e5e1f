"""Asks the engine's own HTTP server, inside the worker process, for what its library does not offer.

The server listens on a unix socket in a private directory and wants a key. Never a TCP port.
"""

import http.client
import socket
import threading
from pathlib import Path
from typing import Any

import msgspec

_TIMEOUT_SECONDS = 120.0


class LoopbackError(Exception):
    """The engine's server refused; the message is its own."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class LoopbackClient:
    """Keeps one connection per calling thread."""

    def __init__(self, socket_path: Path, api_key: str) -> None:
        self._socket_path = socket_path
        self._headers = {"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"}
        self._of_thread = threading.local()

    def get(self, path: str) -> Any:
        """Return the JSON answer; raises LoopbackError."""
        return self._ask("GET", path, None)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Return the JSON answer; raises LoopbackError."""
        return self._ask("POST", path, msgspec.json.encode(body))

    def _ask(self, method: str, path: str, body: bytes | None) -> Any:
        connection: _UnixConnection | None = getattr(self._of_thread, "connection", None)
        if connection is not None:
            try:
                return self._exchange(connection, method, path, body)
            except (http.client.HTTPException, OSError):
                # The server closes connections that were idle or have carried many requests.
                connection.close()
        connection = self._of_thread.connection = _UnixConnection(self._socket_path)
        return self._exchange(connection, method, path, body)

    def _exchange(self, connection: "_UnixConnection", method: str, path: str, body: bytes | None) -> Any:
        connection.request(method, path, body, self._headers)
        response = connection.getresponse()
        content = response.read()
        if response.status != http.client.OK:
            raise LoopbackError(response.status, _message_of(content))
        return msgspec.json.decode(content)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_TIMEOUT_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _message_of(content: bytes) -> str:
    try:
        return str(msgspec.json.decode(content)["error"]["message"])
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError):
        return content[:200].decode("utf-8", "replace")
