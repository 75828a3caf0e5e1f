"""What every outbound client does, against a server that misbehaves: connections, bodies, faults.

The suite knows the port only. A further client is one more entry in `support.outbound.CLIENTS`.
"""

import asyncio
import gzip
import traceback
import zlib
from contextlib import aclosing

import pytest

from causeway.model.errors import (
    UpstreamConnectionError,
    UpstreamError,
    UpstreamProtocolError,
)
from causeway.pipeline.ports import ConnectionUse, OutboundClient
from support.outbound import (
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
    until_blocked,
)
from support.raw_server import RawConnection, raw_server

NETWORK = network()
MEBIBYTE = 1024 * 1024


async def test_an_answer_comes_as_it_was_sent(client: OutboundClient) -> None:
    sent = answer(b"hello", b"X-One: 1", b"x-two: a", b"X-Two: b\xe9")
    async with raw_server(says(sent)) as server, client.send(post(server.url, network=NETWORK)) as response:
        assert response.status == 200
        assert dict(response.headers) == {"content-length": "5", "x-one": "1", "x-two": "a, b\xe9"}
        assert await response.read(5) == b"hello"


async def test_connections_are_counted(client: OutboundClient) -> None:
    assert client.connection_use() == ConnectionUse(open=0, in_use=0, limit=0)
    bounded, may_end = network(max_connections=7), asyncio.Event()

    async def script(connection: RawConnection) -> None:
        await connection.request()
        await connection.send(head(b"content-length: 2") + b"o")
        await may_end.wait()
        await connection.send(b"k")
        await connection.ended()

    async with raw_server(script) as server:
        async with client.send(post(server.url, network=bounded)) as response:
            assert client.connection_use() == ConnectionUse(open=1, in_use=1, limit=7)
            may_end.set()
            await response.read(2)
        assert client.connection_use() == ConnectionUse(open=1, in_use=0, limit=7)
    await client.stop()
    assert client.connection_use().open == 0


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
async def test_a_status_without_a_body_has_none(client: OutboundClient, status: bytes) -> None:
    async with raw_server(repeats(head(b"content-encoding: gzip", status=status))) as server:
        for _ in range(2):
            assert await fetch(client, post(server.url, network=NETWORK)) == (int(status[:3]), b"")
        assert server.accepted == 1


async def test_the_answer_to_head_has_no_body(client: OutboundClient) -> None:
    async with raw_server(repeats(head(b"content-length: 1000"))) as server:
        request = post(server.url, b"", method="HEAD", network=NETWORK)
        assert [await fetch(client, request) for _ in range(2)] == [(200, b"")] * 2
        assert server.accepted == 1


@pytest.mark.parametrize("status", [b"301 Moved", b"302 Found", b"307 Temporary", b"308 Permanent"])
async def test_a_redirect_is_an_answer(client: OutboundClient, status: bytes) -> None:
    async with raw_server(repeats(answer(b"elsewhere", b"location: /other", status=status))) as server:
        async with client.send(post(server.url, network=NETWORK)) as response:
            assert response.status == int(status[:3])
            assert response.headers["location"] == "/other"
            assert await response.read(100) == b"elsewhere"
        assert server.accepted == 1


async def test_a_page_of_html_is_an_answer(client: OutboundClient) -> None:
    page = b"<html>Bad gateway</html>"
    async with raw_server(says(answer(page, b"content-type: text/html", status=b"502 Bad"))) as server:
        assert await fetch(client, post(server.url, network=NETWORK)) == (502, page)


async def test_interim_answers_are_skipped(client: OutboundClient) -> None:
    interim = head(status=b"100 Continue") + head(b"link: </a>", status=b"103 Early Hints")
    async with raw_server(repeats(interim + answer(b"ok"))) as server:
        for _ in range(2):
            assert await fetch(client, post(server.url, network=NETWORK)) == (200, b"ok")
        assert server.accepted == 1


