"""Clients that people use, and h11 as a strict reader, before the server of our own."""

import asyncio
import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import aiohttp
import httpx
import pytest
import urllib3

from causeway.adapters.inbound.asgi import Receive, Scope, Send
from support.gateway import running
from support.inbound import Handler, asgi, echo, read_body, respond, serving

LARGE = bytes(range(256)) * 8000
BODIES = [b"", b"hello", LARGE]


async def varied(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the body, in the way that the path asks for."""
    body = await read_body(receive)
    if scope["path"] == "/whole":
        await respond(send, body, (b"x-method", scope["method"].encode()))
    elif scope["path"] == "/nothing":
        await respond(send, b"", status=204)
    else:
        headers = [(b"x-method", scope["method"].encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for start in range(0, len(body), 100_000):
            await send(
                {"type": "http.response.body", "body": body[start : start + 100_000], "more_body": True}
            )
        await send({"type": "http.response.body"})


@contextmanager
def url_of(handler: Handler) -> Iterator[str]:
    with running(asgi(handler)) as url:
        yield url


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with url_of(varied) as url:
        yield url


Ask = Callable[[str, list[tuple[str, bytes]]], list[tuple[int, bytes]]]


def by_httpx(url: str, asked: list[tuple[str, bytes]]) -> list[tuple[int, bytes]]:
    with httpx.Client(base_url=url) as client:
        answers = [client.post(path, content=body) for path, body in asked]
        return [(answer.status_code, answer.content) for answer in answers]


def by_httpx_in_chunks(url: str, asked: list[tuple[str, bytes]]) -> list[tuple[int, bytes]]:
    def pieces(body: bytes) -> Iterator[bytes]:
        for start in range(0, len(body), 70_000):
            yield body[start : start + 70_000]

    with httpx.Client(base_url=url) as client:
        answers = [client.post(path, content=pieces(body)) for path, body in asked]
        return [(answer.status_code, answer.content) for answer in answers]


def by_http_client(url: str, asked: list[tuple[str, bytes]]) -> list[tuple[int, bytes]]:
    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    answers = []
    for path, body in asked:
        connection.request("POST", path, body, {"expect": "100-continue"})
        response = connection.getresponse()
        answers.append((response.status, response.read()))
    connection.close()
    return answers


def by_urllib3(url: str, asked: list[tuple[str, bytes]]) -> list[tuple[int, bytes]]:
    with urllib3.PoolManager(maxsize=1) as pool:
        answers = [pool.request("POST", url + path, body=body, retries=False) for path, body in asked]
        return [(answer.status, answer.data) for answer in answers]


def by_aiohttp(url: str, asked: list[tuple[str, bytes]]) -> list[tuple[int, bytes]]:
    async def ask() -> list[tuple[int, bytes]]:
        answers = []
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as session:
            for path, body in asked:
                async with session.post(url + path, data=body, expect100=True) as response:
                    answers.append((response.status, await response.read()))
        return answers

    return asyncio.run(ask())


@pytest.mark.parametrize("ask", [by_httpx, by_httpx_in_chunks, by_http_client, by_urllib3, by_aiohttp])
def test_a_client_gets_all_of_each_answer(url: str, ask: Ask) -> None:
    asked = [(path, body) for body in BODIES for path in ("/whole", "/parts", "/nothing")]
    assert ask(url, asked) == [(204, b"") if path == "/nothing" else (200, body) for path, body in asked]


def test_a_client_that_asks_for_a_head_can_ask_again(url: str) -> None:
    with httpx.Client(base_url=url) as client:
        for path in ("/whole", "/parts", "/whole"):
            answer = client.head(path)
            assert (answer.headers["x-method"], answer.content) == ("HEAD", b"")


def test_many_clients_at_once_get_their_own_answers(url: str) -> None:
    wrong: list[object] = []

    def visit(number: int) -> None:
        asked = [("/whole" if turn % 2 else "/parts", b"%d-%d" % (number, turn) * turn) for turn in range(30)]
        got = by_urllib3(url, asked)
        wrong.extend(pair for pair in zip(got, asked, strict=True) if pair[0] != (200, pair[1][1]))

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not wrong


def test_a_client_sees_that_an_answer_was_cut() -> None:
    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"9")] if scope["path"] == "/whole" else []
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise ValueError

    with url_of(handler) as url:
        for path in ("/whole", "/parts"):
            with pytest.raises(httpx.RemoteProtocolError):
                httpx.get(url + path)
            with pytest.raises(http.client.IncompleteRead):
                by_http_client(url, [(path, b"")])


async def test_h11_reads_every_answer() -> None:
    """The client of `support.inbound` reads with it: here it reads what is refused, too."""
    requests = [
        b"GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"GET / HTTP/2.0\r\nhost: a\r\n\r\n",
    ]
    async with serving(echo) as served, served.client() as client:
        await client.send(b"".join(requests))
        assert [(await client.answer()).status for _ in requests] == [200, 200, 200, 505]
