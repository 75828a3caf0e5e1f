"""Who may use the engine now, and who waits in which order.

The engine has a fixed number of slots and serves them first come, first served, without a way to
leave its queue. So nothing is handed to it that has no slot: callers wait here, by priority and then
by arrival, within a bound, and can leave at any moment.
"""

import asyncio
import bisect
import math
import time
from collections.abc import Callable

from causeway.model.errors import OverloadedError

_WEIGHT_OF_NEWEST = 0.2


class Slot:
    """The right to use the engine. Its holder must release it, once or more often."""

    def __init__(self, queue: "AdmissionQueue", granted_at: float) -> None:
        self._queue = queue
        self.granted_at = granted_at

    def release(self) -> None:
        """Give the slot back; later calls do nothing."""
        self._queue._take_back(self)


_Waiter = tuple[int, int, asyncio.Future[Slot]]


class AdmissionQueue:
    """Hands out `slots` slots; at most `limit` callers wait for one."""

    def __init__(self, slots: int, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.slots = slots
        self._limit = limit
        self._clock = clock
        self._held: set[Slot] = set()
        self._waiters: list[_Waiter] = []  # sorted; bounded, so inserting into a list is cheap enough
        self._arrivals = 0
        self._mean_hold_seconds: float | None = None

    @property
    def busy(self) -> int:
        """How many slots are in use."""
        return len(self._held)

    @property
    def waiting(self) -> int:
        """How many callers wait."""
        return len(self._waiters)

    async def acquire(self, priority: int) -> Slot:
        """Wait for a slot; the lowest `priority` goes first.

        Raises OverloadedError, with an estimate of when to come back, where no room to wait is left.
        """
        if len(self._held) < self.slots:
            return self._grant()
        if len(self._waiters) >= self._limit:
            raise OverloadedError(
                f"the embedded model is busy: {self.busy} answers under way, {self.waiting} waiting",
                retry_after_seconds=self._estimated_wait_seconds(),
            )
        future: asyncio.Future[Slot] = asyncio.get_running_loop().create_future()
        self._arrivals += 1
        waiter = (priority, self._arrivals, future)
        bisect.insort(self._waiters, waiter, key=_place)
        try:
            return await future
        except BaseException:
            # A slot may have been granted between the caller's cancellation and this line.
            if future.done() and not future.cancelled():
                future.result().release()
            elif waiter in self._waiters:
                self._waiters.remove(waiter)
            raise

    def _grant(self) -> Slot:
        slot = Slot(self, self._clock())
        self._held.add(slot)
        return slot

    def _take_back(self, slot: Slot) -> None:
        if slot not in self._held:
            return
        self._held.remove(slot)
        held_seconds = self._clock() - slot.granted_at
        mean = self._mean_hold_seconds
        self._mean_hold_seconds = (
            held_seconds if mean is None else mean + _WEIGHT_OF_NEWEST * (held_seconds - mean)
        )
        while self._waiters and len(self._held) < self.slots:
            _, _, future = self._waiters.pop(0)
            if not future.done():  # done: cancelled, and its task has not run since
                future.set_result(self._grant())

    def _estimated_wait_seconds(self) -> int:
        mean = self._mean_hold_seconds
        if mean is None:  # nobody has finished yet: what the oldest has taken so far is the least it takes
            mean = max((self._clock() - slot.granted_at for slot in self._held), default=0.0)
        return max(1, math.ceil(mean * (len(self._waiters) + 1) / self.slots))


def _place(waiter: _Waiter) -> tuple[int, int]:
    return waiter[0], waiter[1]
