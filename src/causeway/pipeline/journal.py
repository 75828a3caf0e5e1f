"""Writes the record of one call when it is known how it ended."""

import asyncio
import time

from causeway.model.errors import CausewayError, ClientDisconnectedError, UpstreamRefusedError
from causeway.model.events import MessageEnd
from causeway.model.loss import LossReport
from causeway.model.provenance import Provenance
from causeway.model.response import Failure
from causeway.model.usage import Usage
from causeway.pipeline.call import CallRecord, Outcome, Trail
from causeway.pipeline.ports import CallLog


class Journal:
    """One call's record, written once: the first word about its end counts."""

    def __init__(
        self,
        call_log: CallLog,
        *,
        id: str,
        operation: str,
        dialect: str,
        model_requested: str,
        is_stream: bool,
        losses: LossReport,
    ) -> None:
        self._call_log = call_log
        self._id = id
        self._operation = operation
        self._dialect = dialect
        self._model_requested = model_requested
        self._is_stream = is_stream
        self._losses = losses
        self._started = time.perf_counter()
        self._is_closed = False
        self.trail = Trail()
        call_log.begin(operation, is_stream)

    def close_failed(self, error: BaseException) -> None:
        """Record a call that came to no answer."""
        if isinstance(error, asyncio.CancelledError | ClientDisconnectedError | GeneratorExit):
            self._write("cancelled", 499, "client_disconnected", None, self._losses, None)
        elif isinstance(error, CausewayError):
            self._write("error", error.status, error.code, None, self._losses, None)
        else:
            self._write("error", 500, "internal_error", None, self._losses, None)

    def close(
        self,
        provenance: Provenance,
        losses: LossReport,
        usage: Usage | None,
        failure: Failure | None = None,
    ) -> None:
        """Record an answer; one that tells a failure is no success."""
        if failure is None:
            self._write("success", 200, "", provenance, losses, usage)
        else:
            code = (failure.type or UpstreamRefusedError.code).lower()
            self._write("error", 200, code, provenance, losses, usage)

    def close_stream(self, end: MessageEnd | None, provenance: Provenance, losses: LossReport) -> None:
        """Record a stream by its last event; one without was left by its caller."""
        if end is None:
            self._write("cancelled", 499, "client_disconnected", provenance, losses, None)
        else:
            self.close(provenance, losses, end.usage, end.failure)

    def _write(
        self,
        outcome: Outcome,
        status: int,
        error_code: str,
        provenance: Provenance | None,
        losses: LossReport,
        usage: Usage | None,
    ) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        self._call_log.record(
            CallRecord(
                id=self._id,
                operation=self._operation,
                dialect=self._dialect,
                model_requested=self._model_requested,
                is_stream=self._is_stream,
                outcome=outcome,
                status=status,
                error_code=error_code,
                provenance=provenance,
                attempts=tuple(self.trail.attempts),
                usage=usage,
                ended_unix_seconds=time.time(),
                milliseconds=(time.perf_counter() - self._started) * 1000,
                loss_count=len(losses.losses) + losses.uncounted,
            )
        )
