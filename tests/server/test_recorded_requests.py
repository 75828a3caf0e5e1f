"""Every recorded request goes through the gateway: to a provider of its own dialect, and to one of the other.

To its own it goes as it was, and the recorded answer comes back as it was. To the other it is translated;
what the other cannot be asked is named as lost, or the request is refused by a name.
"""

from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest

from causeway.testing import Recording, Replay, ScriptedUpstream
from support.fronts import ONCE, Front
from support.openai_recordings import VENDORS
from support.recordings import ABSENT, recordings
from support.upstreams import gateway_before, scripted_provider

PROVIDERS = {"openai-chat": "openai"}


# What a vendor reads otherwise than OpenAI, and requests with such a member do not heed, or say in several
# words: their bodies are written anew. Beside it, the member that it becomes.
WRITTEN_ANEW = {
    "openrouter": {"reasoning": "reasoning", "max_completion_tokens": "max_tokens"},
    "zai": {"reasoning_effort": "thinking"},
}
# Members that say what is so without them.
SAYS_NOTHING: list[tuple[str, Any]] = [("n", 1), ("tool_choice", "auto"), ("stream", False)]


def vendor_exchanges() -> list[Any]:
    """Return the chat completions of every vendor, each with its provider's name, as pytest parameters."""
    found = []
    for vendor in VENDORS:
        for url_end in ("/chat/completions", "/chat/completions#stream"):
            for exchange in recordings(vendor, url_end):
                # Some were kept without what was asked.
                if exchange.values[0] is not None and exchange.values[0]["request"]["body"] is not None:
                    provider = PROVIDERS.get(vendor, vendor)
                    found.append(pytest.param(provider, exchange.values[0], id=f"{vendor}-{exchange.id}"))
    return found or [pytest.param("", None, marks=pytest.mark.skip(reason=ABSENT), id="absent")]


COMPLETIONS = vendor_exchanges()
COHERE_CHATS = recordings("cohere", "/v2/chat")


@pytest.fixture(scope="module")
def vendors() -> Iterator[Front]:
    """A gateway before every vendor of OpenAI's dialect, all of them one server, and before Cohere."""
    with (
        ScriptedUpstream(dialects=["openai"]) as openai,
        ScriptedUpstream(dialects=["cohere"]) as cohere,
        gateway_before(
            *(scripted_provider(PROVIDERS.get(name, name), openai.url, retry=ONCE) for name in VENDORS),
            scripted_provider("cohere", cohere.url, retry=ONCE),
        ) as gateway,
    ):
        yield Front(gateway.url, gateway.calls, openai, cohere)


@pytest.fixture
def front(vendors: Front) -> Front:
    vendors.forget()
    return vendors


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=30) as client:
        yield client


def replay_of(exchange: Any) -> Replay:
    response = exchange["response"]
    return Replay(
        Recording(
            response["status"],
            response["headers"],
            json=response.get("json", msgspec.UNSET),
            text=response.get("text", msgspec.UNSET),
        )
    )


def assert_goes_through(
    front: Front, upstream: ScriptedUpstream, client: httpx.Client, path: str, provider: str, exchange: Any
) -> None:
    """Ask as was recorded, of a provider that answers as was recorded."""
    replay = replay_of(exchange)
    upstream.script(replay)
    asked = exchange["request"]["body"]
    response = client.post(front.url + path, json={**asked, "model": f"{provider}/{asked['model']}"})
    sent, told = upstream.requests[0].json, replay.recording.body
    anew = WRITTEN_ANEW.get(provider, {})
    is_as_it_was = anew.keys().isdisjoint(asked)
    if is_as_it_was:
        assert sent == asked
    else:
        assert_nothing_is_lost_unnamed(asked, sent, lost_paths(response))
        for name in (asked.keys() | sent.keys()) - {*anew.keys(), *anew.values()}:
            assert dict(leaves({name: sent.get(name)})) == dict(leaves({name: asked.get(name)}))
    if replay.recording.status != 200:
        assert response.status_code == replay.recording.status
        assert told["error"]["message"] in response.json()["error"]["message"]
        return
    assert response.status_code == 200
    if is_as_it_was:
        assert response.content == (told if isinstance(told, bytes) else msgspec.json.encode(told))
        assert "x-causeway-loss" not in response.headers
    tells_error = isinstance(told, bytes) and (b'"error":' in told or b'"finish_reason":"ERROR"' in told)
    assert front.record_of(response.headers).outcome == ("error" if tells_error else "success")


@pytest.mark.parametrize(("provider", "exchange"), COMPLETIONS)
def test_a_recorded_completion_goes_through_as_it_was(
    front: Front, client: httpx.Client, provider: str, exchange: Any
) -> None:
    path = "/openai/v1/chat/completions"
    assert_goes_through(front, front.openai, client, path, provider, exchange)


