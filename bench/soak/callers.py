"""Callers who leave before their answer has ended, and the provider that keeps them waiting until they do."""

import asyncio
import json
import socket
import struct
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from causeway.testing import Answer, Gate, RecordedRequest, Reply, ScriptedUpstream

CONCURRENCY = 50
PROVIDER = "openai"
WAIT_SECONDS = 30.0
# Cohere's door has the answer translated, OpenAI's passed on as it is.
DOORS = ("/v2/chat", "/v1/chat/completions")
WINDOWS = ("before the head", "before content", "after content")
_TEXT = "word " * 40
_SPOKEN_BYTES = 2000  # of some 10,000 that the stream has: past the first words, far from the last
_SPOKEN = b"word"
_RESET = struct.pack("ii", 1, 0)  # lingering for no time: what is closed so is reset


class Callers:
    """Asks a gateway for streams and leaves them: a third in each window, half of each with a reset."""

    def __init__(self, upstream: ScriptedUpstream) -> None:
        self._upstream = upstream
        self._replies: dict[str, Reply] = {}
        self._gates = ThreadPoolExecutor(CONCURRENCY, thread_name_prefix="gate")
        self.left = 0
        upstream.respond = self._respond

    def leave(self, url: str, count: int) -> None:
        """Leave so many streams; returns when the provider's last connection is closed.

        Raises TimeoutError where something does not come to pass within `WAIT_SECONDS`.
        """
        asyncio.run(self._leave_all(url, count))
        self._upstream.wait_for_abandoned(self.left, WAIT_SECONDS)
        self._upstream.wait_for_close(WAIT_SECONDS)

    def stay(self, url: str) -> None:
        """Ask for one answer and read it to its end; raises RuntimeError where it is not whole."""
        for door in DOORS:
            if b"[DONE]" not in asyncio.run(self._read(url, door)):
                raise RuntimeError(f"{door} did not answer to the end")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._gates.shutdown()

    def _respond(self, request: RecordedRequest) -> Reply | None:
        return self._replies.pop(request.json["messages"][0]["content"], None)

    async def _leave_all(self, url: str, count: int) -> None:
        numbers = iter(range(self.left, self.left + count))

        async def leave_some() -> None:
            for number in numbers:
                await _within_bounds(self._leave(url, number))

        await asyncio.gather(*(leave_some() for _ in range(CONCURRENCY)))
        self.left += count

    async def _leave(self, url: str, number: int) -> None:
        window = WINDOWS[number % 3]
        gate, name = Gate(), f"stream {number}"
        match window:
            case "before the head":
                self._replies[name] = Answer(_TEXT, head_gate=gate)
            case "before content":
                self._replies[name] = Answer(_TEXT, pause_after_bytes=0, body_gate=gate)
            case _:
                self._replies[name] = Answer(_TEXT, pause_after_bytes=_SPOKEN_BYTES, body_gate=gate)
        reader, writer = await _ask(url, DOORS[number // 3 % 2], name)
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._gates, gate.wait_until_reached, WAIT_SECONDS)
        if window == "after content":
            await reader.readuntil(_SPOKEN)
        if number // 6 % 2:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        writer.transport.abort()

    async def _read(self, url: str, door: str) -> bytes:
        reader, writer = await _ask(url, door, "to the end", b"connection: close\r\n")
        try:
            return await _within_bounds(reader.read())
        finally:
            writer.close()


async def _ask(
    url: str, door: str, content: str, fields: bytes = b""
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    address = urlsplit(url)
    body = json.dumps(
        {
            "model": f"{PROVIDER}/scripted",
            "messages": [{"role": "user", "content": content}],
            "stream": True,
        }
    ).encode()
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    head = b"POST %b HTTP/1.1\r\nhost: soak\r\n%bcontent-length: %d\r\n\r\n"
    writer.write(head % (door.encode(), fields, len(body)) + body)
    return reader, writer


async def _within_bounds(waiting: Coroutine[Any, Any, Any]) -> Any:
    async with asyncio.timeout(WAIT_SECONDS):
        return await waiting
