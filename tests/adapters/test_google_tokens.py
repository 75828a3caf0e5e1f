"""Google's tokens over real sockets: what is asked, by whom, and that nothing secret is told of failures."""

import json
import os
from pathlib import Path

import pytest
from google.auth import _exponential_backoff
from google.auth.compute_engine import _metadata
from google.oauth2 import credentials

from causeway.adapters.access_tokens.google import GoogleAccount
from causeway.model.errors import UpstreamConnectionError, UpstreamRefusedError
from causeway.model.secret import Secret
from causeway.pipeline.ports import OutboundClient
from causeway.providers.network import Network
from causeway.rules.provider_keys import GoogleCredentials
from support.google_accounts import ACCOUNT, token_endpoint
from support.outbound import answer, network
from support.raw_server import RawConnection, raw_server

NETWORK = network()


def account_of(client: OutboundClient, key_file: str = "", network: Network = NETWORK) -> GoogleAccount:
    return GoogleAccount(GoogleCredentials(key_file=Secret(key_file)), client, network)


@pytest.fixture(autouse=True)
def _no_credentials_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith(("GOOGLE_", "GCE_", "GCLOUD_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")


async def test_a_service_accounts_key_gets_a_token(client: OutboundClient) -> None:
    async with token_endpoint() as endpoint:
        account = account_of(client, endpoint.service_account())
        first, second = await account.fetch(), await account.fetch()
        assert (first.value, second.value) == (Secret("token-1-of-google"), Secret("token-2-of-google"))
        assert 0 < first.lifetime_seconds <= 3600
        assert endpoint.requests[0]["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        claims = endpoint.claims()
        assert (claims["iss"], claims["scope"]) == (ACCOUNT, "https://www.googleapis.com/auth/cloud-platform")


async def test_a_users_credentials_get_a_token(
    client: OutboundClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = {"type": "authorized_user", "client_id": "i", "client_secret": "s", "refresh_token": "r"}
    async with token_endpoint() as endpoint:
        monkeypatch.setattr(credentials, "_GOOGLE_OAUTH2_TOKEN_ENDPOINT", endpoint.url)
        account = account_of(client, json.dumps(user))
        assert (await account.fetch()).value == Secret("token-1-of-google")
        assert endpoint.requests[0]["refresh_token"] == "r"


async def test_a_refusal_is_told_without_what_was_sent(client: OutboundClient) -> None:
    async with token_endpoint() as endpoint:
        said = {"error": "invalid_grant", "error_description": "Invalid JWT Signature.", "debug": "assertion"}
        endpoint.refusals.append((b"400 Bad Request", json.dumps(said).encode()))
        with pytest.raises(UpstreamRefusedError) as caught:
            await account_of(client, endpoint.service_account()).fetch()
        assert caught.value.status == 401
        assert caught.value.message == (
            "no access token of Google's could be had: invalid_grant: Invalid JWT Signature."
        )
        assert caught.value.__suppress_context__


@pytest.mark.parametrize("said", [b"<html>assertion=x</html>", b'"x"', b"[]"])
async def test_a_refusal_that_is_none_is_told_in_words_of_our_own(
    client: OutboundClient, said: bytes
) -> None:
    async with token_endpoint() as endpoint:
        endpoint.refusals.append((b"403 Forbidden", said))
        with pytest.raises(UpstreamRefusedError) as caught:
            await account_of(client, endpoint.service_account()).fetch()
        assert caught.value.message.startswith("no access token of Google's could be had: ")
        assert "assertion" not in caught.value.message


async def test_a_failing_endpoint_is_no_fault_of_the_key(
    client: OutboundClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_exponential_backoff.time, "sleep", lambda _seconds: None)
    async with token_endpoint() as endpoint:
        endpoint.refusals += [(b"503 Service Unavailable", b'{"error": "backend_error"}')] * 9
        with pytest.raises(UpstreamRefusedError) as caught:
            await account_of(client, endpoint.service_account()).fetch()
        assert caught.value.status == 503


async def test_an_endpoint_that_is_gone_is_a_connection_error(client: OutboundClient) -> None:
    async with token_endpoint() as endpoint:
        key_file = endpoint.service_account()
    with pytest.raises(UpstreamConnectionError):
        await account_of(client, key_file).fetch()


async def test_a_redirect_is_not_followed(client: OutboundClient) -> None:
    async with token_endpoint() as other, token_endpoint() as endpoint:
        endpoint.refusals.append((b"307 Temporary Redirect\r\nlocation: " + other.url.encode(), b"{}"))
        with pytest.raises(UpstreamRefusedError):
            await account_of(client, endpoint.service_account()).fetch()
        assert other.requests == []


@pytest.mark.parametrize("place", ["http://169.254.169.254/token", "http://127.0.0.1:9/token"])
async def test_a_key_file_leads_nowhere_that_the_guard_forbids(client: OutboundClient, place: str) -> None:
    async with token_endpoint() as endpoint:
        key_file = endpoint.service_account().replace(endpoint.url, place)
    with pytest.raises(UpstreamConnectionError, match="address not allowed"):
        await account_of(client, key_file, Network()).fetch()


async def test_the_file_that_the_environment_names_is_used(
    client: OutboundClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with token_endpoint() as endpoint:
        file = tmp_path / "key.json"
        file.write_text(endpoint.service_account())
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
        assert (await account_of(client).fetch()).value == Secret("token-1-of-google")


async def test_a_machine_without_credentials_is_told_so(client: OutboundClient) -> None:
    with pytest.raises(UpstreamRefusedError, match="default credentials were not found") as caught:
        await account_of(client).fetch()
    assert caught.value.status == 401


async def test_a_machine_of_googles_gets_its_token_from_its_metadata_server(
    client: OutboundClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = json.dumps({"access_token": "of-the-machine", "expires_in": 900, "token_type": "Bearer"})
    replies = {b"/token": token, b"/project-id": "my-project", b"/default/": '{"email": "e", "scopes": []}'}

    async def script(connection: RawConnection) -> None:
        while True:
            target = (await connection.request()).split(b" ")[1].partition(b"?")[0]
            said = next((said for end, said in replies.items() if target.endswith(end)), "")
            kind = b"text" if said == "my-project" else b"application/json"
            await connection.send(answer(said.encode(), b"metadata-flavor: Google", b"content-type: " + kind))

    async with raw_server(script) as server:
        host = server.url.removeprefix("http://")
        monkeypatch.delenv("NO_GCE_CHECK")
        monkeypatch.setenv("GCE_METADATA_HOST", host)
        monkeypatch.setenv("GCE_METADATA_IP", host)
        monkeypatch.setattr(_metadata, "_GCE_METADATA_HOST", host)
        # The client itself would not go there: it may reach no private address.
        token_got = await account_of(client, network=Network()).fetch()
        assert token_got.value == Secret("of-the-machine")
        assert 0 < token_got.lifetime_seconds <= 900


async def test_what_is_printed_of_an_account_holds_no_secret(client: OutboundClient) -> None:
    async with token_endpoint() as endpoint:
        held = GoogleCredentials(key_file=Secret(endpoint.service_account()), account=ACCOUNT)
        token = await GoogleAccount(held, client, NETWORK).fetch()
    for shown in (repr(held), repr(token)):
        assert "PRIVATE KEY" not in shown
        assert "of-google" not in shown
