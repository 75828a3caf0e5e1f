"""Connections over real sockets: order, framing, waiting, leaving, and what is refused."""

import asyncio
import gc
import json
import socket
from collections.abc import Callable
from typing import Any

import pytest

from causeway.adapters.inbound.asgi import CANCELS_ON_DISCONNECT, WHOLE_BODY, Receive, Scope, Send
from causeway.adapters.inbound.connection import Connection
from causeway.adapters.inbound.exchange import Exchange
from causeway.adapters.inbound.limits import Limits
from causeway.adapters.inbound.request_reader import MAX_PIPELINED_REQUESTS, Request, RequestReader
from support.inbound import Handler, RawClient, echo, read_body, respond, serving

GET = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"
START = {"type": "http.response.start", "status": 200, "headers": []}


def post(body: bytes, *fields: bytes, path: bytes = b"/") -> bytes:
    length = b"content-length: %d" % len(body)
    return b"\r\n".join([b"POST " + path + b" HTTP/1.1", b"host: a", length, *fields, b"", body])


def part(body: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


def refusal(read: bytes) -> tuple[int, str]:
    """Return the status and the message of a refusal, which is all that was read."""
    head, _, body = read.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    assert b"connection: close" in lines
    assert b"content-type: application/json" in lines
    assert b"content-length: %d" % len(body) in lines
    assert any(line.startswith(b"date: ") for line in lines)
    decoded = json.loads(body)
    assert list(decoded) == ["message"]
    return int(head.split()[1]), decoded["message"]


async def test_a_connection_carries_one_request_after_another() -> None:
    async with serving() as served, served.client() as client:
        for number in range(3):
            await client.send(post(b"%d" % number, path=b"/a%20b?c"))
            answer = await client.answer()
            assert (answer.status, answer.body) == (200, b"POST /a b c\n%d" % number)
        assert len(served.server.state.connections) == 1


async def test_requests_sent_at_once_are_answered_in_their_order() -> None:
    turns: list[str] = []

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        turns.append(f"begin {scope['path']}")
        await asyncio.sleep(0)
        turns.append(f"end {scope['path']}")
        await echo(scope, receive, send)

    async with serving(handler) as served, served.client() as client:
        paths = [b"/%d" % number for number in range(MAX_PIPELINED_REQUESTS)]
        await client.send(b"".join(post(path, path=path) for path in paths))
        for path in paths:
            assert (await client.answer()).body == b"POST %b \n%b" % (path, path)
    assert turns == [f"{step} {path.decode()}" for path in paths for step in ("begin", "end")]


async def test_of_too_many_requests_at_once_the_first_are_answered() -> None:
    async with serving() as served, served.client() as client:
        await client.send(GET * (MAX_PIPELINED_REQUESTS + 1))
        answers = [await client.answer() for _ in range(MAX_PIPELINED_REQUESTS)]
        assert [b"connection" in answer.headers for answer in answers[-2:]] == [False, True]
        assert await client.rest() == (b"", "closed")


async def test_while_a_request_is_answered_no_second_one_is_read() -> None:
    """The body of the second is not taken in, however long it is."""
    may_answer = asyncio.Event()

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await may_answer.wait()
        await echo(scope, receive, send)

    async with serving(handler) as served, served.client() as client:
        body = b"x" * 16 * 1024 * 1024
        sending = asyncio.ensure_future(client.send(GET + post(body)))
        for _ in range(1000):
            await asyncio.sleep(0)
        assert not sending.done()
        may_answer.set()
        await sending
        assert (await client.answer()).body == b"GET / \n"
        assert (await client.answer()).body == b"POST / \n" + body


async def test_nonsense_after_requests_is_refused_when_they_have_been_answered() -> None:
    async with serving() as served, served.client() as client:
        await client.send(GET + GET + b"nonsense\r\n\r\n")
        for _ in range(2):
            assert (await client.answer()).status == 200
        read, end = await client.rest()
        assert refusal(read) == (400, "the request is not well-formed HTTP/1.1")
        assert end == "closed"


@pytest.mark.parametrize("content", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01"])
async def test_what_is_refused_is_not_repeated(content: bytes) -> None:
    async with serving() as served:
        read, end = await served.ask(content)
    assert end == "closed"
    assert refusal(read)[0] == 400
    assert b"nonsense" not in read


async def test_who_is_still_sending_can_read_why_it_was_refused() -> None:
    async with serving() as served, served.client() as client:
        fields = b"x: y\r\n" * 200_000
        await client.send(b"GET / HTTP/1.1\r\nhost: a\r\n" + fields)
        read, end = await client.rest()
    assert refusal(read)[0] == 431
    assert end == "closed"


async def test_a_malformed_body_is_refused_while_nothing_has_been_answered() -> None:
    causes: list[BaseException] = []

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await read_body(receive)
        except BaseException as error:
            causes.append(error)
            raise

    async with serving(handler) as served, served.client() as client:
        await client.send(b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n")
        await served.until(lambda: len(served.server.state.exchanges) == 1)
        await client.send(b"nonsense")
        assert refusal((await client.rest())[0])[0] == 400
        await served.until_idle()
    assert [type(cause) for cause in causes] == [asyncio.CancelledError]


async def test_a_request_that_has_come_malformed_is_not_asked() -> None:
    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        pytest.fail("it was asked")

    async with serving(handler) as served:
        head = b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
        read, _ = await served.ask(head + b"2\r\nok\r\nnonsense")
    assert refusal(read)[0] == 400


async def test_a_malformed_body_cuts_an_answer_that_has_begun() -> None:
    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        await send(part(b"hello"))
        await read_body(receive)

    async with serving(handler) as served, served.client() as client:
        await client.send(b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n")
        await client.read_until(b"5\r\nhello\r\n")
        await client.send(b"nonsense")
        assert (await client.rest())[0] == b""
        await served.until_idle()


async def stream(scope: Scope, receive: Receive, send: Send) -> None:
    await send(START)
    for piece in (b"one", b"", b"two"):
        await send(part(piece))
        await asyncio.sleep(0)
    await send(part(b"", more=False))


async def test_a_stream_is_chunked_and_leaves_the_connection_open() -> None:
    async with serving(stream) as served, served.client() as client:
        for _ in range(2):
            await client.send(GET)
            read = await client.read_until(b"0\r\n\r\n")
            assert b"transfer-encoding: chunked" in read
            assert read.endswith(b"\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")


async def test_parts_of_any_size_come_in_their_order() -> None:
    pieces = [b"%d" % number * (1 + number % 7) for number in range(500)] + [
        b"x" * 200_000,
        b"y",
        b"z" * 70_000,
    ]

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        for piece in pieces:
            await send(part(piece))
        await send(part(b"", more=False))

    async with serving(handler) as served, served.client() as client:
        await client.send(GET + GET)
        for _ in range(2):
            assert (await client.answer()).body == b"".join(pieces)


async def test_a_part_does_not_wait_for_the_next() -> None:
    goes_on = asyncio.Event()

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        await send(part(b"one"))
        await goes_on.wait()
        await send(part(b"two", more=False))

    async with serving(handler) as served, served.client() as client:
        await client.send(GET)
        assert (await client.read_until(b"one\r\n")).endswith(b"\r\n\r\n3\r\none\r\n")
        goes_on.set()
        assert await client.read_until(b"0\r\n\r\n") == b"3\r\ntwo\r\n0\r\n\r\n"


async def test_http_1_0_gets_no_chunks_and_an_end() -> None:
    async with serving(stream) as served:
        read, end = await served.ask(b"GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n")
    head, _, body = read.partition(b"\r\n\r\n")
    assert (body, end) == (b"onetwo", "closed")
    assert b"chunked" not in head
    assert b"connection: close" in head


async def test_http_1_0_keeps_a_connection_only_if_it_asks_to() -> None:
    async with serving() as served, served.client() as client:
        await client.send(b"GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n")
        assert (await client.answer()).headers[b"connection"] == b"keep-alive"
        await client.send(b"GET / HTTP/1.0\r\n\r\n")
        read, end = await client.rest()
        assert read.endswith(b"GET / \n")
        assert end == "closed"


@pytest.mark.parametrize("status", [200, 204, 304])
async def test_an_answer_without_a_body_has_none(status: int) -> None:
    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, b"body", status=status)

    method = b"GET" if status != 200 else b"HEAD"
    async with serving(handler) as served, served.client() as client:
        await client.send((method + GET[3:]) * 2)
        read = await client.read_until(b"\r\n\r\n") + await client.read_until(b"\r\n\r\n")
        assert read.count(b"HTTP/1.1 %d" % status) == 2
        client.end_sending()
        assert await client.rest() == (b"", "closed")


async def test_the_last_request_closes_the_connection() -> None:
    async with serving() as served:
        read, end = await served.ask(post(b"x", b"connection: close") + GET)
    assert b"connection: close" in read
    assert read.endswith(b"POST / \nx")
    assert end == "closed"


async def test_the_application_may_close_the_connection() -> None:
    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, b"bye", (b"connection", b"close"), status=408)

    async with serving(handler) as served:
        read, end = await served.ask(GET + GET)
    assert read.count(b"HTTP/1.1 408 Request Timeout") == 1
    assert read.count(b"connection: close") == 1
    assert end == "closed"


async def test_leave_to_send_is_given_when_the_body_is_asked_for() -> None:
    is_wanted = asyncio.Event()
    pieces: list[bytes] = []

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await is_wanted.wait()
        while b"".join(pieces) != b"hello":
            pieces.append((await receive())["body"])
        await respond(send, b"all")

    async with serving(handler) as served, served.client() as client:
        for _ in range(2):
            is_wanted.clear()
            pieces.clear()
            request, body = post(b"hello", b"expect: 100-continue"), b"hello"
            await client.send(request[: -len(body)])
            await served.until(lambda: len(served.server.state.exchanges) == 1)
            is_wanted.set()
            assert await client.read_until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            await client.send(body[:2])
            await served.until(lambda: bool(pieces))
            await client.send(body[2:])
            read = await client.read_until(b"\r\n\r\nall")
            assert read.startswith(b"HTTP/1.1 200 OK\r\n")
            await served.until_idle()


async def test_leave_to_send_is_not_given_in_the_midst_of_an_answer() -> None:
    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        await send(part(b"one"))
        await read_body(receive)
        await send(part(b"two", more=False))

    async with serving(handler) as served, served.client() as client:
        request = post(b"hello", b"expect: 100-continue")
        await client.send(request[:-5])
        await client.read_until(b"3\r\none\r\n")
        await client.send(b"hello")
        assert await client.rest() == (b"3\r\ntwo\r\n0\r\n\r\n", "closed")


async def test_a_body_that_has_come_needs_no_leave() -> None:
    async with serving() as served, served.client() as client:
        await client.send(post(b"hello", b"expect: 100-continue"))
        assert (await client.answer()).body == b"POST / \nhello"


async def test_who_may_not_send_its_body_gets_no_other_answer_on_that_connection() -> None:
    """It may have been about to send, or not: what would come is the body, or another request."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, b"no", status=413)

    async with serving(handler) as served, served.client() as client:
        await client.send(
            post(b"", b"expect: 100-continue").replace(b"content-length: 0", b"content-length: 28")
        )
        answer = await client.answer()
        assert (answer.status, answer.headers[b"connection"]) == (413, b"close")
        await client.send(GET)
        assert (await client.rest())[0] == b""


async def test_the_rest_of_a_body_that_nobody_wants_is_not_the_next_request() -> None:
    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, scope["path"].encode(), status=401)

    async with serving(handler) as served, served.client() as client:
        request = post(GET * 20_000, path=b"/first")
        await client.send(request[:1000])
        assert (await client.answer()).body == b"/first"
        await client.send(request[1000:] + post(b"", path=b"/second"))
        assert (await client.answer()).body == b"/second"


async def test_the_rest_of_a_body_must_come_in_time() -> None:
    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, b"no", status=401)

    async with serving(handler, Limits(rest_seconds=5)) as served, served.client() as client:
        await client.send(post(b"x" * 100)[:-50])
        await client.answer()
        served.pass_seconds(4)
        await client.send(b"x")
        assert len(served.server.state.connections) == 1
        served.pass_seconds(2)
        assert (await client.rest())[0] == b""


async def test_a_body_comes_as_the_application_takes_it() -> None:
    takes: asyncio.Queue[None] = asyncio.Queue()
    taken: list[int] = []

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        has_more = True
        while has_more:
            await takes.get()
            message = await receive()
            taken.append(len(message["body"]))
            has_more = message["more_body"]
        await respond(send, b"%d" % sum(taken))

    async with serving(handler) as served, served.client() as client:
        body = b"x" * 20 * 1024 * 1024
        sending = asyncio.ensure_future(client.send(post(body)))
        for _ in range(1000):
            await asyncio.sleep(0)
        assert not sending.done()
        while not sending.done() or served.server.state.exchanges:
            takes.put_nowait(None)
            await asyncio.sleep(0)
        assert (await client.answer()).body == b"%d" % len(body)
    assert max(taken) < 1024 * 1024


async def test_a_chunked_body_is_put_together() -> None:
    async with serving() as served, served.client() as client:
        head = b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
        await client.send(head + b"3;a=b\r\none\r\n")
        await served.until(lambda: len(served.server.state.exchanges) == 1)
        await client.send(b"3\r\ntwo\r\n0\r\nx: y\r\n\r\n")
        assert (await client.answer()).body == b"POST / \nonetwo"


async def test_a_client_that_does_not_read_makes_the_application_wait() -> None:
    sent = 0
    piece = b"x" * 64 * 1024
    count = 800

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal sent
        await send(START)
        for _ in range(count):
            await send(part(piece))
            sent += 1
        await send(part(b"", more=False))

    async with serving(handler) as served, served.client() as client:
        client.stop_reading()
        await client.send(GET)
        await served.until(lambda: sent > 0)
        before = -1
        while before != sent:  # what the kernel takes is its own affair
            before = sent
            for _ in range(1000):
                await asyncio.sleep(0)
        assert sent < count / 2
        client.read_on()
        assert (await client.answer()).body == piece * count


async def test_a_client_that_does_not_read_in_time_is_left() -> None:
    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        while True:
            await send(part(b"x" * 64 * 1024))

    async with serving(handler, Limits(stall_seconds=5)) as served, served.client() as client:
        client.stop_reading()
        await client.send(GET)
        (connection,) = served.server.state.connections
        await served.until(lambda: bool(connection.is_write_paused))  # type: ignore[attr-defined]
        served.pass_seconds(4)
        assert served.server.state.exchanges
        served.pass_seconds(2)
        await served.until_idle()
        await served.until(lambda: not served.server.state.connections)


async def test_a_client_that_reads_again_in_time_is_not_left() -> None:
    goes_on = asyncio.Event()
    body = b"x" * 8 * 1024 * 1024

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        await send(part(body))
        await goes_on.wait()
        await send(part(b"more", more=False))

    async with serving(handler, Limits(stall_seconds=5)) as served, served.client() as client:
        client.stop_reading()
        await client.send(GET)
        await served.until(lambda: bool(served.server.state.exchanges))
        connection = _only_connection(served)
        await served.until(lambda: bool(connection.is_write_paused))
        client.read_on()
        answering = asyncio.ensure_future(client.answer())
        await served.until(lambda: not connection.is_write_paused)
        served.pass_seconds(100)
        goes_on.set()
        assert (await answering).body == body + b"more"


async def test_while_an_answer_is_not_taken_the_next_request_waits() -> None:
    asked = 0
    body = b"x" * 8 * 1024 * 1024

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal asked
        asked += 1
        await respond(send, body)

    async with serving(handler) as served, served.client() as client:
        client.stop_reading()
        await client.send(GET * 3)
        await served.until(lambda: asked > 0)
        await served.until_idle()
        assert asked == 1
        client.read_on()
        for _ in range(3):
            assert (await client.answer()).body == body


Leave = Callable[[RawClient], None]
LEAVES = {"closes": RawClient.close, "says no more": RawClient.end_sending}


@pytest.mark.parametrize("leave", LEAVES)
@pytest.mark.parametrize("window", ["body", "answer", "stream"])
async def test_a_client_that_leaves_cancels_its_request(leave: str, window: str) -> None:
    causes: list[BaseException] = []

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if window == "body":
                await read_body(receive)
            if window == "stream":
                await send(START)
                await send(part(b"one"))
            await asyncio.Event().wait()
        except BaseException as error:
            causes.append(error)
            raise

    async with serving(handler) as served, served.client() as client:
        await client.send(post(b"hello")[: -2 if window == "body" else None])
        await served.until(lambda: len(served.server.state.exchanges) == 1)
        if window == "stream":
            await client.read_until(b"one")
        LEAVES[leave](client)
        await served.until_idle()
        await served.until(lambda: not served.server.state.connections)
    assert [type(cause) for cause in causes] == [asyncio.CancelledError]


async def test_a_client_that_leaves_between_requests_cancels_nothing() -> None:
    goes_on = asyncio.Event()
    ended: list[str] = []

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, b"all")
        await goes_on.wait()
        ended.append((await receive())["type"])

    async with serving(handler) as served, served.client() as client:
        await client.send(GET)
        await client.answer()
        client.close()
        await served.until(lambda: not served.server.state.connections)
        goes_on.set()
        await served.until_idle()
    assert ended == ["http.disconnect"]


async def test_a_request_that_is_gone_before_its_turn_is_not_asked() -> None:
    """Its bytes and the end of its connection are read at once: a task would be cancelled before it began."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        pytest.fail("it was asked")

    async with serving(handler) as served, served.client():
        await served.until(lambda: len(served.server.state.connections) == 1)
        connection = _only_connection(served)
        connection.data_received(GET)
        assert len(served.server.state.exchanges) == 1
        connection.abort()
        await served.until_idle()


async def test_the_application_is_told_by_receive_too() -> None:
    told: list[dict[str, Any]] = []

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await read_body(receive)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            told.append(dict(await receive()))
            await send(START)
            await send(part(b"to nobody"))
            raise

    async with serving(handler) as served, served.client() as client:
        await client.send(GET)
        await served.until(lambda: len(served.server.state.exchanges) == 1)
        client.close()
        await served.until_idle()
    assert told == [{"type": "http.disconnect"}]


async def test_an_answer_s_end_is_told_by_receive() -> None:
    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        waiting = asyncio.ensure_future(_second(receive))
        await asyncio.sleep(0)
        await respond(send, b"all")
        assert await waiting == {"type": "http.disconnect"}

    async with serving(handler) as served, served.client() as client:
        await client.send(GET)
        await client.answer()
        await served.until_idle()


async def _second(receive: Receive) -> Any:
    await read_body(receive)
    return await receive()


async def test_one_may_wait_to_receive_at_a_time() -> None:
    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await read_body(receive)
        waiting = asyncio.ensure_future(_wait(receive))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="somebody else"):
            await receive()
        await respond(send, b"all")
        await waiting

    async with serving(handler) as served, served.client() as client:
        await client.send(GET)
        assert (await client.answer()).body == b"all"
        await served.until_idle()


async def _wait(receive: Receive) -> Any:
    return await receive()


async def test_receive_that_was_given_up_can_be_called_again() -> None:
    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await receive()
        await echo(scope, receive, send)

    async with serving(handler) as served, served.client() as client:
        request = post(b"hello")
        await client.send(request[:-5])
        await served.until(lambda: len(served.server.state.exchanges) == 1)
        await asyncio.sleep(0)
        await client.send(b"hello")
        assert (await client.answer()).body == b"POST / \nhello"


async def _raises(scope: Scope, receive: Receive, send: Send) -> None:
    raise ValueError("the secret reason")


async def _returns(scope: Scope, receive: Receive, send: Send) -> None:
    return


async def _only_starts(scope: Scope, receive: Receive, send: Send) -> None:
    await send(START)


async def _splits_a_header(scope: Scope, receive: Receive, send: Send) -> None:
    await respond(send, b"", (b"x", b"a\r\nset-cookie: b"))


async def _sends_no_start(scope: Scope, receive: Receive, send: Send) -> None:
    await send(part(b"hello"))


async def _says_too_much(scope: Scope, receive: Receive, send: Send) -> None:
    await send({**START, "headers": [(b"content-length", b"4")]})
    await send(part(b"hello", more=False))


async def _says_too_little(scope: Scope, receive: Receive, send: Send) -> None:
    await send({**START, "headers": [(b"content-length", b"6")]})
    await send(part(b"hello", more=False))


@pytest.mark.parametrize(
    "handler",
    [_raises, _returns, _only_starts, _splits_a_header, _sends_no_start, _says_too_much, _says_too_little],
)
async def test_an_application_that_fails_before_its_answer_is_an_error(
    handler: Handler, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(handler) as served:
        read, end = await served.ask(GET)
    assert refusal(read) == (500, "internal server error")
    assert end == "closed"
    assert "the application" in caplog.text


async def _raises_late(scope: Scope, receive: Receive, send: Send) -> None:
    await stream_one(send)
    raise ValueError("the secret reason")


async def _returns_early(scope: Scope, receive: Receive, send: Send) -> None:
    await stream_one(send)


async def _cancels_itself(scope: Scope, receive: Receive, send: Send) -> None:
    await stream_one(send)
    raise asyncio.CancelledError


async def _starts_again(scope: Scope, receive: Receive, send: Send) -> None:
    await stream_one(send)
    await send(START)


async def stream_one(send: Send) -> None:
    await send(START)
    await send(part(b"one"))


LATE = [_raises_late, _returns_early, _cancels_itself, _starts_again]


@pytest.mark.parametrize("handler", LATE)
async def test_an_application_that_fails_in_its_answer_cuts_it(handler: Handler) -> None:
    """What was sent arrives, and can be seen not to be all."""
    async with serving(handler) as served:
        read, end = await served.ask(GET + GET)
    assert read.endswith(b"\r\n\r\n3\r\none\r\n")
    assert end == "closed"


@pytest.mark.parametrize("handler", LATE)
async def test_a_cut_answer_without_chunks_ends_with_a_reset(handler: Handler) -> None:
    async with serving(handler) as served:
        read, end = await served.ask(b"GET / HTTP/1.0\r\n\r\n")
    assert b"content-length" not in read
    assert end == "reset"


@pytest.mark.parametrize("pieces", [[b"one", b"two"], [b"one"], [b"seven"]])
async def test_a_body_of_another_length_than_announced_is_never_taken_for_whole(pieces: list[bytes]) -> None:
    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await send({**START, "headers": [(b"content-length", b"4")]})
        for piece in pieces:
            await send(part(piece))
        await send(part(b"", more=False))

    async with serving(handler) as served, served.client() as client:
        await client.send(GET + GET)
        read, _ = await client.rest()
    head, _, body = read.partition(b"\r\n\r\n")
    assert b" 500 " in head or body == b"one"
    assert read.count(b"HTTP/1.1") == 1


async def test_what_is_sent_after_the_end_fails() -> None:
    errors: list[Exception] = []

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, b"all")
        for message in (START, part(b"more"), {"type": "http.response.trailers"}):
            try:
                await send(message)
            except RuntimeError as error:
                errors.append(error)

    async with serving(handler) as served, served.client() as client:
        await client.send(GET + GET)
        for _ in range(2):
            assert (await client.answer()).body == b"all"
        await served.until_idle()
    assert len(errors) == 6


async def test_the_scope_is_what_asgi_says() -> None:
    scopes: list[Scope] = []

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        await echo(scope, receive, send)

    async with serving(handler) as served, served.client() as client:
        await client.send(b"GET /a%20b?c=d HTTP/1.1\r\nHost: x\r\nX-Two:  b \r\nx-two: c\r\n\r\n")
        await client.answer()
        host, port = client._writer.get_extra_info("sockname")
    assert scopes == [
        {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/a b",
            "raw_path": b"/a%20b",
            "query_string": b"c=d",
            "root_path": "",
            "headers": [(b"host", b"x"), (b"x-two", b"b"), (b"x-two", b"c")],
            "client": (host, port),
            "server": ("127.0.0.1", served.port),
            "extensions": {CANCELS_ON_DISCONNECT: {}, WHOLE_BODY: b""},
        }
    ]


async def test_a_small_body_that_comes_with_its_head_is_at_hand() -> None:
    found: list[tuple[bytes | None, bytes]] = []

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        found.append((scope["extensions"].get(WHOLE_BODY), await read_body(receive)))
        await respond(send, b"")

    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
    large = b"x" * 100_000
    async with serving(handler) as served, served.client() as client:
        await client.send(head % 4 + b"body")
        await client.answer()
        await client.send(head % 4 + b"bo")
        await served.until(lambda: len(served.server.state.exchanges) == 1)
        await client.send(b"dy")
        await client.answer()
        await client.send(head % len(large) + large)
        await client.answer()
    assert found == [(b"body", b"body"), (None, b"body"), (None, large)]


async def test_a_head_must_come_in_time() -> None:
    async with serving(limits=Limits(head_seconds=5)) as served, served.client() as client:
        await client.send(GET)
        await client.answer()
        await client.send(b"G")
        await served.until(lambda: bool(_only_connection(served)._is_head_timed))
        served.pass_seconds(4)
        await client.send(b"ET")
        await served.until(lambda: bool(_only_connection(served)._reader._head_bytes == len(b"GET")))
        served.pass_seconds(2)
        read, end = await client.rest()
    assert refusal(read)[0] == 408
    assert end == "closed"


def _only_connection(served: Any) -> Any:
    (connection,) = served.server.state.connections
    return connection


@pytest.mark.parametrize("has_asked", [True, False])
async def test_an_idle_connection_is_closed(has_asked: bool) -> None:
    async with serving(limits=Limits(keep_alive_seconds=5)) as served, served.client() as client:
        if has_asked:
            await client.send(GET)
            await client.answer()
        await served.until(lambda: len(served.server.state.connections) == 1)
        served.pass_seconds(4)
        assert len(served.server.state.connections) == 1
        served.pass_seconds(2)
        assert await client.rest() == (b"", "closed")


async def test_a_request_under_way_may_take_as_long_as_it_likes() -> None:
    goes_on = asyncio.Event()

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await goes_on.wait()
        await echo(scope, receive, send)

    async with serving(handler) as served, served.client() as client:
        await client.send(post(b"hello")[:-1])
        await served.until(lambda: len(served.server.state.exchanges) == 1)
        served.pass_seconds(100_000)
        goes_on.set()
        await client.send(b"o")
        assert (await client.answer()).body == b"POST / \nhello"


async def test_who_goes_on_sending_after_a_refusal_is_left() -> None:
    async with serving(limits=Limits(farewell_seconds=5)) as served, served.client() as client:
        await client.send(b"nonsense")
        assert refusal((await client.rest())[0])[0] == 400
        await client.send(b"more nonsense")
        assert len(served.server.state.connections) == 1
        served.pass_seconds(6)
        await served.until(lambda: not served.server.state.connections)


async def test_one_connection_too_many_is_refused() -> None:
    async with serving(limits=Limits(max_connections=1)) as served:
        async with served.client() as client:
            await client.send(GET)
            assert (await client.answer()).status == 200
            assert refusal((await served.ask(b""))[0])[0] == 503
            await client.send(GET)
            assert (await client.answer()).status == 200
        await served.until(lambda: not served.server.state.connections)
        async with served.client() as client:
            await client.send(GET)
            assert (await client.answer()).status == 200


async def test_a_server_that_ends_takes_no_connection() -> None:
    async with serving() as served:
        served.server.state.is_stopping = True
        assert refusal((await served.ask(b""))[0])[0] == 503


async def test_small_parts_are_sent_without_delay() -> None:
    async with serving() as served, served.client() as client:
        await client.send(GET)
        await client.answer()
        connected = _only_connection(served).transport.get_extra_info("socket")
        assert connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_what_is_over_is_forgotten_without_the_garbage_collector() -> None:
    """An idle connection has nothing of its last request, and an ended one leaves nothing."""
    async with serving(stream) as served:
        gc.collect()
        gc.disable()
        try:
            async with served.client() as client:
                await client.send(GET + GET)
                for _ in range(2):
                    await client.answer()
                await served.until_idle()
                assert _parts_of_connections() == {Connection, RequestReader}
            await served.until(lambda: not served.server.state.connections)
            await served.until(lambda: not _parts_of_connections())
        finally:
            gc.enable()


def _parts_of_connections() -> set[type]:
    kinds = (Connection, Exchange, Request, RequestReader)
    return {type(each) for each in gc.get_objects() if isinstance(each, kinds)}
