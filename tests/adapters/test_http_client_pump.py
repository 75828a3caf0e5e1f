"""A body that is handed on where it arrives: all of it, in order, as much as is wanted, within its limits."""

import asyncio
import gc

import pytest

from causeway.adapters.outbound.httptools_client.exchange import Exchange
from causeway.model.errors import UpstreamConnectionError, UpstreamProtocolError, UpstreamTimeoutError
from causeway.pipeline.ports import OutboundClient
from support.outbound import chunk, head, network, post, running, says
from support.raw_server import RawConnection, raw_server

CHUNKED = head(b"transfer-encoding: chunked")
LAST = chunk(b"")
WORDS = [b"w%d " % number for number in range(200)]


class Sender:
    """A server that sends a chunk whenever it is told one; of nothing, the last one."""

    def __init__(self) -> None:
        self.turns: asyncio.Queue[bytes] = asyncio.Queue()
        self.has_ended = asyncio.Event()

    async def script(self, connection: RawConnection) -> None:
        await connection.request()
        await connection.send(CHUNKED)
        while content := await self.turns.get():
            await connection.send(chunk(content))
        await connection.send(LAST)
        await connection.ended()
        self.has_ended.set()


async def test_all_that_comes_is_handed_on_in_order(client: OutboundClient) -> None:
    sender, came = Sender(), bytearray()

    def take(content: bytes) -> bool:
        came.extend(content)
        sender.turns.put_nowait(WORDS[came.count(b" ")] if came.count(b" ") < len(WORDS) else b"")
        return False

    async with (
        raw_server(sender.script) as server,
        asyncio.timeout(20),
        client.send(post(server.url, is_stream=True, network=network())) as response,
    ):
        sender.turns.put_nowait(WORDS[0])
        assert await response.pump(take)
        assert await response.pump(take)  # there is no more
    assert bytes(came) == b"".join(WORDS)


@pytest.mark.parametrize("wanted", [1, 2, 7])
async def test_what_is_too_much_for_now_waits(client: OutboundClient, wanted: int) -> None:
    """However few pieces are taken at a time, and whether they are there already or come later."""
    sender, came = Sender(), []

    def take(content: bytes) -> bool:
        came.append(content)
        return len(came) % wanted == 0

    async with (
        raw_server(sender.script) as server,
        asyncio.timeout(20),
        client.send(post(server.url, is_stream=True, network=network())) as response,
    ):
        for word in (*WORDS, b""):
            sender.turns.put_nowait(word)
        while not await response.pump(take):
            before = len(came)
            await asyncio.sleep(0)  # in which more may arrive
            assert len(came) == before
    assert b"".join(came) == b"".join(WORDS)


async def test_what_the_taker_raises_is_raised_and_closes_the_connection(client: OutboundClient) -> None:
    sender = Sender()

    def take(content: bytes) -> bool:
        if content == b"second":
            raise ZeroDivisionError
        sender.turns.put_nowait(b"second")
        return False

    async with raw_server(sender.script) as server, asyncio.timeout(20):
        response = await client.open(post(server.url, is_stream=True, network=network()))
        sender.turns.put_nowait(b"first")
        with pytest.raises(ZeroDivisionError):
            await response.pump(take)
        sender.turns.put_nowait(b"")
        await sender.has_ended.wait()
        assert client.connection_use().in_use == 0


async def test_each_piece_begins_the_silence_anew(client: OutboundClient) -> None:
    """Together they take longer than one silence may, and the last one is too long."""
    sender, times, loop = Sender(), [], asyncio.get_running_loop()

    def take(content: bytes) -> bool:
        times.append(loop.time())
        if len(times) < 6:
            loop.call_later(0.25, sender.turns.put_nowait, content)
        return False

    async with (
        raw_server(sender.script) as server,
        asyncio.timeout(20),
        client.send(post(server.url, is_stream=True, network=network(idle=1.0))) as response,
    ):
        sender.turns.put_nowait(b"word")
        with pytest.raises(UpstreamTimeoutError, match="exceeded the idle timeout of 1 seconds"):
            await response.pump(take)
    assert len(times) == 6
    assert times[-1] - times[0] > 1.0
    assert loop.time() - times[-1] > 0.9


