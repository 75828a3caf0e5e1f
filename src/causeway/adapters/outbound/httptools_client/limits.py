"""A network's timeouts as limits that can say what exceeded them. It waits for nothing.

Source of truth: `Timeouts` in `providers/network.py`.
"""

from msgspec import Struct

from causeway.model.errors import UpstreamTimeoutError
from causeway.providers.network import Timeouts


class Limit(Struct, frozen=True):
    """How long something may take, and the name by which users set it."""

    seconds: float
    name: str

    def exceeded_by(self, origin: str) -> UpstreamTimeoutError:
        """Return the error for a server that took longer."""
        return UpstreamTimeoutError(f"{origin} exceeded the {self.name} timeout of {self.seconds:g} seconds")


class Limits(Struct, frozen=True):
    """`head` runs from the request until the head of the answer, and for a whole answer until its end.

    `idle` is for each silence in a stream, `total` from the request until a stream's end.
    """

    connect: Limit
    head: Limit
    idle: Limit
    total: Limit | None


def limits_of(timeouts: Timeouts) -> Limits:
    """Return the limits of a network's requests."""
    head = Limit(timeouts.first_byte_seconds, "first-byte")
    total = None if timeouts.total_seconds is None else Limit(timeouts.total_seconds, "total")
    if total is not None and total.seconds < head.seconds:
        head = total
    return Limits(
        connect=Limit(timeouts.connect_seconds, "connect"),
        head=head,
        idle=Limit(timeouts.idle_seconds, "idle"),
        total=total,
    )
