"""What a translation loses is told in headers, and refused before anything is sent where it may not be."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from msgspec import Struct

from causeway.config.schema import Config, ServerConfig
from causeway.testing import Answer, ScriptedUpstream
from support.fronts import EMBEDDED, ONCE, Front
from support.upstreams import gateway_before, scripted_provider

HELLO = [{"role": "user", "content": "Hello"}]
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
AUDIO = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
CHAT, COMPLETIONS = "/v2/chat", "/v1/chat/completions"


class Case(Struct, frozen=True):
    """A request and what is lost of it: kind and path, as the header says it."""

    path: str
    model: str
    fields: dict[str, Any]
    losses: list[str]

    @property
    def body(self) -> dict[str, Any]:
        is_chat = self.path.endswith(("/chat", "/completions"))
        return {"model": self.model, **({"messages": HELLO} if is_chat else {}), **self.fields}


LOSSY = [
    Case(COMPLETIONS, "cohere/x", {"user": "u-1", "metadata": {}}, ["dropped user", "dropped metadata"]),
    Case(COMPLETIONS, "cohere/x", {"n": 2}, ["dropped n"]),
    Case(COMPLETIONS, "cohere/x", {"logprobs": True, "top_logprobs": 2}, ["dropped top_logprobs"]),
    Case(COMPLETIONS, "cohere/x", {"temperature": 1.5}, ["approximated temperature"]),
    Case(COMPLETIONS, "cohere/x", {"top_p": 1}, ["approximated top_p"]),
    Case(COMPLETIONS, "cohere/x", {"presence_penalty": -1}, ["approximated presence_penalty"]),
    Case(COMPLETIONS, "cohere/x", {"reasoning_effort": "low"}, ["approximated reasoning_effort"]),
    Case(
        COMPLETIONS,
        "cohere/x",
        {"tools": [TOOL], "parallel_tool_calls": False},
        ["dropped parallel_tool_calls"],
    ),
    Case(
        COMPLETIONS,
        "cohere/x",
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hear"}, AUDIO]}]},
        ["dropped messages[0].content[1]"],
    ),
    Case(CHAT, "openai/x", {"k": 5}, ["dropped k"]),
    Case(CHAT, "openai/x", {"safety_mode": "STRICT"}, ["dropped safety_mode"]),
    Case(CHAT, "openai/x", {"priority": 9}, ["dropped priority"]),
    Case(
        CHAT, "openai/x", {"thinking": {"type": "enabled", "token_budget": 100}}, ["approximated thinking"]
    ),
    Case(
        "/cohere/v2/chat", "openai/x", {"made_up": 1, "k": 5}, ["unknown made_up", "dropped k"]
    ),
    Case(CHAT, EMBEDDED, {"thinking": {"type": "enabled"}}, ["dropped thinking"]),
    Case(CHAT, EMBEDDED, {"presence_penalty": 1}, ["approximated presence_penalty"]),
    Case("/v1/embeddings", "cohere/x", {"input": "a", "user": "u"},
         ["approximated input_type", "dropped user"]),
    Case("/v2/embed", "openai/x", {"texts": ["a"], "input_type": "search_query", "truncate": "NONE"},
         ["dropped input_type"]),
]  # fmt: skip
LOSSLESS = [
    Case(COMPLETIONS, "openai/x", {"n": 1, "user": "u-1", "made_up": {"a": 1}, "top_logprobs": 2}, []),
    Case(COMPLETIONS, "cohere/x", {"temperature": 0.5, "stop": "x", "seed": 1, "max_tokens": 9}, []),
    Case(COMPLETIONS, "cohere/x", {"n": 1, "parallel_tool_calls": True, "tools": [TOOL]}, []),
    Case(CHAT, "cohere/x", {"k": 5, "safety_mode": "STRICT", "priority": 9}, []),
    Case(CHAT, "openai/x", {"p": 0.5, "seed": 1, "strict_tools": False, "tools": [TOOL]}, []),
    Case(CHAT, "openai/x", {"documents": ["A fact."], "citation_options": {"mode": "FAST"}}, []),
    Case(CHAT, EMBEDDED, {"k": 5, "max_tokens": 3}, []),
]
# Something equal in meaning is sent: told, and no reason to refuse.
MAPPED = [
    Case(CHAT, "openai/x", {"stop_sequences": ["1", "2", "3", "4", "5"]}, ["mapped stop_sequences[4:]"]),
    Case(
        COMPLETIONS,
        "openai/x",
        {"stop": ["1", "2", "3", "4", "5"]},
        ["mapped stop[4:]"],
    ),
    Case(
        COMPLETIONS,
        "cohere/x",
        {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "f"}}},
        ["mapped tool_choice"],
    ),
    Case(COMPLETIONS, "cohere/x", {"seed": -1}, ["mapped seed"]),
]


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=30) as client:
        yield client


def ask(
    front: Front,
    client: httpx.Client,
    case: Case,
    *,
    stream: bool = False,
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    """Send a case; those beside chat are never streamed."""
    body = {**case.body, "stream": True} if stream and "messages" in case.body else case.body
    return client.post(front.url + case.path, json=body, headers=headers)


def told_losses(response: httpx.Response) -> list[str]:
    """Return what is said to be lost of the request; what of the answer is not known before it is there."""
    losses = response.headers.get("x-causeway-loss", "").split(", ")
    return [loss for loss in losses if loss and " response." not in loss]


def asked_upstream(front: Front) -> int:
    return len(front.openai.requests) + len(front.cohere.requests)


@pytest.fixture(autouse=True)
def short_answers(front: Front) -> None:
    for upstream in (front.openai, front.cohere):
        upstream.respond = lambda _: Answer("Hi.")


@pytest.mark.parametrize("case", LOSSY + LOSSLESS + MAPPED)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_what_is_lost_is_in_a_header(front: Front, client: httpx.Client, case: Case, stream: bool) -> None:
    response = ask(front, client, case, stream=stream)
    assert response.status_code == 200, response.text
    assert told_losses(response) == case.losses
    assert front.record_of(response.headers).loss_count >= len(case.losses)
    # Cohere's own header for it says what became of each; OpenAI has none.
    warning = response.headers.get("x-api-warning", "")
    if case.path in (COMPLETIONS, "/v1/embeddings"):
        assert warning == ""
    for loss in case.losses if warning else ():
        kind, _, path = loss.partition(" ")
        assert (
            f"parameter {path} is not a valid field" if kind == "unknown" else f"{path} {kind}: "
        ) in warning
    assert bool(warning) is bool(case.losses) or case.path not in (CHAT, "/cohere/v2/chat", "/v2/embed")


def assert_refused(front: Front, response: httpx.Response, case: Case) -> None:
    """Check that what would be lost first is named, in the caller's dialect, and that nobody was asked."""
    assert response.status_code == 422, response.text
    field = case.losses[0].partition(" ")[2]
    body = response.json()
    message = body["error"]["message"] if "error" in body else body["message"]
    assert message.startswith(f"{field} cannot be carried to the model that would answer: ")
    if "error" in body:
        assert (body["error"]["param"], body["error"]["code"]) == (field, "untranslatable")
    assert asked_upstream(front) == 0


