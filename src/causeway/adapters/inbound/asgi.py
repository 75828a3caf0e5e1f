"""ASGI's types, as far as this server speaks it: version 3, `http` and `lifespan`.

Source of truth: the ASGI specification, https://asgi.readthedocs.io.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
AsgiMessage = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[AsgiMessage]]
Send = Callable[[AsgiMessage], Awaitable[None]]
AsgiApplication = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

CANCELS_ON_DISCONNECT = "causeway.cancels_on_disconnect"
"""The extension by which a server says that it cancels the application's task itself once the connection is
over before the answer is complete, so that the application need not wait for `http.disconnect`."""

Write = Callable[[bytes], Awaitable[None] | None]

WRITE = "causeway.write"
"""The extension by which a server gives a `Write`: it sends a part of a body that goes on, at once, so that
the application can send where it cannot wait. What it returns, if it returns something, is to be waited
for before more is sent."""

WHOLE_BODY = "causeway.whole_body"
"""The extension by which a server gives a small body that came with its head, so that the application need
not ask for it. `receive` gives it all the same."""
