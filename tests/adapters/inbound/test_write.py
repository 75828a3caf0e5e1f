"""A body that is sent where the application cannot wait: `WRITE`, beside the `send` of the same answer."""

import asyncio
import gc
from typing import Any

import pytest

from causeway.adapters.inbound.asgi import WRITE, Receive, Scope, Send, Write
from causeway.adapters.inbound.exchange import Exchange
from support.inbound import serving

GET = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"
START: dict[str, Any] = {"type": "http.response.start", "status": 200, "headers": []}
END = {"type": "http.response.body", "body": b"", "more_body": False}


def write_of(scope: Scope) -> Write:
    write: Write = scope["extensions"][WRITE]
    return write


async def test_what_is_written_is_sent_in_its_order() -> None:
    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        write = write_of(scope)
        await send(START)
        assert write(b"one ") is None  # with the head, which had waited
        assert write(b"") is None
        assert write(b"two ") is None
        await send({"type": "http.response.body", "body": b"three ", "more_body": True})
        asyncio.get_running_loop().call_soon(write, b"four")
        await asyncio.sleep(0)
        await send(END)

    async with serving(handler) as served, served.client() as client:
        for _ in range(2):
            await client.send(GET)
            assert (await client.answer()).body == b"one two three four"


@pytest.mark.parametrize("head", [b"HTTP/1.0\r\n", b"HTTP/1.1\r\nconnection: close\r\n"])
async def test_it_is_framed_as_the_answer_is(head: bytes) -> None:
    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        write_of(scope)(b"one ")
        write_of(scope)(b"two")
        await send(END)

    async with serving(handler) as served, served.client() as client:
        await client.send(b"GET / " + head + b"host: a\r\n\r\n")
        assert (await client.answer()).body == b"one two"


async def test_an_announced_length_holds_for_it_too() -> None:
    raised: list[BaseException] = []

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await send({**START, "headers": [(b"content-length", b"5")]})
        write_of(scope)(b"four")
        try:
            write_of(scope)(b"more")
        except RuntimeError as error:
            raised.append(error)
            raise

    async with serving(handler) as served, served.client() as client:
        await client.send(GET)
        assert (await client.rest())[0].endswith(b"\r\n\r\nfour")
        assert "not as long" in str(raised[0])


@pytest.mark.parametrize("has_ended", [False, True])
async def test_it_has_its_turn_between_the_head_and_the_end(has_ended: bool) -> None:
    raised: list[BaseException] = []

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        if has_ended:
            await send(START)
            await send(END)
        try:
            write_of(scope)(b"late")
        except RuntimeError as error:
            raised.append(error)
        if not has_ended:
            await send(START)
            await send(END)

    async with serving(handler) as served, served.client() as client:
        await client.send(GET)
        assert (await client.answer()).body == b""
        await served.until(lambda: bool(raised))
        assert "out of turn" in str(raised[0])


async def test_who_writes_to_a_client_that_does_not_read_is_to_wait() -> None:
    piece, pieces = b"x" * 64 * 1024, 0
    waits = asyncio.Event()

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal pieces
        await send(START)
        pending = None
        while pending is None:
            pending = write_of(scope)(piece)
            pieces += 1
        waits.set()
        await pending
        assert write_of(scope)(b"more") is None
        await send(END)

    async with serving(handler) as served, served.client() as client:
        client.stop_reading()
        await client.send(GET)
        await waits.wait()
        client.read_on()
        assert (await client.answer()).body == piece * pieces + b"more"


async def test_what_is_written_to_a_client_that_has_left_goes_nowhere() -> None:
    has_left = asyncio.Event()
    written: list[object] = []

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        write_of(scope)(b"one")
        try:
            await asyncio.Event().wait()
        finally:
            written.append(write_of(scope)(b"two"))
            has_left.set()

    async with serving(handler) as served, served.client() as client:
        await client.send(GET)
        await client.read_until(b"one")
        client.close()
        await has_left.wait()
        assert written == [None]
        await served.until_idle()


async def test_an_answered_request_leaves_nothing_for_the_collector() -> None:
    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        write_of(scope)(b"one")
        await send(END)

    async with serving(handler) as served, served.client() as client:
        gc.collect()
        gc.disable()
        try:
            for _ in range(20):
                await client.send(GET)
                await client.answer()
            left = sum(isinstance(it, Exchange) for it in gc.get_objects())
        finally:
            gc.enable()
    assert left <= 1