async def test_a_body_may_end_with_the_connection(client: OutboundClient) -> None:
    async def script(connection: RawConnection) -> None:
        await connection.request()
        await connection.send(head() + b"all of it")

    async with raw_server(script) as server:
        assert await fetch(client, post(server.url, network=NETWORK)) == (200, b"all of it")


async def test_chunks_are_handed_on_as_they_come(client: OutboundClient) -> None:
    turns: asyncio.Queue[bytes] = asyncio.Queue()

    async def script(connection: RawConnection) -> None:
        await connection.request()
        await connection.send(head(b"transfer-encoding: chunked"))
        while content := await turns.get():
            await connection.send(chunk(content))
        await connection.send(chunk(b""))
        await connection.ended()

    async with raw_server(script) as server, asyncio.timeout(10):
        request = post(server.url, is_stream=True, network=NETWORK)
        async with client.send(request) as response, aclosing(chunks_of(response)) as chunks:
            for content in (b"one", b"t", b"three"):
                turns.put_nowait(content)
                assert await anext(chunks) == content
            turns.put_nowait(b"")
            assert await anext(chunks, None) is None


# Connections


async def test_a_connection_is_used_again(client: OutboundClient) -> None:
    async with raw_server(repeats(answer(b"ok"))) as server:
        for _ in range(5):
            assert await fetch(client, post(server.url, network=NETWORK)) == (200, b"ok")
        assert await fetch(client, post(server.url, network=network())) == (200, b"ok")
        assert server.accepted == 1
        assert await fetch(client, post(server.url, network=network(idle=3.0))) == (200, b"ok")
        assert server.accepted == 2, "another network has connections of its own"


@pytest.mark.parametrize("is_kept", [True, False])
async def test_connections_are_kept_as_long_as_the_network_says(
    client: OutboundClient, is_kept: bool
) -> None:
    way = network(keep_alive_seconds=30.0 if is_kept else 0.0)
    async with raw_server(repeats(answer(b"ok"))) as server:
        for _ in range(2):
            assert await fetch(client, post(server.url, network=way)) == (200, b"ok")
        assert server.accepted == (1 if is_kept else 2)


async def test_a_server_that_says_close_is_believed(client: OutboundClient) -> None:
    async with raw_server(repeats(answer(b"ok", b"connection: close"))) as server:
        for _ in range(2):
            assert await fetch(client, post(server.url, network=NETWORK)) == (200, b"ok")
        assert server.accepted == 2


class Stale:
    """Connections that end where their second request comes, as if they had been closed while idle."""

    def __init__(self, *, resets: bool, kept: int = 1, says_first: bytes = b"") -> None:
        self.resets = resets
        self.kept = kept
        self.says_first = says_first
        self.count = 0
        self.all_open = asyncio.Event()

    async def script(self, connection: RawConnection) -> None:
        self.count += 1
        if self.count == self.kept:
            self.all_open.set()
        await connection.request()
        if self.count <= self.kept:
            await self.all_open.wait()
            await connection.send(answer(b"first"))
            await connection.request()
            if self.says_first:
                await connection.send(self.says_first)
            if self.resets:
                connection.reset()
        else:
            await connection.send(answer(b"second"))
            await connection.ended()


@pytest.mark.parametrize("resets", [False, True])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_stale_connection_fails_no_request(client: OutboundClient, resets: bool, method: str) -> None:
    async with raw_server(Stale(resets=resets).script) as server:
        request = post(server.url, b"body" * 100_000, method=method, network=NETWORK)
        assert await fetch(client, request) == (200, b"first")
        assert await fetch(client, request) == (200, b"second")
        assert server.accepted == 2


async def test_a_second_try_is_on_a_fresh_connection(client: OutboundClient) -> None:
    async with raw_server(Stale(resets=True, kept=3).script) as server:
        request = post(server.url, network=NETWORK)
        assert await asyncio.gather(*(fetch(client, request) for _ in range(3))) == [(200, b"first")] * 3
        assert await fetch(client, request) == (200, b"second")
        assert server.accepted == 4


