"""The socket between the main process and one of its workers, from both ends.

The worker inherits it, so nobody else can connect. The main process writes the worker's setup to it, once;
the worker says on it that it serves, and hands over one end of a new connection for each call to the
engines. When it closes, the other side is gone.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable

from causeway.model.errors import ModelUnavailableError, OverloadedError

_SERVING = b"S"
_CALL = b"C"
_LENGTH_BYTES = 8
_RETRY_AFTER_SECONDS = 1


async def send_setup(link: socket.socket, setup: bytes) -> None:
    """Send a worker what it needs to know; raises OSError where it is gone."""
    length = len(setup).to_bytes(_LENGTH_BYTES, "big")
    await asyncio.get_running_loop().sock_sendall(link, length + setup)


def receive_setup(link: socket.socket) -> bytes | None:
    """Wait for what `send_setup` sends; returns nothing where the main process is gone."""
    length = _receive(link, _LENGTH_BYTES)
    return None if length is None else _receive(link, int.from_bytes(length, "big"))


def _receive(link: socket.socket, length: int) -> bytes | None:
    received = b""
    while len(received) < length:
        piece = link.recv(length - len(received))
        if not piece:
            return None
        received += piece
    return received


class MainLink:
    """The worker's end, once it has received its setup."""

    def __init__(self, link: socket.socket) -> None:
        link.setblocking(False)
        self._link = link

    def watch(self, when_gone: Callable[[], None]) -> None:
        """Call back once, in the running event loop, when the main process is gone."""
        loop = asyncio.get_running_loop()

        def hear() -> None:
            loop.remove_reader(self._link)
            when_gone()

        loop.add_reader(self._link, hear)  # nothing but its end comes this way any more

    def say_serving(self) -> None:
        """Tell the main process that this worker serves."""
        with contextlib.suppress(OSError):  # that it is gone is seen by `watch`
            self._link.send(_SERVING)

    def open_call(self) -> socket.socket:
        """Return a connection to the engines' host in the main process.

        Raises OverloadedError where that does not keep up, and ModelUnavailableError where it is gone.
        """
        try:
            ours, theirs = socket.socketpair()
        except OSError as error:  # no file descriptors are left
            raise OverloadedError(f"no connection can be opened: {error.strerror}") from error
        with theirs:
            try:
                socket.send_fds(self._link, [_CALL], [theirs.fileno()])
            except BlockingIOError:
                ours.close()
                raise OverloadedError(
                    "the gateway's main process does not keep up with calls to the embedded models",
                    retry_after_seconds=_RETRY_AFTER_SECONDS,
                ) from None
            except OSError as error:
                ours.close()
                raise ModelUnavailableError(
                    f"the gateway's main process cannot be asked: {error.strerror}"
                ) from error
        return ours


class WorkerLink:
    """The main process's end. To be made in a running event loop, and closed by whoever makes it."""

    def __init__(self, link: socket.socket, take_call: Callable[[socket.socket], None]) -> None:
        self._link = link
        self._take_call = take_call
        self._loop = asyncio.get_running_loop()
        self.is_serving: asyncio.Future[None] = self._loop.create_future()
        self._loop.add_reader(link, self._hear)

    def close(self) -> None:
        """Hear no more. Later calls do nothing."""
        if self._link.fileno() < 0:
            return
        self._loop.remove_reader(self._link)
        self.is_serving.cancel()
        self._link.close()

    def _hear(self) -> None:
        try:
            said, descriptors, _, _ = socket.recv_fds(self._link, 1, 1)
        except BlockingIOError:
            return
        except OSError:
            said, descriptors = b"", []
        connections = [_connection(descriptor) for descriptor in descriptors]
        if said == _SERVING and not self.is_serving.done():
            self.is_serving.set_result(None)
        elif said == _CALL and connections:  # without one, this process has no file descriptors left
            self._take_call(connections.pop())
        elif not said:
            self._loop.remove_reader(self._link)
        for connection in connections:
            connection.close()


def _connection(descriptor: int) -> socket.socket:
    os.set_inheritable(descriptor, False)
    return socket.socket(fileno=descriptor)
