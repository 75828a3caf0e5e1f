"""What the gateway's own client does beyond the contract that tests/adapters/test_http_client.py holds."""

import asyncio
import gc
import time
from collections.abc import Sequence
from contextlib import aclosing

import pytest

from causeway.adapters.outbound.httptools_client.client import HttptoolsClient
from causeway.adapters.outbound.httptools_client.exchange import Plan
from causeway.adapters.outbound.httptools_client.pool import Pool, Slots
from causeway.model.errors import UpstreamConnectionError, UpstreamProtocolError, UpstreamTimeoutError
from support.outbound import (
    CA_CERT_PEM,
    answer,
    chunk,
    chunks_of,
    fetch,
    head,
    network,
    post,
    repeats,
    running,
    says,
)
from support.raw_server import RawConnection, raw_server

KIND = "httptools"
CHUNKED = head(b"transfer-encoding: chunked")

# Connections


async def test_an_idle_connection_is_closed_when_it_is_old() -> None:
    ended = asyncio.Event()

    async def script(connection: RawConnection) -> None:
        await connection.request()
        await connection.send(answer(b"ok"))
        await connection.ended()
        ended.set()

    async with raw_server(script) as server, running(KIND) as client, asyncio.timeout(10):
        way = network(keep_alive_seconds=0.05)
        assert await fetch(client, post(server.url, network=way)) == (200, b"ok")
        await ended.wait()


async def test_a_connection_that_is_too_old_is_not_used_before_it_is_closed() -> None:
    async with raw_server(repeats(answer(b"ok"))) as server, running(KIND) as client:
        request = post(server.url, network=network(keep_alive_seconds=0.05))
        assert await fetch(client, request) == (200, b"ok")
        time.sleep(0.06)  # noqa: ASYNC251  # so that the timer which would close it gets no turn
        assert await fetch(client, request) == (200, b"ok")
        assert server.accepted == 2


async def test_each_connection_ages_by_itself() -> None:
    """The one that is used again and again stays, though the other grows old beside it."""
    ended: asyncio.Queue[bytes] = asyncio.Queue()
    are_both_open = asyncio.Barrier(2)

    async def script(connection: RawConnection) -> None:
        path = b""
        try:
            while True:
                path = (await connection.head()).split()[1]
                if path != b"/again":
                    await are_both_open.wait()
                await connection.send(answer(b"ok"))
        finally:
            ended.put_nowait(path)

    async with raw_server(script) as server, running(KIND) as client, asyncio.timeout(20):
        way = network(keep_alive_seconds=0.2)
        first, second, again = (
            post(f"{server.url}/{path}", b"", method="GET", network=way) for path in ("a", "b", "again")
        )
        await asyncio.gather(fetch(client, first), fetch(client, second))
        while ended.empty():
            await fetch(client, again)
        assert await ended.get() in (b"/a", b"/b")
        assert server.accepted == 2


async def test_what_was_idle_beside_a_stale_connection_is_closed_too() -> None:
    are_all_open, ended = asyncio.Barrier(3), asyncio.Semaphore(0)

    async def script(connection: RawConnection) -> None:
        is_old = server.accepted <= 3
        await connection.request()
        if is_old:
            await are_all_open.wait()
        await connection.send(answer(b"old" if is_old else b"new"))
        try:
            await connection.request()  # and end, which is all that the next one gets
        finally:
            ended.release()

    async with raw_server(script) as server, running(KIND) as client, asyncio.timeout(20):
        request = post(server.url, network=network())
        assert await asyncio.gather(*(fetch(client, request) for _ in range(3))) == [(200, b"old")] * 3
        assert await fetch(client, request) == (200, b"new")
        for _ in range(3):
            await ended.acquire()


async def test_a_connection_that_is_not_kept_is_announced_so() -> None:
    heads: list[bytes] = []

    async def script(connection: RawConnection) -> None:
        heads.append(await connection.request())
        await connection.send(answer(b"ok"))

    async with raw_server(script) as server, running(KIND) as client:
        await fetch(client, post(server.url, network=network(keep_alive_seconds=0.0)))
    assert b"\r\nconnection: close\r\n" in heads[0].lower()