@pytest.mark.parametrize("case", LOSSY)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_strict_refuses_what_would_lose_something(
    front: Front, client: httpx.Client, case: Case, stream: bool
) -> None:
    response = ask(front, client, case, stream=stream, headers={"x-causeway-strict": "true"})
    assert_refused(front, response, case)


@pytest.mark.parametrize("case", LOSSLESS + MAPPED)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_strict_lets_through_what_loses_nothing(
    front: Front, client: httpx.Client, case: Case, stream: bool
) -> None:
    response = ask(front, client, case, stream=stream, headers={"x-causeway-strict": "true"})
    assert response.status_code == 200, response.text
    assert told_losses(response) == case.losses


@pytest.mark.parametrize(
    ("value", "status"), [("true", 422), ("TRUE", 422), ("1", 422), ("false", 200), ("0", 200)]
)
def test_every_spelling_of_strict(front: Front, client: httpx.Client, value: str, status: int) -> None:
    assert ask(front, client, LOSSY[0], headers={"x-causeway-strict": value}).status_code == status


@pytest.mark.parametrize("case", [LOSSY[0], LOSSY[9]])
def test_what_is_no_boolean_is_an_error_that_names_the_header(
    front: Front, client: httpx.Client, case: Case
) -> None:
    response = ask(front, client, case, headers={"x-causeway-strict": "maybe"})
    assert response.status_code == 400
    assert "header x-causeway-strict" in response.text
    assert asked_upstream(front) == 0


