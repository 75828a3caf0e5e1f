"""Notices that a worker hangs: it answers no ping, or the engine stands still with work to do.

Time is counted in ticks of this task, not read from a clock, so that a gateway that was itself
suspended or blocked does not blame the worker for it.
"""

import asyncio

from causeway.engine.connection import Connection

_TICKS_PER_TIMEOUT = 10
_LONGEST_TICK_SECONDS = 1.0


async def watch(connection: Connection, ping_timeout_seconds: float, stall_timeout_seconds: float) -> str:
    """Return why the worker must be considered hung, once it must; otherwise never return.

    The engine stands still when none of its generations reports anything. A single one may well be
    silent for long: the engine reads one prompt after another.
    """
    tick_seconds = min(
        ping_timeout_seconds / _TICKS_PER_TIMEOUT,
        stall_timeout_seconds / _TICKS_PER_TIMEOUT,
        _LONGEST_TICK_SECONDS,
    )
    pongs = messages = -1
    unanswered_seconds = stalled_seconds = 0.0
    while True:
        if connection.pongs != pongs:
            pongs, unanswered_seconds = connection.pongs, 0.0
            connection.ping()
        if connection.generation_messages != messages or not connection.in_flight:
            messages, stalled_seconds = connection.generation_messages, 0.0
        await asyncio.sleep(tick_seconds)
        unanswered_seconds += tick_seconds
        stalled_seconds += tick_seconds
        if unanswered_seconds > ping_timeout_seconds and connection.pongs == pongs:
            return f"the embedded engine did not answer for {ping_timeout_seconds:g} s"
        if (
            stalled_seconds > stall_timeout_seconds
            and connection.in_flight
            and connection.generation_messages == messages
        ):
            return f"the embedded engine made no progress for {stall_timeout_seconds:g} s"
