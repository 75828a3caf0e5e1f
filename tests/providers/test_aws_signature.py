"""Each signature is byte for byte what botocore's signer makes of the same request."""

import datetime
from unittest.mock import patch
from urllib.parse import quote

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from causeway.model.secret import Secret
from causeway.providers.aws_signature import Headers, signature_headers
from causeway.providers.urls import request_url
from causeway.rules.provider_keys import AwsCredentials
from support.providers import provider_of

CREDENTIALS = AwsCredentials(
    access_key_id="AKIDEXAMPLE", secret_access_key=Secret("wJalrXUtnFEMI/K7MDENG+bPx")
)
WITH_TOKEN = replace(CREDENTIALS, session_token=Secret("session//token=="))
NOW = 1_763_800_000.75

SEGMENTS = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=8),
    st.sampled_from(
        [
            "",
            ".",
            "..",
            "a:0",
            "arn:aws:bedrock:us-east-1:1:inference-profile/us.x-v1:0",
            "~",
            "a b",
            "%3A",
            "é",
            "+*'",
        ]
    ),
)
PATHS = st.lists(SEGMENTS, max_size=5).map(
    lambda parts: "/" + "/".join(quote(part, safe="") for part in parts)
)
WORDS = st.text("abcxyzAZ019-_.~ é&=+/", max_size=6).map(lambda text: quote(text, safe=""))
QUERIES = st.lists(st.tuples(WORDS, st.none() | WORDS), max_size=4).map(
    lambda pairs: "&".join(name if value is None else f"{name}={value}" for name, value in pairs)
)
NAMES = st.sampled_from(
    ["accept", "content-type", "x-team", "openai-project", "x-amz-target", "user-agent", "expect"]
)
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
HOSTS = st.sampled_from(
    ["bedrock-runtime.us-east-1.amazonaws.com", "127.0.0.1:8080", "h.example:443", "h.example:80", "[::1]:9"]
)


def signed_by_botocore(
    method: str,
    url: str,
    headers: Headers,
    body: bytes,
    credentials: AwsCredentials,
    region: str,
    service: str,
) -> dict[str, str]:
    request = AWSRequest(method=method, url=url, headers=dict(headers), data=body)
    token = credentials.session_token.reveal() or None
    signer = SigV4Auth(
        Credentials(credentials.access_key_id, credentials.secret_access_key.reveal(), token), service, region
    )
    now = datetime.datetime.fromtimestamp(int(NOW), datetime.UTC)
    with patch("botocore.auth.get_current_datetime", lambda *_: now):
        signer.add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


def signed_here(
    method: str,
    url: str,
    headers: Headers,
    body: bytes,
    credentials: AwsCredentials,
    region: str,
    service: str,
) -> dict[str, str]:
    added = signature_headers(
        method,
        url,
        headers,
        body,
        credentials=credentials,
        region=region,
        service=service,
        unix_seconds=NOW,
    )
    assert len({name for name, _ in added}) == len(added)
    return {**dict(headers), **dict(added)}


@given(
    method=st.sampled_from(["POST", "GET"]),
    scheme=st.sampled_from(["https", "http"]),
    host=HOSTS,
    path=PATHS,
    query=QUERIES,
    headers=st.dictionaries(NAMES, VALUES, max_size=5).map(lambda headers: tuple(headers.items())),
    body=st.binary(max_size=200),
    credentials=st.sampled_from([CREDENTIALS, WITH_TOKEN]),
    region=st.sampled_from(["us-east-1", "eu-central-1"]),
    service=st.sampled_from(["bedrock", "bedrock-mantle"]),
)
def test_it_signs_as_botocore_does(
    method: str,
    scheme: str,
    host: str,
    path: str,
    query: str,
    headers: Headers,
    body: bytes,
    credentials: AwsCredentials,
    region: str,
    service: str,
) -> None:
    url = f"{scheme}://{host}{path}" + (f"?{query}" if query else "")
    request = (method, url, headers, body, credentials, region, service)
    assert signed_here(*request) == signed_by_botocore(*request)


@pytest.mark.parametrize(
    "model",
    [
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3",
        "a b/c+d",
    ],
)
def test_a_models_name_in_a_bedrock_path_is_encoded_twice_in_the_signature(model: str) -> None:
    bedrock = provider_of("bedrock")
    url = request_url(bedrock, replace(bedrock.keys[0], region="us-east-1"), "chat", model, is_stream=True)
    assert url.endswith(f"/model/{quote(model, safe='')}/converse-stream")
    request = (
        "POST",
        url,
        (("content-type", "application/json"),),
        b"{}",
        WITH_TOKEN,
        "us-east-1",
        "bedrock",
    )
    assert signed_here(*request) == signed_by_botocore(*request)


def test_a_secret_of_the_signature_is_not_in_what_is_sent() -> None:
    sent = signed_here("POST", "https://h.example/", (), b"", CREDENTIALS, "us-east-1", "bedrock")
    assert CREDENTIALS.secret_access_key.reveal() not in str(sent)
    assert "AKIDEXAMPLE/20251122/us-east-1/bedrock/aws4_request" in sent["authorization"]
    for shown in (repr(WITH_TOKEN), str(WITH_TOKEN)):
        assert "wJalr" not in shown
        assert "session//" not in shown
