"""A provider in use: sends to it, and repeats what failed as the rules say, key by key."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from causeway.model.errors import CausewayError, CircuitOpenError, UpstreamRefusedError
from causeway.pipeline.call import Attempt, CallOptions, Trail
from causeway.pipeline.ports import OutboundClient, OutboundResponse, TokenSource
from causeway.pipeline.provider_answer import hide_key
from causeway.pipeline.targets import Place
from causeway.providers.authentication import authenticate, join_headers, request_headers
from causeway.providers.network import Headers, OutboundRequest
from causeway.providers.provider import Provider
from causeway.providers.spec import Operation
from causeway.providers.urls import request_url, upstream_model
from causeway.rules.breaker import Breaker, BreakerPolicy, admitted_keys
from causeway.rules.key_choice import KeyPin, choose_key, eligible_keys, resolve_alias
from causeway.rules.memo import Memo
from causeway.rules.provider_keys import ProviderKey
from causeway.rules.retry import Reaction, RetryState, reaction_to
from causeway.rules.stickiness import StickyKeys

Answer = TypeVar("Answer")


class Lease:
    """One attempt's claim on a key. To be settled once, when it is known how the attempt ended.

    `asked_model` is the provider's name for the model.
    """

    __slots__ = ("_breaker", "_is_settled", "_now", "_started", "_ticket", "asked_model", "key")

    def __init__(
        self, key: ProviderKey, asked_model: str, breaker: Breaker, ticket: int, now: Callable[[], float]
    ) -> None:
        self.key = key
        self.asked_model = asked_model
        self._breaker = breaker
        self._ticket = ticket
        self._now = now
        self._started = time.perf_counter()
        self._is_settled = False

    def settle(self, error: CausewayError | None) -> None:
        """Tell how the attempt ended; only the first word counts."""
        if not self._is_settled:
            self._is_settled = True
            self._breaker.report(self._ticket, error, self._now())

    def settle_trial(self) -> None:
        """Tell that an answer has begun: enough to trust a key again that was left alone."""
        if self._breaker.state(self._now()) != "closed":
            self.settle(None)

    def release(self) -> None:
        """Tell that the attempt showed nothing, if it has not been settled."""
        if not self._is_settled:
            self._is_settled = True
            self._breaker.release(self._ticket)

    def note(self, provider: str, error_code: str, status: int, fallback_index: int) -> Attempt:
        """Return what is recorded of the attempt, which has ended now, or has begun to be answered."""
        milliseconds = (time.perf_counter() - self._started) * 1000
        return Attempt(
            provider, self.asked_model, self.key.name, error_code, status, milliseconds, fallback_index
        )


class _Destination(Struct, frozen=True):
    """Where a request goes, and its headers. Secrets are among them: it has no `repr` of them.

    `is_complete` is false where the key's credentials add to each request.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    is_complete: bool

    def __repr__(self) -> str:
        return f"_Destination({self.method})"


# Asks once, with a key and the provider's name for the model. A stream keeps the lease until its end.
Ask = Callable[[ProviderKey, str, Lease], Awaitable[Answer]]


