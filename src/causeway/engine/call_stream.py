"""The connection of one call between a worker of the gateway and the main process: one JSON object a line.

It carries lines both ways, within a bound, and knows nothing of what they say.
"""

import asyncio
import socket
from typing import Self

import msgspec

from causeway.model.errors import BodyTooLargeError

# The same bound as between the main process and the engines' own processes.
LONGEST_LINE_BYTES = 2**26


class BrokenCallError(Exception):
    """The other side is gone, or what it said was cut short or has no end."""


class CallStream:
    """One end of the connection. Whoever opens one must `close` it."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, longest_line_bytes: int
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._longest_line_bytes = longest_line_bytes

    @classmethod
    async def over(cls, connection: socket.socket, *, longest_line_bytes: int = LONGEST_LINE_BYTES) -> Self:
        """Return the stream over a connected socket, which it closes from now on."""
        try:
            reader, writer = await asyncio.open_unix_connection(sock=connection, limit=longest_line_bytes)
        except BaseException:
            connection.close()
            raise
        return cls(reader, writer, longest_line_bytes)

    async def send(self, message: object) -> None:
        """Send a message once there is room for it.

        Raises BodyTooLargeError, and BrokenCallError where the other side is gone.
        """
        line = msgspec.json.encode(message) + b"\n"
        if len(line) > self._longest_line_bytes:
            raise BodyTooLargeError(
                f"this is too large for the embedded model: it takes at most {self._longest_line_bytes} bytes"
            )
        self._writer.write(line)
        try:
            await self._writer.drain()
        except OSError as error:
            raise BrokenCallError(str(error)) from error

    async def receive(self) -> bytes | None:
        """Return the next line, or nothing where the other side has closed; raises BrokenCallError."""
        try:
            line = await self._reader.readline()
        except (OSError, ValueError) as error:
            raise BrokenCallError(str(error)) from error
        if line and not line.endswith(b"\n"):
            raise BrokenCallError("a message was cut short")
        return line or None

    def close(self) -> None:
        """Close it once all that was sent has gone out. Never waits; later calls do nothing."""
        self._writer.close()

    def abort(self) -> None:
        """Close it now. Later calls do nothing."""
        self._writer.transport.abort()
