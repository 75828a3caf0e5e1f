"""A client of bare sockets: it sees the bytes, how they end, and nothing is tidied away."""

import json
import socket
from typing import Any
from urllib.parse import urlsplit

CHAT = {"model": "m", "messages": [{"role": "user", "content": "one two three"}]}


def connect(url: str) -> socket.socket:
    address = urlsplit(url)
    return socket.create_connection((address.hostname or "", address.port or 0), timeout=10)


def request_bytes(body: Any = CHAT, *, path: str = "/v1/chat/completions", headers: str = "") -> bytes:
    encoded = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(encoded)}\r\n{headers}\r\n"
    return head.encode() + encoded


def ask(url: str, body: Any = CHAT, *, path: str = "/v1/chat/completions") -> socket.socket:
    """Send a request and leave the reading to the caller."""
    client = connect(url)
    client.sendall(request_bytes(body, path=path))
    return client


def read_to_end(client: socket.socket) -> tuple[bytes, str]:
    """Read until the connection ends; returns the bytes and how it ended: `closed` or `reset`."""
    read = b""
    try:
        while piece := client.recv(65536):
            read += piece
    except ConnectionResetError:
        return read, "reset"
    return read, "closed"


def read_head(client: socket.socket) -> tuple[bytes, bytes]:
    """Read a head; returns it, and what came after it."""
    read = b""
    while b"\r\n\r\n" not in read:
        piece = client.recv(65536)
        assert piece, f"the connection was closed within the head: {read!r}"
        read += piece
    head, _, rest = read.partition(b"\r\n\r\n")
    return head, rest


def read_chunks(data: bytes) -> list[bytes]:
    """Return the chunks of a chunked body, the last and empty one included where it is there."""
    chunks = []
    while data:
        size, _, rest = data.partition(b"\r\n")
        length = int(size, 16)
        chunks.append(rest[:length])
        assert rest[length : length + 2] == b"\r\n"
        data = rest[length + 2 :]
    return chunks
