"""Signatures and tokens all the way: caller, gateway, token endpoint, provider, and real sockets between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from unittest.mock import patch

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from msgspec import Struct
from msgspec.structs import replace

from causeway.adapters.access_tokens.cache import TokenCache
from causeway.adapters.access_tokens.google import GoogleAccount
from causeway.adapters.outbound.httptools_client.client import HttptoolsClient
from causeway.model.errors import UpstreamRefusedError
from causeway.model.secret import Secret
from causeway.pipeline.call import CallOptions, Trail
from causeway.pipeline.live_provider import Lease, LiveProvider
from causeway.pipeline.provider_answer import raise_for_status
from causeway.pipeline.targets import Place
from causeway.providers.provider import Provider
from causeway.rules.provider_keys import AwsCredentials, GoogleCredentials, ProviderKey
from causeway.testing import RecordedRequest, ScriptedUpstream
from support.google_accounts import TokenEndpoint, token_endpoint
from support.upstreams import gateway_before, scripted_provider

AWS = AwsCredentials(
    access_key_id="AKIDEXAMPLE",
    secret_access_key=Secret("the-secret-access-key"),
    session_token=Secret("the-session-token"),
)
QUESTION = {"model": "openai/scripted", "messages": [{"role": "user", "content": "Hello!"}]}


def speaking_openai(provider: Provider, auth: str, key: ProviderKey) -> Provider:
    """Return the provider with another row's kind of authentication."""
    service = "bedrock-mantle" if auth == "aws" else ""
    return replace(provider, spec=replace(provider.spec, auth=auth, aws_service=service), keys=(key,))


