"""OpenAI's own SDK on responses that are kept: gone on from, read, listed, deleted, each caller its own."""

import json
from collections.abc import Iterator
from contextlib import nullcontext
from typing import cast

import openai
import pytest
from msgspec import Struct

from causeway.testing import ScriptedUpstream
from support.matrix.upstreams import matrix_providers
from support.upstreams import gateway_before

KEYS = ("key-of-ada", "key-of-bob")
PROVIDERS = ("cohere", "responses")


class World(Struct):
    """A gateway before a provider that keeps responses itself, and one that knows no such thing."""

    url: str
    upstreams: dict[str, ScriptedUpstream]

    def client(self, key: str = KEYS[0]) -> openai.OpenAI:
        return openai.OpenAI(api_key=key, base_url=f"{self.url}/openai/v1", max_retries=0)

    def sent(self, provider: str) -> dict[str, object]:
        body: dict[str, object] = json.loads(self.upstreams[provider].requests[-1].body)
        return body


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with (
        ScriptedUpstream(dialects=["cohere"]) as cohere,
        ScriptedUpstream(dialects=["responses"]) as responses,
    ):
        upstreams = {"cohere": cohere, "responses": responses}
        with gateway_before(*matrix_providers(upstreams), keys=KEYS) as gateway:
            yield World(gateway.url, upstreams)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_conversation_goes_on_from_a_response(world: World, provider: str) -> None:
    client, model = world.client(), f"{provider}/scripted"
    first = client.responses.create(model=model, input="My name is Ada.", instructions="Be brief.")
    second = client.responses.create(model=model, input="What is it?", previous_response_id=first.id)
    assert second.previous_response_id == first.id
    sent = world.sent(provider)
    if provider == "responses":  # which has kept it too
        assert sent["previous_response_id"] == first.id
        return
    assert sent["messages"] == [
        {"role": "user", "content": "My name is Ada."},
        {"role": "assistant", "content": "You said: My name is Ada."},
        {"role": "user", "content": "What is it?"},
    ]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_streamed_response_is_kept_like_a_whole_one(world: World, provider: str) -> None:
    client, model = world.client(), f"{provider}/scripted"
    with client.responses.stream(model=model, input="My name is Ada.") as stream:
        streamed = stream.until_done().get_final_response()
    found = client.responses.retrieve(streamed.id)
    assert found.output_text == streamed.output_text == "You said: My name is Ada."
    [item] = client.responses.input_items.list(streamed.id).data
    assert item.type == "message"
    assert "My name is Ada." in item.model_dump_json()


def test_a_conversation_may_go_on_with_another_provider(world: World) -> None:
    client = world.client()
    first = client.responses.create(model="responses/scripted", input="My name is Ada.")
    client.responses.create(model="cohere/scripted", input="What is it?", previous_response_id=first.id)
    assert "My name is Ada." in json.dumps(world.sent("cohere"))
    second = client.responses.create(model="cohere/scripted", input="My name is Bob.")
    client.responses.create(model="responses/scripted", input="What is it?", previous_response_id=second.id)
    sent = world.sent("responses")
    assert "previous_response_id" not in sent
    assert "My name is Bob." in json.dumps(sent)


def test_what_a_provider_has_joined_itself_goes_on_with_another_in_full(world: World) -> None:
    client = world.client()
    first = client.responses.create(model="responses/scripted", input="My name is Ada.")
    second = client.responses.create(
        model="responses/scripted", input="I live in Rome.", previous_response_id=first.id
    )
    third = client.responses.create(
        model="cohere/scripted", input="Who am I?", instructions="Be brief.", previous_response_id=second.id
    )
    assert [
        message["content"] for message in cast(list[dict[str, str]], world.sent("cohere")["messages"])
    ] == [
        "Be brief.",
        "My name is Ada.",
        "You said: My name is Ada.",
        "I live in Rome.",
        "You said: I live in Rome.",
        "Who am I?",
    ]
    client.responses.delete(first.id)
    for model, error in (("cohere/scripted", openai.BadRequestError), ("responses/scripted", None)):
        with pytest.raises(error) if error else nullcontext():
            client.responses.create(model=model, input="Who?", previous_response_id=second.id)
    # The third was told the whole conversation, and needs nobody else.
    client.responses.create(model="cohere/scripted", input="Who?", previous_response_id=third.id)
    assert "My name is Ada." in json.dumps(world.sent("cohere"))


def test_what_is_deleted_or_was_not_to_be_kept_is_not_found(world: World) -> None:
    client = world.client()
    kept = client.responses.create(model="cohere/scripted", input="Hello")
    unkept = client.responses.create(model="cohere/scripted", input="Hello", store=False)
    client.responses.delete(kept.id)
    for id in (kept.id, unkept.id, "resp_never"):
        with pytest.raises(openai.NotFoundError, match=id):
            client.responses.retrieve(id)
        with pytest.raises(openai.BadRequestError) as refused:
            client.responses.create(model="cohere/scripted", input="Hello", previous_response_id=id)
        assert refused.value.code == "previous_response_not_found"


def test_each_caller_has_its_own(world: World) -> None:
    ours = world.client().responses.create(model="cohere/scripted", input="A secret.")
    theirs = world.client(KEYS[1])
    with pytest.raises(openai.NotFoundError):
        theirs.responses.retrieve(ours.id)
    with pytest.raises(openai.NotFoundError):
        theirs.responses.delete(ours.id)
    with pytest.raises(openai.BadRequestError):
        theirs.responses.create(model="cohere/scripted", input="Tell.", previous_response_id=ours.id)
    assert world.client().responses.retrieve(ours.id).id == ours.id


def test_only_a_response_in_the_background_can_be_cancelled(world: World) -> None:
    client = world.client()
    ended = client.responses.create(model="cohere/scripted", input="Hello")
    with pytest.raises(openai.BadRequestError, match="synchronous"):
        client.responses.cancel(ended.id)
