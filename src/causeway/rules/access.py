"""Who may call: keys kept and compared as digests, and where callers put them."""

import base64
import binascii
import hashlib
import ipaddress
import re
from collections.abc import Iterable, Mapping

_AWS_SCHEME = b"AWS4-HMAC-SHA256"
_AWS_ACCESS_KEY = re.compile(rb"Credential=([^/,\s]+)/")


class KeyRing:
    """The keys that open the gateway. Only their SHA-256 digests are kept."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._digests = frozenset(_digest(key) for key in keys)

    def __repr__(self) -> str:
        return f"KeyRing({len(self._digests)} keys)"

    def __bool__(self) -> bool:
        return bool(self._digests)

    @property
    def count(self) -> int:
        """How many keys there are."""
        return len(self._digests)

    def admits(self, key: str) -> bool:
        """Whether `key` is one of the ring; takes the same time whichever it is, and however many there are.

        What is looked up is a digest, by a hash that is seeded anew in every process: what the time of that
        could tell is of no key.
        """
        return self.name_of(key) is not None

    def name_of(self, key: str) -> bytes | None:
        """Return a name for who presents `key`, which does not tell it; none where it is not admitted."""
        digest = _digest(key)
        return digest if digest in self._digests else None


def presented_key(headers: Mapping[bytes, bytes]) -> str | None:
    """Return the key that a caller presents, or none.

    Looked for in this order: `x-bf-vk`, `Authorization: Bearer` (the scheme in any case), `x-api-key`,
    `api-key` and `x-goog-api-key`, which is where Azure's and Google's clients put it, the access key of
    an AWS signature, which is not verified, and the password of `Authorization: Basic`.
    """
    if key := headers.get(b"x-bf-vk", b"").strip():
        return key.decode("latin-1")
    scheme, _, credentials = headers.get(b"authorization", b"").strip().partition(b" ")
    credentials = credentials.strip()
    if scheme.lower() == b"bearer" and credentials:
        return credentials.decode("latin-1")
    for name in (b"x-api-key", b"api-key", b"x-goog-api-key"):
        if key := headers.get(name, b"").strip():
            return key.decode("latin-1")
    if scheme.upper() == _AWS_SCHEME and (signed := _AWS_ACCESS_KEY.search(credentials)):
        return signed[1].decode("latin-1")
    if scheme.lower() == b"basic":
        try:
            user, _, password = base64.b64decode(credentials, validate=True).decode("latin-1").partition(":")
        except (binascii.Error, ValueError):
            return None
        return password or user or None
    return None


def is_loopback(host: str) -> bool:
    """Whether a server bound to `host` can be reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
