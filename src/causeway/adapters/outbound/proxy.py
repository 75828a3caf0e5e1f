"""Which proxy a request goes through, from a network's `proxy_url` or the environment. No I/O.

The name of a target is resolved by its proxy, so the guard sees the target's address only where the URL
holds one; the proxy itself is the operator's to name and may stand on a private network.
"""

from base64 import b64encode
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from causeway.adapters.outbound.request_checks import Target
from causeway.model.errors import InternalError

_DEFAULT_PORTS = {"http": 80, "socks5": 1080}


class Proxy(Struct, frozen=True):
    """A proxy: `http` or `socks5`. It has no `repr` of its user and password."""

    scheme: str
    host: str
    port: int
    user: str | None = None
    password: str | None = None

    @property
    def authorization(self) -> str | None:
        """The value of `Proxy-Authorization`, where the proxy wants one."""
        if self.user is None:
            return None
        return "Basic " + b64encode(f"{self.user}:{self.password or ''}".encode()).decode()

    def __repr__(self) -> str:
        return f"Proxy({self.scheme}://{self.host}:{self.port})"


def parse_proxy(url: str) -> Proxy:
    """Take a proxy's URL apart; raises InternalError, which does not show it."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        scheme = "socks5" if parts.scheme == "socks5h" else parts.scheme
        host, port = parts.hostname or "", parts.port or _DEFAULT_PORTS[scheme]
        if not host or parts.path not in ("", "/") or parts.query or parts.fragment:
            raise ValueError
    except (ValueError, KeyError):
        raise InternalError("the proxy's URL must be http://host:port or socks5://host:port") from None
    user = None if parts.username is None else unquote(parts.username)
    password = None if parts.password is None else unquote(parts.password)
    return Proxy(scheme, host, port, user, password)


def choose_proxy(proxy_url: str | None, target: Target, environment: Mapping[str, str]) -> Proxy | None:
    """Return the proxy for a target, or nothing for the direct way; raises InternalError for a wrong URL.

    Of the environment, lower-case names come first, as in curl, and an empty value is none.
    """
    if proxy_url is None:
        return None
    if proxy_url == "environment":
        if _is_excepted(target, _variable(environment, "no_proxy")):
            return None
        proxy_url = _variable(environment, f"{target.scheme}_proxy")
    return parse_proxy(proxy_url) if proxy_url else None


def _variable(environment: Mapping[str, str], name: str) -> str:
    return environment.get(name) or environment.get(name.upper()) or ""


def _is_excepted(target: Target, exceptions: str) -> bool:
    """Whether NO_PROXY names a target: by `*`, a domain, `host:port`, an address or a network of them."""
    host = target.host.lower().removesuffix(".")
    for entry in exceptions.lower().replace(",", " ").split():
        name, _, port = entry.rpartition(":")
        if port.isdigit() and (":" not in name or name.endswith("]")):
            if int(port) != target.port:
                continue
            entry = name
        domain = entry.strip("[]").removeprefix("*").removeprefix(".")
        if entry == "*" or host == domain or host.endswith(f".{domain}") or _lies_in(host, domain):
            return True
    return False


def _lies_in(host: str, network: str) -> bool:
    try:
        return ip_address(host) in ip_network(network, strict=False)
    except ValueError:
        return False
