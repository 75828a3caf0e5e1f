"""Where an outbound client connects to and what it sends there: addresses, TLS, proxies, headers, secrets."""

import asyncio
import logging
import ssl
import traceback
from base64 import b64encode

import pytest

from causeway import __version__
from causeway.model.errors import InternalError, UpstreamConnectionError, UpstreamError
from causeway.pipeline.ports import OutboundClient
from causeway.providers.network import Network, OutboundRequest
from support.outbound import (
    CA_CERT_PEM,
    CLIENTS,
    answer,
    chunk,
    fetch,
    head,
    network,
    post,
    repeats,
    running,
    says,
    server_tls,
)
from support.raw_server import RawConnection, Script, raw_server

TRUSTING = network(ca_cert_pem=CA_CERT_PEM)


# Addresses


@pytest.mark.parametrize("host", ["127.0.0.1", "provider.test", "localhost", "[::ffff:127.0.0.1]"])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_private_address_is_not_connected_to(client: OutboundClient, scheme: str, host: str) -> None:
    async with raw_server(repeats(answer(b"ok"))) as server:
        way = network(allows_private_addresses=False)
        with pytest.raises(UpstreamConnectionError, match="address not allowed") as caught:
            await fetch(client, post(f"{scheme}://{host}:{server.port}", network=way))
        assert host.strip("[]") in caught.value.message
        assert server.accepted == 0


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "2852039166", "0xa9fea9fe", "169.254.43518", "0.0.0.0", "[::]", "[fe80::1]"]
)
async def test_some_addresses_are_never_connected_to(client: OutboundClient, host: str) -> None:
    with pytest.raises(UpstreamConnectionError, match="address not allowed"):
        await fetch(client, post(f"http://{host}", network=network()))


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_name_is_asked_for_once_and_what_was_checked_is_connected_to(kind: str, scheme: str) -> None:
    asked = []

    async def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    client = CLIENTS[kind](resolve=rebinding, environment={})
    tls = server_tls() if scheme == "https" else None
    async with raw_server(repeats(answer(b"ok")), tls=tls) as server:
        url = f"{scheme}://provider.test:{server.port}"
        assert await fetch(client, post(url, network=TRUSTING)) == (200, b"ok")
        assert asked == ["provider.test"]
    await client.stop()


async def test_a_name_that_leads_to_a_bad_address_too_is_refused(kind: str) -> None:
    async def mixed(host: str, port: int) -> list[str]:
        return ["127.0.0.1", "169.254.169.254"]

    client = CLIENTS[kind](resolve=mixed, environment={})
    async with raw_server(repeats(answer(b"ok"))) as server:
        with pytest.raises(UpstreamConnectionError, match=r"address not allowed: provider\.test"):
            await fetch(client, post(f"http://provider.test:{server.port}", network=network()))
        assert server.accepted == 0
    await client.stop()


async def test_the_urls_host_is_what_the_server_is_told(client: OutboundClient) -> None:
    heads: list[bytes] = []

    async def script(connection: RawConnection) -> None:
        heads.append(await connection.request())
        await connection.send(answer(b"ok"))

    async with raw_server(script) as server:
        url = f"http://provider.test:{server.port}/v1/a%2Fb/../c?q=%41&r=\\'"
        assert await fetch(client, post(url, network=network())) == (200, b"ok")
        lines = heads[0].split(b"\r\n")
        assert lines[0] == b"POST /v1/a%2Fb/../c?q=%41&r=\\' HTTP/1.1"
        assert b"host: provider.test:%d" % server.port in [line.lower() for line in lines]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://provider.test", "file:///etc/passwd", "provider.test", "//provider.test", "http://", "http:///a",
        "http://user@provider.test", "http://user:pass@provider.test", "http://provider.test/#part",
        "http://provider.test\r\nx: y", "http://provider.test/a b", "http://provider.test\t", "http://\0a",
        "http://provider.test:0", "http://provider.test:65536", "http://provider.test:a",
        "http://pr\u00f6vider.test", "http://\uff11\uff12\uff17.0.0.1", "http://a%2eb", "http://[::1%25lo]",
        "http://[1.2.3.4]", "http://[::1", "http://a\\@b", "http://a,b",
    ],
)  # fmt: skip
async def test_a_url_that_is_not_plain_is_refused_and_not_shown(client: OutboundClient, url: str) -> None:
    with pytest.raises(InternalError, match="the provider's URL") as caught:
        await fetch(client, post(f"{url}?key=geheim" if "#" not in url else url, network=network()))
    assert "geheim" not in caught.value.message


