"""How long an outbound client waits for each thing, and that it lets go of everything when told to."""

import asyncio
import contextlib
import os
import socket
import stat
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from causeway.model.errors import UpstreamTimeoutError
from causeway.pipeline.ports import OutboundClient
from causeway.providers.network import OutboundRequest
from support.outbound import (
    CLIENTS,
    answer,
    chunk,
    chunks_of,
    fetch,
    head,
    network,
    post,
    says,
    until_blocked,
)
from support.raw_server import RawConnection, raw_server

SHORT = 0.05
CHUNKED = head(b"transfer-encoding: chunked")


async def hears(connection: RawConnection) -> None:
    await connection.ended()


async def never(host: str, port: int) -> list[str]:
    await asyncio.Event().wait()
    return []


def timeout(name: str) -> str:
    return rf"^\S+:\d+ exceeded the {name} timeout of 0.05 seconds$"


# Timeouts


async def test_a_handshake_that_does_not_end_is_a_connect_timeout(client: OutboundClient) -> None:
    async with raw_server(hears) as server:
        url = f"https://provider.test:{server.port}"
        with pytest.raises(UpstreamTimeoutError, match=timeout("connect")):
            await fetch(client, post(url, network=network(connect=SHORT)))


async def test_a_name_that_does_not_resolve_in_time_is_a_connect_timeout(kind: str) -> None:
    client = CLIENTS[kind](resolve=never, environment={})
    with pytest.raises(UpstreamTimeoutError, match=timeout("connect")):
        await fetch(client, post("http://provider.test", network=network(connect=SHORT)))
    await client.stop()


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_proxy_that_does_not_answer_is_a_connect_timeout(client: OutboundClient, scheme: str) -> None:
    async with raw_server(hears) as server:
        way = network(connect=SHORT, proxy_url=f"{scheme}://127.0.0.1:{server.port}")
        with pytest.raises(UpstreamTimeoutError, match=timeout("connect")):
            await fetch(client, post("https://provider.test", network=way))


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\nx: ", head(status=b"100 Continue")])
@pytest.mark.parametrize("is_stream", [False, True])
async def test_a_head_that_does_not_come_is_a_first_byte_timeout(
    client: OutboundClient, begun: bytes, is_stream: bool
) -> None:
    async with raw_server(says(begun)) as server:
        request = post(server.url, is_stream=is_stream, network=network(first_byte=SHORT))
        with pytest.raises(UpstreamTimeoutError, match=timeout("first-byte")):
            await fetch(client, request)


@pytest.mark.parametrize("drop", [b"x: y\r\n", b"y"])
async def test_a_head_that_drips_is_a_first_byte_timeout(client: OutboundClient, drop: bytes) -> None:
    has_ended = asyncio.Event()

    async def script(connection: RawConnection) -> None:
        await connection.request()
        await connection.send(b"HTTP/1.1 200 OK\r\nx: ")
        ending = asyncio.ensure_future(connection.ended())
        while not ending.done():
            connection.write(drop)
            await asyncio.wait({ending}, timeout=SHORT / 5)
        has_ended.set()

    async with raw_server(script) as server, asyncio.timeout(20):
        with pytest.raises(UpstreamTimeoutError, match=timeout("first-byte")):
            await fetch(client, post(server.url, network=network(first_byte=SHORT)))
        await has_ended.wait()


async def test_a_whole_answer_must_end_within_the_first_byte_timeout(client: OutboundClient) -> None:
    async with raw_server(says(head(b"content-length: 10") + b"half")) as server:
        with pytest.raises(UpstreamTimeoutError, match=timeout("first-byte")):
            await fetch(client, post(server.url, network=network(first_byte=SHORT)))


async def test_a_stream_may_go_on_past_the_first_byte_timeout(client: OutboundClient) -> None:
    now = asyncio.get_running_loop().time

    async def script(connection: RawConnection) -> None:
        await connection.request()
        await connection.send(CHUNKED)
        until = now() + 1.0
        ending = asyncio.ensure_future(connection.ended())
        while now() < until:
            await connection.send(chunk(b"x"))
            await asyncio.wait({ending}, timeout=SHORT)
        await connection.send(chunk(b""))
        await ending

    async with raw_server(script) as server:
        request = post(server.url, is_stream=True, network=network(first_byte=0.5))
        async with asyncio.timeout(20), client.send(request) as response:
            assert set(await response.read(100)) == set(b"x")


