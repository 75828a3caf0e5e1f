"""The metrics of a whole gateway, as any of its processes can tell them.

Each worker posts what it has counted once a second, and before it answers. It answers with what is posted
and nothing else, so that no counter that was ever told can go back when a worker dies.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable

from causeway.adapters.metrics.board import SnapshotBoard
from causeway.adapters.metrics.call_metrics import CallMetrics
from causeway.adapters.metrics.exposition import encode_exposition
from causeway.adapters.metrics.families import TABLES
from causeway.adapters.metrics.snapshot import Reading, Snapshot, decode_snapshot, encode_snapshot, merge

_log = logging.getLogger(__name__)

_POST_SECONDS = 1.0
_TABLE_NAMES = frozenset(table.name for table in TABLES)


class GatewayMetrics:
    """Adds what `calls` counts and `observe` reads in this process to what the others have posted.

    Without a `board` there are no others. `observe_shared` reads what all processes have in common.
    """

    def __init__(
        self,
        calls: CallMetrics,
        observe: Callable[[], Iterable[Reading]],
        observe_shared: Callable[[], Awaitable[Iterable[Reading]]],
        *,
        board: SnapshotBoard | None = None,
        number: int = 1,
    ) -> None:
        self._calls = calls
        self._observe = observe
        self._observe_shared = observe_shared
        self._board = board
        self._number = number
        self._posted = None if board is None else board.read(number)
        inherited = Snapshot() if self._posted is None else decode_snapshot(self._posted)
        self._inherited = Snapshot(counts=inherited.counts)
        self._posting: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to post, in the running event loop."""
        if self._board is not None:
            self._posting = asyncio.create_task(self._keep_posting(self._board))

    async def stop(self) -> None:
        """Post for the last time. Later calls do nothing."""
        if self._posting is not None and self._board is not None:
            self._posting.cancel()
            await asyncio.wait({self._posting})
            self._posting = None
            with contextlib.suppress(OSError):  # told by `_keep_posting`, if there was memory lacking
                self._post(self._board)

    async def exposition(self) -> bytes:
        """Return the whole gateway's metrics as Prometheus reads them.

        Raises OSError where this process cannot post its own.
        """
        if self._board is None:
            posted = [encode_snapshot(self.snapshot())]
        else:
            self._post(self._board)
            numbers = range(1, self._board.count + 1)
            posted = [content for number in numbers if (content := self._board.read(number)) is not None]
        shared = _snapshot_of(await self._observe_shared())
        # Thousands of sets of labels take a while to write out.
        return await asyncio.to_thread(_sum_up, posted, shared)

    def snapshot(self) -> Snapshot:
        """Return what this process, and those whose place it took, have counted."""
        now = _snapshot_of([*self._calls.readings(), *self._observe()])
        for name, table in self._calls.tables.items():
            now.counts[name] = table.rows
        return merge([self._inherited, now]) if self._inherited.counts else now

    async def _keep_posting(self, board: SnapshotBoard) -> None:
        has_failed = False
        while True:
            await asyncio.sleep(_POST_SECONDS)
            try:
                self._post(board)
            except OSError as error:
                if not has_failed:
                    _log.warning("metrics cannot be shared with the other workers: %s", error)
                has_failed = True

    def _post(self, board: SnapshotBoard) -> None:
        content = encode_snapshot(self.snapshot())
        if content != self._posted:
            board.post(self._number, content)
            self._posted = content


def _snapshot_of(readings: Iterable[Reading]) -> Snapshot:
    snapshot = Snapshot()
    for name, labels, value in readings:
        if name in _TABLE_NAMES:
            snapshot.counts.setdefault(name, {})[labels] = [value]
        else:
            snapshot.gauges.setdefault(name, {})[labels] = value
    return snapshot


def _sum_up(posted: Iterable[bytes], shared: Snapshot) -> bytes:
    return encode_exposition(merge([*map(decode_snapshot, posted), shared]))
