"""Keys are kept as digests, and loopback is known when it is seen."""

import pytest

from causeway.rules.access import KeyRing, is_loopback, presented_key


def test_a_ring_does_not_show_its_keys() -> None:
    ring = KeyRing(["secret-one", "secret-two", "secret-two"])
    assert ring.admits("secret-two")
    assert not ring.admits("secret")
    assert not ring.admits("")
    assert "secret" not in repr(ring) + repr(vars(ring))
    assert repr(ring) == "KeyRing(2 keys)"
    assert not KeyRing()


def test_precedence() -> None:
    headers = {b"x-bf-vk": b"1", b"authorization": b"Bearer 2", b"x-api-key": b"3", b"api-key": b"4"}
    assert presented_key(headers) == "1"
    del headers[b"x-bf-vk"]
    assert presented_key(headers) == "2"
    del headers[b"authorization"]
    assert presented_key(headers) == "3"
    del headers[b"x-api-key"]
    assert presented_key(headers) == "4"
    assert presented_key({b"authorization": b"Basic dXNlcjpwYXNz"}) == "pass"
    assert presented_key({b"authorization": b"Basic dXNlcjo="}) == "user"
    assert presented_key({b"x-goog-api-key": b"5"}) == "5"
    assert presented_key({}) is None


def test_the_access_key_of_an_aws_signature_is_the_key() -> None:
    scope = b"20260101/us-east-1/bedrock/aws4_request"
    signed = b"AWS4-HMAC-SHA256 Credential=vk-1/" + scope + b", SignedHeaders=host, Signature=0"
    assert presented_key({b"authorization": signed}) == "vk-1"
    assert presented_key({b"authorization": b"AWS4-HMAC-SHA256 Signature=0"}) is None


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("[::1]", True), ("localhost", True),
        ("0.0.0.0", False), ("::", False), ("192.168.1.4", False), ("example.com", False), ("", False),
    ],
)  # fmt: skip
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