@pytest.mark.parametrize("begun", [b"", chunk(b"one"), chunk(b"one") + b"5\r\nha"])
async def test_silence_in_a_stream_is_an_idle_timeout(client: OutboundClient, begun: bytes) -> None:
    async with raw_server(says(CHUNKED + begun)) as server:
        with pytest.raises(UpstreamTimeoutError, match=timeout("idle")):
            await fetch(client, post(server.url, is_stream=True, network=network(idle=SHORT)))


@pytest.mark.parametrize("is_stream", [False, True])
@pytest.mark.parametrize("begun", [b"", CHUNKED, CHUNKED + chunk(b"one")])
async def test_the_total_timeout_bounds_it_all(client: OutboundClient, begun: bytes, is_stream: bool) -> None:
    async with raw_server(says(begun)) as server:
        with pytest.raises(UpstreamTimeoutError, match=timeout("total")):
            await fetch(client, post(server.url, is_stream=is_stream, network=network(total=SHORT)))


async def test_the_total_timeout_bounds_a_stream_that_never_pauses(client: OutboundClient) -> None:
    async def script(connection: RawConnection) -> None:
        await connection.request()
        await connection.send(CHUNKED)
        while True:
            await connection.send(chunk(b"x" * 10_000))

    async with raw_server(script) as server, asyncio.timeout(20):
        request = post(server.url, is_stream=True, network=network(total=1.5))
        async with client.send(request) as response, aclosing(chunks_of(response)) as chunks:
            assert await anext(chunks)
            await asyncio.sleep(1.6)  # the time that the stream has; there is more to read after it
            with pytest.raises(UpstreamTimeoutError, match=r"exceeded the total timeout of 1\.5 seconds"):
                await anext(chunks)


async def test_waiting_for_a_connection_counts_into_the_first_byte_timeout(client: OutboundClient) -> None:
    way = network(first_byte=0.5, max_connections=1)
    async with raw_server(says(CHUNKED + chunk(b"one"))) as server, asyncio.timeout(20):
        request = post(server.url, is_stream=True, network=way)
        async with client.send(request) as response, aclosing(chunks_of(response)) as chunks:
            assert await anext(chunks) == b"one"
            with pytest.raises(UpstreamTimeoutError, match="exceeded the first-byte timeout"):
                await fetch(client, request)
            assert server.accepted == 1


# Letting go


class Watched:
    """A server that says how far a request has come, and when its connection has ended."""

    def __init__(self, *parts: bytes, reads_body: bool = True) -> None:
        self.parts = parts
        self.reads_body = reads_body
        self.is_asked = asyncio.Event()
        self.ended: asyncio.Queue[int] = asyncio.Queue()

    async def script(self, connection: RawConnection) -> None:
        if self.reads_body:
            await connection.request()
            for part in self.parts:
                await connection.send(part)
        else:
            await connection.read(1)
        self.is_asked.set()
        self.ended.put_nowait(await connection.ended())


async def cancel(task: "asyncio.Task[object]") -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("https://provider.test:{port}", None),
        ("https://provider.test", "http://127.0.0.1:{port}"),
        ("https://provider.test", "socks5://127.0.0.1:{port}"),
    ],
    ids=["handshake", "http proxy", "socks proxy"],
)
async def test_cancelling_while_connecting_closes_the_connection(
    client: OutboundClient, url: str, proxy: str | None
) -> None:
    watched = Watched(reads_body=False)
    async with raw_server(watched.script) as server, asyncio.timeout(20):
        way = network(proxy_url=proxy and proxy.format(port=server.port))
        task = asyncio.create_task(fetch(client, post(url.format(port=server.port), network=way)))
        await watched.is_asked.wait()
        await cancel(task)
        await watched.ended.get()


def is_connected_to(port: int) -> bool:
    """Whether this process holds a socket whose other end is a server's port."""
    for entry in Path("/dev/fd").iterdir():
        descriptor = int(entry.name)
        with contextlib.suppress(OSError):
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                held = socket.socket(fileno=descriptor)
                try:
                    if held.getpeername()[1:2] == (port,):
                        return True
                finally:
                    held.detach()
    return False