async def test_the_total_timeout_ends_what_is_handed_on(client: OutboundClient) -> None:
    async def script(connection: RawConnection) -> None:
        await connection.request()
        await connection.send(CHUNKED)
        while True:
            await connection.send(chunk(b"x" * 1000))
            await asyncio.sleep(0)

    async with (
        raw_server(script) as server,
        asyncio.timeout(20),
        client.send(post(server.url, is_stream=True, network=network(total=0.5))) as response,
    ):
        with pytest.raises(UpstreamTimeoutError, match="exceeded the total timeout"):
            await response.pump(lambda _: False)


@pytest.mark.parametrize("fault", [b"three\r\n", None], ids=["malformed", "broken off"])
async def test_what_came_before_a_fault_is_handed_on_first(
    client: OutboundClient, fault: bytes | None
) -> None:
    may_go_on = asyncio.Event()
    came: list[bytes] = []

    async def script(connection: RawConnection) -> None:
        await connection.request()
        await connection.send(CHUNKED + chunk(b"one"))
        await may_go_on.wait()
        await connection.send(chunk(b"two") + (fault or b""))

    def take(content: bytes) -> bool:
        came.append(content)
        may_go_on.set()
        return False

    async with (
        raw_server(script) as server,
        asyncio.timeout(20),
        client.send(post(server.url, is_stream=True, network=network())) as response,
    ):
        with pytest.raises(UpstreamProtocolError if fault else UpstreamConnectionError):
            await response.pump(take)
    assert b"".join(came).startswith(b"one")
    assert b"".join(came) in ((b"one", b"onetwo") if fault else (b"onetwo",))  # aiohttp drops a torn chunk


async def test_cancelling_who_waits_closes_the_connection(client: OutboundClient) -> None:
    sender, has_come = Sender(), asyncio.Event()

    def take(_: bytes) -> bool:
        has_come.set()
        return False

    async with raw_server(sender.script) as server, asyncio.timeout(20):
        response = await client.open(post(server.url, is_stream=True, network=network()))
        pumping = asyncio.ensure_future(response.pump(take))
        sender.turns.put_nowait(b"one")
        await has_come.wait()
        pumping.cancel()
        await asyncio.wait({pumping})
        assert pumping.cancelled()
        assert client.connection_use().in_use == 0
        sender.turns.put_nowait(b"")
        await sender.has_ended.wait()


async def test_a_whole_answer_is_handed_on_too(client: OutboundClient) -> None:
    came: list[bytes] = []

    def take(content: bytes) -> bool:
        came.append(content)
        return False

    async with (
        raw_server(says(CHUNKED + chunk(b"one") + chunk(b"two") + LAST)) as server,
        client.send(post(server.url, is_stream=True, network=network())) as response,
    ):
        assert await response.pump(take)
    assert b"".join(came) == b"onetwo"
    assert client.connection_use().in_use == 0


@pytest.mark.parametrize("is_left", [False, True], ids=["read", "left"])
async def test_what_was_handed_on_leaves_nothing_for_the_collector(is_left: bool) -> None:
    """It runs seldom in the gateway, and thousands of streams would wait for it."""
    has_come = asyncio.Event()

    def take(_: bytes) -> bool:
        has_come.set()
        return False

    async def read(client: OutboundClient, url: str) -> None:
        request = post(url, is_stream=True, network=network(keep_alive_seconds=0))
        async with client.send(request) as response:
            await response.pump(take)

    last = b"" if is_left else LAST

    async def script(connection: RawConnection) -> None:
        await connection.request()
        await connection.send(CHUNKED + chunk(b"one"))
        await has_come.wait()
        await connection.send(chunk(b"two") + last)
        await connection.ended()

    async with raw_server(script) as server, running("httptools") as client, asyncio.timeout(20):
        gc.collect()
        gc.disable()
        try:
            for _ in range(10):
                has_come.clear()
                reading = asyncio.ensure_future(read(client, server.url))
                await has_come.wait()
                if is_left:
                    reading.cancel()
                await asyncio.wait({reading})
                del reading
                await asyncio.sleep(0)  # in which a transport lets go of its protocol
            left = sum(isinstance(it, Exchange) for it in gc.get_objects())
        finally:
            gc.enable()
    assert left <= 1
