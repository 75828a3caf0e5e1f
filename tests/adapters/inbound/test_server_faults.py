"""The server before clients that send anything, in any pieces: it answers or closes, and forgets them."""

import asyncio
from collections.abc import Callable

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from causeway.adapters.inbound.asgi import Receive, Scope, Send
from support.http_answers import CUTS, cut
from support.http_requests import WrittenRequest, damaged_requests, written_requests
from support.inbound import Served, echo, serving

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "uvloop": uvloop.new_event_loop,
    "asyncio": asyncio.new_event_loop,
}


async def hasty(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer before the body has come, and in parts."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"one", "more_body": True})
    await asyncio.sleep(0)
    await send({"type": "http.response.body", "body": b"two"})


async def send_parts(served: Served, parts: list[bytes], *, leaves: bool) -> bytes:
    """Send parts, and leave or say that this was all; returns what came."""
    async with served.client() as client:
        try:
            for part in parts:
                await client.send(part)
                await asyncio.sleep(0)
            if leaves:
                return b""
            client.end_sending()
        except ConnectionError:
            return b""
        return (await client.rest())[0]


async def is_alive(served: Served) -> bool:
    async with served.client() as client:
        await client.send(b"GET /alive HTTP/1.1\r\nhost: a\r\n\r\n")
        return (await client.answer()).status == 200


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("handler", [echo, hasty])
def test_nonsense_ends_and_leaves_nothing_behind(loop: str, handler: Callable[..., object]) -> None:
    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        context = serving(handler)  # type: ignore[arg-type]
        served = runner.run(context.__aenter__())
        tasks = len(asyncio.all_tasks(runner.get_loop()))

        @settings(max_examples=250, deadline=None)
        @given(damaged_requests() | st.binary(max_size=100), CUTS, st.booleans())
        def check(content: bytes, places: list[int], leaves: bool) -> None:
            runner.run(send_parts(served, cut(content, places), leaves=leaves))
            runner.run(served.until(lambda: not served.server.state.connections))
            runner.run(served.until_idle())
            assert not served.failures
            assert len(asyncio.all_tasks(runner.get_loop())) == tasks

        check()
        assert runner.run(is_alive(served))
        runner.run(context.__aexit__(None, None, None))


async def ask_all(served: Served, sent: list[WrittenRequest], places: list[int]) -> list[bytes]:
    async with served.client() as client:
        for part in cut(b"".join(written.content for written in sent), places):
            await client.send(part)
            await asyncio.sleep(0)
        return [(await client.answer(written.method)).body for written in sent]


@pytest.mark.parametrize("loop", LOOPS)
def test_requests_cut_anywhere_get_the_same_answers(loop: str) -> None:
    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        context = serving()
        served = runner.run(context.__aenter__())

        @settings(max_examples=150, deadline=None)
        @given(st.lists(written_requests(), min_size=1, max_size=4), CUTS)
        def check(sent: list[WrittenRequest], places: list[int]) -> None:
            whole = runner.run(ask_all(served, sent, []))
            assert runner.run(ask_all(served, sent, places)) == whole
            for body, written in zip(whole, sent, strict=True):
                line, _, rest = body.partition(b"\n")
                assert line.startswith(written.method.encode() + b" /")
                assert rest == written.body

        check()
        runner.run(context.__aexit__(None, None, None))
