"""Which of a caller's headers its provider is sent: those that say how the body is meant, and no other."""

from collections.abc import Iterator
from typing import Any

import anthropic
import httpx
import pytest
from msgspec import Struct
from msgspec.structs import replace

from causeway.testing import ScriptedUpstream, Status
from support.fronts import ONCE
from support.upstreams import KEY, gateway_before, scripted_provider

BETAS = "context-1m-2025-08-07,interleaved-thinking-2025-05-14"
ASKED: dict[str, Any] = {
    "model": "anthropic/claude-x",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Say hello."}],
}
# What a request to a provider has, whoever asked.
OWN = {
    *("host", "user-agent", "accept", "accept-encoding", "content-type", "content-length"),
    *("anthropic-version", "x-api-key"),
}


class Stage(Struct):
    """A gateway before an Anthropic and an OpenAI, and Anthropic's SDK before the gateway."""

    url: str
    claude: ScriptedUpstream
    gpt: ScriptedUpstream
    client: anthropic.Anthropic

    def ask(self, path: str, body: dict[str, Any], **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.post(self.url + path, json=body, headers=named)


@pytest.fixture(scope="module")
def shared_stage() -> Iterator[Stage]:
    with (
        ScriptedUpstream(dialects=["anthropic"]) as claude,
        ScriptedUpstream(dialects=["openai"]) as gpt,
        gateway_before(
            scripted_provider("anthropic", claude.url, retry=ONCE),
            scripted_provider("openai", gpt.url, retry=ONCE),
        ) as gateway,
        anthropic.Anthropic(
            api_key="the-caller", base_url=f"{gateway.url}/anthropic", max_retries=0
        ) as client,
    ):
        yield Stage(gateway.url, claude, gpt, client)


@pytest.fixture
def stage(shared_stage: Stage) -> Stage:
    shared_stage.claude.forget()
    shared_stage.gpt.forget()
    return shared_stage


def test_the_betas_of_anthropics_sdk_reach_an_anthropic(stage: Stage) -> None:
    betas = BETAS.split(",")
    stage.client.beta.messages.create(**ASKED, betas=betas)
    with stage.client.beta.messages.stream(**ASKED, betas=betas) as stream:
        assert stream.get_final_text() == "You said: Say hello."
    counted = {name: ASKED[name] for name in ("model", "messages")}
    stage.client.beta.messages.count_tokens(**counted, betas=betas)
    stage.client.messages.create(**ASKED)
    *with_betas, without = stage.claude.requests
    first, second, third = (request.headers["anthropic-beta"] for request in with_betas)
    assert (first, second) == (BETAS, BETAS)
    assert third.startswith(BETAS)  # the SDK adds the one for counting
    assert "anthropic-beta" not in without.headers
    assert {request.headers["anthropic-version"] for request in stage.claude.requests} == {"2023-06-01"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (
            "/anthropic/v1/complete",
            {"model": "anthropic/claude-x", "max_tokens_to_sample": 50, "prompt": "\n\nHuman: Hi"},
        ),
        (
            "/bedrock/model/anthropic%2Fclaude-x/invoke",
            {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 50, "messages": ASKED["messages"]},
        ),
    ],
)
def test_they_reach_it_with_a_body_that_was_translated_too(
    stage: Stage, path: str, body: dict[str, Any]
) -> None:
    response = stage.ask(path, body, anthropic_beta=BETAS)
    assert response.status_code == 200, response.text
    assert stage.claude.requests[0].headers["anthropic-beta"] == BETAS


def test_nothing_else_of_the_callers_headers_does(stage: Stage) -> None:
    stage.client.beta.messages.create(
        **ASKED,
        betas=["one"],
        extra_headers={
            "anthropic-version": "1999-01-01",
            "anthropic-organization": "mine",
            "cookie": "a=b",
            "x-forwarded-for": "10.0.0.1",
            "x-bf-session-id": "s",
        },
    )
    (request,) = stage.claude.requests
    assert set(request.headers) <= {*OWN, "anthropic-beta"}
    assert request.headers["anthropic-version"] == "2023-06-01"
    assert request.headers["x-api-key"] == KEY


def test_a_provider_of_another_dialect_is_not_sent_them(stage: Stage) -> None:
    asked = {**ASKED, "model": "openai/gpt-x"}
    stage.client.beta.messages.create(**asked, betas=["one"])
    assert "anthropic-beta" not in stage.gpt.requests[0].headers


def test_who_speaks_another_dialect_sends_none(stage: Stage) -> None:
    asked = {"model": "anthropic/claude-x", "messages": ASKED["messages"]}
    for path in ("/openai/v1/chat/completions", "/v2/chat"):
        assert stage.ask(path, asked, anthropic_beta="one").status_code == 200
    assert all("anthropic-beta" not in request.headers for request in stage.claude.requests)


def test_the_fallback_is_sent_them_where_it_speaks_the_dialect(stage: Stage) -> None:
    stage.gpt.script(Status(503, "Not now."))
    asked = {**ASKED, "model": "openai/gpt-x", "fallbacks": ["anthropic/claude-x"]}
    assert stage.ask("/anthropic/v1/messages", asked, anthropic_beta="one").status_code == 200
    assert "anthropic-beta" not in stage.gpt.requests[0].headers
    assert stage.claude.requests[0].headers["anthropic-beta"] == "one"


def test_a_value_that_no_header_may_have_is_refused_by_name(stage: Stage) -> None:
    response = httpx.post(
        f"{stage.url}/anthropic/v1/messages", json=ASKED, headers=[(b"anthropic-beta", b"caf\xe9")]
    )
    assert response.status_code == 400
    assert "anthropic-beta" in response.json()["error"]["message"]
    assert stage.claude.requests == []


def test_the_configurations_own_value_is_kept_beside_the_callers() -> None:
    with ScriptedUpstream(dialects=["anthropic"]) as claude:
        configured = replace(scripted_provider("anthropic", claude.url), headers={"Anthropic-Beta": "ours"})
        with gateway_before(configured) as gateway:
            for headers in ({}, {"anthropic-beta": "theirs"}):
                response = httpx.post(f"{gateway.url}/anthropic/v1/messages", json=ASKED, headers=headers)
                assert response.status_code == 200
        assert [request.headers["anthropic-beta"] for request in claude.requests] == ["ours", "ours,theirs"]
