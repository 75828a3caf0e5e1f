"""The server of our own and uvicorn, with the same application: the same answers to what people send."""

import asyncio
import socket
from typing import Any

from causeway.adapters.inbound.asgi import AsgiApplication, Receive, Scope, Send
from causeway.adapters.inbound.http_server import HttpServer
from causeway.adapters.inbound.uvicorn_server import uvicorn_server
from support.inbound import WAIT_SECONDS, RawClient, asgi, read_body


async def varied(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with what was understood of the request, in the way that its path asks for."""
    body = await read_body(receive)
    seen = repr(
        [
            *(
                scope[name]
                for name in ("method", "path", "raw_path", "query_string", "http_version", "headers")
            ),
            *(scope[name] for name in ("scheme", "root_path", "type")),
            body,
        ]
    ).encode()
    headers: list[tuple[bytes, bytes]] = [(b"x-one", b"1"), (b"X-Two", b"2"), (b"x-two", b"3")]
    if "length" in scope["path"]:
        headers.append((b"content-length", b"%d" % len(seen)))
    if "close" in scope["path"]:
        headers.append((b"connection", b"close"))
    status = int(scope["path"].rpartition("/")[2] or 200)
    start = {"type": "http.response.start", "status": status, "headers": headers}
    if "failing" in scope["path"]:
        raise ValueError("of the application's own")
    await send(start)
    if status in (204, 304):
        await send({"type": "http.response.body"})
    elif "parts" in scope["path"]:
        for piece in (seen[:10], b"", seen[10:]):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body"})
    else:
        await send({"type": "http.response.body", "body": seen})


REQUESTS = [
    b"GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n",
    b"GET /a%20b/%C3%A9%2F%zz/?c=%20d&e HTTP/1.1\r\nhost: a\r\n\r\n",
    b"GET http://other/a/?b HTTP/1.1\r\nhost: a\r\n\r\n",
    b"POST /length/ HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello",
    b"POST /parts/ HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"PUT /parts/length/ HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n",
    b"HEAD /length/ HTTP/1.1\r\nhost: a\r\n\r\n",
    b"HEAD /parts/ HTTP/1.1\r\nhost: a\r\n\r\n",
    b"GET /204 HTTP/1.1\r\nhost: a\r\n\r\n",
    b"GET /304 HTTP/1.1\r\nhost: a\r\n\r\n",
    b"GET /404 HTTP/1.1\r\nhost: a\r\n\r\n",
    b"GET /length/503 HTTP/1.1\r\nhost: a\r\n\r\n",
    b"GET /599 HTTP/1.1\r\nhost: a\r\n\r\n",
    b"DELETE / HTTP/1.1\r\nhost: a\r\nx-two: a\r\nx-two: b\r\nx-empty:\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
    b"GET /length/ HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
    b"GET /close/ HTTP/1.1\r\nhost: a\r\n\r\n",
    b"GET /length/ HTTP/1.0\r\n\r\n",
    b"\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n",
]
REFUSED = [
    b"nonsense\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost: a\r\nx : y\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost: a\r\nx: y\n\r\n\r\n",
    b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
    b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\na",
    b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip\r\n\r\na",
    b"GET /failing/ HTTP/1.1\r\nhost: a\r\n\r\n",
]


def server_of(kind: str, application: AsgiApplication, started: asyncio.Event) -> Any:
    if kind == "uvicorn":
        return uvicorn_server(application, when_started=started.set)
    return HttpServer(application, when_started=started.set)


async def answers_of(kind: str, requests: list[bytes]) -> list[tuple[int, list[tuple[bytes, bytes]], bytes]]:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    started = asyncio.Event()
    server = server_of(kind, asgi(varied), started)
    task = asyncio.ensure_future(server.serve(sockets=[listener]))
    got = []
    async with asyncio.timeout(WAIT_SECONDS):
        await started.wait()
        for request in requests:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            client = RawClient(reader, writer)
            await client.send(request)
            answer = await client.answer("HEAD" if request.startswith(b"HEAD") else "GET")
            headers = [field for field in answer.all_headers if field[0] != b"date"]
            got.append((answer.status, sorted(headers), answer.body))
            client.close()
        server.should_exit = True
        await task
    return got


async def test_answers_are_the_same() -> None:
    for request, ours, theirs in zip(
        REQUESTS, await answers_of("causeway", REQUESTS), await answers_of("uvicorn", REQUESTS), strict=True
    ):
        assert ours == theirs, request


async def test_refusals_have_the_same_status_and_end_the_connection() -> None:
    both = zip(
        REFUSED, await answers_of("causeway", REFUSED), await answers_of("uvicorn", REFUSED), strict=True
    )
    for request, ours, theirs in both:
        assert ours[0] == theirs[0], request
        assert (b"connection", b"close") in ours[1]
        assert (b"connection", b"close") in theirs[1]