# TLS


async def test_a_certificate_is_checked_against_the_authorities_given(client: OutboundClient) -> None:
    names = []
    tls = server_tls()
    tls.sni_callback = lambda _, name, __: names.append(name)  # type: ignore[assignment]
    async with raw_server(repeats(answer(b"ok")), tls=tls) as server:
        url = f"https://provider.test:{server.port}"
        for _ in range(2):
            assert await fetch(client, post(url, network=TRUSTING)) == (200, b"ok")
        assert names == ["provider.test"]
        assert server.accepted == 1


@pytest.mark.parametrize(
    ("host", "way", "reason"),
    [
        ("provider.test", network(), "certificate is not trusted, unable to get local issuer"),
        ("wrong.test", TRUSTING, "certificate is not trusted, Hostname mismatch"),
        ("127.0.0.1", TRUSTING, "certificate is not trusted, IP address mismatch"),
    ],
)
async def test_a_certificate_that_does_not_hold_is_refused(
    client: OutboundClient, host: str, way: Network, reason: str
) -> None:
    heads: list[bytes] = []

    async def script(connection: RawConnection) -> None:
        heads.append(await connection.request())

    async with raw_server(script, tls=server_tls()) as server:
        with pytest.raises(UpstreamConnectionError, match=reason):
            await fetch(client, post(f"https://{host}:{server.port}", network=way))
    assert heads == []