async def test_an_answer_before_the_whole_request_leaves_no_connection() -> None:
    body = bytes(32 * 1024 * 1024)

    async def script(connection: RawConnection) -> None:
        await connection.head()
        await connection.send(answer(b"no", status=b"413 Too Large"))
        await connection.ended()

    async with raw_server(script) as server, running(KIND) as client:
        for accepted in (1, 2):
            assert await fetch(client, post(server.url, body, network=network())) == (413, b"no")
            assert server.accepted == accepted


async def test_who_waits_for_a_connection_is_served_in_turn() -> None:
    asked: list[bytes] = []

    async def script(connection: RawConnection) -> None:
        while True:
            asked.append((await connection.request()).split()[1])
            await connection.send(answer(b"ok"))

    async with raw_server(script) as server, running(KIND) as client, asyncio.timeout(20):
        way = network(max_connections=1)
        await asyncio.gather(*(fetch(client, post(f"{server.url}/{n}", network=way)) for n in range(20)))
        assert asked == [b"/%d" % n for n in range(20)]
        assert server.accepted == 1


async def test_many_urls_and_keys_share_the_connections() -> None:
    async with raw_server(repeats(answer(b"ok"))) as server, running(KIND) as client:
        for n in range(1100):
            request = post(f"{server.url}/{n}", headers=(("x-key", f"{n}"),), network=network())
            assert await fetch(client, request) == (200, b"ok")
        assert server.accepted == 1


async def test_what_is_remembered_of_requests_has_bounds() -> None:
    """Hosts and keys may come from callers."""
    client = HttptoolsClient(resolve=Names("127.0.0.1").resolve, environment={})
    async with raw_server(repeats(answer(b"ok", b"connection: close"))) as server:
        for n in range(1100):
            url = f"http://provider-{n}.test:{server.port}"
            assert await fetch(client, post(url, network=network())) == (200, b"ok")
    gc.collect()
    for kind in (Plan, Pool):
        assert sum(isinstance(thing, kind) for thing in gc.get_objects()) <= 1024
    await client.stop()


async def test_a_turn_that_nobody_uses_any_more_goes_to_the_next() -> None:
    slots = Slots(1)
    await slots.take()
    first, second = (asyncio.create_task(slots.take()) for _ in range(2))
    await asyncio.sleep(0)
    slots.give_back()
    first.cancel()  # whose turn has come, though it does not know yet
    async with asyncio.timeout(10):
        await second
    assert first.cancelled()
    assert not slots.take_nowait()


async def test_stop_ends_what_is_being_opened() -> None:
    has_come = asyncio.Event()

    async def script(connection: RawConnection) -> None:
        await connection.read(1)
        has_come.set()
        await connection.ended()

    async with raw_server(script) as server, running(KIND) as client, asyncio.timeout(20):
        request = post(f"https://provider.test:{server.port}", network=network(ca_cert_pem=CA_CERT_PEM))
        task = asyncio.create_task(fetch(client, request))
        await has_come.wait()
        await client.stop()
        with pytest.raises(UpstreamConnectionError, match="stopping"):
            await task


# Addresses


