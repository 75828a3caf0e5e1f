"""Which addresses the gateway may open a connection to.

A provider's URL may come from a user, and a name may lead anywhere: to this machine, to the network that
the gateway stands in, to a cloud's metadata service that hands out credentials. So every address is
checked after its name has been resolved, and the caller connects to the very addresses that were checked.

It opens no connection. Sources of truth: IANA's special-purpose address registries, which `ipaddress`
knows, and the tables here for what lies outside of them. tests/adapters/test_address_guard.py.
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from causeway.model.errors import UpstreamConnectionError

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Returns the addresses of a name, as text; raises OSError where there are none."""

_METADATA_SERVICES = (
    "100.100.100.200/32",  # Alibaba Cloud
    "168.63.129.16/32",  # Azure
    "192.0.0.192/32",  # Oracle Cloud
    "fd00:ec2::254/128",  # AWS
    "fd20:ce::254/128",  # Google Cloud
)
_NEVER = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",
        "169.254.0.0/16",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/128",
        "64:ff9b:1::/48",  # a local NAT64: where in it the IPv4 address stands cannot be told
        "2001::/32",  # Teredo
        "fe80::/10",
        "ff00::/8",
        *_METADATA_SERVICES,
    )
)
_SITE_LOCAL = ip_network("fec0::/10")  # of which `is_global` says true
_LAST_LABEL_IS_A_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0[xX][0-9A-Fa-f]*)\.?")


async def resolve_name(host: str, port: int) -> list[str]:
    """Return the addresses that the system knows a name by; raises OSError where there are none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


async def allowed_addresses(resolve: Resolve, host: str, port: int, *, allows_private: bool) -> Sequence[str]:
    """Return the addresses of a name, all of which may be connected to.

    Raises UpstreamConnectionError where one of them may not, since a name that leads to a good and to a
    bad one is not to be trusted with the choice; and OSError where the name has none.
    """
    addresses = await resolve(host, port)
    if not addresses:
        raise socket.gaierror(socket.EAI_NONAME, "no address")
    for address in addresses:
        check_address(ip_address(address), host, allows_private=allows_private)
    return addresses


def check_host(host: str, *, allows_private: bool) -> None:
    """Refuse a host that is an address, or names this machine, and may not be connected to.

    `host` is as in a URL, an IPv6 address without its brackets. Other names are left to
    `allowed_addresses`. An IPv4 address is refused in any spelling but four decimal numbers: resolvers
    take `0x7f000001`, `2130706433` and `127.1` for addresses, and nobody else writes them.
    Raises UpstreamConnectionError.
    """
    name = host.removesuffix(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        check_address(IPv4Address("127.0.0.1"), host, allows_private=allows_private)
        return
    if ":" not in host and not _LAST_LABEL_IS_A_NUMBER.fullmatch(host):
        return
    try:
        address = ip_address(host)
    except ValueError:
        raise UpstreamConnectionError(
            f"address not allowed: {host} is not spelled as addresses are"
        ) from None
    check_address(address, host, allows_private=allows_private)


def check_address(address: IPv4Address | IPv6Address, host: str, *, allows_private: bool) -> None:
    """Refuse an address that may not be connected to; raises UpstreamConnectionError, which names `host`."""
    address = _embedded(address) or address
    if any(address in network for network in _NEVER):
        raise UpstreamConnectionError(f"address not allowed: {host}")
    if not allows_private and (not address.is_global or address in _SITE_LOCAL):
        raise UpstreamConnectionError(
            f"address not allowed: {host} is private, and its network does not allow private addresses"
        )


def _embedded(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that a packet to an IPv6 address ends up at, if it is of such a kind."""
    if isinstance(address, IPv4Address):
        return None
    number = int(address)
    if number >> 112 == 0x2002:  # 6to4
        return IPv4Address(number >> 80 & 0xFFFFFFFF)
    is_local = number <= 1  # `::` and `::1`, which lie among the IPv4-compatible ones
    # Compatible, mapped and translated addresses, and NAT64.
    if number >> 32 in (0, 0xFFFF, 0xFFFF << 16, 0x64FF9B << 64) and not is_local:
        return IPv4Address(number & 0xFFFFFFFF)
    return None
