"""Cohere's TypeScript SDK, from Node, against the gateway."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from causeway.model.content import Document, DocumentBlock
from causeway.model.errors import EngineFailedError
from support.answers import cited_answer, text_answer, thinking_answer, tool_answer
from support.gateway import serve
from support.process import Gateway

FOLDER = Path(__file__).parent
VERSION = "8.1.0"
Run = Callable[[str, str], Any]


@pytest.fixture(scope="session")
def run() -> Run:
    """Runs one flow of `client.mjs` against a URL, and returns what the client saw."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("Node and npm are not installed")
    installed = FOLDER / "node_modules" / "cohere-ai" / "package.json"
    if not installed.is_file() or json.loads(installed.read_text())["version"] != VERSION:
        try:
            subprocess.run(
                [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
                cwd=FOLDER,
                check=True,
                capture_output=True,
                text=True,
                timeout=180,
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            pytest.skip(f"npm could not install the SDK: {(error.stderr or str(error))[-200:]}")

    def run_flow(flow: str, url: str) -> Any:
        finished = subprocess.run(
            [node, "client.mjs", flow, url], cwd=FOLDER, capture_output=True, text=True, timeout=120
        )
        assert finished.returncode == 0, finished.stderr
        return json.loads(finished.stdout)

    return run_flow


def test_the_sdk_is_the_pinned_one() -> None:
    package = json.loads((FOLDER / "package.json").read_text())
    lock = json.loads((FOLDER / "package-lock.json").read_text())
    assert package["dependencies"] == {"cohere-ai": VERSION}
    assert lock["packages"]["node_modules/cohere-ai"]["version"] == VERSION


@pytest.mark.parametrize("prefix", ["", "/cohere"])
def test_chat(run: Run, gateway: Gateway, prefix: str) -> None:
    answer = run("chat", gateway.url + prefix)
    assert "Paris" in answer["message"]["content"][0]["text"]
    assert answer["finishReason"] == "COMPLETE"
    assert answer["usage"]["tokens"]["inputTokens"] > answer["usage"]["billedUnits"]["inputTokens"] > 0


def test_chat_stream(run: Run, gateway: Gateway) -> None:
    events = run("chatStream", gateway.url)
    assert list(dict.fromkeys(event["type"] for event in events)) == [
        "message-start", "content-start", "content-delta", "content-end", "message-end",
    ]  # fmt: skip
    text = "".join(
        event["delta"]["message"]["content"]["text"] for event in events if event["type"] == "content-delta"
    )
    assert "Paris" in text


def test_the_older_api(run: Run, gateway: Gateway) -> None:
    answer = run("older", gateway.url)
    assert "Paris" in answer["text"]
    events = run("olderStream", gateway.url)
    assert events[0]["eventType"] == "stream-start"
    assert events[-1]["eventType"] == "stream-end"
    pieces = [event["text"] for event in events if event["eventType"] == "text-generation"]
    assert "".join(pieces) == events[-1]["response"]["text"] == answer["text"]


def test_every_type_of_event_is_read(run: Run) -> None:
    seen: set[str] = set()
    for events in (
        text_answer("Hello ", "caf\u00e9 \u2028 \U0001f600."),
        thinking_answer("Let me see.", "Yes."),
        tool_answer(("search", '{"q":"x"}'), ("search", '{"q":"y"}')),
        cited_answer(),
    ):
        with serve(lambda request, losses, events=events: events) as (url, _):
            received = run("chatStream", url)
        seen |= {event["type"] for event in received}
        assert received[-1]["delta"]["usage"]["billedUnits"] == {"inputTokens": 7, "outputTokens": 6}
    assert seen == {
        "message-start", "content-start", "content-delta", "content-end", "tool-plan-delta",
        "tool-call-start", "tool-call-delta", "tool-call-end", "citation-start", "citation-end",
        "message-end",
    }  # fmt: skip


def test_text_beyond_ascii_comes_through(run: Run) -> None:
    said = "caf\u00e9 \u2028\u0085 \U0001f600"
    with serve(lambda request, losses: text_answer(*said)) as (url, _):
        events = run("chatStream", url)
        assert run("chat", url)["message"]["content"][0]["text"] == said
    pieces = [
        event["delta"]["message"]["content"]["text"] for event in events if event["type"] == "content-delta"
    ]
    assert "".join(pieces) == said


def test_tools_and_their_results(run: Run) -> None:
    with serve(lambda request, losses: tool_answer(("search", '{"q":"x"}'))) as (url, model):
        answer = run("tools", url)
        run("toolResult", url)
    (call,) = answer["message"]["toolCalls"]
    assert call["function"] == {"name": "search", "arguments": '{"q":"x"}'}
    assert answer["finishReason"] == "TOOL_CALL"
    asked, followed = model.requests
    assert asked.tool_choice == "required"
    assert followed.messages[-1].content == (DocumentBlock(Document({"answer": "Paris"}, "d")),)


def test_documents_and_citations(run: Run) -> None:
    with serve(lambda request, losses: cited_answer()) as (url, model):
        message = run("documents", url)["message"]
    (citation,) = message["citations"]
    assert message["content"][0]["text"][citation["start"] : citation["end"]] == "London"
    assert citation["sources"][0]["id"] == "doc-0"
    assert model.requests[0].documents == (Document("a fact"), Document({"text": "b"}, "d"))


def test_a_schema_for_the_answer(run: Run) -> None:
    with serve(lambda request, losses: text_answer('{"city":"Paris"}')) as (url, model):
        run("responseFormat", url)
    assert model.requests[0].response_format.json_schema["required"] == ["city"]


@pytest.mark.parametrize("flow", ["badRequest", "badStream"])
def test_errors_are_the_sdks_own(run: Run, gateway: Gateway, flow: str) -> None:
    error = run(flow, gateway.url)
    assert (error["name"], error["statusCode"]) == ("BadRequestError", 400)
    assert "temperature" in error["body"]["message"]


def test_an_error_in_a_stream_is_delivered(run: Run) -> None:
    broken = [*text_answer("Hel")[:3], EngineFailedError("the engine died")]
    with serve(lambda request, losses: broken) as (url, _):
        events = run("chatStream", url)
    assert events[-1]["delta"]["finishReason"] == "ERROR"
    assert events[-1]["delta"]["error"] == "the engine died"


@pytest.mark.parametrize(
    ("flow", "holds"),
    [
        (
            "tools",
            lambda message: json.loads(message["toolCalls"][0]["function"]["arguments"])["q"] is not None,
        ),
        ("documents", lambda message: message["content"][0]["text"]),
        (
            "responseFormat",
            lambda message: isinstance(json.loads(message["content"][0]["text"])["city"], str),
        ),
    ],
)
def test_embedded(run: Run, gateway: Gateway, flow: str, holds: Callable[[Any], Any]) -> None:
    assert holds(run(flow, gateway.url)["message"])
