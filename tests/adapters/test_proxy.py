"""Which proxy a request goes through."""

from collections.abc import Mapping

import pytest

from causeway.adapters.outbound.proxy import Proxy, choose_proxy, parse_proxy
from causeway.adapters.outbound.request_checks import parse_target
from causeway.model.errors import InternalError

SECURE, PLAIN = parse_target("https://api.test/v1"), parse_target("http://10.1.2.3:8080/v1")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://proxy.test:3128", Proxy("http", "proxy.test", 3128)),
        ("http://proxy.test/", Proxy("http", "proxy.test", 80)),
        ("proxy.test:3128", Proxy("http", "proxy.test", 3128)),
        ("socks5://[::1]", Proxy("socks5", "::1", 1080)),
        ("socks5h://u:p@proxy.test:1", Proxy("socks5", "proxy.test", 1, "u", "p")),
        ("http://u%40:p%3A%2F@proxy.test", Proxy("http", "proxy.test", 80, "u@", "p:/")),
        ("http://u@proxy.test", Proxy("http", "proxy.test", 80, "u")),
    ],
)
def test_a_proxys_url_is_taken_apart(url: str, expected: Proxy) -> None:
    assert parse_proxy(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "https://geheim@proxy.test", "socks4://proxy.test", "http://", "http://geheim@", "http://proxy.test:x",
        "http://proxy.test:70000", "http://proxy.test/geheim", "http://proxy.test?geheim", "http://[::1", "",
    ],
)  # fmt: skip
def test_a_wrong_url_of_a_proxy_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(InternalError, match="the proxy's URL must be") as caught:
        parse_proxy(url)
    assert "geheim" not in caught.value.message


def test_a_proxy_does_not_show_its_credentials() -> None:
    proxy = parse_proxy("http://geheim:geheim@proxy.test:1")
    assert repr(proxy) == "Proxy(http://proxy.test:1)"


def test_without_a_proxy_the_way_is_direct() -> None:
    assert choose_proxy(None, SECURE, {"HTTPS_PROXY": "http://proxy.test"}) is None


def test_a_proxy_that_is_named_is_used_whatever_the_environment_says() -> None:
    named = choose_proxy("http://named.test", SECURE, {"HTTPS_PROXY": "http://other.test", "NO_PROXY": "*"})
    assert named == Proxy("http", "named.test", 80)


@pytest.mark.parametrize(
    ("environment", "secure", "plain"),
    [
        ({}, None, None),
        ({"HTTPS_PROXY": "http://one.test"}, "one.test", None),
        ({"HTTP_PROXY": "http://one.test"}, None, "one.test"),
        ({"HTTPS_PROXY": "http://one.test", "https_proxy": "http://two.test"}, "two.test", None),
        ({"HTTPS_PROXY": "http://one.test", "https_proxy": ""}, "one.test", None),
        ({"https_proxy": "one.test:1", "http_proxy": "two.test:1"}, "one.test", "two.test"),
    ],
)
def test_the_environment_names_a_proxy_for_each_scheme(
    environment: Mapping[str, str], secure: str | None, plain: str | None
) -> None:
    chosen = [choose_proxy("environment", target, environment) for target in (SECURE, PLAIN)]
    assert [proxy and proxy.host for proxy in chosen] == [secure, plain]


@pytest.mark.parametrize(
    ("exceptions", "secure", "plain"),
    [
        ("", True, True),
        ("*", False, False),
        ("api.test", False, True),
        ("API.test", False, True),
        (".test", False, True),
        ("*.test", False, True),
        ("test", False, True),
        ("pi.test", True, True),
        ("other.test, api.test", False, True),
        ("api.test:443", False, True),
        ("api.test:444", True, True),
        ("10.1.2.3", True, False),
        ("10.0.0.0/8", True, False),
        ("10.1.2.3:8080", True, False),
        ("10.1.2.3:80", True, True),
        ("11.0.0.0/8 ::1/128", True, True),
        (".", True, True),
    ],
)
def test_some_targets_are_excepted(exceptions: str, secure: bool, plain: bool) -> None:
    environment = {
        "HTTPS_PROXY": "http://proxy.test",
        "HTTP_PROXY": "http://proxy.test",
        "NO_PROXY": exceptions,
    }
    chosen = [choose_proxy("environment", target, environment) for target in (SECURE, PLAIN)]
    assert [proxy is not None for proxy in chosen] == [secure, plain]


def test_an_address_of_ipv6_may_be_excepted() -> None:
    target = parse_target("http://[::1]:8080")
    for exceptions in ("::1", "[::1]", "[::1]:8080", "::/64"):
        environment = {"http_proxy": "http://proxy.test", "no_proxy": exceptions}
        assert choose_proxy("environment", target, environment) is None, exceptions
    assert choose_proxy("environment", target, {"http_proxy": "http://p.test", "no_proxy": "[::1]:81"})