async def test_there_is_no_third_try(client: OutboundClient) -> None:
    async def script(connection: RawConnection) -> None:
        await connection.request()
        if server.accepted == 1:
            await connection.send(answer(b"ok"))
            await connection.request()

    async with raw_server(script) as server:
        request = post(server.url, network=NETWORK)
        assert await fetch(client, request) == (200, b"ok")
        with pytest.raises(UpstreamConnectionError):
            await fetch(client, request)
        assert server.accepted == 2


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_fresh_connection_gets_no_second_try(client: OutboundClient, method: str) -> None:
    async def script(connection: RawConnection) -> None:
        await connection.request()

    async with raw_server(script) as server:
        with pytest.raises(UpstreamConnectionError, match=f"127.0.0.1:{server.port}"):
            await fetch(client, post(server.url, method=method, network=NETWORK))
        assert server.accepted == 1


@pytest.mark.parametrize("begun", [b"H", b"HTTP/1.1 200 OK\r\n", head(status=b"100 Continue")])
async def test_there_is_no_second_try_once_an_answer_has_begun(client: OutboundClient, begun: bytes) -> None:
    async with raw_server(Stale(resets=False, says_first=begun).script) as server:
        request = post(server.url, network=NETWORK)
        assert await fetch(client, request) == (200, b"first")
        with pytest.raises(UpstreamError):
            await fetch(client, request)
        assert server.accepted == 1


POISON = answer(b"not asked for")


async def test_what_follows_an_answer_at_once_is_not_the_next_answer(client: OutboundClient) -> None:
    async with raw_server(says(answer(b"ok") + POISON)) as server:
        for _ in range(2):
            assert await fetch(client, post(server.url, network=NETWORK)) == (200, b"ok")
        assert server.accepted == 2


async def test_what_follows_a_body_is_not_the_next_answer(client: OutboundClient) -> None:
    has_head = asyncio.Event()

    async def script(connection: RawConnection) -> None:
        await connection.request()
        await connection.send(head(b"content-length: 2"))
        await has_head.wait()
        await connection.send(b"ok" + POISON)
        await connection.ended()

    async with raw_server(script) as server, asyncio.timeout(20):
        async with client.send(post(server.url, network=NETWORK)) as response:
            has_head.set()
            assert await response.read(100) == b"ok"
        assert await fetch(client, post(server.url, network=NETWORK)) == (200, b"ok")
        assert server.accepted == 2


@pytest.mark.parametrize("said", [POISON, POISON[:12]])
async def test_what_an_idle_server_says_is_not_the_next_answer(client: OutboundClient, said: bytes) -> None:
    is_idle, has_ended = asyncio.Event(), asyncio.Event()

    async def script(connection: RawConnection) -> None:
        await connection.request()
        await connection.send(answer(b"ok"))
        if server.accepted == 1:
            await is_idle.wait()
            await connection.send(said)
        await connection.ended()
        has_ended.set()

    async with raw_server(script) as server:
        assert await fetch(client, post(server.url, network=NETWORK)) == (200, b"ok")
        is_idle.set()
        async with asyncio.timeout(10):
            await has_ended.wait()
        assert await fetch(client, post(server.url, network=NETWORK)) == (200, b"ok")


async def test_there_are_no_more_connections_than_the_network_says(client: OutboundClient) -> None:
    open_now, most, go_on = 0, 0, asyncio.Event()

    async def script(connection: RawConnection) -> None:
        nonlocal open_now, most
        while True:
            await connection.request()
            open_now += 1
            most = max(most, open_now)
            if open_now == 3:
                go_on.set()
            await go_on.wait()
            open_now -= 1
            await connection.send(answer(b"ok"))

    async with raw_server(script) as server:
        request = post(server.url, network=network(max_connections=3))
        async with asyncio.timeout(20):
            answers = await asyncio.gather(*(fetch(client, request) for _ in range(12)))
        assert answers == [(200, b"ok")] * 12
        assert server.accepted == 3
        assert most == 3


