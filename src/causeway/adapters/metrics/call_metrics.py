"""Counts calls from their records. It is called once for each call, so what it does is what a call costs.

A call is counted for every target that was asked: for one that failed as an error, with the status of its
last attempt, and for the one that answered as a success. One that its caller left is neither.
"""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import groupby, pairwise

from causeway.adapters.metrics.families import (
    CACHED_TOKENS,
    CALLS,
    ERRORS,
    FAILED_ATTEMPTS,
    FIRST_TOKEN,
    INPUT_TOKENS,
    LATENCY_BOUNDS,
    LATENCY_OF_ERRORS,
    LATENCY_OF_SUCCESSES,
    OUTPUT_TOKENS,
    REQUESTS,
    RETRIES,
    RETRY_BOUNDS,
    ROTATIONS,
    SUCCESSES,
    TARGETS,
    Table,
)
from causeway.adapters.metrics.snapshot import CountTable, Reading
from causeway.model.provenance import Provenance
from causeway.pipeline.call import Attempt, CallRecord, request_type

LABEL_SET_LIMIT = 2000
# A provider may say any number. One like this, or below zero, would spoil a sum for good.
_TOO_MANY_TOKENS = 2**40


class CallMetrics:
    """A `CallLog` that counts. `tables` has what it counted by the names in `families.py`."""

    def __init__(self, limit: int = LABEL_SET_LIMIT) -> None:
        self.tables: dict[str, CountTable] = {}
        self._active: dict[str, int] = {}
        self._targets = self._table(TARGETS, limit)
        self._errors = self._table(ERRORS, limit)
        self._rotations = self._table(ROTATIONS, limit)
        self._failed_attempts = self._table(FAILED_ATTEMPTS, limit)
        self._calls = self._table(CALLS, limit)

    def _table(self, table: Table, limit: int) -> CountTable:
        self.tables[table.name] = found = CountTable(table.width, limit)
        return found

    def readings(self) -> Iterator[Reading]:
        """Yield what goes up and down: the calls under way, and how full the tables are."""
        for method, count in self._active.items():
            yield "bifrost_active_requests", (method,), count
        for name, table in self.tables.items():
            yield "causeway_metric_label_sets", (name,), len(table.rows)
            yield "causeway_metric_label_sets_limit", (name,), table.limit

    def begin(self, operation: str, is_stream: bool) -> None:
        """Count a call among those under way."""
        method = request_type(operation, is_stream)
        self._active[method] = self._active.get(method, 0) + 1

    def record(self, record: CallRecord) -> None:
        """Count a call that has ended."""
        method = request_type(record.operation, record.is_stream)
        self._active[method] = self._active.get(method, 1) - 1
        self._calls.row((record.operation, record.dialect, record.outcome, record.status))[0] += 1
        provenance, attempts = record.provenance, record.attempts
        if provenance is None:
            self._count_failures(attempts, method)
        elif not attempts or (len(attempts) == 1 and not attempts[0].error_code):  # nearly every call
            self._count_answer(record, provenance, method, 0.0, 0)
        else:
            answered = provenance.fallback_index
            failed = tuple(one for one in attempts if one.fallback_index != answered)
            tried = [one for one in attempts if one.fallback_index == answered]
            self._count_failures(failed, method)
            self._count_attempts(tried)
            earlier = sum(one.milliseconds for one in failed)
            self._count_answer(record, provenance, method, earlier, max(0, len(tried) - 1))

    def _count_answer(
        self,
        record: CallRecord,
        provenance: Provenance,
        method: str,
        earlier_milliseconds: float,
        retries: int,
    ) -> None:
        """Count the target that answered; `earlier_milliseconds` went by before it was asked."""
        labels = (
            provenance.provider,
            provenance.model,
            method,
            provenance.key_name,
            provenance.fallback_index,
        )
        row = self._targets.row(labels)
        row[REQUESTS] += 1
        seconds = (record.milliseconds - earlier_milliseconds) / 1000
        if record.outcome == "success":
            row[SUCCESSES] += 1
            row[LATENCY_OF_SUCCESSES] += seconds
            row[LATENCY_OF_SUCCESSES + 1 + bisect_left(LATENCY_BOUNDS, seconds)] += 1
        elif record.outcome == "error":
            self._errors.row((*labels, record.status))[0] += 1
            row[LATENCY_OF_ERRORS] += seconds
            row[LATENCY_OF_ERRORS + 1 + bisect_left(LATENCY_BOUNDS, seconds)] += 1
        if record.is_stream and provenance.upstream_milliseconds:  # the embedded model's is not measured
            first = provenance.upstream_milliseconds / 1000
            row[FIRST_TOKEN] += first
            row[FIRST_TOKEN + 1 + bisect_left(LATENCY_BOUNDS, first)] += 1
        row[RETRIES] += retries
        row[RETRIES + 1 + bisect_left(RETRY_BOUNDS, retries)] += 1
        usage = record.usage
        if usage is not None:
            if 0 < usage.input_tokens < _TOO_MANY_TOKENS:
                row[INPUT_TOKENS] += usage.input_tokens
            if 0 < usage.output_tokens < _TOO_MANY_TOKENS:
                row[OUTPUT_TOKENS] += usage.output_tokens
            if usage.cached_tokens and 0 < usage.cached_tokens < _TOO_MANY_TOKENS:
                row[CACHED_TOKENS] += usage.cached_tokens

    def _count_failures(self, attempts: tuple[Attempt, ...], method: str) -> None:
        """Count the targets that these attempts were made for, none of which answered."""
        for index, group in groupby(attempts, key=lambda attempt: attempt.fallback_index):
            tried = list(group)
            self._count_attempts(tried)
            last, retries = tried[-1], len(tried) - 1
            # Of a key none is selected until one has answered.
            labels = (last.provider, last.model, method, "", index)
            row = self._targets.row(labels)
            row[REQUESTS] += 1
            row[RETRIES] += retries
            row[RETRIES + 1 + bisect_left(RETRY_BOUNDS, retries)] += 1
            if last.error_code == "cancelled":
                continue
            self._errors.row((*labels, last.status))[0] += 1
            seconds = sum(one.milliseconds for one in tried) / 1000
            row[LATENCY_OF_ERRORS] += seconds
            row[LATENCY_OF_ERRORS + 1 + bisect_left(LATENCY_BOUNDS, seconds)] += 1

    def _count_attempts(self, tried: list[Attempt]) -> None:
        """Count the attempts of one target that failed, and those after which another key was used."""
        for attempt in tried:
            if attempt.error_code:
                labels = (attempt.provider, attempt.model, attempt.error_code)
                self._failed_attempts.row(labels)[0] += 1
        for failed, following in pairwise(tried):
            if failed.key_name != following.key_name:
                rotated = (failed.provider, failed.model, failed.key_name, failed.error_code)
                self._rotations.row(rotated)[0] += 1
