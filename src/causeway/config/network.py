"""How a provider is reached, as its settings say it."""

import re
from urllib.parse import quote, urlsplit

from causeway.config.provider_settings import NetworkConfig, ProviderConfig, ProxyConfig
from causeway.config.reading import Reader
from causeway.config.values import ConfiguredText
from causeway.providers.network import Network, Timeouts
from causeway.rules.retry import RetryPolicy

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# What the client writes itself; a second value would contradict it.
_RESERVED_HEADERS = {
    "accept", "accept-encoding", "connection", "content-length", "content-type", "expect", "host",
    "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
}  # fmt: skip


def configured_network(
    settings: ProviderConfig, path: str, reader: Reader, *, allows_private_addresses: bool
) -> Network:
    """Return the way to a provider; what is wrong is noted by `reader`."""
    network, proxy = settings.network_config, settings.proxy_config
    limit = network.max_conns_per_host
    if (bounds := settings.concurrency_and_buffer_size) is not None:
        limit = min(limit, bounds.concurrency)
        if bounds.concurrency > bounds.buffer_size:
            reader.fail(f"{path}.concurrency_and_buffer_size", "`concurrency` is more than `buffer_size`")
    certificates = [
        _certificates(network.ca_cert_pem, f"{path}.network_config.ca_cert_pem", reader),
        _certificates(proxy.ca_cert_pem, f"{path}.proxy_config.ca_cert_pem", reader),
    ]
    return Network(
        timeouts=Timeouts(
            connect_seconds=network.connect_timeout_in_seconds,
            first_byte_seconds=network.default_request_timeout_in_seconds,
            idle_seconds=network.stream_idle_timeout_in_seconds,
            total_seconds=network.stream_total_timeout_in_seconds,
        ),
        proxy_url=_proxy_url(proxy, f"{path}.proxy_config", reader),
        ca_cert_pem="\n".join(filter(None, certificates)) or None,
        verifies_tls=not network.insecure_skip_verify,
        allows_private_addresses=allows_private_addresses,
        max_connections=limit,
        keep_alive_seconds=network.keep_alive_timeout_in_seconds,
    )


def configured_retry(network: NetworkConfig, path: str, reader: Reader) -> RetryPolicy:
    """Return how often a failed attempt is repeated."""
    default = RetryPolicy()
    initial, longest = network.retry_backoff_initial, network.retry_backoff_max
    policy = RetryPolicy(
        max_retries=network.max_retries,
        backoff_initial_seconds=default.backoff_initial_seconds if initial is None else initial.seconds,
        backoff_max_seconds=default.backoff_max_seconds if longest is None else longest.seconds,
    )
    if policy.backoff_initial_seconds > policy.backoff_max_seconds:
        reader.fail(f"{path}.network_config", "`retry_backoff_initial` is more than `retry_backoff_max`")
    return policy


def configured_headers(network: NetworkConfig, path: str, reader: Reader) -> dict[str, str]:
    """Return the headers that go with every request, names in lower case."""
    headers: dict[str, str] = {}
    for name, value in network.extra_headers.items():
        where = f"{path}.network_config.extra_headers.{name[:100]}"
        text = reader.text(value, where)
        if not _HEADER_NAME.fullmatch(name):
            reader.fail(where, "this is not the name of a header")
        elif name.lower() in _RESERVED_HEADERS:
            reader.fail(where, "this header is not for the configuration to set")
        elif not text.isascii() or not text.isprintable():
            reader.fail(where, "has characters that cannot be sent in a header")
        else:
            headers[name.lower()] = text
    return headers


def _certificates(value: ConfiguredText | None, path: str, reader: Reader) -> str:
    text = reader.text(value, path)
    if text and "-----BEGIN CERTIFICATE-----" not in text:
        reader.fail(path, "expected certificates in PEM, which begin with `-----BEGIN CERTIFICATE-----`")
    return text


def _proxy_url(proxy: ProxyConfig, path: str, reader: Reader) -> str | None:
    if proxy.type in ("none", "environment"):
        return None if proxy.type == "none" else "environment"
    text = reader.text(proxy.url, f"{path}.url")
    if not text:
        reader.fail(f"{path}.url", f"a proxy of type `{proxy.type}` needs an address")
        return None
    try:
        parts = urlsplit(text if "://" in text else f"{proxy.type}://{text}")
        is_address = bool(parts.hostname) and parts.port != 0 and parts.scheme == proxy.type
        is_address = is_address and parts.path in ("", "/")
    except ValueError:
        is_address = False
    if not is_address or not text.isprintable() or any(mark in text for mark in "@?#\\ "):
        reader.fail(f"{path}.url", f"expected `{proxy.type}://host:port`; user and password have settings")
        return None
    user = reader.text(proxy.username, f"{path}.username")
    password = reader.text(proxy.password, f"{path}.password")
    credentials = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user or password else ""
    return f"{parts.scheme}://{credentials}{parts.netloc}"
