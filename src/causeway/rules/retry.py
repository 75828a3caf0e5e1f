"""When to ask again, whom, and after how long. Clock and randomness are passed in.

It decides on one provider's answers; who is asked after the provider has failed is the caller's list of
fallbacks, and only whether they may be asked is said here.
"""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from email.utils import mktime_tz, parsedate_tz
from enum import Enum

from msgspec import Struct

from causeway.model.errors import (
    CausewayError,
    ClientDisconnectedError,
    ClientError,
    InvalidRequestError,
    MalformedJsonError,
    ModelNotFoundError,
    UntranslatableError,
    UpstreamConnectionError,
    UpstreamProtocolError,
    UpstreamRefusedError,
)
from causeway.rules.provider_keys import ProviderKey

_DEAD_KEY_STATUSES = frozenset({401, 402, 403})
_PASSING_STATUSES = frozenset({500, 502, 503, 504, 529})
_RATE_LIMITED = re.compile(
    "(?<![a-z])rate.?limit|too many requests|quota.exceeded|exceeded your current quota"
    "|resource.?exhausted|throttl(?:ed|ing)",
    re.IGNORECASE,
)
# Past it the wait is the longest there is, and 2**1024 is no float.
_MAX_DOUBLINGS = 60
_SECONDS = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")


class RetryPolicy(Struct, frozen=True, kw_only=True):
    """How often a failed attempt is repeated at the same provider, and the bounds of the wait between.

    A provider that asks for a longer wait than `max_retry_after_seconds` is not waited for.
    """

    max_retries: int = 2
    backoff_initial_seconds: float = 0.5
    backoff_max_seconds: float = 5.0
    max_retry_after_seconds: int = 10


class Reaction(Enum):
    """What a failure says about the next attempt at the same provider."""

    SAME_KEY = "same_key"  # it passes by itself
    DROP_KEY = "drop_key"  # this key does not work
    ROTATE_KEY = "rotate_key"  # this key has had its share for now
    GIVE_UP = "give_up"  # asking again would not help


class Retry(Struct, frozen=True):
    """Another attempt: what it may use, and how long to wait before it."""

    state: "RetryState"
    wait_seconds: float


class RetryState(Struct, frozen=True, kw_only=True):
    """What the attempts of one call at one provider have shown so far. A call begins with `RetryState()`.

    `retries` is how many attempts there were after the first. `kept_key_id` is the key to use again. Dead
    keys are not used again in this call, and used ones not before the others.
    """

    retries: int = 0
    kept_key_id: str | None = None
    dead_key_ids: frozenset[str] = frozenset()
    used_key_ids: frozenset[str] = frozenset()

    def pool(self, keys: Sequence[ProviderKey]) -> tuple[ProviderKey, ...]:
        """Return which of the keys that may be used now the next attempt should choose from."""
        alive = tuple(key for key in keys if key.id not in self.dead_key_ids)
        kept = tuple(key for key in alive if key.id == self.kept_key_id)
        return kept or tuple(key for key in alive if key.id not in self.used_key_ids) or alive

    def after(
        self,
        error: CausewayError,
        *,
        key_id: str,
        key_ids: Collection[str],
        policy: RetryPolicy,
        chance: float,
    ) -> Retry | None:
        """Return the attempt that follows a failed one with `key_id`, or none: then `error` is the outcome.

        `key_ids` are the keys that may be used now, `chance` is a random number in [0, 1). `retry-after`
        speaks of the key that it was said to: it is not waited for where another one is left.
        """
        reaction = reaction_to(error)
        if reaction is Reaction.GIVE_UP or self.retries >= policy.max_retries:
            return None
        dead = self.dead_key_ids | {key_id} if reaction is Reaction.DROP_KEY else self.dead_key_ids
        alive = frozenset(key_ids) - dead
        if not alive:
            return None
        used = self.used_key_ids | {key_id} if reaction is Reaction.ROTATE_KEY else self.used_key_ids
        has_unused = not alive <= used
        state = RetryState(
            retries=self.retries + 1,
            kept_key_id=key_id if reaction is Reaction.SAME_KEY else None,
            dead_key_ids=dead,
            used_key_ids=used if has_unused else frozenset(),
        )
        if reaction is Reaction.DROP_KEY:
            return Retry(state, 0.0)
        wait_seconds = backoff_seconds(policy, self.retries, chance)
        if reaction is Reaction.ROTATE_KEY and has_unused:
            return Retry(state, wait_seconds)
        retry_after = error.retry_after_seconds or 0
        if retry_after > policy.max_retry_after_seconds:
            return None
        return Retry(state, max(wait_seconds, float(retry_after)))


def reaction_to(error: CausewayError) -> Reaction:
    """Return what an attempt's failure says about the next one."""
    if isinstance(error, UpstreamConnectionError | UpstreamProtocolError):
        return Reaction.SAME_KEY
    if not isinstance(error, UpstreamRefusedError):
        return Reaction.GIVE_UP
    if error.status in _DEAD_KEY_STATUSES:
        return Reaction.DROP_KEY
    words = f"{error.message} {error.type} {error.provider_code}"
    if error.status == 429 or _RATE_LIMITED.search(words):
        return Reaction.ROTATE_KEY
    return Reaction.SAME_KEY if error.status in _PASSING_STATUSES else Reaction.GIVE_UP


def may_fall_back(error: CausewayError) -> bool:
    """Whether another model may be asked after an attempt that ended with `error`.

    It may, unless the caller has gone or the request is at fault for every model. The client errors of an
    attempt that are left say that this one model cannot take the request.
    """
    if isinstance(error, ClientDisconnectedError | MalformedJsonError):
        return False
    if isinstance(error, ClientError):
        return isinstance(error, InvalidRequestError | UntranslatableError | ModelNotFoundError)
    return True


def backoff_seconds(policy: RetryPolicy, retries: int, chance: float) -> float:
    """Return the wait after so many retries: doubled by each, a fifth more or less, at most the maximum.

    `chance` is a random number in [0, 1).
    """
    doubled = policy.backoff_initial_seconds * 2.0 ** min(retries, _MAX_DOUBLINGS)
    bounded = min(doubled, policy.backoff_max_seconds)
    return min(bounded * (0.8 + 0.4 * chance), policy.backoff_max_seconds)


def parse_retry_after(headers: Mapping[str, str], now_unix_seconds: float) -> int | None:
    """Return the seconds that a provider asks to wait, rounded up, or none where it says nothing readable.

    `headers` have names in lower case. Read are `retry-after-ms`, then `retry-after` in seconds or as a date;
    a date that has passed asks for nothing.
    """
    milliseconds = headers.get("retry-after-ms", "").strip()
    if _SECONDS.fullmatch(milliseconds):
        return math.ceil(float(milliseconds) / 1000)
    text = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        return math.ceil(float(text))
    date = parsedate_tz(text)
    if date is None:
        return None
    try:
        return max(0, math.ceil(mktime_tz(date) - now_unix_seconds))
    except (ValueError, OverflowError):
        return None
