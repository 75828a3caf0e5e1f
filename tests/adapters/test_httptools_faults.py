"""The gateway's own client before servers that send nonsense, in any pieces: it ends, and forgets them."""

import asyncio
from collections.abc import Callable

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from causeway.adapters.outbound.httptools_client.answer import AnswerReader
from causeway.model.errors import UpstreamError, UpstreamProtocolError
from support.http_answers import CUTS, Written, cut, damaged_answers, written_answers
from support.outbound import answer, fetch, network, post, running
from support.raw_server import RawConnection, raw_server

LOOPS = {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}
NETWORK = network()


def has_an_end(parts: list[bytes]) -> bool:
    """Whether an answer in parts ends, well or badly, though its connection does not."""
    reader = AnswerReader("a.test:80")
    got = reader.expect(has_body=True)
    try:
        for part in parts:
            reader.feed(part)
            if got.is_complete:
                return True
    except UpstreamProtocolError:
        return True
    return False


async def ask_twice(parts: list[bytes], *, is_stream: bool, stays: bool) -> tuple[int, bytes] | UpstreamError:
    """Return what comes of an answer in parts; what comes after it must be the answer to the next request."""
    has_sent = asyncio.Event()

    async def script(connection: RawConnection) -> None:
        await connection.request()
        if server.accepted == 1:
            try:
                for part in parts:
                    await connection.send(part)
                    await asyncio.sleep(0)
            finally:
                has_sent.set()
            if not stays:
                return
            await connection.request()
        await connection.send(answer(b"second"))
        await connection.ended()

    first: tuple[int, bytes] | UpstreamError
    async with raw_server(script) as server, running("httptools") as client:
        request = post(server.url, is_stream=is_stream, network=NETWORK)
        try:
            first = await fetch(client, request)
        except UpstreamError as error:
            first = error
        await has_sent.wait()
        assert await fetch(client, post(server.url, network=NETWORK)) == (200, b"second")
    return first


@pytest.mark.parametrize("loop", LOOPS)
def test_nonsense_ends_and_leaves_nothing_behind(loop: str) -> None:
    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:

        @settings(max_examples=150, deadline=None)
        @given(damaged_answers() | st.binary(max_size=100), CUTS, st.booleans(), st.booleans())
        def check(content: bytes, places: list[int], is_stream: bool, stays: bool) -> None:
            parts = cut(content, places)
            runner.run(ask_twice(parts, is_stream=is_stream, stays=stays and has_an_end(parts)))

        check()


@pytest.mark.parametrize("loop", LOOPS)
def test_answers_cut_anywhere_are_read_and_what_follows_them_is_not(loop: str) -> None:
    unasked = st.sampled_from([b"", b"H", b"\r\nx", b"0\r\n\r\n", answer(b"not asked for")])
    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:

        @settings(max_examples=100, deadline=None)
        @given(written_answers(("length", "chunked", "none")), unasked, CUTS, st.booleans())
        def check(written: Written, more: bytes, places: list[int], is_stream: bool) -> None:
            parts = cut(written.content + more, places)
            got = runner.run(ask_twice(parts, is_stream=is_stream, stays=True))
            assert got == (written.status, written.body)

        check()


Speak = Callable[[RawConnection], None]


@pytest.mark.parametrize(
    "speak",
    [lambda connection: connection.write(answer(b"not asked for")), lambda connection: connection.reset()],
    ids=["speaks", "ends"],
)
async def test_what_an_idle_server_does_is_seen_before_the_next_request(speak: Speak) -> None:
    """Though the loop had no turn to see it."""
    idle: asyncio.Queue[RawConnection] = asyncio.Queue()
    requests = 0

    async def script(connection: RawConnection) -> None:
        nonlocal requests
        await connection.request()
        requests += 1
        await connection.send(answer(b"ok"))
        idle.put_nowait(connection)
        await connection.request()
        requests += 1

    async with raw_server(script) as server, running("httptools") as client:
        request = post(server.url, network=network())
        assert await fetch(client, request) == (200, b"ok")
        speak(await idle.get())
        assert await fetch(client, request) == (200, b"ok")
        assert server.accepted == 2
        assert requests == 2