class Names:
    """Knows every name by the same addresses, and counts who asks."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.asked = 0

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        await asyncio.sleep(0)
        return self.addresses


async def test_many_connections_ask_for_a_name_once() -> None:
    names, are_all_open = Names("127.0.0.1"), asyncio.Barrier(10)

    async def script(connection: RawConnection) -> None:
        await connection.request()
        await are_all_open.wait()
        await connection.send(answer(b"ok"))

    client = HttptoolsClient(resolve=names.resolve, environment={})
    async with raw_server(script) as server:
        request = post(f"http://provider.test:{server.port}", network=network())
        assert await asyncio.gather(*(fetch(client, request) for _ in range(10))) == [(200, b"ok")] * 10
        assert server.accepted == 10
    assert names.asked == 1
    await client.stop()


async def test_an_address_that_does_not_answer_is_followed_by_the_next() -> None:
    client = HttptoolsClient(resolve=Names("127.0.0.9", "127.0.0.1").resolve, environment={})
    async with raw_server(repeats(answer(b"ok"))) as server:
        request = post(f"http://provider.test:{server.port}", network=network())
        assert await fetch(client, request) == (200, b"ok")
    with pytest.raises(UpstreamConnectionError, match=r"provider\.test:\d+: connection refused"):
        await fetch(client, request)
    await client.stop()


async def test_a_failure_to_find_a_name_is_not_remembered() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise OSError("no such name")
        return ["127.0.0.1"]

    asked = 0
    client = HttptoolsClient(resolve=resolve, environment={})
    async with raw_server(repeats(answer(b"ok"))) as server:
        request = post(f"http://provider.test:{server.port}", network=network())
        with pytest.raises(UpstreamConnectionError):
            await fetch(client, request)
        assert await fetch(client, request) == (200, b"ok")
    await client.stop()


# Tunnels

TUNNEL_FAULTS = {
    "nothing": (b"", UpstreamConnectionError, "closed the connection before it answered"),
    "half a head": (
        b"HTTP/1.1 200 OK\r\n",
        UpstreamConnectionError,
        "closed the connection before it answered",
    ),
    "no HTTP": (b"SSH-2.0\r\n\r\n", UpstreamProtocolError, "not HTTP"),
    "no status": (b"HTTP/1.1 OK\r\n\r\n", UpstreamProtocolError, "not HTTP"),
    "an endless head": (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000, UpstreamProtocolError, "too large"),
    "words after the head": (head() + b"hello", UpstreamProtocolError, "spoke"),
    "two heads": (head() + head(), UpstreamProtocolError, "spoke"),
    "a refusal": (head(status=b"403 No"), UpstreamConnectionError, "with status 403"),
}


@pytest.mark.parametrize("fault", TUNNEL_FAULTS)
async def test_a_proxy_that_opens_no_tunnel_is_an_error_and_is_left(fault: str) -> None:
    said, kind, reason = TUNNEL_FAULTS[fault]
    has_ended = asyncio.Event()

    async def script(connection: RawConnection) -> None:
        await connection.request()
        await connection.send(said)
        if kind is UpstreamProtocolError:
            await connection.ended()
        has_ended.set()

    async with raw_server(script) as server, running(KIND) as client, asyncio.timeout(20):
        way = network(proxy_url=f"http://127.0.0.1:{server.port}")
        with pytest.raises(kind, match=reason):
            await fetch(client, post("https://provider.test", network=way))
        await has_ended.wait()


# Answers


@pytest.mark.parametrize("fault", [b"three\r\n", None], ids=["malformed", "broken off"])
async def test_what_came_before_a_fault_is_handed_on(fault: bytes | None) -> None:
    async def script(connection: RawConnection) -> None:
        await connection.request()
        await connection.send(CHUNKED + chunk(b"one") + chunk(b"two") + (fault or b""))

    async with raw_server(script) as server, running(KIND) as client:
        request = post(server.url, is_stream=True, network=network())
        async with client.send(request) as response, aclosing(chunks_of(response)) as chunks:
            assert await anext(chunks) == b"onetwo"
            with pytest.raises(UpstreamProtocolError if fault else UpstreamConnectionError):
                await anext(chunks)


async def test_a_body_without_a_length_is_not_ended_by_a_reset() -> None:
    has_head = asyncio.Event()

    async def script(connection: RawConnection) -> None:
        await connection.request()
        await connection.send(head() + b"half")
        await has_head.wait()
        connection.reset()

    async with raw_server(script) as server, running(KIND) as client:
        request = post(server.url, network=network())
        async with asyncio.timeout(10), client.send(request) as response:
            has_head.set()
            with pytest.raises(UpstreamConnectionError, match="midst of its answer"):
                await response.read(100)


async def test_a_large_answer_is_read_whole() -> None:
    body = bytes(range(256)) * 80_000
    async with raw_server(says(answer(body))) as server, running(KIND) as client:
        request = post(server.url, network=network())
        async with asyncio.timeout(30), client.send(request) as response:
            assert await response.read(len(body)) == body


async def test_limits_hold_for_every_request_of_a_connection() -> None:
    """A connection has one timer for them all, and the limits differ from wait to wait."""

    async def script(connection: RawConnection) -> None:
        for _ in range(3):
            await connection.request()
            await connection.send(CHUNKED + chunk(b"one") + chunk(b""))
        await connection.request()
        await connection.send(CHUNKED + chunk(b"one"))
        await connection.ended()

    async with raw_server(script) as server, running(KIND) as client, asyncio.timeout(20):
        way = network(first_byte=300.0, idle=0.1)
        for is_stream in (False, True, False):
            request = post(server.url, is_stream=is_stream, network=way)
            assert await fetch(client, request) == (200, b"one")
        with pytest.raises(UpstreamTimeoutError, match="exceeded the idle timeout"):
            await fetch(client, post(server.url, is_stream=True, network=way))
        assert server.accepted == 1