async def test_certificates_may_go_unchecked_and_the_log_says_so_once(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with raw_server(repeats(answer(b"ok")), tls=server_tls()) as server, running(kind) as client:
        way = network(verifies_tls=False)
        for _ in range(2):
            url = f"https://wrong.test:{server.port}"
            assert await fetch(client, post(url, network=way)) == (200, b"ok")
    warnings = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(warnings) == 1
    assert "not verified" in warnings[0]


async def test_a_server_that_speaks_no_tls_is_a_connection_error(client: OutboundClient) -> None:
    async def script(connection: RawConnection) -> None:
        await connection.read(1)
        await connection.send(answer(b"ok"))
        await connection.ended()

    async with raw_server(script) as server:
        with pytest.raises(UpstreamConnectionError, match="TLS"):
            await fetch(client, post(f"https://provider.test:{server.port}", network=TRUSTING))


async def test_a_wrong_authority_is_named(client: OutboundClient) -> None:
    for pem in ("", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        with pytest.raises(InternalError, match="ca_cert_pem"):
            await fetch(client, post("https://provider.test", network=network(ca_cert_pem=pem)))


async def test_leaving_a_stream_over_tls_closes_the_connection(client: OutboundClient) -> None:
    ended: asyncio.Queue[int] = asyncio.Queue()

    async def script(connection: RawConnection) -> None:
        await connection.request()
        await connection.send(head(b"transfer-encoding: chunked") + chunk(b"one"))
        ended.put_nowait(await connection.ended())

    async with raw_server(script, tls=server_tls()) as server, asyncio.timeout(20):
        url = f"https://provider.test:{server.port}"
        async with client.send(post(url, is_stream=True, network=TRUSTING)) as response:
            assert response.status == 200
        await ended.get()


# Proxies

USER, PASSWORD = "operator", "pr0xy-passw0rd/@:"
CREDENTIALS = "operator:pr0xy-passw0rd%2F%40%3A@"


class HttpProxy:
    """A proxy that is the target too: what comes through it is answered as provider.test would."""

    def __init__(self, *, status: bytes = b"200 OK") -> None:
        self.status = status
        self.heads: list[list[bytes]] = []

    async def script(self, connection: RawConnection) -> None:
        request = await connection.request()
        self.heads.append(request.lower().split(b"\r\n"))
        if request.startswith(b"CONNECT "):
            await connection.send(head(status=self.status))
            await connection.start_tls(server_tls())
            self.heads.append((await connection.request()).lower().split(b"\r\n"))
        await connection.send(answer(b"ok"))
        await connection.ended()


BASIC = b"proxy-authorization: basic " + b64encode(f"{USER}:{PASSWORD}".encode()).lower()


async def test_a_request_without_tls_is_sent_to_the_proxy_whole(client: OutboundClient) -> None:
    proxy = HttpProxy()
    async with raw_server(proxy.script) as server:
        way = network(proxy_url=f"http://{CREDENTIALS}127.0.0.1:{server.port}")
        assert await fetch(client, post("http://public.test/v1?a=b", network=way)) == (200, b"ok")
    assert proxy.heads[0][0] == b"post http://public.test/v1?a=b http/1.1"
    assert b"host: public.test" in proxy.heads[0]
    assert BASIC in proxy.heads[0]


async def test_a_request_with_tls_goes_through_a_tunnel(client: OutboundClient) -> None:
    proxy = HttpProxy()
    async with raw_server(proxy.script) as server:
        # The proxy resolves the name, so that the guard does not see the address.
        way = network(
            proxy_url=f"http://{CREDENTIALS}127.0.0.1:{server.port}",
            ca_cert_pem=CA_CERT_PEM,
            allows_private_addresses=False,
        )
        url = "https://provider.test:8443/v1"
        secret = (("Authorization", "Bearer geheim"),)
        assert await fetch(client, post(url, headers=secret, network=way)) == (200, b"ok")
    tunnel, request = proxy.heads
    assert tunnel[0] == b"connect provider.test:8443 http/1.1"
    assert BASIC in tunnel
    assert not [line for line in tunnel if b"geheim" in line or b"aiohttp" in line]
    assert request[0] == b"post /v1 http/1.1"
    assert b"authorization: bearer geheim" in request
    assert BASIC not in request


async def test_a_certificate_is_checked_through_a_tunnel_too(client: OutboundClient) -> None:
    async with raw_server(HttpProxy().script) as server:
        way = network(proxy_url=f"http://127.0.0.1:{server.port}", ca_cert_pem=CA_CERT_PEM)
        with pytest.raises(UpstreamConnectionError, match="certificate is not trusted, Hostname mismatch"):
            await fetch(client, post("https://wrong.test", network=way))


async def test_a_proxy_may_refuse(client: OutboundClient) -> None:
    proxy = HttpProxy(status=b"407 Proxy Authentication Required")
    async with raw_server(proxy.script) as server:
        way = network(proxy_url=f"http://127.0.0.1:{server.port}")
        with pytest.raises(UpstreamConnectionError, match=r"provider\.test:443, with status 407"):
            await fetch(client, post("https://provider.test", network=way))


class SocksProxy:
    """A SOCKS5 proxy that is the target too."""

    def __init__(self, *, reply: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.reply = reply
        self.tls = tls
        self.credentials: list[bytes] = []
        self.targets: list[tuple[bytes, int]] = []

    async def script(self, connection: RawConnection) -> None:
        _, count = await connection.read(2)
        methods = await connection.read(count)
        if 2 in methods:
            await connection.send(b"\x05\x02")
            for _ in range(2):
                length = (await connection.read(2 if not self.credentials else 1))[-1]
                self.credentials.append(await connection.read(length))
            await connection.send(b"\x01\x00")
        else:
            await connection.send(b"\x05\x00")
        *_, kind = await connection.read(4)
        length = {1: 4, 4: 16}.get(kind) or (await connection.read(1))[0]
        host = await connection.read(length)
        self.targets.append((host, int.from_bytes(await connection.read(2))))
        await connection.send(bytes([5, self.reply, 0, 1]) + bytes(6))
        if self.reply:
            return
        if self.tls is not None:
            await connection.start_tls(self.tls)
        await connection.request()
        await connection.send(answer(b"ok"))
        await connection.ended()


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("proxy_scheme", ["socks5", "socks5h"])
async def test_a_request_goes_through_a_socks_proxy(
    client: OutboundClient, scheme: str, proxy_scheme: str
) -> None:
    proxy = SocksProxy(tls=server_tls() if scheme == "https" else None)
    async with raw_server(proxy.script) as server:
        way = network(
            proxy_url=f"{proxy_scheme}://{CREDENTIALS}provider.test:{server.port}",
            ca_cert_pem=CA_CERT_PEM,
            allows_private_addresses=False,
        )
        request = post(f"{scheme}://provider.test:8443", network=way)
        assert await fetch(client, request) == (200, b"ok")
    assert proxy.credentials == [USER.encode(), PASSWORD.encode()]
    assert proxy.targets == [(b"provider.test", 8443)]


async def test_a_certificate_is_checked_through_a_socks_proxy_too(client: OutboundClient) -> None:
    proxy = SocksProxy(tls=server_tls())
    async with raw_server(proxy.script) as server:
        way = network(proxy_url=f"socks5://127.0.0.1:{server.port}", ca_cert_pem=CA_CERT_PEM)
        with pytest.raises(UpstreamConnectionError, match="certificate is not trusted, Hostname mismatch"):
            await fetch(client, post("https://wrong.test", network=way))


async def test_a_socks_proxy_may_refuse(client: OutboundClient) -> None:
    proxy = SocksProxy(reply=5)
    async with raw_server(proxy.script) as server:
        way = network(proxy_url=f"socks5://127.0.0.1:{server.port}")
        with pytest.raises(UpstreamConnectionError, match=r"refused to connect to provider\.test:80"):
            await fetch(client, post("http://provider.test", network=way))


@pytest.mark.parametrize("scheme", ["http", "socks5"])
@pytest.mark.parametrize("host", ["127.0.0.1", "169.254.169.254", "localhost", "[::1]"])
async def test_no_proxy_is_asked_for_an_address_that_is_not_allowed(
    client: OutboundClient, scheme: str, host: str
) -> None:
    async with raw_server(says(b"")) as server:
        way = network(proxy_url=f"{scheme}://127.0.0.1:{server.port}", allows_private_addresses=False)
        with pytest.raises(UpstreamConnectionError, match="address not allowed"):
            await fetch(client, post(f"http://{host}", network=way))
        assert server.accepted == 0


@pytest.mark.parametrize("scheme", ["http", "socks5"])
@pytest.mark.parametrize("host", ["169.254.169.254", "0.0.0.0", "[fe80::1]", "2852039166"])
async def test_some_addresses_are_no_proxy(client: OutboundClient, scheme: str, host: str) -> None:
    way = network(proxy_url=f"{scheme}://{host}")
    with pytest.raises(UpstreamConnectionError, match="address not allowed"):
        await fetch(client, post("https://provider.test", network=way))


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_proxy_that_is_not_there_is_a_connection_error(client: OutboundClient, scheme: str) -> None:
    async with raw_server(says(b"")) as server:
        port = server.port
    way = network(proxy_url=f"{scheme}://127.0.0.1:{port}")
    with pytest.raises(UpstreamConnectionError, match="no connection to the proxy: connection refused"):
        await fetch(client, post("https://provider.test", network=way))


@pytest.mark.parametrize("proxy_url", ["environment", None])
async def test_the_environment_is_read_where_the_network_says_so(kind: str, proxy_url: str | None) -> None:
    proxy = HttpProxy()
    async with raw_server(proxy.script) as through, raw_server(repeats(answer(b"direct"))) as direct:
        environment = {
            "HTTP_PROXY": f"http://{CREDENTIALS}127.0.0.1:{through.port}",
            "NO_PROXY": "wrong.test",
        }
        async with running(kind, environment) as client:
            way = network(proxy_url=proxy_url)
            for host, expected in (("provider.test", b"ok"), ("wrong.test", b"direct")):
                content = expected if proxy_url else b"direct"
                url = f"http://{host}:{direct.port}"
                assert await fetch(client, post(url, network=way)) == (200, content)
    assert len(proxy.heads) == (1 if proxy_url else 0)


# Headers


async def test_nothing_is_sent_that_was_not_asked_for(client: OutboundClient) -> None:
    requests: list[bytes] = []

    async def script(connection: RawConnection) -> None:
        while True:
            requests.append(await connection.request())
            await connection.send(answer(b"ok", b"set-cookie: a=b"))

    async with raw_server(script) as server:
        request = post(server.url + "/v1", b"\0body", headers=(("X-Key", "k\u00e9"),), network=network())
        for _ in range(2):
            await fetch(client, request)
        await fetch(
            client, post(server.url, b"", method="GET", headers=(("User-Agent", "own"),), network=network())
        )
        port = server.port
    first, second, third = requests
    assert first == second, "no cookie is kept"
    lines = first.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert lines[0] == b"POST /v1 HTTP/1.1"
    assert {line.decode().lower() for line in lines[1:]} == {
        f"host: 127.0.0.1:{port}",
        "x-key: k\u00e9",
        "accept-encoding: identity",
        f"user-agent: causeway/{__version__}",
        "content-length: 5",
    }
    assert first.endswith(b"\r\n\r\n\0body")
    assert b"\r\nuser-agent: own\r\n" in third.lower()
    assert b"content-length" not in third.lower()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [0, 1, 1024 * 1024 + 1])
async def test_the_body_is_sent_whole_with_its_length(client: OutboundClient, size: int) -> None:
    body, got = bytes(size), []

    async def script(connection: RawConnection) -> None:
        got.append(await connection.request())
        await connection.send(answer(b"ok"))

    async with raw_server(script) as server:
        assert await fetch(client, post(server.url, body, network=network())) == (200, b"ok")
    sent_head, _, sent = got[0].partition(b"\r\n\r\n")
    assert sent == body
    assert b"\r\ncontent-length: %d" % size in sent_head.lower()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-key", "geheim\r\nx-evil: 1"), ("x-key", "geheim\n"), ("x-key", "geheim\0"),
        ("x-key", "geheim\x7f"), ("x-key", "geheim\ud800"), ("x-key: geheim\r\nx-evil", "geheim"),
        ("x-key ", "geheim"), ("Host", "geheim"), ("Content-Length", "1"), ("transfer-encoding", "chunked"),
        ("Connection", "close"), ("Proxy-Authorization", "geheim"), ("Expect", "100-continue"),
        ("", "geheim"),
    ],
)  # fmt: skip
async def test_a_header_that_could_break_the_message_is_refused_by_name(
    client: OutboundClient, name: str, value: str
) -> None:
    async with raw_server(says(b"")) as server:
        with pytest.raises(InternalError, match=f"^header `{name.partition(':')[0].strip()}` ") as caught:
            await fetch(client, post(server.url, headers=((name, value),), network=network()))
        assert "geheim" not in caught.value.message
        assert server.accepted == 0


