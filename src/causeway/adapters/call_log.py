"""The last calls, in memory, and how many there were of each outcome; told to the log as they come."""

import logging
from collections import Counter, deque
from collections.abc import Mapping, Sequence

from causeway.pipeline.call import CallRecord
from causeway.pipeline.ports import CallLog

_log = logging.getLogger(__name__)
_REMEMBERED_CALLS = 1000


class CallLogs:
    """A `CallLog` that passes everything on to others, in order."""

    def __init__(self, logs: Sequence[CallLog]) -> None:
        self._logs = tuple(logs)

    def begin(self, operation: str, is_stream: bool) -> None:
        """Tell all of them that a call begins."""
        for log in self._logs:
            log.begin(operation, is_stream)

    def record(self, record: CallRecord) -> None:
        """Give all of them a record."""
        for log in self._logs:
            log.record(record)


class RecentCalls:
    """A `CallLog` that remembers the last calls. It never holds what was said in them."""

    def __init__(self, limit: int = _REMEMBERED_CALLS) -> None:
        self.limit = limit
        self._records: deque[CallRecord] = deque(maxlen=limit)
        self._counts: Counter[str] = Counter()

    @property
    def remembered(self) -> int:
        """How many calls are remembered, of at most `limit`."""
        return len(self._records)

    def begin(self, operation: str, is_stream: bool) -> None:
        """Do nothing: what is remembered are calls that have ended."""

    def record(self, record: CallRecord) -> None:
        """Take a record."""
        self._records.append(record)
        self._counts[record.outcome] += 1
        if _log.isEnabledFor(logging.INFO):
            answered_by = record.provenance
            _log.info(
                "%s %s %s %s -> %s, %d attempts, %.0f ms",
                record.id,
                record.operation,
                record.model_requested[:200],
                "nobody" if answered_by is None else f"{answered_by.provider}/{answered_by.model}",
                record.outcome if record.outcome == "success" else f"{record.outcome} {record.error_code}",
                len(record.attempts),
                record.milliseconds,
            )

    def recent(self) -> tuple[CallRecord, ...]:
        """Return what is remembered, the oldest first."""
        return tuple(self._records)

    def counts(self) -> Mapping[str, int]:
        """Return how many calls ended in each outcome since the start."""
        return dict(self._counts)