async def test_stop_closes_what_is_idle_and_what_is_in_use(kind: str) -> None:
    paths = {b"/idle", b"/reading", b"/sending", b"/waiting"}
    asked: asyncio.Queue[bytes] = asyncio.Queue()
    ended: asyncio.Queue[bytes] = asyncio.Queue()
    is_stopped = asyncio.Event()

    async def script(connection: RawConnection) -> None:
        path = (await connection.head()).split()[1]
        if path == b"/idle":
            await connection.send(answer(b"ok"))
        elif path == b"/reading":
            await connection.send(head(b"content-length: 10") + b"half")
        asked.put_nowait(path)
        if path == b"/sending":  # of which nobody takes the rest
            await is_stopped.wait()
        await connection.ended()
        ended.put_nowait(path)

    async with raw_server(script) as server, running(kind) as client, asyncio.timeout(20):
        way = network(max_connections=3)
        await fetch(client, post(server.url + "/idle", b"", network=network()))
        async with client.send(post(server.url + "/reading", b"", network=way)) as response:
            chunks = chunks_of(response)
            assert await anext(chunks) == b"half"
            sending = post(server.url + "/sending", bytes(64 * MEBIBYTE), network=way)
            waiting = post(server.url + "/waiting", b"", network=way)
            # One of those that wait waits for an answer, the others for a connection.
            tasks = [asyncio.create_task(fetch(client, it)) for it in (sending, waiting, waiting, waiting)]
            assert {await asked.get() for _ in paths} == paths
            await until_blocked()
            stopping = asyncio.create_task(client.stop())
            await asyncio.sleep(0)  # so that it is stopping, and has not stopped
            with pytest.raises(UpstreamConnectionError):
                await anext(chunks)
            await stopping
            is_stopped.set()
            for task in tasks:
                with pytest.raises(UpstreamConnectionError):
                    await task
        assert {await ended.get() for _ in paths} == paths
        with pytest.raises(UpstreamConnectionError, match="stopping"):
            await fetch(client, post(server.url, network=way))
        assert server.accepted == 4


# Faults


CUT = {
    "nothing": b"",
    "half a status line": b"HTTP/1.1 2",
    "half a header": b"HTTP/1.1 200 OK\r\ncontent-le",
    "a head": head(b"content-length: 10"),
    "half a body": head(b"content-length: 10") + b"half",
    "half a chunk": head(b"transfer-encoding: chunked") + b"a\r\nhalf",
    "half a chunk's size": head(b"transfer-encoding: chunked") + chunk(b"whole") + b"1",
    "all but the last chunk": head(b"transfer-encoding: chunked") + chunk(b"whole"),
    "half the end": head(b"transfer-encoding: chunked") + chunk(b"whole") + b"0\r\n",
}


@pytest.mark.parametrize("cut", CUT)
@pytest.mark.parametrize("is_reset", [False, True])
@pytest.mark.parametrize("is_stream", [False, True])
async def test_an_answer_that_breaks_off_is_a_broken_connection(
    client: OutboundClient, cut: str, is_reset: bool, is_stream: bool
) -> None:
    async def script(connection: RawConnection) -> None:
        await connection.request()
        await connection.send(CUT[cut])
        if is_reset:
            connection.reset()

    async with raw_server(script) as server:
        with pytest.raises(UpstreamConnectionError, match=rf"127\.0\.0\.1:{server.port}") as caught:
            await fetch(client, post(server.url, is_stream=is_stream, network=NETWORK))
        has_head = b"\r\n\r\n" in CUT[cut]
        assert is_reset or ("midst of its answer" in caught.value.message) == has_head
        assert server.accepted == 1


