"""The guard: what is refused is refused however it is written, and what is checked is what is used."""

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.adapters.outbound.address_guard import (
    allowed_addresses,
    check_address,
    check_host,
    resolve_name,
)
from causeway.model.errors import UpstreamConnectionError

ALWAYS_REFUSED_4 = ["0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "100.100.100.200/32"]
ALWAYS_REFUSED_6 = ["fe80::/10", "ff00::/8", "::/128", "fd00:ec2::254/128", "2001::/32", "64:ff9b:1::/48"]
PRIVATE_4 = ["10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15"]
PRIVATE_6 = ["::1/128", "fc00::/7", "fec0::/10", "2001:db8::/32"]
PUBLIC = ["8.8.8.8", "104.18.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"]


def addresses_in(networks: list[str]) -> st.SearchStrategy[IPv4Address | IPv6Address]:
    def inside(network: IPv4Network | IPv6Network) -> st.SearchStrategy[IPv4Address | IPv6Address]:
        first, last = int(network[0]), int(network[-1])
        return st.integers(first, last).map(type(network[0]))

    return st.sampled_from([ip_network(network) for network in networks]).flatmap(inside)


def spellings_4(address: IPv4Address) -> list[str]:
    """Return what C's `inet_aton` and an IPv6 stack take for an IPv4 address."""
    number, parts = int(address), list(address.packed)
    return [
        str(address),
        f"{address}.",
        str(number),
        hex(number),
        hex(number).upper(),
        f"0{number:o}",
        ".".join(f"0{part:o}" for part in parts),
        ".".join(hex(part) for part in parts),
        f"{parts[0]}.{number & 0xFFFFFF}",
        f"{parts[0]}.{parts[1]}.{number & 0xFFFF}",
        f"{hex(parts[0])}.0{parts[1]:o}.{parts[2]}.{parts[3]}",
        *spellings_6(IPv6Address(f"::ffff:{address}")),
        f"::ffff:{address}",
        f"::{address}",
        f"::ffff:0:{address}",
        f"64:ff9b::{address}",
        str(IPv6Address(0x2002 << 112 | number << 80 | 1)),
    ]


def spellings_6(address: IPv6Address) -> list[str]:
    return [str(address), address.exploded, address.exploded.upper()]


def is_refused(host: str, *, allows_private: bool) -> bool:
    try:
        check_host(host, allows_private=allows_private)
    except UpstreamConnectionError as error:
        assert error.message.startswith("address not allowed: ")
        assert host in error.message
        return True
    return False


@given(addresses_in(ALWAYS_REFUSED_4), st.booleans())
def test_what_is_never_allowed_is_refused_in_any_spelling(address: IPv4Address, allows_private: bool) -> None:
    for host in spellings_4(address):
        if host not in {"::0.0.0.1", "::0.0.0.0"}:  # which are IPv6's own
            assert is_refused(host, allows_private=allows_private), host


@given(addresses_in(PRIVATE_4))
def test_private_addresses_are_refused_in_any_spelling(address: IPv4Address) -> None:
    for host in spellings_4(address):
        assert is_refused(host, allows_private=False), host


@given(addresses_in(ALWAYS_REFUSED_6), st.booleans())
def test_what_is_never_allowed_of_ipv6_is_refused(address: IPv6Address, allows_private: bool) -> None:
    for host in spellings_6(address):
        assert is_refused(host, allows_private=allows_private), host


@given(addresses_in(PRIVATE_6))
def test_private_addresses_of_ipv6_are_refused(address: IPv6Address) -> None:
    for host in spellings_6(address):
        assert is_refused(host, allows_private=False), host
        assert not is_refused(host, allows_private=True), host


@given(addresses_in(PRIVATE_4))
def test_private_addresses_may_be_allowed(address: IPv4Address) -> None:
    if str(address) != "100.100.100.200":
        assert not is_refused(str(address), allows_private=True)


@given(st.ip_addresses(v=4), st.booleans())
def test_only_four_decimal_numbers_are_an_address(address: IPv4Address, allows_private: bool) -> None:
    for host in spellings_4(address)[1:11]:
        if host != str(address):
            assert is_refused(host, allows_private=allows_private), host


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address: str) -> None:
    assert not is_refused(address, allows_private=False)


@pytest.mark.parametrize("address", ["168.63.129.16", "100.100.100.200", "192.0.0.192", "fd20:ce::254"])
def test_metadata_services_are_refused_even_where_private_addresses_are_allowed(address: str) -> None:
    assert is_refused(address, allows_private=True)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "localhost.", "api.localhost"])
def test_this_machines_name_is_private(host: str) -> None:
    assert is_refused(host, allows_private=False)
    assert not is_refused(host, allows_private=True)


@pytest.mark.parametrize("host", ["api.cohere.com", "api.cohere.com.", "1password.com", "0x.example", "a-1"])
def test_other_names_are_left_to_their_addresses(host: str) -> None:
    assert not is_refused(host, allows_private=False)


@given(st.ip_addresses())
def test_an_address_is_judged_alike_as_a_host_and_as_the_address_of_a_name(
    address: IPv4Address | IPv6Address,
) -> None:
    try:
        check_address(address, "name.test", allows_private=False)
        is_bad_as_answer = False
    except UpstreamConnectionError as error:
        assert "name.test" in error.message
        assert str(address) not in error.message
        is_bad_as_answer = True
    assert is_refused(str(address), allows_private=False) == is_bad_as_answer


async def test_a_name_is_refused_where_one_of_its_addresses_is() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["8.8.8.8", "10.0.0.1"]

    with pytest.raises(UpstreamConnectionError, match=r"address not allowed: rebind\.test"):
        await allowed_addresses(resolve, "rebind.test", 443, allows_private=False)
    assert await allowed_addresses(resolve, "rebind.test", 443, allows_private=True) == [
        "8.8.8.8",
        "10.0.0.1",
    ]


async def test_an_address_with_a_zone_is_refused() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["fe80::1%2"]

    with pytest.raises(UpstreamConnectionError, match="address not allowed"):
        await allowed_addresses(resolve, "zone.test", 443, allows_private=True)


async def test_a_name_without_addresses_is_an_error() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return []

    with pytest.raises(socket.gaierror):
        await allowed_addresses(resolve, "none.test", 443, allows_private=True)


async def test_the_systems_resolver_knows_this_machine() -> None:
    assert {ip_address(address).is_loopback for address in await resolve_name("localhost", 80)} == {True}