class LiveProvider:
    """A provider that is switched on, with what is learnt of its keys. One for all calls.

    `tokens` has a source for each key, by its id, whose credentials stand for tokens.
    """

    def __init__(
        self,
        provider: Provider,
        client: OutboundClient,
        *,
        tokens: Mapping[str, TokenSource] | None = None,
        now: Callable[[], float] = time.monotonic,
        unix_now: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        breaker_policy: BreakerPolicy | None = None,
    ) -> None:
        self.provider = provider
        self._client = client
        self._tokens = tokens or {}
        self._now = now
        self._unix_now = unix_now
        self._chance = chance
        self._sleep = sleep
        self._keys = {key.id: key for key in provider.keys}
        self._breakers = {key.id: Breaker(breaker_policy) for key in provider.keys}
        self._sticky_keys = StickyKeys()
        # What follows from the configuration and the model's name alone is found out once.
        self._unpinned_keys = Memo(self._find_eligible_keys, len)
        self._asked_models = Memo(self._find_asked_model, lambda key_and_model: len(key_and_model[1]))
        self._destinations = Memo(self._find_destination, lambda parts: len(parts[2]))

    @property
    def sticky_sessions(self) -> tuple[int, int]:
        """How many sessions' keys are remembered, and how many may be."""
        return len(self._sticky_keys), self._sticky_keys.max_entries

    def key_states(self) -> Iterator[tuple[str, bool]]:
        """Yield the name of each key, and whether it is used: not left alone for what it did."""
        now = self._now()
        for key in self.provider.keys:
            yield key.name, self._breakers[key.id].state(now) == "closed"

    def send(
        self, operation: Operation, key: ProviderKey, model: str, body: bytes, headers: Headers = ()
    ) -> AbstractAsyncContextManager[OutboundResponse]:
        """Send a request, as `OutboundClient.send` does; without a body it is a GET.

        `key` is as `attempt` and `ready_key` give it. `headers` go beside those that every request has; their
        names are in lower case.
        """
        return self._client.send(self._request(operation, key, model, body, headers, is_stream=False))

    def open_stream(
        self, operation: Operation, key: ProviderKey, model: str, body: bytes, headers: Headers = ()
    ) -> Awaitable[OutboundResponse]:
        """Send a request for a stream, as `OutboundClient.open` does; the rest is as for `send`."""
        return self._client.open(self._request(operation, key, model, body, headers, is_stream=True))

    async def ready_key(self, key: ProviderKey) -> ProviderKey:
        """Return the key as a request needs it, with its token where it stands for one.

        Raises UpstreamError.
        """
        source = self._tokens.get(key.id)
        return key if source is None else replace(key, value=await source.token())

    async def attempt(
        self, model: str, options: CallOptions, trail: Trail, place: Place, ask: Ask[Answer]
    ) -> Answer:
        """Return what `ask` returns, asked again while the policy allows and it may help.

        Raises the last attempt's error, NoProviderKeyError, or CircuitOpenError where no key may be tried.
        """
        name, index = self.provider.name, place.fallback_index
        pin = options.key_pin if index == 0 else None
        keys = self._unpinned_keys[model] if pin is None else self._find_eligible_keys(model, pin)
        sticky_key_id = self._sticky_key_id(model, options, place)
        pool, state = self._admitted(keys), RetryState()
        if self._tokens:
            ask = self._with_tokens(ask)
        while True:
            key = choose_key(pool, sticky_key_id=sticky_key_id, chance=self._chance())
            lease = self._lease(key, model)
            try:
                answer = await ask(key, lease.asked_model, lease)
            except CausewayError as error:
                hide_key(error, key)
                lease.settle(error)
                trail.attempts.append(lease.note(name, error.code, error.status, index))
                if reaction_to(error) is Reaction.DROP_KEY and options.session_id is not None:
                    self._sticky_keys.forget(name, options.session_id, model)
                retry = state.after(
                    error,
                    key_id=key.id,
                    key_ids=[known.id for known in keys if self._breakers[known.id].admits(self._now())],
                    policy=self.provider.retry,
                    chance=self._chance(),
                )
                if retry is None:
                    raise
                state = retry.state
                if retry.wait_seconds > 0:
                    await self._sleep(retry.wait_seconds)
                pool = state.pool([known for known in keys if self._breakers[known.id].admits(self._now())])
                if not pool:
                    raise
                continue
            except BaseException:
                lease.release()
                trail.attempts.append(lease.note(name, "cancelled", 499, index))
                raise
            trail.attempts.append(lease.note(name, "", 200, index))
            self._keep_sticky(key, model, options, place)
            return answer

    def _with_tokens(self, ask: Ask[Answer]) -> Ask[Answer]:
        """Return what asks with a token where the key stands for one, and once more where that is refused."""

        async def ask_with_token(key: ProviderKey, model: str, lease: Lease) -> Answer:
            is_second = False
            while True:
                ready = await self.ready_key(key)
                try:
                    return await ask(ready, model, lease)
                except CausewayError as error:
                    hide_key(error, ready)
                    is_refused = isinstance(error, UpstreamRefusedError) and error.status == 401
                    source = self._tokens.get(key.id)
                    if is_second or not is_refused or source is None or not source.forget(ready.value):
                        raise
                is_second = True

        return ask_with_token

    def _request(
        self,
        operation: Operation,
        key: ProviderKey,
        model: str,
        body: bytes,
        headers: Headers,
        *,
        is_stream: bool,
    ) -> OutboundRequest:
        destination = self._destinations[operation, key.id, model, bool(body), is_stream]
        request = OutboundRequest(
            method=destination.method,
            url=destination.url,
            headers=join_headers(destination.headers, headers) if headers else destination.headers,
            body=body,
            is_stream=is_stream,
            network=self.provider.network,
        )
        if destination.is_complete:
            return request
        return authenticate(request, self.provider, key, unix_seconds=self._unix_now())

    def _lease(self, key: ProviderKey, model: str) -> Lease:
        breaker = self._breakers[key.id]
        ticket = breaker.enter(self._now())
        if ticket is None:  # `admitted_keys` has let it through, and nothing has been awaited since
            raise CircuitOpenError(f"provider '{self.provider.name}' is left alone for a while")
        return Lease(key, self._asked_models[key.id, model], breaker, ticket, self._now)

    def _admitted(self, keys: Sequence[ProviderKey]) -> tuple[ProviderKey, ...]:
        return admitted_keys(keys, self._breakers, provider=self.provider.name, now_seconds=self._now())

    def _find_eligible_keys(self, model: str, pin: KeyPin | None = None) -> tuple[ProviderKey, ...]:
        return eligible_keys(self.provider.keys, provider=self.provider.name, model=model, pin=pin)

    def _find_asked_model(self, key_and_model: tuple[str, str]) -> str:
        key_id, model = key_and_model
        return upstream_model(self.provider, resolve_alias(self._keys[key_id], model))

    def _find_destination(self, parts: tuple[Operation, str, str, bool, bool]) -> _Destination:
        operation, key_id, model, has_body, is_stream = parts
        key = self._keys[key_id]
        media = (("content-type", "application/json"),) if has_body else ()
        accept = ("accept", self.provider.spec.stream_media_type if is_stream else "application/json")
        return _Destination(
            "POST" if has_body else "GET",
            request_url(self.provider, key, operation, model, is_stream=is_stream),
            (*request_headers(self.provider, key), *media, accept),
            is_complete=key.credentials is None,
        )

    def _sticky_key_id(self, model: str, options: CallOptions, place: Place) -> str | None:
        if options.session_id is None or place.fallback_index > 0:
            return None
        return self._sticky_keys.find(
            self.provider.name,
            options.session_id,
            model,
            key_ids=self._breakers,
            now_seconds=self._now(),
            ttl_seconds=options.session_ttl_seconds,
        )

    def _keep_sticky(self, key: ProviderKey, model: str, options: CallOptions, place: Place) -> None:
        if options.session_id is not None and place.fallback_index == 0:
            self._sticky_keys.bind(
                self.provider.name,
                options.session_id,
                model,
                key.id,
                now_seconds=self._now(),
                ttl_seconds=options.session_ttl_seconds,
            )
