"""Keeps one access token and gets the next before it ends: `TokenSource` over whatever fetches them.

A token is fetched when it is first asked for, and in the last quarter of its life while the old one is
still given out. Everybody who waits, waits for the same one fetch, whose time is bounded. It knows nothing
of who gives the tokens. tests/adapters/test_token_cache.py.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from msgspec import Struct

from causeway.model.errors import UpstreamTimeoutError
from causeway.model.secret import Secret

_log = logging.getLogger(__name__)

FETCH_SECONDS = 30.0
_REFRESHED_AT = 0.75  # of its life
_GOOD_UNTIL = 0.95
# One that a provider refuses so soon after it was made is not refused for its age.
_MIN_AGE_SECONDS = 10.0
_PAUSE_AFTER_FAILURE_SECONDS = 10.0


class AccessToken(Struct, frozen=True):
    """A token as it was just given, and how long it lives."""

    value: Secret
    lifetime_seconds: float


class _Kept(Struct, frozen=True):
    value: Secret
    got_at_seconds: float
    refreshed_at_seconds: float
    good_until_seconds: float


class TokenCache:
    """`TokenSource`. `fetch` gets a token, and raises UpstreamError; `now` is a monotonic clock."""

    def __init__(
        self,
        fetch: Callable[[], Awaitable[AccessToken]],
        *,
        now: Callable[[], float] = time.monotonic,
        fetch_seconds: float = FETCH_SECONDS,
    ) -> None:
        self._fetch = fetch
        self._now = now
        self._fetch_seconds = fetch_seconds
        self._kept: _Kept | None = None
        self._fetching: asyncio.Task[Secret] | None = None
        self._paused_until_seconds = 0.0

    async def token(self) -> Secret:
        """See `TokenSource.token`."""
        now, kept = self._now(), self._kept
        if kept is None or now >= kept.good_until_seconds:
            # Others wait for the same fetch: that one of them goes does not end it.
            return await asyncio.shield(self._started())
        if now >= max(kept.refreshed_at_seconds, self._paused_until_seconds):
            self._started()
        return kept.value

    def forget(self, token: Secret) -> bool:
        """See `TokenSource.forget`."""
        kept = self._kept
        if kept is None or kept.value != token:
            return True
        if self._now() - kept.got_at_seconds < _MIN_AGE_SECONDS:
            return False
        self._kept = None
        return True

    def _started(self) -> asyncio.Task[Secret]:
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._fetch_next())
            self._fetching.add_done_callback(self._ended)
        return self._fetching

    async def _fetch_next(self) -> Secret:
        try:
            async with asyncio.timeout(self._fetch_seconds):
                token = await self._fetch()
        except TimeoutError:
            raise UpstreamTimeoutError(
                f"no access token came within {self._fetch_seconds:g} seconds"
            ) from None
        now = self._now()
        self._kept = _Kept(
            token.value,
            now,
            now + _REFRESHED_AT * token.lifetime_seconds,
            now + _GOOD_UNTIL * token.lifetime_seconds,
        )
        return token.value

    def _ended(self, task: asyncio.Task[Secret]) -> None:
        self._fetching = None
        if not task.cancelled() and (error := task.exception()) is not None:
            self._paused_until_seconds = self._now() + _PAUSE_AFTER_FAILURE_SECONDS
            _log.warning("no access token could be had: %s", error)
