"""Entra ID's tokens over real sockets: what is asked, and what refusals and nonsense are told as."""

import json
from urllib.parse import parse_qs

import pytest

from causeway.adapters.access_tokens.entra import EntraAccount
from causeway.model.errors import UpstreamConnectionError, UpstreamProtocolError, UpstreamRefusedError
from causeway.model.secret import Secret
from causeway.pipeline.ports import OutboundClient
from causeway.rules.provider_keys import EntraCredentials
from support.outbound import answer, network, says
from support.raw_server import RawConnection, raw_server

NETWORK = network()
CREDENTIALS = EntraCredentials(
    tenant_id="my tenant",
    client_id="my-client",
    client_secret=Secret("the&client=secret"),
    scopes=("https://one.example/.default", "offline"),
)


def account_of(client: OutboundClient, authority: str) -> EntraAccount:
    return EntraAccount(CREDENTIALS, client, NETWORK, authority=authority)


async def test_an_applications_secret_gets_a_token(client: OutboundClient) -> None:
    asked: list[bytes] = []

    async def script(connection: RawConnection) -> None:
        asked.append(await connection.request())
        given = {
            "token_type": "Bearer",
            "expires_in": 3599,
            "ext_expires_in": 3599,
            "access_token": "the-token",
        }
        await connection.send(answer(json.dumps(given).encode()))

    async with raw_server(script) as server:
        token = await account_of(client, server.url).fetch()
    assert (token.value, token.lifetime_seconds) == (Secret("the-token"), 3599.0)
    assert asked[0].startswith(b"POST /my%20tenant/oauth2/v2.0/token HTTP/1.1\r\n")
    assert parse_qs(asked[0].partition(b"\r\n\r\n")[2].decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["my-client"],
        "client_secret": ["the&client=secret"],
        "scope": ["https://one.example/.default offline"],
    }


@pytest.mark.parametrize(
    ("status", "said", "message", "own_status"),
    [
        (
            b"401 Unauthorized",
            b'{"error": "invalid_client", "error_description": "AADSTS7000215: Wrong.\\r\\nTrace ID: x"}',
            "invalid_client: AADSTS7000215: Wrong.",
            401,
        ),
        (b"400 Bad Request", b'{"error": 1}', "status 400", 401),
        (b"302 Found", b"", "status 302", 401),
        (b"500 Oops", b"<html>", "status 500", 503),
        (b"429 Slow", b"{}", "status 429", 503),
    ],
)
async def test_a_refusal_is_told(
    client: OutboundClient, status: bytes, said: bytes, message: str, own_status: int
) -> None:
    async with raw_server(says(answer(said, b"location: https://other.example/", status=status))) as server:
        with pytest.raises(UpstreamRefusedError) as caught:
            await account_of(client, server.url).fetch()
    assert caught.value.message == f"no access token of Entra ID could be had: {message}"
    assert caught.value.status == own_status


@pytest.mark.parametrize(
    "said", [b"", b"[]", b"{}", b'{"access_token": 1, "expires_in": 1}', b"\xff", b"[" * 9999]
)
async def test_what_is_no_token_is_nonsense(client: OutboundClient, said: bytes) -> None:
    async with raw_server(says(answer(said))) as server:
        with pytest.raises(UpstreamProtocolError, match="is no access token"):
            await account_of(client, server.url).fetch()


async def test_an_authority_that_is_gone_is_a_connection_error(client: OutboundClient) -> None:
    async with raw_server(says(b"")) as server:
        url = server.url
    with pytest.raises(UpstreamConnectionError):
        await account_of(client, url).fetch()
