"""The chat endpoints over real sockets: framing, status, headers, and who hears of an error."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from causeway.config.schema import ServerConfig
from causeway.dialects.cohere.decode_response import decode_response
from causeway.dialects.cohere.decode_stream import StreamDecoder
from causeway.dialects.cohere.endpoints import COHERE_PREFIXES
from causeway.model.errors import EngineFailedError, OverloadedError
from causeway.model.events import ContentEnd, ContentStart, MessageEnd, MessageStart, TextDelta
from causeway.model.fold import unfold
from causeway.model.response import FinishReason
from causeway.model.usage import Usage
from support.gateway import ScriptedModel, serve
from support.recordings import recordings

PATHS = [f"{prefix}/v2/chat" for prefix in ("", *COHERE_PREFIXES)]
BODY = {"model": "local/scripted", "messages": [{"role": "user", "content": "hi"}]}
USAGE = Usage(input_tokens=9, output_tokens=2, billed_input_tokens=1, billed_output_tokens=2, cached_tokens=0)
ANSWER = [
    MessageStart("0b7e2f3c-0000-4000-8000-000000000000"),
    ContentStart(0, "text"),
    TextDelta(0, "Hello"),
    TextDelta(0, " caf\u00e9"),
    ContentEnd(0),
    MessageEnd(FinishReason.COMPLETE, USAGE),
]


def answer(request: Any, losses: Any) -> list[Any]:
    return list(ANSWER)


@pytest.fixture(scope="module")
def gateway() -> Iterator[tuple[str, ScriptedModel]]:
    with serve(answer) as running:
        yield running


@pytest.mark.parametrize("path", PATHS)
def test_every_route_answers_whole(path: str, gateway: tuple[str, ScriptedModel]) -> None:
    url, model = gateway
    model.script = answer
    response = httpx.post(url + path, json=BODY)
    assert response.status_code == 200
    assert response.content == (
        b'{"id":"0b7e2f3c-0000-4000-8000-000000000000","message":{"role":"assistant","content":'
        b'[{"type":"text","text":"Hello caf\\u00e9"}]},"finish_reason":"COMPLETE","usage":{"billed_units":'
        b'{"input_tokens":1,"output_tokens":2},"tokens":{"input_tokens":9,"output_tokens":2},'
        b'"cached_tokens":0}}'
    )
    assert response.headers["content-type"] == "application/json"
    assert response.headers["num_tokens"] == "3"
    assert len(response.headers["x-debug-trace-id"]) == 32
    assert "no-store" in response.headers["cache-control"]
    assert "x-api-warning" not in response.headers


@pytest.mark.parametrize("path", PATHS)
def test_every_route_streams(path: str, gateway: tuple[str, ScriptedModel]) -> None:
    url, model = gateway
    model.script = answer
    response = httpx.post(url + path, json={**BODY, "stream": True})
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/event-stream"
    assert response.headers["x-accel-buffering"] == "no"
    assert response.headers["transfer-encoding"] == "chunked"
    assert "num_tokens" not in response.headers
    assert response.content == (
        b'event: message-start\ndata: {"id":"0b7e2f3c-0000-4000-8000-000000000000","type":"message-start",'
        b'"delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}'
        b'\n\nevent: content-start\ndata: {"type":"content-start","index":0,"delta":{"message":{"content":'
        b'{"type":"text","text":""}}}}\n\nevent: content-delta\ndata: {"type":"content-delta","index":0,'
        b'"delta":{"message":{"content":{"text":"Hello"}}}}\n\nevent: content-delta\ndata: '
        b'{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":" caf\\u00e9"}}}}\n\n'
        b'event: content-end\ndata: {"type":"content-end","index":0}\n\nevent: message-end\ndata: '
        b'{"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"billed_units":'
        b'{"input_tokens":1,"output_tokens":2},"tokens":{"input_tokens":9,"output_tokens":2},'
        b'"cached_tokens":0}}}\n\ndata: [DONE]\n\n'
    )


@pytest.mark.parametrize("stream", [None, False, True])
def test_the_stream_path_always_streams_dual_frames(stream: bool | None) -> None:
    with serve(answer) as (url, _):
        response = httpx.post(f"{url}/v2/chat/stream", json={**BODY, "stream": stream})
    frames = response.text.split("\n\n")
    assert frames[-2:] == ["data: [DONE]", ""]
    payloads = [json.loads(frame.split("data: ")[1]) for frame in frames[:-2]]
    assert [(payload["event_type"], payload["type"]) for payload in payloads] == [
        ("stream-start", "message-start"),
        ("content-delta", "content-delta"),
        ("content-delta", "content-delta"),
        ("stream-end", "message-end"),
    ]
    assert payloads[0]["generation_id"] == payloads[0]["id"]
    assert payloads[-1]["delta"]["finish_reason"] == "COMPLETE"


@pytest.mark.parametrize("path", ["/v2/chat", "/langchain/cohere/v2/chat"])
@pytest.mark.parametrize("exchange", recordings("cohere", "/v2/chat"))
def test_a_recorded_exchange_is_replayed(
    path: str, exchange: Any, gateway: tuple[str, ScriptedModel]
) -> None:
    url, model = gateway
    recorded = exchange["response"]
    if "json" in recorded:
        events = list(unfold(decode_response(json.dumps(recorded["json"]).encode())))
    else:
        events = list(StreamDecoder().feed(recorded["text"].encode()))
    model.script = lambda request, losses: events
    body = {**exchange["request"]["body"], "model": "local/scripted"}
    response = httpx.post(url + path, json=body)
    assert response.status_code == 200
    assert "x-api-warning" not in response.headers
    assert len(model.requests[-1].messages) == len(body["messages"])
    if "json" in recorded:
        assert response.json() == recorded["json"]
    else:
        replayed = list(StreamDecoder().feed(response.content))
        assert replayed == events
        assert [line for line in response.text.splitlines() if line.startswith("event:")] == [
            line for line in recorded["text"].splitlines() if line.startswith("event:")
        ]


def test_an_error_before_the_first_event_keeps_its_status() -> None:
    for stream in (False, True):
        script = [OverloadedError("no room", retry_after_seconds=7)]
        with serve(lambda request, losses, script=script: script) as (url, _):
            response = httpx.post(f"{url}/v2/chat", json={**BODY, "stream": stream})
        assert response.status_code == 503
        assert response.headers["retry-after"] == "7"
        assert response.json() == {"id": response.headers["x-debug-trace-id"], "message": "no room"}


def test_an_error_in_the_middle_ends_the_stream_well() -> None:
    with serve(lambda request, losses: [*ANSWER[:3], EngineFailedError("the engine died")]) as (url, _):
        response = httpx.post(f"{url}/v2/chat", json={**BODY, "stream": True})
        whole = httpx.post(f"{url}/v2/chat", json=BODY)
    assert response.status_code == 200
    *_, content_end, message_end, done, _ = response.text.split("\n\n")
    assert content_end == 'event: content-end\ndata: {"type":"content-end","index":0}'
    delta = json.loads(message_end.split("data: ")[1])["delta"]
    assert delta["finish_reason"] == "ERROR"
    assert delta["error"] == "the engine died"
    assert set(delta["usage"]) == {"billed_units", "tokens"}
    assert done == "data: [DONE]"
    assert whole.status_code == 503
    assert whole.json()["message"] == "the engine died"


def test_a_defect_is_told_without_its_details() -> None:
    secret = ValueError("co-secret-key leaked in a traceback")
    with serve(lambda request, losses: [secret]) as (url, _):
        response = httpx.post(f"{url}/cohere/v2/chat", json=BODY)
    assert response.status_code == 500
    assert response.json() == {
        "id": response.headers["x-debug-trace-id"],
        "type": "api_error",
        "message": "internal server error",
        "code": "internal_error",
    }


def test_what_is_lost_is_told_in_a_header() -> None:
    def script(request: Any, losses: Any) -> list[Any]:
        losses.add("dropped", "thinking", "this model does not reason")
        return list(ANSWER)

    body = {**BODY, "model": "command-a-03-2025", "surprise": 1, "thinking": {"type": "enabled"}}
    with serve(script) as (url, _):
        for stream in (False, True):
            response = httpx.post(f"{url}/cohere/v2/chat", json={**body, "stream": stream})
            assert response.status_code == 200
            assert response.headers["x-api-warning"] == (
                "unknown field: parameter surprise is not a valid field; "
                "model mapped: command-a-03-2025 is not served here, local/scripted answers; "
                "thinking dropped: this model does not reason"
            )


def test_strict_models_refuse_other_names() -> None:
    with serve(answer, config=ServerConfig(strict_models=True)) as (url, _):
        for name in ("local/scripted", "scripted"):
            assert httpx.post(f"{url}/v2/chat", json={**BODY, "model": name}).status_code == 200
        response = httpx.post(f"{url}/v2/chat", json={**BODY, "model": "command-r"})
    assert response.status_code == 404
    assert response.json()["message"].startswith("model 'command-r' not found")


def test_a_silent_stream_has_heartbeats_at_event_boundaries() -> None:
    go_on = threading.Event()
    with (
        serve(
            lambda request, losses: [*ANSWER[:3], go_on, *ANSWER[3:]],
            config=ServerConfig(heartbeat_seconds=0.02),
        ) as (url, _),
        httpx.stream("POST", f"{url}/v2/chat", json={**BODY, "stream": True}) as response,
    ):
        received = ""
        for text in response.iter_text():
            received += text
            if received.count(": keep-alive\n\n") >= 2:
                go_on.set()
    assert received.replace(": keep-alive\n\n", "").endswith("data: [DONE]\n\n")
    for block in received.split("\n\n"):
        assert block.startswith(("event: ", "data: [DONE]", ": keep-alive")) or block == ""


def test_an_error_after_a_heartbeat_arrives_in_the_stream() -> None:
    go_on = threading.Event()
    with (
        serve(
            lambda request, losses: [go_on, EngineFailedError("died while it thought")],
            config=ServerConfig(heartbeat_seconds=0.02),
        ) as (url, _),
        httpx.stream("POST", f"{url}/v2/chat", json={**BODY, "stream": True}) as response,
    ):
        received = ""
        for text in response.iter_text():
            received += text
            go_on.set()
    events = list(StreamDecoder().feed(received.encode()))
    assert [type(event) for event in events] == [MessageStart, MessageEnd]
    assert events[-1].finish_reason is FinishReason.ERROR
    assert events[-1].failure.message == "died while it thought"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("events_before", [0, 3])
def test_a_client_that_leaves_frees_the_model(stream: bool, events_before: int) -> None:
    never = threading.Event()
    with serve(lambda request, losses: [*ANSWER[:events_before], never]) as (url, model):
        host, port = url.removeprefix("http://").split(":")
        body = json.dumps({**BODY, "stream": stream}).encode()
        connection = socket.create_connection((host, int(port)))
        connection.sendall(
            b"POST /v2/chat HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
        )
        assert model.reached_wait.wait(5)
        assert not model.released.is_set()
        connection.close()
        assert model.released.wait(5)


def test_many_clients_at_once() -> None:
    async def ask(client: httpx.AsyncClient, number: int) -> str:
        response = await client.post("/v2/chat", json={**BODY, "stream": number % 2 == 0})
        return response.headers["x-debug-trace-id"]

    async def ask_all(url: str) -> list[str]:
        async with httpx.AsyncClient(base_url=url) as client:
            return await asyncio.gather(*(ask(client, number) for number in range(50)))

    with serve(answer) as (url, _):
        assert len(set(asyncio.run(ask_all(url)))) == 50
