"""A circuit breaker for one provider key: leaves alone what keeps failing, and tries it again by itself.

Passive: it learns from the calls that are made, and makes none. The clock is passed in.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from causeway.model.errors import (
    CausewayError,
    CircuitOpenError,
    UpstreamConnectionError,
    UpstreamProtocolError,
    UpstreamRefusedError,
    UpstreamTimeoutError,
)
from causeway.rules.provider_keys import ProviderKey

BreakerState = Literal["closed", "open", "half-open"]


class BreakerPolicy(Struct, frozen=True, kw_only=True):
    """How many failures in a row open a breaker, and for how long: doubled by each failed trial."""

    failures_to_open: int = 5
    open_initial_seconds: float = 5.0
    open_max_seconds: float = 60.0


class Breaker:
    """One key's breaker.

    `enter` gives each call a ticket, and the call gives it back with `report` or `release`. A breaker that
    has changed its state since does not listen: an old call's end says nothing about now.
    """

    def __init__(self, policy: BreakerPolicy | None = None) -> None:
        self._policy = policy or BreakerPolicy()
        self._failures = 0
        self._open_seconds = 0.0
        self._opens_until_seconds: float | None = None
        self._has_trial = False
        self._ticket = 0

    def state(self, now_seconds: float) -> BreakerState:
        """Return whether calls go through: all, none, or one to try."""
        if self._opens_until_seconds is None:
            return "closed"
        return "half-open" if now_seconds >= self._opens_until_seconds else "open"

    def admits(self, now_seconds: float) -> bool:
        """Whether `enter` would let a call through."""
        if self._opens_until_seconds is None:
            return True
        return now_seconds >= self._opens_until_seconds and not self._has_trial

    def enter(self, now_seconds: float) -> int | None:
        """Return a ticket for one call, or none: then it must not be made. Half-open, it is the one trial."""
        if not self.admits(now_seconds):
            return None
        if self._opens_until_seconds is not None:
            self._has_trial = True
            self._ticket += 1
        return self._ticket

    def report(self, ticket: int, error: CausewayError | None, now_seconds: float) -> None:
        """Tell how a call ended: with `error`, or none for a complete answer.

        An answer that refuses the request shows that the provider is there; an error that is not the
        provider's doing shows nothing.
        """
        if error is not None and is_failure(error):
            self._fail(ticket, now_seconds)
        elif error is None or isinstance(error, UpstreamRefusedError):
            self._succeed(ticket)
        else:
            self.release(ticket)

    def release(self, ticket: int) -> None:
        """Tell that a call ended without showing anything, such as one that was cancelled.

        After `report` it does nothing, so it may be called whenever a call ends.
        """
        if ticket == self._ticket:
            self._has_trial = False

    def retry_after_seconds(self, now_seconds: float) -> int:
        """Return when a call may go through, at least one second from now; zero where one may now."""
        if self._opens_until_seconds is None or self.admits(now_seconds):
            return 0
        return max(1, math.ceil(self._opens_until_seconds - now_seconds))

    def _succeed(self, ticket: int) -> None:
        if ticket != self._ticket:
            return
        self._failures = 0
        if self._opens_until_seconds is not None:
            self._opens_until_seconds = None
            self._has_trial = False
            self._ticket += 1

    def _fail(self, ticket: int, now_seconds: float) -> None:
        if ticket != self._ticket:
            return
        self._failures += 1
        if self._opens_until_seconds is not None:
            open_seconds = min(self._open_seconds * 2, self._policy.open_max_seconds)
        elif self._failures >= self._policy.failures_to_open:
            open_seconds = self._policy.open_initial_seconds
        else:
            return
        self._open_seconds = open_seconds
        self._opens_until_seconds = now_seconds + open_seconds
        self._has_trial = False
        self._ticket += 1


def is_failure(error: CausewayError) -> bool:
    """Whether an error says that the provider is broken, silent, talking nonsense, or failing as it says."""
    if isinstance(error, UpstreamRefusedError):
        return error.status >= 500
    return isinstance(error, UpstreamConnectionError | UpstreamProtocolError | UpstreamTimeoutError)


def admitted_keys(
    keys: Sequence[ProviderKey], breakers: Mapping[str, Breaker], *, provider: str, now_seconds: float
) -> tuple[ProviderKey, ...]:
    """Return the keys whose breakers, by their ids, let a call through; a key without one is let through.

    Raises CircuitOpenError where there are keys and none is let through.
    """
    admitted = tuple([key for key in keys if key.id not in breakers or breakers[key.id].admits(now_seconds)])
    if keys and not admitted:
        raise CircuitOpenError(
            f"provider '{provider}' failed repeatedly and is left alone for a while",
            retry_after_seconds=min(breakers[key.id].retry_after_seconds(now_seconds) for key in keys),
        )
    return admitted