CHUNKED = head(b"transfer-encoding: chunked") + chunk(b"whole")
MALFORMED = {
    "another protocol": [b"SSH-2.0-OpenSSH_9.6\r\n\r\n"],
    "no status": [b"HTTP/1.1 OK\r\n\r\n"],
    "two lengths": [head(b"content-length: 3", b"content-length: 4") + b"abcd"],
    "a length in words": [head(b"content-length: three") + b"abc"],
    "a header without a name": [head(b": value")],
    "a chunk's size in words": [CHUNKED + b"three\r\n"],
    "a chunk's size in words, later": [CHUNKED, b"three\r\n"],
    "a chunk that is longer than it says": [CHUNKED, b"1\r\nabc\r\n"],
    "another transfer encoding": [head(b"transfer-encoding: gzip, chunked") + chunk(b"")],
    "an upgrade": [head(b"connection: upgrade", b"upgrade: h2c", status=b"101 Switching Protocols")],
    "129 fields": [head(*[b"x: y"] * 128, b"content-length: 0")],
    "a field of 65 KiB": [head(b"x: " + b"y" * 65 * 1024)],
    "a name of 65 KiB": [head(b"x" * 65 * 1024 + b": y")],
    "a status line of 65 KiB": [head(status=b"200 " + b"y" * 65 * 1024)],
    "65 KiB of fields": [head(*[b"x: " + b"y" * 1021] * 64, b"content-length: 0")],
    "an unknown content encoding": [answer(b"abc", b"content-encoding: br")],
    "two content encodings": [answer(b"abc", b"content-encoding: gzip, gzip")],
    "a gzip body that is none": [answer(b"abc", b"content-encoding: gzip")],
    "half a gzip body": [answer(gzip.compress(b"abc")[:-4], b"content-encoding: gzip")],
}


@pytest.mark.parametrize("case", MALFORMED)
@pytest.mark.parametrize("is_stream", [False, True])
async def test_what_is_not_http_is_a_protocol_error_and_ends_the_connection(
    client: OutboundClient, case: str, is_stream: bool
) -> None:
    has_ended = asyncio.Event()

    async def script(connection: RawConnection) -> None:
        await connection.request()
        for part in MALFORMED[case]:
            await connection.send(part)
            await asyncio.sleep(0)
        await connection.ended()
        has_ended.set()

    async with raw_server(script) as server:
        with pytest.raises(UpstreamProtocolError) as caught:
            await fetch(client, post(server.url, is_stream=is_stream, network=NETWORK))
        assert len(caught.value.message) < 200
        assert server.accepted == 1
        if "content" not in case and "gzip" not in case:  # which are whole on the wire
            async with asyncio.timeout(10):
                await has_ended.wait()


@pytest.mark.parametrize("bad", [b"s3kret\r\n", b"3\r\ns3krets3kret"])
async def test_a_malformed_chunk_in_a_stream_is_a_protocol_error(client: OutboundClient, bad: bytes) -> None:
    is_read, has_ended = asyncio.Event(), asyncio.Event()

    async def script(connection: RawConnection) -> None:
        await connection.request()
        await connection.send(CHUNKED)
        await is_read.wait()
        await connection.send(bad)
        await connection.ended()
        has_ended.set()

    async with raw_server(script) as server, asyncio.timeout(20):
        request = post(server.url, is_stream=True, network=NETWORK)
        async with client.send(request) as response, aclosing(chunks_of(response)) as chunks:
            assert await anext(chunks) == b"whole"
            is_read.set()
            with pytest.raises(UpstreamProtocolError) as caught:
                await response.read(100)
            assert "s3kret" not in "".join(traceback.format_exception(caught.value))
            await has_ended.wait()


async def test_a_head_may_have_128_fields_and_nearly_64_kib(client: OutboundClient) -> None:
    many = answer(b"ok", *[b"x: y"] * 127)
    large = answer(b"ok", *[b"x: " + b"y" * 1021] * 62)
    for content in (many, large):
        async with raw_server(says(content)) as server:
            assert await fetch(client, post(server.url, network=NETWORK)) == (200, b"ok")


