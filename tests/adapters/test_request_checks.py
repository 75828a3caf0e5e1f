"""Outbound requests: a URL is read in one way only."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from causeway.adapters.outbound.request_checks import parse_target
from causeway.model.errors import InternalError

PIECES = st.sampled_from(
    [
        "http://", "//", "@", ":", "80", "[::1]", "a.test", "/", "?", "\\", "#", "%41", " ", "\t", "&", ";",
        "127.1", ".", "-", "_", "[", "]", "\u00e9",
    ]
)  # fmt: skip
URLS = st.tuples(st.sampled_from(["http://", "HTTPS://a.test", "http:"]), st.lists(PIECES, max_size=6))


@given(URLS.map(lambda parts: parts[0] + "".join(parts[1])))
def test_a_url_that_passes_means_the_same_to_everybody(url: str) -> None:
    try:
        target = parse_target(url)
    except InternalError:
        return
    parts = urlsplit(url)
    other = URL(url, encoded=True)
    assert len({target.host.lower(), parts.hostname, other.raw_host}) == 1
    assert target.port == other.port == (parts.port or {"http": 80, "https": 443}[target.scheme])
    assert target.scheme == parts.scheme == other.scheme
    assert target.path == other.raw_path_qs or url.endswith("?")  # which yarl leaves out
    assert other.raw_user is None


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://api.test", "api.test:443"),
        ("http://api.test:8080/v1?a=b", "api.test:8080"),
        ("HTTPS://API.test", "API.test:443"),
        ("http://[::1]?a", "[::1]:80"),
    ],
)
def test_an_origin_names_host_and_port(url: str, origin: str) -> None:
    assert parse_target(url).origin == origin
