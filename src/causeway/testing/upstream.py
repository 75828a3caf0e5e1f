"""A provider that does what a test tells it, on a real socket, with every byte under control.

It runs in a thread of its own, so synchronous and asynchronous tests use it alike, beside the program
under test. Not for production: it checks little and remembers what it was sent.
"""

import socket
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from causeway.testing.dialect import Offer
from causeway.testing.replies import Reply
from causeway.testing.requests import RecordedRequest
from causeway.testing.responder import DIALECTS, Respond, Responder
from causeway.testing.server import BACKLOG, Server, Tell
from causeway.testing.traffic import Traffic

_STOP_SECONDS = 10.0


class ScriptedUpstream:
    """A server that speaks the upstream side of the dialects; starts with `with`, or with `start`.

    It listens on `host` and `port`, 0 being a free one. Of `dialects` the first has the endpoints that
    several of them have, unless path or client name another one. `models` are listed, any other name
    is answered as well; vectors have `dimensions`. With a `required_key`, requests without it are 401.
    `tell` is called with each request and what is answered, in the upstream's thread. Of the requests the
    last `record_limit` are kept.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        dialects: Sequence[str] = tuple(DIALECTS),
        models: Sequence[str] = ("scripted",),
        dimensions: int = 1536,
        required_key: str | None = None,
        tell: Tell | None = None,
        record_limit: int = 10_000,
    ) -> None:
        self._address = (host, port)
        self._responder = Responder(dialects, Offer(tuple(models), dimensions), required_key)
        self._tell = tell
        self._traffic = Traffic(record_limit)
        self._server: Server | None = None

    def start(self) -> None:
        """Listen and serve; raises OSError where the address cannot be had."""
        family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
        listener = socket.create_server(self._address, family=family, backlog=BACKLOG)
        # Connections inherit it; asyncio sees to it only where a listener's protocol is named.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._address = listener.getsockname()[:2]
        self._server = Server(listener, self._responder, self._traffic, self._tell)
        # The listener takes connections from here on; the thread need not be waited for.
        self._thread = threading.Thread(target=self._server.run, name="scripted-upstream", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Cut every connection and end the thread; again is no error.

        Raises the first error that `respond` or an impossible reply raised in serving.
        """
        server, self._server = self._server, None
        if server is None:
            return
        server.stop()
        self._thread.join(_STOP_SECONDS)
        if self._thread.is_alive():
            raise RuntimeError(f"the scripted upstream did not stop within {_STOP_SECONDS} s")
        if server.failure is not None:
            raise server.failure

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.stop()
        except Exception:
            if error is None:  # a test's own failure says more
                raise

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

    @property
    def url(self) -> str:
        """Where it listens, without a path: `http://127.0.0.1:40123`."""
        host, port = self._address
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def script(self, *replies: Reply) -> None:
        """Answer the next requests with these, one each, whatever they ask for."""
        self._responder.script.extend(replies)

    @property
    def replies_left(self) -> int:
        """How many scripted replies no request has taken yet."""
        return len(self._responder.script)

    @property
    def respond(self) -> Respond | None:
        """Asked for a reply where the script has none; runs in the upstream's thread and must not wait."""
        return self._responder.respond

    @respond.setter
    def respond(self, respond: Respond | None) -> None:
        self._responder.respond = respond

    def forget(self) -> None:
        """Drop the script, `respond` and the recorded requests; connections stay."""
        self._responder.script.clear()
        self._responder.respond = None
        self._traffic.forget()

    @property
    def requests(self) -> list[RecordedRequest]:
        """What it was sent so far, oldest first."""
        return self._traffic.requests

    @property
    def connections_open(self) -> int:
        """How many connections there are now."""
        return self._traffic.open_count

    @property
    def replies_abandoned(self) -> int:
        """How many replies clients left before their end."""
        return self._traffic.abandoned_count

    def wait_for_requests(self, count: int, timeout_seconds: float = 10.0) -> list[RecordedRequest]:
        """Return the requests when so many have come; raises TimeoutError."""
        self._traffic.wait_for_requests(count, timeout_seconds)
        return self._traffic.requests

    def wait_for_close(self, timeout_seconds: float = 10.0) -> None:
        """Return when no connection is open, not even an idle one; raises TimeoutError."""
        self._traffic.wait_for_close(timeout_seconds)

    def wait_for_abandoned(self, count: int = 1, timeout_seconds: float = 10.0) -> None:
        """Return when clients have left so many replies before their end; raises TimeoutError."""
        self._traffic.wait_for_abandoned(count, timeout_seconds)
