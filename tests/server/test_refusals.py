"""What the gateway refuses, over real sockets: keys, paths, methods, sizes, bodies that stall."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from causeway.config.schema import ServerConfig
from support.gateway import serve

KEY = "a-key-that-opens"
BODY = {"model": "local/scripted", "messages": [{"role": "user", "content": "hi"}]}


def never_asked(request: Any, losses: Any) -> list[Any]:
    pytest.fail("the model was asked")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    config = ServerConfig(max_body_bytes=1000, body_timeout_seconds=0.2)
    with serve(never_asked, config=config) as (url, _):
        yield url


@pytest.fixture(scope="module")
def locked_url() -> Iterator[str]:
    with serve(lambda request, losses: [ValueError("reached")], keys=[KEY, "another"]) as (url, _):
        yield url


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": f"Bearer {KEY}"},
        {"authorization": f"bearer {KEY}"},
        {"authorization": "Bearer another"},
        {"x-api-key": KEY},
        {"x-bf-vk": KEY},
        {"authorization": str(httpx.BasicAuth("user", KEY)._auth_header)},
        {"authorization": "Bearer wrong", "x-bf-vk": KEY},
    ],
)
def test_every_way_to_present_a_key(locked_url: str, headers: dict[str, str]) -> None:
    # The scripted model fails with 500: the key was let through to it.
    assert httpx.post(f"{locked_url}/v2/chat", json=BODY, headers=headers).status_code == 500


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({}, "no api key supplied"),
        ({"authorization": "Bearer"}, "no api key supplied"),
        ({"authorization": "Bearer wrong"}, "invalid api token"),
        ({"authorization": f"Bearer {KEY}x"}, "invalid api token"),
        ({"authorization": "Basic !!!"}, "no api key supplied"),
        ({"x-bf-vk": "wrong", "authorization": f"Bearer {KEY}"}, "invalid api token"),
        ({"x-api-key": "caf\u00e9".encode().decode("latin-1")}, "invalid api token"),
    ],
)
@pytest.mark.parametrize("path", ["/v2/chat", "/cohere/v2/chat", "/no/such/path"])
def test_a_missing_or_wrong_key(locked_url: str, path: str, headers: dict[str, str], words: str) -> None:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    response = httpx.post(locked_url + path, json=BODY, headers=raw)
    assert response.status_code == 401
    body = response.json()
    assert body["message"] == words
    if path.startswith("/cohere"):
        assert body["type"] == "authentication_error"
        assert body["code"] == "invalid_api_key"
    else:
        assert body.keys() == {"id", "message"}
    assert "wrong" not in response.text


def test_health_needs_no_key(locked_url: str) -> None:
    response = httpx.get(f"{locked_url}/health")
    assert response.status_code == 200
    assert response.json()["status"] == "ok"
    assert httpx.head(f"{locked_url}/health").status_code == 200


@pytest.mark.parametrize("path", ["/", "/v2", "/v2/chats", "/v3/chat", "/cohere/v2/nothing", "/v2/chat/"])
def test_unknown_paths(url: str, path: str) -> None:
    response = httpx.post(url + path, json=BODY)
    assert response.status_code == 404
    assert response.json()["message"] == "404 page not found"


def test_other_methods(url: str) -> None:
    response = httpx.get(f"{url}/v2/chat")
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert "method GET is not allowed" in response.json()["message"]


@pytest.mark.parametrize("path", ["/litellm/v1/chat/completions", "/langchain/embeddings"])
def test_other_methods_at_openais_paths_are_told_in_its_shape(url: str, path: str) -> None:
    response = httpx.delete(url + path)
    assert response.status_code == 405
    assert "method DELETE is not allowed" in response.json()["error"]["message"]


def test_a_100_mb_body_is_refused_without_being_held() -> None:
    body = b'{"model": "' + b"x" * (100 * 1024 * 1024) + b'"}'
    with serve(never_asked) as (url, _):
        for path, extra in (("/v2/chat", set()), ("/cohere/v2/chat", {"type", "code"})):
            response = httpx.post(url + path, content=body, timeout=30)
            assert response.status_code == 413
            assert response.json().keys() == {"id", "message"} | extra
            assert "the body is larger than 33554432 bytes" in response.json()["message"]


def test_a_body_without_a_declared_length_is_bounded_too(url: str) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(20):
            yield b"x" * 100

    assert httpx.post(f"{url}/v2/chat", content=chunks()).status_code == 413


def test_a_client_that_asks_first_is_told_at_once(url: str) -> None:
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(
            b"POST /v2/chat HTTP/1.1\r\nhost: x\r\ncontent-length: 5000\r\nexpect: 100-continue\r\n\r\n"
        )
        assert connection.recv(1000).startswith(b"HTTP/1.1 413 ")


def test_a_body_that_stalls_is_given_up(url: str) -> None:
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(b'POST /v2/chat HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\n{"model"')
        answer = b"".join(iter(lambda: connection.recv(4000), b""))  # the server closes it
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"did not arrive within 0.2 seconds" in answer


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"{", 400, "invalid json syntax: "),
        (b"", 400, "invalid json syntax: "),
        (b"[1]", 400, "body: expected object, got array"),
        (json.dumps({**BODY, "temperature": 3}).encode(), 400, "temperature must be between 0 and 2"),
        (json.dumps({**BODY, "messages": []}).encode(), 400, "messages: must contain at least 1 message"),
        (json.dumps({**BODY, "max_tokens": "x"}).encode(), 400, "max_tokens: expected int, got str"),
        (json.dumps({**BODY, "k": 501}).encode(), 400, "k must be between"),
    ],
)
@pytest.mark.parametrize("path", ["/v2/chat", "/v2/chat/stream", "/pydanticai/cohere/v2/chat"])
def test_bad_bodies_are_named_on_every_kind_of_route(
    url: str, path: str, body: bytes, status: int, words: str
) -> None:
    response = httpx.post(url + path, content=body)
    assert response.status_code == status
    assert words in response.json()["message"]
    assert response.json()["id"] == response.headers["x-debug-trace-id"]
    expected = {"id", "type", "message", "code"} if "pydanticai" in path else {"id", "message"}
    assert response.json().keys() == expected


def test_an_unknown_field_is_422_on_native_routes(url: str) -> None:
    for path in ("/v2/chat", "/v2/chat/stream"):
        response = httpx.post(url + path, json={**BODY, "surprise": 1})
        assert response.status_code == 422
        assert "parameter 'surprise' is not a valid field" in response.json()["message"]


def test_the_gateway_lives_on_after_all_that(url: str) -> None:
    assert httpx.get(f"{url}/health").status_code == 200
