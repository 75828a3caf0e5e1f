"""How much, how many and how long: every bound of the server on its clients. It waits for nothing."""

from msgspec import Struct


class Limits(Struct, frozen=True, kw_only=True):
    """What a client is allowed, and for how long.

    `head_seconds` runs from the first byte of a request's head until its last; `keep_alive_seconds` is how
    long a connection may say nothing between requests, or before the first. `rest_seconds` is given to
    the rest of a body whose request has been answered, `farewell_seconds` to a client that is still
    sending when its connection is ended, and `stall_seconds` to one that takes nothing of what is sent to
    it. All of these are kept to about a second. `answer_seconds` is what a server that ends
    gives to answers under way, and `cleanup_seconds` to applications that were cancelled then.
    """

    max_connections: int = 10_000
    head_seconds: float = 30.0
    keep_alive_seconds: float = 75.0
    rest_seconds: float = 30.0
    farewell_seconds: float = 2.0
    stall_seconds: float = 120.0
    answer_seconds: float = 10.0
    cleanup_seconds: float = 5.0