@pytest.mark.parametrize("piece", [b"x: " + b"y" * 1000 + b"\r\n", b"y" * 1000], ids=["fields", "one line"])
async def test_a_header_without_an_end_is_refused(client: OutboundClient, piece: bytes) -> None:
    async def script(connection: RawConnection) -> None:
        await connection.request()
        await connection.send(b"HTTP/1.1 200 OK\r\nx: ")
        while True:
            await connection.send(piece)

    async with raw_server(script) as server, asyncio.timeout(20):
        with pytest.raises(UpstreamProtocolError):
            await fetch(client, post(server.url, network=NETWORK))


# Bodies


@pytest.mark.parametrize("is_stream", [False, True])
async def test_a_body_past_the_bound_is_refused_and_its_connection_ended(
    client: OutboundClient, is_stream: bool
) -> None:
    ended: asyncio.Queue[None] = asyncio.Queue()

    async def script(connection: RawConnection) -> None:
        await connection.request()
        connection.write(head(b"transfer-encoding: chunked"))
        for _ in range(1000):
            connection.write(chunk(b"x" * 1000))
        await connection.ended()
        ended.put_nowait(None)

    async with raw_server(script) as server, asyncio.timeout(20):
        request = post(server.url, is_stream=is_stream, network=NETWORK)
        async with client.send(request) as response:
            with pytest.raises(UpstreamProtocolError, match="larger than 5000 bytes"):
                await response.read(5000)
            await ended.get()


ENCODED = {
    "gzip": gzip.compress(b"text " * 10_000),
    "x-gzip": gzip.compress(b"text " * 5_000) + gzip.compress(b"text " * 5_000),
    "deflate": zlib.compress(b"text " * 10_000),
    "Deflate": zlib.compress(b"text " * 10_000, wbits=-15),
    "identity": b"text " * 10_000,
}


@pytest.mark.parametrize("coding", ENCODED)
async def test_a_compressed_body_is_decoded(client: OutboundClient, coding: str) -> None:
    body = answer(ENCODED[coding], b"content-encoding: " + coding.encode())
    async with raw_server(says(body)) as server:
        assert await fetch(client, post(server.url, network=NETWORK)) == (200, b"text " * 10_000)


async def test_a_compressed_body_is_bounded_by_what_it_stands_for(client: OutboundClient) -> None:
    bomb = gzip.compress(b"\0" * 256 * MEBIBYTE)
    assert len(bomb) < MEBIBYTE
    async with raw_server(says(answer(bomb, b"content-encoding: gzip"))) as server:
        request = post(server.url, network=NETWORK)
        with pytest.raises(UpstreamProtocolError, match="larger than"):
            await fetch(client, request)
        async with client.send(request) as response, aclosing(chunks_of(response)) as chunks:
            assert len(await anext(chunks)) <= 64 * 1024


async def test_reading_waits_for_whoever_reads(client: OutboundClient) -> None:
    pieces, piece = 512, b"x" * 256 * 1024
    sent, is_stuck = 0, asyncio.Event()

    async def script(connection: RawConnection) -> None:
        nonlocal sent
        await connection.request()
        await connection.send(head(b"content-length: %d" % (pieces * len(piece))))
        for _ in range(pieces):
            sending = asyncio.ensure_future(connection.send(piece))
            await asyncio.wait({sending}, timeout=0.5)
            if not sending.done():
                is_stuck.set()
            await sending
            sent += 1
        await connection.ended()

    async with raw_server(script) as server, asyncio.timeout(60):
        request = post(server.url, is_stream=True, network=NETWORK)
        async with client.send(request) as response, aclosing(chunks_of(response)) as chunks:
            taken = len(await anext(chunks))
            await is_stuck.wait()
            assert sent < pieces // 4, "the client reads what nobody has asked it for"
            async for content in chunks:
                assert len(content) <= MEBIBYTE
                taken += len(content)
        assert taken == pieces * len(piece)
