"""What the suites of the outbound client share: clients by name, requests, and answers as bytes."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from causeway.adapters.outbound.aiohttp_client.client import AiohttpClient
from causeway.adapters.outbound.httptools_client.client import HttptoolsClient
from causeway.pipeline.ports import OutboundClient, OutboundResponse
from causeway.providers.network import Network, OutboundRequest, Timeouts
from support.raw_server import RawConnection, Script

CLIENTS: dict[str, Callable[..., OutboundClient]] = {"aiohttp": AiohttpClient, "httptools": HttptoolsClient}
"""Every implementation of the port; each takes `resolve` and `environment`."""

TLS_FOLDER = Path(__file__).parents[1] / "fixtures" / "tls"
CA_CERT_PEM = (TLS_FOLDER / "authority.pem").read_text()
HERE = ("provider.test", "wrong.test")


async def resolve(host: str, port: int) -> list[str]:
    """Know a few names, all of this machine, and addresses."""
    if host in HERE or host == "127.0.0.1":
        return ["127.0.0.1"]
    raise OSError(f"unknown name {host}")


@asynccontextmanager
async def running(kind: str, environment: Mapping[str, str] | None = None) -> AsyncIterator[OutboundClient]:
    """Make a client of a kind, and stop it after."""
    client = CLIENTS[kind](resolve=resolve, environment=environment or {})
    try:
        yield client
    finally:
        async with asyncio.timeout(10):
            await client.stop()


def network(
    *,
    connect: float = 10.0,
    first_byte: float = 10.0,
    idle: float = 10.0,
    total: float | None = None,
    **options: object,
) -> Network:
    """Return a network that may reach this machine."""
    timeouts = Timeouts(
        connect_seconds=connect, first_byte_seconds=first_byte, idle_seconds=idle, total_seconds=total
    )
    return Network(timeouts=timeouts, **{"allows_private_addresses": True, **options})  # type: ignore[arg-type]


def post(url: str, body: bytes = b"{}", *, network: Network, **options: object) -> OutboundRequest:
    """Return a request to a provider."""
    return OutboundRequest(
        **{  # type: ignore[arg-type]
            "method": "POST",
            "url": url,
            "headers": (("Content-Type", "application/json"),),
            "body": body,
            "network": network,
            **options,
        }
    )


def answer(body: bytes, *fields: bytes, status: bytes = b"200 OK") -> bytes:
    """Return a whole answer that leaves the connection open."""
    return head(b"content-length: %d" % len(body), *fields, status=status) + body


def head(*fields: bytes, status: bytes = b"200 OK") -> bytes:
    """Return the head of an answer."""
    return b"\r\n".join([b"HTTP/1.1 " + status, *fields, b"", b""])


def chunk(content: bytes) -> bytes:
    """Return one chunk of a chunked body; of nothing, the last one."""
    return b"%x\r\n%s\r\n" % (len(content), content)


def says(*parts: bytes) -> Script:
    """Return a script that answers one request with parts and waits for the other end to close."""

    async def script(connection: RawConnection) -> None:
        await connection.request()
        for part in parts:
            await connection.send(part)
        await connection.ended()

    return script


def repeats(content: bytes) -> Script:
    """Return a script that answers every request alike."""

    async def script(connection: RawConnection) -> None:
        while True:
            await connection.request()
            await connection.send(content)

    return script


async def fetch(client: OutboundClient, request: OutboundRequest) -> tuple[int, bytes]:
    """Send a request and read the whole answer, within bounds."""
    async with asyncio.timeout(20), client.send(request) as response:
        return response.status, await response.read(1024 * 1024)


async def chunks_of(response: OutboundResponse) -> AsyncGenerator[bytes, None]:
    """Yield the body a piece at a time; until the next is asked for, what comes waits."""
    pieces: list[bytes] = []

    def take(piece: bytes) -> bool:
        pieces.append(piece)
        return True

    while not await response.pump(take):
        yield pieces.pop()
    assert not pieces, "a piece came after it was said that there is enough"


async def until_blocked() -> None:
    """Let a client send until the kernel takes no more of what nobody reads: it has its turns for it."""
    for _ in range(1000):
        await asyncio.sleep(0)


def server_tls() -> ssl.SSLContext:
    """Return what a server for provider.test speaks TLS with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS_FOLDER / "server.pem")
    return context