@pytest.mark.parametrize("exchange", COHERE_CHATS)
def test_a_recorded_chat_of_coheres_goes_through_as_it_was(
    front: Front, client: httpx.Client, exchange: Any
) -> None:
    assert_goes_through(front, front.cohere, client, "/v2/chat", "cohere", exchange)


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield everything that a JSON value says, with its path."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}[{index}]")
    elif value not in (None, "", False) and (path, value) not in SAYS_NOTHING:
        yield path, value


def lost_paths(response: httpx.Response) -> set[str]:
    """Return the paths that the header names."""
    named = response.headers.get("x-causeway-loss")
    return {loss.partition(" ")[2] for loss in named.split(", ")} if named else set()


def is_under(path: str, holders: set[str]) -> bool:
    return any(path == holder or path.startswith((f"{holder}.", f"{holder}[")) for holder in holders)


def words(value: Any) -> str:
    """Return a value as text, in which white space and case say nothing."""
    return " ".join(str(value).casefold().split())


def assert_nothing_is_lost_unnamed(asked: Any, sent: Any, lost: set[str]) -> None:
    """Hold all that was asked against what was sent instead, wherever that stands in it."""
    told = [words(value) for _, value in leaves(sent)]
    for path, value in leaves({**asked, "model": None}):
        if not is_under(path, lost) and not is_said_otherwise(path, value, sent, lost):
            assert any(words(value) in one for one in told), path


def is_said_otherwise(path: str, value: Any, sent: Any, lost: set[str]) -> bool:
    """Whether something of the one dialect has another form, or none that means anything, in the other."""
    top = path.partition("[")[0].partition(".")[0]
    match top, path.rpartition(".")[2]:
        case "messages", "type":  # of a part: what is in it is looked for by itself
            return True
        case "messages", "role":
            return bool(value == "developer")
        case "reasoning" | "reasoning_effort", _:
            return not {"thinking", "reasoning"}.isdisjoint(sent)
        case "tool_choice", _:
            return bool(value == "any" and sent["tool_choice"] == "REQUIRED")
        case "response_format", "type" | "name" | "strict":
            return "response_format" in sent
        case "documents", "id":  # the gateway cites, the provider only reads
            return True
        case "tools", _:  # where one is chosen, the others are left out
            return "tool_choice" in lost
    return False


def expected_refusal(asked: Any) -> tuple[int, str] | None:
    """Return the status and the words for what Cohere cannot be asked at all, or none."""
    for index, message in enumerate(asked["messages"]):
        parts = message["content"] if isinstance(message.get("content"), list) else []
        if message["role"] == "user" and parts:
            known = [part for part in parts if part["type"] in ("text", "image_url")]
            if not known:
                return 422, f"messages[{index}].content"
    has_format = (asked.get("response_format") or {"type": "text"})["type"] != "text"
    return (400, "response_format") if has_format and asked.get("tools") else None


@pytest.mark.parametrize(("provider", "exchange"), COMPLETIONS)
def test_a_recorded_completion_can_be_asked_of_cohere(
    front: Front, client: httpx.Client, provider: str, exchange: Any
) -> None:
    asked = {**exchange["request"]["body"], "model": "cohere/command-a"}
    response = client.post(f"{front.url}/openai/v1/chat/completions", json=asked)
    if refusal := expected_refusal(asked):
        status, field = refusal
        assert response.status_code == status
        assert field in response.json()["error"]["message"]
        return
    assert response.status_code == 200, response.text
    assert_nothing_is_lost_unnamed(asked, front.cohere.requests[0].json, lost_paths(response))


@pytest.mark.parametrize("exchange", COHERE_CHATS)
def test_a_recorded_chat_of_coheres_can_be_asked_of_openai(
    front: Front, client: httpx.Client, exchange: Any
) -> None:
    asked = {**exchange["request"]["body"], "model": "openai/gpt-4o"}
    response = client.post(f"{front.url}/v2/chat", json=asked)
    assert response.status_code == 200, response.text
    assert_nothing_is_lost_unnamed(asked, front.openai.requests[0].json, lost_paths(response))


@pytest.mark.parametrize("exchange", recordings("cohere", "/v1/chat"))
@pytest.mark.parametrize("model", ["cohere/command-a", "openai/gpt-4o"])
def test_a_recorded_chat_of_version_1_can_be_asked_of_both(
    front: Front, client: httpx.Client, exchange: Any, model: str
) -> None:
    response = client.post(f"{front.url}/v1/chat", json={**exchange["request"]["body"], "model": model})
    assert response.status_code == 200, response.text
    assert len([*front.cohere.requests, *front.openai.requests]) == 1
