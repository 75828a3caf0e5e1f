"""One request and its answer: the context that `send` returns, and the response that is had in it."""

import asyncio
from collections.abc import Callable, Mapping
from types import TracebackType

from msgspec import Struct

from causeway.adapters.outbound.content_encoding import Inflater, inflater_for
from causeway.adapters.outbound.httptools_client.answer import Answer
from causeway.adapters.outbound.httptools_client.connection import Connection
from causeway.adapters.outbound.httptools_client.limits import Limit
from causeway.adapters.outbound.httptools_client.pool import Pool
from causeway.adapters.outbound.httptools_client.request_head import encode_length
from causeway.model.errors import UpstreamProtocolError
from causeway.pipeline.ports import TakeBytes
from causeway.providers.network import OutboundRequest


class Plan(Struct, frozen=True):
    """How requests of the same method, URL, headers and network are sent."""

    pool: Pool
    head: bytes


class Exchange:
    """`OutboundResponse`, and the context of it.

    A request on a connection that had been kept alive, and that ends before a single byte of an answer,
    is sent once more on a fresh one, whatever its method: the peer closed the connection while it was
    idle. That a provider took the request and died before it said a word cannot be told from this; the
    pipeline retries such a request all the same.
    """

    __slots__ = (
        "_answer", "_body_limit", "_body_moment", "_connection", "_headers", "_inflater", "_is_stream",
        "_plan_for", "_pool", "_request",
    )  # fmt: skip

    def __init__(self, request: OutboundRequest, plan_for: Callable[[OutboundRequest], Plan]) -> None:
        self._request: OutboundRequest | None = request  # until it has an answer
        self._is_stream = request.is_stream
        self._plan_for = plan_for
        self._pool: Pool
        self._connection: Connection
        self._answer: Answer
        self._body_limit: Limit | None
        self._body_moment: float
        self._headers: dict[str, str] | None = None
        self._inflater: Inflater | None = None

    async def __aenter__(self) -> "Exchange":
        request, self._request = self._request, None
        if request is None:
            raise RuntimeError("a request is sent once")
        plan = self._plan_for(request)
        pool = self._pool = plan.pool
        limits = pool.limits
        started = pool.loop.time()
        limit = limits.head
        moment = started + limit.seconds
        self._body_limit = body_limit = limits.total if request.is_stream else limit
        self._body_moment = 0.0 if body_limit is None else started + body_limit.seconds
        connection = pool.take() or await self._obtain(moment)
        was_used = connection.is_used
        answer = self._ask(request, plan.head, connection)
        try:
            await connection.wait(0, moment, limit)
            if was_used and answer.is_lost and not answer.has_begun:
                pool.close_idle()  # what was idle as long is as stale
                connection = await self._obtain(moment, must_be_new=True)
                answer = self._ask(request, plan.head, connection)
                await connection.wait(0, moment, limit)
        except BaseException:
            self._connection.leave(self._answer)
            raise
        if not answer.has_head and answer.error is not None:
            raise answer.error
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """See `OutboundResponse.close`."""
        self._connection.leave(self._answer)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._answer.status

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers; of several with one name, the values in their order, with commas between."""
        headers = self._headers
        if headers is None:
            headers = self._headers = {
                name.decode("latin-1"): value.decode("latin-1")
                for name, value in self._answer.headers.items()
            }
        return headers

    async def pump(self, take: TakeBytes) -> bool:
        """See `OutboundResponse.pump`; also raises UpstreamProtocolError for what is not HTTP."""
        try:
            if self._inflater is None and b"content-encoding" in self._answer.headers:
                self._inflater = inflater_for(self.headers["content-encoding"])
            if self._inflater is not None:
                return await self._inflater.pump(self._next_chunk, take)
            while True:
                while not self._has_come():
                    if await self._wait(1, take):
                        return False
                content = self._take_content()
                if not content:
                    return True
                if take(content):
                    return False
        except BaseException:
            self.close()
            raise

    async def read(self, max_bytes: int) -> bytes:
        """See `OutboundResponse.read`."""
        answer = self._answer
        try:
            if self._is_stream or b"content-encoding" in answer.headers:
                return await self._collect(max_bytes)
            while not answer.is_complete and answer.error is None and answer.buffered_bytes <= max_bytes:
                self._connection.resume(answer)
                await self._wait(max_bytes + 1)
            if answer.buffered_bytes > max_bytes:
                raise self._too_large(max_bytes)
            if answer.error is not None:
                raise answer.error
            return answer.take()
        finally:
            self._connection.leave(answer)

    async def _collect(self, max_bytes: int) -> bytes:
        body = bytearray()

        def take(chunk: bytes) -> bool:
            body.extend(chunk)
            return len(body) > max_bytes

        if not await self.pump(take):
            raise self._too_large(max_bytes)
        return bytes(body)

    async def _next_chunk(self) -> bytes:
        """Return what has come, or wait for it; nothing at the end."""
        while not self._has_come():
            await self._wait(1)
        return self._take_content()

    def _take_content(self) -> bytes:
        content = self._answer.take()
        self._connection.resume(self._answer)
        return content

    def _has_come(self) -> bool:
        """Whether more of the body is there, or its end; raises what kept it from coming."""
        answer, limit = self._answer, self._body_limit
        if answer.is_complete:
            return True
        if answer.error is not None and not answer.pieces:
            raise answer.error
        if limit is not None and self._pool.loop.time() >= self._body_moment:
            raise limit.exceeded_by(self._pool.origin)
        return bool(answer.pieces)

    def _wait(self, wanted_bytes: int, hear: TakeBytes | None = None) -> asyncio.Future[bool]:
        """Wait for so much of the body, or hand it on as it comes, within the limits."""
        connection = self._connection
        waiter = connection.wait(wanted_bytes, *self._end_of_silence(self._pool.loop.time()))
        if hear is not None:
            connection.listen(hear, self._end_of_silence)
        return waiter

    def _end_of_silence(self, heard_at: float) -> tuple[float, Limit]:
        """Return the moment by which the next of the body must come, and the limit that says so."""
        limit, moment = self._body_limit, self._body_moment
        if self._is_stream:
            idle = self._pool.limits.idle
            silence = heard_at + idle.seconds
            if limit is None or silence < moment:
                limit, moment = idle, silence
        assert limit is not None  # noqa: S101  # an answer that is no stream has one
        return moment, limit

    def _too_large(self, max_bytes: int) -> UpstreamProtocolError:
        return UpstreamProtocolError(f"the answer of {self._pool.origin} is larger than {max_bytes} bytes")

    async def _obtain(self, moment: float, *, must_be_new: bool = False) -> Connection:
        pool = self._pool
        try:
            async with asyncio.timeout_at(moment):
                return await pool.obtain(must_be_new=must_be_new)
        except TimeoutError:
            raise pool.limits.head.exceeded_by(pool.origin) from None

    def _ask(self, request: OutboundRequest, head: bytes, connection: Connection) -> Answer:
        self._connection = connection
        self._answer = connection.ask(
            head + encode_length(request.method, request.body),
            request.body,
            has_answer_body=request.method != "HEAD",
        )
        return self._answer
