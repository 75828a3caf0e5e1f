"""The ASGI application: finds the endpoint, checks the key, and answers every error in its dialect."""

import logging
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import cached_property
from urllib.parse import parse_qsl

import msgspec

from causeway.adapters.inbound.asgi import CANCELS_ON_DISCONNECT, WRITE
from causeway.adapters.metrics.exposition import MEDIA_TYPE as METRICS_TYPE
from causeway.config.schema import ServerConfig
from causeway.dialects.endpoints import ChatEndpoint, Endpoint
from causeway.dialects.faces import ClientFace, HeaderErrors
from causeway.dialects.table import error_face
from causeway.model.errors import (
    AuthenticationError,
    CausewayError,
    ClientDisconnectedError,
    MethodNotAllowedError,
    NotFoundError,
)
from causeway.pipeline.chat import as_causeway_error
from causeway.rules.access import KeyRing, presented_key
from causeway.server.asgi import Headers, Receive, Scope, Send, send_json, send_text
from causeway.server.call import Call
from causeway.server.chat import ChatHandler
from causeway.server.companions import CompanionHandler
from causeway.server.openapi import METRICS_PATH, encode_openapi
from causeway.server.openapi import PATH as OPENAPI_PATH
from causeway.server.request_body import body_at_hand, read_body
from causeway.server.routes import Found, Routes

_log = logging.getLogger(__name__)

# As on every recorded answer of Cohere's.
_COMMON_HEADERS: Headers = [
    (b"access-control-expose-headers", b"X-Debug-Trace-ID"),
    (b"cache-control", b"no-cache, no-store, no-transform, must-revalidate, private, max-age=0"),
    (b"expires", b"Thu, 01 Jan 1970 00:00:00 GMT"),
    (b"pragma", b"no-cache"),
    (b"vary", b"Origin"),
]

Lifespan = Callable[[], Awaitable[None]]


class Application:
    """The gateway as an ASGI application.

    `describe_health` gives the body of `GET /health` and `expose_metrics` that of `GET /metrics`; without
    it, nothing stands there.
    """

    def __init__(
        self,
        *,
        config: ServerConfig,
        keys: KeyRing,
        endpoints: Iterable[Endpoint],
        chat: ChatHandler,
        companions: CompanionHandler,
        describe_health: Callable[[], Awaitable[Mapping[str, object]]],
        expose_metrics: Callable[[], Awaitable[bytes]] | None = None,
        start: Lifespan,
        stop: Lifespan,
    ) -> None:
        self._config = config
        self._keys = keys
        self._routes = Routes(endpoints)
        self._chat = chat
        self._companions = companions
        self._describe_health = describe_health
        self._expose_metrics = expose_metrics
        self._start = start
        self._stop = stop

    @cached_property
    def _openapi(self) -> bytes:
        return encode_openapi()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] == "http":
            await self._serve_http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._serve_lifespan(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _serve_lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self._start()
        except Exception as error:
            _log.error("the gateway could not start", exc_info=error)
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve_http(self, scope: Scope, receive: Receive, send: Send) -> None:
        trace_id = os.urandom(16).hex()
        headers = [(b"x-debug-trace-id", trace_id.encode()), *_COMMON_HEADERS]
        path: str = scope["path"]
        if path == OPENAPI_PATH and scope["method"] in ("GET", "HEAD"):
            await send_json(send, 200, self._openapi, headers)
            return
        found = self._routes.find(path)
        tracked = _TrackedSend(send)
        try:
            if path == "/health" and scope["method"] in ("GET", "HEAD"):
                body = msgspec.json.encode(await self._describe_health())
                await send_json(tracked, 200, body, headers)
            else:
                await self._serve_endpoint(found, scope, receive, tracked, trace_id, headers)
        except ClientDisconnectedError:
            _log.debug("client disconnected: %s", trace_id)
        except Exception as error:
            if tracked.has_started:
                # Nothing truthful can be said on this connection any more: the server cuts it.
                raise
            face = _error_face(found, scope["method"], path)
            await _send_error(face, as_causeway_error(error), trace_id, headers, send)

    async def _serve_endpoint(
        self,
        found: Found[Endpoint] | None,
        scope: Scope,
        receive: Receive,
        send: Send,
        trace_id: str,
        headers: Headers,
    ) -> None:
        request_headers = dict(scope["headers"])
        caller = self._authenticate(request_headers, scope["query_string"]) if self._keys else b""
        if found is None:
            if self._expose_metrics and scope["path"] == METRICS_PATH and scope["method"] in ("GET", "HEAD"):
                await send_text(send, 200, await self._expose_metrics(), METRICS_TYPE, headers)
                return
            raise NotFoundError("404 page not found")
        endpoint = found.endpoints.get(scope["method"])
        if endpoint is None:
            allowed = tuple(found.endpoints)
            raise MethodNotAllowedError(
                f"method {scope['method'][:20]} is not allowed, use {' or '.join(allowed)}", allowed=allowed
            )
        body = body_at_hand(scope, self._config.max_body_bytes)
        if body is None:
            body = await read_body(
                receive,
                request_headers,
                max_bytes=self._config.max_body_bytes,
                timeout_seconds=self._config.body_timeout_seconds,
            )
        call = Call(
            trace_id, body, request_headers, _decode_query(scope["query_string"]), found.parameters, caller
        )
        extensions = scope.get("extensions", {})
        watched = None if CANCELS_ON_DISCONNECT in extensions else receive
        if isinstance(endpoint, ChatEndpoint):
            await self._chat.serve(endpoint, call, headers, watched, send, extensions.get(WRITE))
        else:
            await self._companions.serve(endpoint, call, headers, watched, send)

    def _authenticate(self, headers: Mapping[bytes, bytes], query: bytes) -> bytes:
        key = presented_key(headers) or _decode_query(query).get("key")  # where Google's URLs have it
        if key is None:
            raise AuthenticationError("no api key supplied")
        caller = self._keys.name_of(key)
        if caller is None:
            raise AuthenticationError("invalid api token")
        return caller


def _decode_query(query: bytes) -> dict[str, str]:
    return dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else {}


class _TrackedSend:
    """A send that knows whether the status line has gone out."""

    __slots__ = ("_send", "has_started")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_started = False

    def __call__(self, message: Scope) -> Awaitable[None]:
        self.has_started = True
        return self._send(message)


def _error_face(found: Found[Endpoint] | None, method: str, path: str) -> ClientFace:
    """Return whose shape an error takes: the endpoint's, one at the same path, or who its path speaks to."""
    if found is None:
        return error_face(path)
    endpoint = found.endpoints.get(method) or next(iter(found.endpoints.values()))
    return endpoint.face


async def _send_error(
    face: ClientFace, error: CausewayError, trace_id: str, headers: Headers, send: Send
) -> None:
    extra: Headers = []
    if error.retry_after_seconds is not None:
        # Cohere's clients take 0 for none.
        extra.append((b"retry-after", str(max(1, error.retry_after_seconds)).encode()))
    if isinstance(error, MethodNotAllowedError):
        extra.append((b"allow", ", ".join(error.allowed).encode()))
    if error.status in (408, 413):
        extra.append((b"connection", b"close"))
    if isinstance(face, HeaderErrors):
        extra += face.error_headers(error)
    await send_json(send, error.status, face.encode_error(error, trace_id), headers + extra)