@pytest.mark.parametrize("has_answered", [False, True])
async def test_letting_go_while_the_request_goes_out_closes_the_connection_at_once(
    client: OutboundClient, has_answered: bool
) -> None:
    is_asked, has_head, go_on = asyncio.Event(), asyncio.Event(), asyncio.Event()
    body, ended = b"x" * 64 * 1024 * 1024, asyncio.Queue[int]()

    async def script(connection: RawConnection) -> None:
        await connection.head()
        is_asked.set()
        if has_answered:
            await connection.send(head(b"content-length: 10", status=b"413 Too Large") + b"half")
        await go_on.wait()  # and take nothing until then
        ended.put_nowait(await connection.ended())

    async def use(request: OutboundRequest) -> None:
        async with client.send(request) as response:
            assert response.status == 413
            has_head.set()
            await asyncio.Event().wait()

    async with raw_server(script) as server, asyncio.timeout(20):
        task = asyncio.create_task(use(post(server.url, body, network=network())))
        await (has_head if has_answered else is_asked).wait()
        await until_blocked()
        assert is_connected_to(server.port)
        await cancel(task)
        while is_connected_to(server.port):
            await asyncio.sleep(0)
        go_on.set()
        assert await ended.get() < len(body) // 2, "the rest of the request was sent all the same"


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\n", head(status=b"100 Continue")])
async def test_cancelling_before_the_answer_closes_the_connection(
    client: OutboundClient, begun: bytes
) -> None:
    watched = Watched(begun)
    async with raw_server(watched.script) as server, asyncio.timeout(20):
        task = asyncio.create_task(fetch(client, post(server.url, network=network())))
        await watched.is_asked.wait()
        await cancel(task)
        await watched.ended.get()


async def test_cancelling_within_the_answer_closes_the_connection(client: OutboundClient) -> None:
    watched, has_begun = Watched(CHUNKED + chunk(b"one")), asyncio.Event()

    async def read(request: OutboundRequest) -> None:
        async with client.send(request) as response, aclosing(chunks_of(response)) as chunks:
            async for _ in chunks:
                has_begun.set()

    async with raw_server(watched.script) as server, asyncio.timeout(20):
        task = asyncio.create_task(read(post(server.url, is_stream=True, network=network())))
        await has_begun.wait()
        await cancel(task)
        await watched.ended.get()


async def test_cancelling_who_waits_for_a_connection_leaves_the_others_be(client: OutboundClient) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def script(connection: RawConnection) -> None:
        while True:
            await connection.request()
            asked.set()
            await go_on.wait()
            await connection.send(answer(b"ok"))

    async with raw_server(script) as server, asyncio.timeout(20):
        request = post(server.url, network=network(max_connections=1))
        first = asyncio.create_task(fetch(client, request))
        await asked.wait()
        waiting = [asyncio.create_task(fetch(client, request)) for _ in range(3)]
        await asyncio.wait(waiting, timeout=SHORT)
        await cancel(waiting[0])
        go_on.set()
        assert await asyncio.gather(first, *waiting[1:]) == [(200, b"ok")] * 3
        assert server.accepted == 1


async def leave_at_once(client: OutboundClient, request: OutboundRequest) -> None:
    async with client.send(request):
        pass


async def leave_after_a_chunk(client: OutboundClient, request: OutboundRequest) -> None:
    async with client.send(request) as response, aclosing(chunks_of(response)) as chunks:
        assert await anext(chunks) == b"one"


async def leave_with_an_error(client: OutboundClient, request: OutboundRequest) -> None:
    with pytest.raises(ZeroDivisionError):
        async with client.send(request):
            raise ZeroDivisionError


Leaving = Callable[[OutboundClient, OutboundRequest], Awaitable[None]]


@pytest.mark.parametrize("leave", [leave_at_once, leave_after_a_chunk, leave_with_an_error])
async def test_leaving_before_the_end_closes_the_connection(client: OutboundClient, leave: Leaving) -> None:
    watched = Watched(CHUNKED + chunk(b"one"))
    async with raw_server(watched.script) as server, asyncio.timeout(20):
        await leave(client, post(server.url, is_stream=True, network=network()))
        await watched.ended.get()
        assert server.accepted == 1


async def test_closing_the_response_closes_the_connection(client: OutboundClient) -> None:
    watched = Watched(CHUNKED + chunk(b"one"))
    async with raw_server(watched.script) as server, asyncio.timeout(20):
        response = await client.send(post(server.url, is_stream=True, network=network())).__aenter__()
        chunks = chunks_of(response)
        assert await anext(chunks) == b"one"
        response.close()
        await watched.ended.get()


async def test_a_request_may_be_left_in_another_task_than_it_was_sent_in(client: OutboundClient) -> None:
    watched = Watched(CHUNKED + chunk(b"one"))
    async with raw_server(watched.script) as server, asyncio.timeout(20):
        context = client.send(post(server.url, is_stream=True, network=network()))
        response = await asyncio.ensure_future(context.__aenter__())
        assert response.status == 200
        await context.__aexit__(None, None, None)
        await watched.ended.get()
