"""A caller who does not read: the provider is not read on either, and in the end nothing is missing."""

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from causeway.config.schema import Config, ServerConfig
from causeway.providers.network import Timeouts
from support.upstreams import gateway_before, scripted_provider

CONFIGS = {
    "plain": ServerConfig(),
    "heartbeats": ServerConfig(heartbeat_seconds=0.05),
    "aiohttp": ServerConfig(outbound_client="aiohttp"),
    "uvicorn": ServerConfig(http_server="uvicorn"),
}
EVENTS = 4_000
WORD = "x" * 10_000
BUFFER_BYTES = 64 * 1024  # of the kernel's, so that it is the gateway that would have to hold the rest
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def frame(delta: dict[str, str], finish_reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return b"data: %b\n\n" % json.dumps(chunk).encode()


class Provider:
    """Sends one long stream, and says when nobody has taken anything of it for half a second."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.sent = 0
        self.is_stuck = threading.Event()

    def run(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
            read = b""
            while b'"stream":true' not in read:
                read += connection.recv(65536)
            connection.sendall(HEAD)
            for number in range(EVENTS):
                self._send(connection, frame({"content": f"{number} {WORD}"}))
                self.sent += 1
            self._send(connection, frame({}, "stop") + b"data: [DONE]\n\n")
            connection.sendall(b"0\r\n\r\n")

    def _send(self, connection: socket.socket, content: bytes) -> None:
        rest = memoryview(b"%x\r\n%b\r\n" % (len(content), content))
        connection.settimeout(0.5)
        while rest:
            try:
                rest = rest[connection.send(rest) :]
            except TimeoutError:
                self.is_stuck.set()
        connection.settimeout(None)


@contextmanager
def providing() -> Iterator[tuple[Provider, str]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        provider = Provider(listener)
        thread = threading.Thread(target=provider.run, daemon=True)
        thread.start()
        yield provider, f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        thread.join(10)
        assert not thread.is_alive()


@contextmanager
def asking(url: str, path: str) -> Iterator[socket.socket]:
    """Ask for a stream, of which nothing is read yet."""
    host, _, port = url.removeprefix("http://").partition(":")
    body = b'{"model":"openai/m","stream":true,"messages":[{"role":"user","content":"Go on."}]}'
    head = f"POST {path} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\nconnection: close\r\n"
    with socket.socket() as caller:
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        caller.settimeout(30)
        caller.connect((host, int(port)))
        caller.sendall(head.encode() + b"content-length: %d\r\n\r\n" % len(body) + body)
        yield caller


def numbers(answer: bytes) -> list[int]:
    """Return the numbers of the events of an answer, in its order."""
    return [int(number) for number in re.findall(rb'"(\d+) x', answer)]


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("path", ["/v2/chat", "/openai/v1/chat/completions"])
def test_a_caller_who_does_not_read_holds_the_provider_up(path: str, config: str) -> None:
    timeouts = Timeouts(idle_seconds=30)
    with (
        providing() as (provider, url),
        gateway_before(
            scripted_provider("openai", url, timeouts=timeouts), config=Config(server=CONFIGS[config])
        ) as gateway,
        asking(gateway.url, path) as caller,
    ):
        assert provider.is_stuck.wait(30), "the gateway reads on though nobody takes it"
        assert provider.sent < EVENTS / 2
        answer = bytearray()
        while piece := caller.recv(1024 * 1024):
            answer += piece
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert numbers(bytes(answer)) == list(range(EVENTS))
        assert b"[DONE]" in answer
        assert gateway.calls.next().outcome == "success"
