"""Which key a session's calls were given, so that the next ones are given it too.

A provider's prompt cache belongs to a key. The clock is passed in; the memory is bounded.
"""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Collection

from msgspec import Struct

from causeway.model.errors import InvalidRequestError

DEFAULT_TTL_SECONDS = 3600.0

_TTL_HEADER = "x-bf-session-ttl"
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_NUMBER = r"[0-9]{1,12}(?:\.[0-9]{1,9})?"
_SECONDS = re.compile(_NUMBER)
_PART = re.compile(rf"({_NUMBER})(ms|[smh])")
_DURATION = re.compile(rf"(?:{_NUMBER}(?:ms|[smh]))+")


class _Binding(Struct):
    key_id: str
    ends_at_seconds: float


class StickyKeys:
    """Remembers keys by provider, session and model; beyond `max_entries` the longest unused go.

    Sessions are kept as digests: callers choose their names, and how long these are.
    """

    def __init__(self, max_entries: int = 10_000) -> None:
        self.max_entries = max_entries
        self._bindings: OrderedDict[bytes, _Binding] = OrderedDict()

    def __len__(self) -> int:
        return len(self._bindings)

    def find(
        self,
        provider: str,
        session: str,
        model: str,
        *,
        key_ids: Collection[str],
        now_seconds: float,
        ttl_seconds: float = DEFAULT_TTL_SECONDS,
    ) -> str | None:
        """Return the id of the session's key and keep it for another `ttl_seconds`.

        A key that is not among `key_ids`, those that the provider still has, is forgotten.
        """
        entry = _digest(provider, session, model)
        binding = self._bindings.get(entry)
        if binding is None:
            return None
        if binding.ends_at_seconds <= now_seconds or binding.key_id not in key_ids:
            del self._bindings[entry]
            return None
        binding.ends_at_seconds = now_seconds + ttl_seconds
        self._bindings.move_to_end(entry)
        return binding.key_id

    def bind(
        self,
        provider: str,
        session: str,
        model: str,
        key_id: str,
        *,
        now_seconds: float,
        ttl_seconds: float = DEFAULT_TTL_SECONDS,
    ) -> None:
        """Give a session its key, unless another call of it was quicker."""
        entry = _digest(provider, session, model)
        binding = self._bindings.get(entry)
        if binding is not None and binding.ends_at_seconds > now_seconds:
            return
        self._bindings[entry] = _Binding(key_id, now_seconds + ttl_seconds)
        self._bindings.move_to_end(entry)
        if len(self._bindings) > self.max_entries:
            self._bindings.popitem(last=False)

    def forget(self, provider: str, session: str, model: str) -> None:
        """Take the key from a session, such as one that the provider has refused."""
        self._bindings.pop(_digest(provider, session, model), None)


def parse_session_ttl(value: str | None) -> float:
    """Return the seconds that `x-bf-session-ttl` asks for: `90`, `30s`, `1h30m`; an hour if it is absent.

    Raises InvalidRequestError for what is not a duration above zero.
    """
    text = (value or "").strip()
    if not text:
        return DEFAULT_TTL_SECONDS
    seconds = 0.0
    if _SECONDS.fullmatch(text):
        seconds = float(text)
    elif _DURATION.fullmatch(text):
        seconds = sum(float(number) * _UNIT_SECONDS[unit] for number, unit in _PART.findall(text))
    if seconds <= 0:
        raise InvalidRequestError(
            f"{_TTL_HEADER} must be a duration such as 30s, 5m or 1h, or seconds, above zero",
            field=_TTL_HEADER,
        )
    return seconds


def _digest(*parts: str) -> bytes:
    return hashlib.sha256(repr(parts).encode()).digest()
