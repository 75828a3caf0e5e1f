"""Keys that send something else with each request: signatures, and tokens that are got and renewed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec.structs import replace

from causeway.model.errors import CausewayError, UpstreamConnectionError, UpstreamRefusedError
from causeway.model.secret import Secret
from causeway.pipeline.call import CallOptions, Trail
from causeway.pipeline.live_provider import Lease, LiveProvider
from causeway.pipeline.targets import Place
from causeway.providers.aws_signature import signature_headers
from causeway.providers.network import OutboundRequest
from causeway.providers.provider import Provider
from causeway.rules.provider_keys import AwsCredentials, EntraCredentials, GoogleCredentials, ProviderKey
from causeway.rules.retry import RetryPolicy
from support.providers import CATALOG

GOOGLE_KEY = ProviderKey(
    id="g", name="g", credentials=GoogleCredentials(), region="global", project="my-project"
)
AWS = AwsCredentials(
    access_key_id="AKIDEXAMPLE",
    secret_access_key=Secret("the-secret-access-key"),
    session_token=Secret("the-session-token"),
)
AWS_KEY = ProviderKey(id="a", name="a", credentials=AWS, region="eu-west-1")


class Client:
    """Keeps what is sent, and answers nothing."""

    def __init__(self) -> None:
        self.requests: list[OutboundRequest] = []

    @asynccontextmanager
    async def send(self, request: OutboundRequest) -> AsyncIterator[Any]:
        self.requests.append(request)
        yield None

    async def open(self, request: OutboundRequest) -> Any:
        self.requests.append(request)


class Tokens:
    """Gives `the-token-1` until that is forgotten, then `the-token-2`. With `is_new` nothing is forgotten."""

    def __init__(self, *, is_new: bool = False, error: CausewayError | None = None) -> None:
        self.number = 1
        self.asked = 0
        self._is_new = is_new
        self._error = error

    async def token(self) -> Secret:
        self.asked += 1
        if self._error is not None:
            raise self._error
        return Secret(f"the-token-{self.number}")

    def forget(self, token: Secret) -> bool:
        assert token == Secret(f"the-token-{self.number}")
        self.number += not self._is_new
        return not self._is_new


class World:
    """A live provider over a client that keeps what is sent, and calls of it."""

    def __init__(self, name: str, key: ProviderKey, tokens: Tokens | None = None) -> None:
        self.seconds = 1_763_800_000.0
        self.client = Client()
        self.trail = Trail()
        row = CATALOG[name]
        provider = Provider(
            name=name, spec=row, base_url=row.base_url, keys=(key,), retry=RetryPolicy(max_retries=0)
        )
        self.live = LiveProvider(
            provider,
            self.client,  # type: ignore[arg-type]
            tokens={} if tokens is None else {key.id: tokens},
            unix_now=lambda: self.seconds,
        )

    async def call(self, *outcomes: CausewayError | None) -> None:
        """Make a call whose requests end so, one after another."""
        waiting = list(outcomes)

        async def ask(key: ProviderKey, model: str, lease: Lease) -> None:
            await self.live.open_stream("chat", key, model, b"{}")
            if error := waiting.pop(0):
                raise error
            lease.settle(None)

        place = Place(0, self.live.provider.name, "m")
        try:
            await self.live.attempt("m:0", CallOptions(), self.trail, place, ask)
        finally:
            assert waiting == []

    def authorizations(self) -> list[str]:
        return [dict(request.headers)["authorization"] for request in self.client.requests]


def refused(status: int, said: str = "no") -> UpstreamRefusedError:
    return UpstreamRefusedError(said, status=status)


async def test_a_token_goes_as_a_bearer_to_the_place_of_its_key() -> None:
    tokens = Tokens()
    world = World("vertex", GOOGLE_KEY, tokens)
    await world.call(None)
    await world.call(None)
    assert world.authorizations() == ["Bearer the-token-1"] * 2
    assert world.client.requests[0].url == (
        "https://aiplatform.googleapis.com/v1beta1/projects/my-project/locations/global/publishers/google"
        "/models/m%3A0:streamGenerateContent?alt=sse"
    )
    assert [attempt.error_code for attempt in world.trail.attempts] == ["", ""]


async def test_a_token_of_entra_ids_goes_in_the_place_of_an_api_key() -> None:
    entra = EntraCredentials(tenant_id="t", client_id="c", client_secret=Secret("s"), scopes=())
    key = ProviderKey(id="e", name="e", credentials=entra, base_url="https://r.openai.azure.com")
    world = World("azure", key, Tokens())
    await world.call(None)
    headers = dict(world.client.requests[0].headers)
    assert headers["authorization"] == "Bearer the-token-1"
    assert "api-key" not in headers


async def test_a_refused_token_is_renewed_once_within_the_attempt() -> None:
    world = World("vertex", GOOGLE_KEY, Tokens())
    await world.call(refused(401), None)
    assert world.authorizations() == ["Bearer the-token-1", "Bearer the-token-2"]
    assert [attempt.status for attempt in world.trail.attempts] == [200]
    with pytest.raises(UpstreamRefusedError):
        await world.call(refused(401), refused(401))
    assert world.authorizations()[2:] == ["Bearer the-token-2", "Bearer the-token-3"]


async def test_what_a_new_token_would_not_change_is_not_asked_again() -> None:
    world = World("vertex", GOOGLE_KEY, Tokens(is_new=True))
    with pytest.raises(UpstreamRefusedError):
        await world.call(refused(401))
    with pytest.raises(UpstreamRefusedError):
        await world.call(refused(403))
    with pytest.raises(UpstreamConnectionError):
        await world.call(UpstreamConnectionError("gone"))
    assert world.authorizations() == ["Bearer the-token-1"] * 3


async def test_an_error_gives_no_token_away() -> None:
    world = World("vertex", GOOGLE_KEY, Tokens())
    with pytest.raises(UpstreamRefusedError) as caught:
        await world.call(refused(401, "you sent the-token-1"), refused(400, "you sent the-token-2"))
    assert caught.value.message == "you sent ***"
    assert world.trail.attempts[-1].status == 400


async def test_a_token_that_cannot_be_had_fails_the_attempt() -> None:
    world = World("vertex", GOOGLE_KEY, Tokens(error=refused(401, "invalid_grant")))
    with pytest.raises(UpstreamRefusedError, match="invalid_grant"):
        await world.call()
    assert world.client.requests == []
    assert [attempt.status for attempt in world.trail.attempts] == [401]


async def test_each_request_to_aws_is_signed_by_itself() -> None:
    world = World("bedrock", AWS_KEY)
    await world.call(None)
    world.seconds += 1
    await world.call(None)
    first, second = world.client.requests
    assert first.url == "https://bedrock-runtime.eu-west-1.amazonaws.com/model/m%3A0/converse-stream"
    for request, unix_seconds in ((first, world.seconds - 1), (second, world.seconds)):
        unsigned = (
            ("content-type", "application/json"),
            ("accept", "application/vnd.amazon.eventstream"),
        )
        made = signature_headers(
            "POST",
            request.url,
            unsigned,
            b"{}",
            credentials=AWS,
            region="eu-west-1",
            service="bedrock",
            unix_seconds=unix_seconds,
        )
        assert request.headers == (*unsigned, *made)
    assert world.authorizations()[0] != world.authorizations()[1]


async def test_an_error_of_awss_gives_no_session_token_away() -> None:
    world = World("bedrock", AWS_KEY)
    said = "The Canonical String for this request should have been x-amz-security-token:the-session-token"
    with pytest.raises(UpstreamRefusedError) as caught:
        await world.call(refused(403, said))
    assert caught.value.message.endswith("x-amz-security-token:***")


@pytest.mark.parametrize("name", ["bedrock", "vertex"])
async def test_a_plain_value_of_such_a_provider_is_sent_as_it_is(name: str) -> None:
    key = replace(GOOGLE_KEY, value=Secret("the-api-key"), credentials=None)
    world = World(name, key)
    await world.call(None)
    headers = dict(world.client.requests[0].headers)
    sent = headers["authorization"] if name == "bedrock" else headers["x-goog-api-key"]
    assert sent.removeprefix("Bearer ") == "the-api-key"
    assert "x-amz-date" not in headers


async def test_configured_headers_do_not_contradict_what_is_made() -> None:
    world = World("vertex", GOOGLE_KEY, Tokens())
    world.live.provider = replace(world.live.provider, headers={"Authorization": "Bearer other"})
    await world.call(None)
    sent = [value for name, value in world.client.requests[0].headers if name == "authorization"]
    assert sent == ["Bearer the-token-1"]