def signed_by_botocore(url: str, request: RecordedRequest) -> str:
    """Return the signature that botocore makes of a request as it arrived, at the time that it names."""
    names = request.headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    headers = {name: request.headers[name] for name in names if not name.startswith("x-amz-")}
    query = f"?{request.query}" if request.query else ""
    again = AWSRequest(
        method=request.method, url=f"{url}{request.path}{query}", headers=headers, data=request.body
    )
    credentials = Credentials("AKIDEXAMPLE", "the-secret-access-key", "the-session-token")
    then = datetime.strptime(request.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    with patch("botocore.auth.get_current_datetime", lambda *_: then):
        SigV4Auth(credentials, "bedrock-mantle", "eu-west-1").add_auth(again)
    return str(again.headers["Authorization"])


def test_what_arrives_is_signed_as_it_arrives() -> None:
    key = ProviderKey(id="k", name="k", credentials=AWS, region="eu-west-1")
    with ScriptedUpstream(dialects=["openai"]) as upstream:
        provider = speaking_openai(scripted_provider("openai", upstream.url), "aws", key)
        with gateway_before(provider) as gateway, httpx.Client(base_url=gateway.url) as client:
            for body in (QUESTION, {**QUESTION, "stream": True}, {**QUESTION, "model": "openai/ä b:0"}):
                assert client.post("/v1/chat/completions", json=body).status_code == 200
            client.get("/v1/models").raise_for_status()
        requests = upstream.requests
        assert [request.method for request in requests] == ["POST", "POST", "POST", "GET"]
        for request in requests:
            assert request.headers["x-amz-security-token"] == "the-session-token"
            assert request.headers["authorization"] == signed_by_botocore(upstream.url, request)


async def test_a_caller_of_the_gateway_is_answered_with_a_token_of_googles() -> None:
    async with token_endpoint() as endpoint:
        credentials = GoogleCredentials(key_file=Secret(endpoint.service_account()))
        key = ProviderKey(id="k", name="k", credentials=credentials)
        with ScriptedUpstream(dialects=["openai"], required_key="token-1-of-google") as upstream:
            provider = speaking_openai(scripted_provider("openai", upstream.url), "google", key)
            with gateway_before(provider) as gateway:
                async with httpx.AsyncClient(base_url=gateway.url) as client:
                    asking = [client.post("/v1/chat/completions", json=QUESTION) for _ in range(10)]
                    answers = await asyncio.gather(*asking)
        assert [answer.status_code for answer in answers] == [200] * 10
        assert len(endpoint.requests) == 1, "all have waited for the same token"


async def test_a_refusal_of_googles_is_told_to_the_caller_without_a_secret() -> None:
    async with token_endpoint() as endpoint:
        endpoint.refusals += [
            (b"400 Bad Request", b'{"error": "invalid_grant", "error_description": "Gone."}')
        ] * 3
        credentials = GoogleCredentials(key_file=Secret(endpoint.service_account()))
        key = ProviderKey(id="k", name="k", credentials=credentials)
        with ScriptedUpstream(dialects=["openai"]) as upstream:
            provider = speaking_openai(scripted_provider("openai", upstream.url), "google", key)
            with gateway_before(provider) as gateway:
                async with httpx.AsyncClient(base_url=gateway.url) as client:
                    answer = await client.post("/v1/chat/completions", json=QUESTION)
            assert upstream.requests == []
        assert answer.status_code == 401
        assert "no access token of Google's could be had: invalid_grant: Gone." in answer.text
        assert "PRIVATE KEY" not in answer.text


class Stage(Struct):
    """A live provider that gets its tokens from an endpoint; `clock` holds the time in seconds."""

    live: LiveProvider
    endpoint: TokenEndpoint
    upstream: ScriptedUpstream
    clock: list[float]

    async def call(self) -> None:
        """Make a call; raises UpstreamRefusedError where the provider refuses it."""

        async def ask(key: ProviderKey, model: str, lease: Lease) -> None:
            async with self.live.send("models", key, "", b"") as response:
                if response.status != 200:
                    await raise_for_status(response, Face(), key)
                await response.read(100_000)
            lease.settle(None)

        await self.live.attempt("m", CallOptions(), Trail(), Place(0, "openai", "m"), ask)

    def tokens_sent(self) -> list[str | None]:
        return [request.key for request in self.upstream.requests]


class Face:
    """Reads no error."""

    def decode_error(self, status: int, body: bytes) -> UpstreamRefusedError:
        return UpstreamRefusedError(body.decode(), status=status)


@asynccontextmanager
async def staged(required_key: str | None = None) -> AsyncIterator[Stage]:
    async with token_endpoint() as endpoint:
        clock = [1000.0]
        with ScriptedUpstream(dialects=["openai"], required_key=required_key) as upstream:
            key = ProviderKey(id="k", name="k", credentials=GoogleCredentials(key_file=Secret("unread")))
            provider = speaking_openai(scripted_provider("openai", upstream.url), "google", key)
            client = HttptoolsClient(environment={})
            credentials = GoogleCredentials(key_file=Secret(endpoint.service_account()))
            account = GoogleAccount(credentials, client, provider.network)
            tokens = TokenCache(account.fetch, now=lambda: clock[0])
            yield Stage(LiveProvider(provider, client, tokens={"k": tokens}), endpoint, upstream, clock)
            await client.stop()


async def test_a_token_that_has_ended_is_not_sent() -> None:
    async with staged() as stage:
        await stage.call()
        stage.clock[0] += 3600
        await asyncio.gather(*(stage.call() for _ in range(5)))
        assert stage.tokens_sent() == ["token-1-of-google"] + ["token-2-of-google"] * 5
        assert len(stage.endpoint.requests) == 2


async def test_a_401_forces_one_new_token_for_all_who_got_it() -> None:
    async with staged(required_key="token-2-of-google") as stage:
        await stage.live.ready_key(stage.live.provider.keys[0])
        stage.clock[0] += 60
        await asyncio.gather(*(stage.call() for _ in range(5)))
        assert stage.tokens_sent().count("token-2-of-google") == 5
        assert len(stage.endpoint.requests) == 2


async def test_a_401_that_no_new_token_mends_is_told_and_not_asked_for_ever() -> None:
    async with staged(required_key="another-key") as stage:
        with pytest.raises(UpstreamRefusedError):
            await stage.call()
        assert len(stage.endpoint.requests) == 1, "the token was new: a newer one is no better"
        stage.clock[0] += 60
        with pytest.raises(UpstreamRefusedError) as caught:
            await stage.call()
        assert caught.value.status == 401
        assert "of-google" not in caught.value.message
        assert stage.tokens_sent() == ["token-1-of-google"] * 2 + ["token-2-of-google"]
