"""`cache_control` as a canonical mark and back."""

from typing import Any

from causeway.model.content import CachePoint
from causeway.model.loss import LossReport

SHORT_LIFETIME_SECONDS, LONG_LIFETIME_SECONDS = 300, 3_600

_LIFETIMES = {None: None, "5m": SHORT_LIFETIME_SECONDS, "1h": LONG_LIFETIME_SECONDS}
_MEMBERS = frozenset({"type", "ttl"})


def decode_cache_control(wire: Any) -> CachePoint | None:
    """Return the mark, none where there is none or one of a kind that only Anthropic knows."""
    if not isinstance(wire, dict) or wire.get("type") != "ephemeral" or not wire.keys() <= _MEMBERS:
        return None
    ttl = wire.get("ttl")
    if ttl is not None and (not isinstance(ttl, str) or ttl not in _LIFETIMES):
        return None
    return CachePoint(_LIFETIMES[ttl])


def encode_cache_control(point: CachePoint, path: str, losses: LossReport) -> dict[str, str]:
    """Return the mark; there are two lifetimes, and the longer stands for any above the shorter."""
    lifetime = point.lifetime_seconds
    if lifetime is None:
        return {"type": "ephemeral"}
    if lifetime not in (SHORT_LIFETIME_SECONDS, LONG_LIFETIME_SECONDS):
        losses.add("approximated", path, "the provider keeps a prompt for five minutes or for an hour")
    return {"type": "ephemeral", "ttl": "5m" if lifetime <= SHORT_LIFETIME_SECONDS else "1h"}