async def test_a_method_that_is_no_word_is_refused(client: OutboundClient) -> None:
    with pytest.raises(InternalError, match="method"):
        await fetch(client, post("http://provider.test", method="GET / HTTP/1.1\r\n", network=network()))


# Secrets

SECRET = "s3kret"


def failing_request(port: int, way: Network) -> OutboundRequest:
    return post(
        f"http://provider.test:{port}/v1/{SECRET}?key={SECRET}",
        SECRET.encode() * 1_000_000,
        headers=(("Authorization", f"Bearer {SECRET}"),),
        network=way,
    )


async def hangs_up(connection: RawConnection) -> None:
    await connection.request()


async def resets(connection: RawConnection) -> None:
    await connection.head()
    connection.reset()


async def echoes(connection: RawConnection) -> None:
    await connection.send(await connection.request())
    await connection.ended()


async def echoes_in_a_header(connection: RawConnection) -> None:
    await connection.request()
    await connection.send(b"HTTP/1.1 200 OK\r\nx: " + SECRET.encode() * 50_000)
    await connection.ended()


async def breaks_off(connection: RawConnection) -> None:
    await connection.request()
    await connection.send(head(b"content-length: 1000") + SECRET.encode())


FAILURES: dict[str, Script] = {
    "hangs up": hangs_up,
    "resets": resets,
    "echoes": echoes,
    "echoes in a header": echoes_in_a_header,
    "breaks off": breaks_off,
    "is silent": says(b""),
    "is damaged": says(answer(SECRET.encode(), b"content-encoding: gzip")),
    "is encoded": says(answer(SECRET.encode(), b"content-encoding: br")),
}


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("way", ["direct", "http", "socks5"])
async def test_no_error_and_no_log_shows_a_secret(
    client: OutboundClient, failure: str, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with raw_server(FAILURES[failure]) as server:
        proxy_url = None if way == "direct" else f"{way}://{SECRET}:{SECRET}@127.0.0.1:{server.port}"
        request = failing_request(server.port, network(first_byte=0.5, connect=0.5, proxy_url=proxy_url))
        with pytest.raises(UpstreamError) as caught:
            await fetch(client, request)
    shown = [repr(request), *traceback.format_exception(caught.value), repr(caught.value), repr(client)]
    error: BaseException | None = caught.value
    while error is not None:
        shown.append(repr(error.__cause__))
        error = error.__cause__
    shown += [record.getMessage() + (record.exc_text or "") for record in caplog.records]
    # The request's own `repr` shows its path, which holds no key.
    assert not [text for text in shown if SECRET in text.replace(f"/v1/{SECRET}", "")]
