"""Base URLs come to one form, and what is none is refused without repeating it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.config.addresses import looks_internal, names_private_host, parse_base_url


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("https://api.example.com/", "https://api.example.com"),
        ("HTTPS://API.Example.com/V1//", "https://api.example.com/V1"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
        ("gpu-box", "http://gpu-box:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:9", "http://127.0.0.1:9"),
        ("http://[::]:9", "http://[::1]:9"),
        ("http://gpu-box", "http://gpu-box"),
    ],
)
def test_an_address_comes_to_one_form(written: str, url: str) -> None:
    assert parse_base_url(written, default_port=11434) == url
    assert parse_base_url(url) == url


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("ftp://host", "must begin with"),
        ("https://user:password@host", "user name or a password"),
        ("https://host?x=1", "must not hold"),
        ("https://host/#a", "must not hold"),
        ("https://host:0", "not an address"),
        ("https://host:99999", "no valid host and port"),
        ("https://", "not an address"),
        ("https://ho%73t", "not an address"),
        ("https://host/a/../b", "not an address"),
        ("https://host/ a", "characters that no URL has"),
        ("https://host\\@evil", "characters that no URL has"),
        ("https://höst", "characters that no URL has"),
        ("https://host\n", "characters that no URL has"),
        ("http://[::1", "no valid host and port"),
    ],
)
def test_what_is_no_address_is_refused(written: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        parse_base_url(written)
    assert "password@" not in str(caught.value)


@given(st.text())
def test_any_text_is_an_address_in_one_form_or_an_error(text: str) -> None:
    try:
        url = parse_base_url(text)
    except ValueError:
        return
    assert parse_base_url(url) == url


@pytest.mark.parametrize(
    ("url", "is_private", "is_internal"),
    [
        ("http://localhost:8000", True, True),
        ("http://127.0.0.1", True, False),
        ("http://10.1.2.3/v1", True, False),
        ("http://192.168.0.9", True, False),
        ("http://[::1]:80", True, False),
        ("http://[fd00::1]", True, False),
        ("http://169.254.169.254", False, False),
        ("http://8.8.8.8", False, False),
        ("http://gpu-box", False, True),
        ("http://vllm.models.svc", False, True),
        ("https://api.example.com", False, False),
        ("http://2130706433", False, False),
    ],
)
def test_private_hosts_are_told_from_names(url: str, is_private: bool, is_internal: bool) -> None:
    assert names_private_host(url) is is_private
    assert looks_internal(url) is is_internal
