"""A server's life: its start, its listeners, and its end, which takes nobody's answer away."""

import asyncio
import signal
import socket
import subprocess
import sys

import pytest

from causeway.adapters.inbound.asgi import Receive, Scope, Send
from causeway.adapters.inbound.http_server import HttpServer
from causeway.adapters.inbound.limits import Limits
from support.inbound import WAIT_SECONDS, asgi, echo, respond, serving

GET = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"
START = {"type": "http.response.start", "status": 200, "headers": []}


def part(body: bytes, *, more: bool = True) -> dict[str, object]:
    return {"type": "http.response.body", "body": body, "more_body": more}


async def test_several_listeners_are_served() -> None:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    ports = [listener.getsockname()[1] for listener in listeners]
    started = asyncio.Event()
    server = HttpServer(asgi(echo), when_started=started.set)
    task = asyncio.ensure_future(server.serve(listeners))
    await started.wait()
    for port in ports:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GET)
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        writer.close()
    server.should_exit = True
    await task
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)


async def test_an_end_closes_idle_connections_and_waits_for_answers() -> None:
    goes_on = asyncio.Event()

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/slow":
            await goes_on.wait()
        await echo(scope, receive, send)

    async with serving(handler) as served, served.client() as idle, served.client() as busy:
        await idle.send(GET)
        assert b"connection" not in (await idle.answer()).headers
        await idle.send(b"GET /half")
        await busy.send(GET.replace(b"/ ", b"/slow ") + GET)
        await served.until(lambda: len(served.server.state.exchanges) == 1)
        served.server.should_exit = True
        assert (await idle.rest())[0] == b""
        goes_on.set()
        answer = await busy.answer()
        assert (answer.body, answer.headers[b"connection"]) == (b"GET /slow \n", b"close")
        assert (await busy.rest())[0] == b""


async def test_an_end_lets_a_stream_come_to_its_own() -> None:
    goes_on = asyncio.Event()

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        await send(part(b"one"))
        await goes_on.wait()
        await send(part(b"two", more=False))

    async with serving(handler) as served, served.client() as client:
        await client.send(GET)
        await client.read_until(b"one\r\n")
        served.server.should_exit = True
        await served.until(lambda: served.server.state.is_stopping)
        goes_on.set()
        assert await client.rest() == (b"3\r\ntwo\r\n0\r\n\r\n", "closed")


async def test_an_end_waits_for_an_application_whose_answer_is_complete() -> None:
    goes_on = asyncio.Event()
    has_ended = False

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal has_ended
        await respond(send, b"all")
        await goes_on.wait()
        has_ended = True

    async with serving(handler, Limits(answer_seconds=1000)) as served:
        async with served.client() as client:
            await client.send(GET)
            await client.answer()
        served.server.should_exit = True
        await served.until(lambda: served.server.state.is_stopping and not served.server.state.connections)
        goes_on.set()
        await asyncio.wait_for(served.task, WAIT_SECONDS)
        assert has_ended


async def test_an_end_cuts_what_takes_too_long(caplog: pytest.LogCaptureFixture) -> None:
    causes: list[BaseException] = []

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send(START)
            await send(part(b"one"))
            await asyncio.Event().wait()
        except BaseException as error:
            causes.append(error)
            raise

    async with serving(handler, Limits(answer_seconds=0)) as served, served.client() as client:
        await client.send(GET)
        await client.read_until(b"one\r\n")
        served.server.should_exit = True
        assert (await client.rest())[0] == b""
    assert [type(cause) for cause in causes] == [asyncio.CancelledError]
    assert "answers under way were cut off: 1" in caplog.text


async def test_an_application_that_does_not_start_is_not_served(caplog: pytest.LogCaptureFixture) -> None:
    async def says_so(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no engine"})

    async def raises(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError("no engine")

    async def returns(scope: Scope, receive: Receive, send: Send) -> None:
        return

    for application in (says_so, raises, returns):
        listener = socket.create_server(("127.0.0.1", 0))
        server = HttpServer(application, when_started=lambda: pytest.fail("it has started"))
        async with asyncio.timeout(WAIT_SECONDS):
            await server.serve([listener])
        assert not server.started
        listener.close()
    assert "the application failed: no engine" in caplog.text
    assert "ValueError: no engine" in caplog.text


async def test_an_application_is_told_of_the_end_when_all_have_been_answered() -> None:
    told: list[str] = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await served_one.wait()
            await respond(send, b"all")
            told.append("answered")
            return
        assert scope == {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}}
        for kind in ("startup", "shutdown"):
            told.append((await receive())["type"])
            await send({"type": f"lifespan.{kind}.complete"})

    served_one = asyncio.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    started = asyncio.Event()
    server = HttpServer(application, when_started=started.set)
    port = listener.getsockname()[1]
    task = asyncio.ensure_future(server.serve([listener]))
    await started.wait()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(GET)
    async with asyncio.timeout(WAIT_SECONDS):
        while not server.state.exchanges:
            await asyncio.sleep(0)
    server.should_exit = True
    served_one.set()
    await task
    assert (await reader.read()).endswith(b"all")
    writer.close()
    assert told == ["lifespan.startup", "answered", "lifespan.shutdown"]


PROGRAM = """
import asyncio, socket, sys
from causeway.adapters.inbound.http_server import HttpServer
from causeway.adapters.inbound.limits import Limits

async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        if "--broken" in sys.argv:
            await send({"type": "lifespan.startup.failed", "message": "broken"})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        print("stopping", flush=True)
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"one", "more_body": True})
    await asyncio.Event().wait()

listener = socket.create_server(("127.0.0.1", 0))
port = listener.getsockname()[1]
limits = Limits(answer_seconds=1000 if "--patient" in sys.argv else 10)
server = HttpServer(application, limits=limits, when_started=lambda: print(port, flush=True))
server.run([listener])
print("ended", flush=True)
raise SystemExit(0 if server.started else 1)
"""


def start(*arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_program_in_order(number: signal.Signals) -> None:
    with start() as program:
        assert program.stdout is not None
        program.stdout.readline()
        program.send_signal(number)
        output, errors = program.communicate(timeout=WAIT_SECONDS)
    assert (output, errors, program.returncode) == ("stopping\nended\n", "", 0)


def test_a_second_signal_waits_for_nothing() -> None:
    with start("--patient") as program:
        assert program.stdout is not None
        address = "127.0.0.1", int(program.stdout.readline())
        with socket.create_connection(address) as idle, socket.create_connection(address) as busy:
            for client in (idle, busy):
                client.settimeout(WAIT_SECONDS)
            busy.sendall(GET)
            assert busy.recv(65536)
            program.send_signal(signal.SIGTERM)
            assert idle.recv(1) == b""  # which says that the first has been heard
            program.send_signal(signal.SIGINT)
            output, _ = program.communicate(timeout=WAIT_SECONDS)
            assert b"0\r\n\r\n" not in busy.recv(65536)
    assert (output, program.returncode) == ("ended\n", 0)


def test_a_program_whose_application_does_not_start_fails() -> None:
    with start("--broken") as program:
        output, errors = program.communicate(timeout=WAIT_SECONDS)
    assert output == "ended\n"
    assert "broken" in errors
    assert program.returncode == 1