@pytest.fixture(scope="module")
def strict_gateway() -> Iterator[Front]:
    config = Config(server=ServerConfig(strict_translation=True))
    with (
        ScriptedUpstream(dialects=["openai"]) as openai,
        ScriptedUpstream(dialects=["cohere"]) as cohere,
        gateway_before(
            scripted_provider("openai", openai.url, retry=ONCE),
            scripted_provider("cohere", cohere.url, retry=ONCE),
            config=config,
        ) as gateway,
    ):
        yield Front(gateway.url, gateway.calls, openai, cohere)


@pytest.mark.parametrize("case", LOSSY)
def test_a_configuration_can_be_strict_and_a_caller_lenient(
    strict_gateway: Front, client: httpx.Client, case: Case
) -> None:
    strict_gateway.forget()
    assert_refused(strict_gateway, ask(strict_gateway, client, case), case)
    lenient = ask(strict_gateway, client, case, headers={"x-causeway-strict": "false"})
    assert lenient.status_code == 200, lenient.text
    assert told_losses(lenient) == case.losses


@pytest.mark.parametrize("case", LOSSLESS + MAPPED)
def test_a_strict_configuration_lets_through_what_loses_nothing(
    strict_gateway: Front, client: httpx.Client, case: Case
) -> None:
    assert ask(strict_gateway, client, case).status_code == 200


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_fallback_that_loses_nothing_answers_a_strict_caller(
    front: Front, client: httpx.Client, stream: bool
) -> None:
    fields = {"user": "u-1", "fallbacks": ["openai/x"]}
    response = ask(
        front,
        client,
        Case(COMPLETIONS, "cohere/x", fields, []),
        stream=stream,
        headers={"x-causeway-strict": "true"},
    )
    assert response.status_code == 200
    assert response.headers["x-bifrost-provider"] == "openai"
    assert told_losses(response) == []
    assert (len(front.cohere.requests), front.openai.requests[0].json["user"]) == (0, "u-1")


def test_what_an_answer_loses_is_told_and_no_reason_to_refuse_it(front: Front, client: httpx.Client) -> None:
    front.openai.script(Answer("Four.", thinking="Two and two."))
    response = ask(front, client, Case(CHAT, "openai/x", {}, []), headers={"x-causeway-strict": "true"})
    assert response.status_code == 200
    assert "dropped response.usage.reasoning_tokens" in response.headers["x-causeway-loss"].split(", ")
    assert "x-api-warning" not in response.headers  # which is about the request


def test_names_that_callers_make_up_stay_within_their_header(front: Front, client: httpx.Client) -> None:
    names = ["x\r\nset-cookie: a=b", "caf\u00e9 \U0001f600", *(f"field_{number}" * 5 for number in range(60))]
    response = ask(front, client, Case(COMPLETIONS, "cohere/x", dict.fromkeys(names, 1), []))
    assert response.status_code == 200
    assert "set-cookie" not in response.headers
    loss = response.headers["x-causeway-loss"]
    assert loss.startswith("dropped x??set-cookie: a=b, dropped caf? ?, dropped field_0")
    assert len(loss) <= 2000
    few = ask(front, client, Case(COMPLETIONS, "cohere/x", {f"f{number}": 1 for number in range(60)}, []))
    assert few.headers["x-causeway-loss"].endswith("dropped f49, and 10 more")
