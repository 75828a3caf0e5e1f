"""What keeping a record of each call costs: the metrics, and the request log with the thread that writes it.

Figures are CPU microseconds a call. The records are made beforehand; in the gateway they are fresh, and
everything else has been through the processor's caches since the last one.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from causeway.adapters.call_log import CallLogs, RecentCalls
from causeway.adapters.metrics.call_metrics import CallMetrics
from causeway.adapters.request_log.rows import encode_row
from causeway.adapters.request_log.writer import RequestLog
from causeway.model.provenance import Provenance
from causeway.model.usage import Usage
from causeway.pipeline.call import Attempt, CallRecord
from causeway.pipeline.ports import CallLog
from causeway.server.memory import settle

_CALLS = 100_000
_AT_ONCE = 1000  # what is written together
_RECORD = CallRecord(
    id="",
    operation="chat",
    dialect="cohere",
    model_requested="openai/gpt-4o-mini",
    is_stream=False,
    outcome="success",
    status=200,
    error_code="",
    provenance=Provenance(
        provider="openai",
        model="gpt-4o-mini",
        model_requested="openai/gpt-4o-mini",
        request_type="chat_completion",
        key_name="openai",
        upstream_milliseconds=11.5,
    ),
    attempts=(Attempt("openai", "gpt-4o-mini", "openai", "", 200, 11.5),),
    usage=Usage(input_tokens=100, output_tokens=20),
    ended_unix_seconds=0.0,
    milliseconds=12.0,
    loss_count=0,
)


def _told(log: CallLog, records: list[CallRecord]) -> Callable[[], None]:
    def tell() -> None:
        for record in records:
            log.begin("chat", False)
            log.record(record)

    return tell


def _print_cost(name: str, act: Callable[[], object]) -> None:
    started = time.thread_time()
    act()
    print(f"{name:<52}{(time.thread_time() - started) / _CALLS * 1e6:6.2f}")


def _print_cost_of_all(path: Path, records: list[CallRecord]) -> None:
    request_log = RequestLog(path, batch_seconds=0.01)
    told = CallLogs([RecentCalls(), CallMetrics(), request_log])
    request_log.start()
    started = time.process_time()
    for start in range(0, _CALLS, _AT_ONCE):
        _told(told, records[start : start + _AT_ONCE])()
        while request_log.queued_rows:
            time.sleep(0.001)
    asyncio.run(request_log.stop())
    assert request_log.written_rows == _CALLS
    cost = (time.process_time() - started) / _CALLS * 1e6
    print(f"{'all of them, every thread, rows in the file':<52}{cost:6.2f}")
    print(f"bytes a row: {path.stat().st_size / _CALLS:.0f}")


def main() -> None:
    records = [
        replace(_RECORD, id=os.urandom(16).hex(), ended_unix_seconds=1.79e9 + number / 1000)
        for number in range(_CALLS)
    ]
    settle()
    with tempfile.TemporaryDirectory() as folder:
        _print_cost("remembering the last calls", _told(RecentCalls(), records))
        _print_cost("metrics", _told(CallMetrics(), records))
        unstarted = RequestLog(Path(folder, "unused.db"), queue_limit=_CALLS)
        _print_cost("queueing rows for the request log", _told(unstarted, records))
        _print_cost("making rows, in the thread", lambda: [encode_row(record, 1) for record in records])
        _print_cost_of_all(Path(folder, "logs.db"), records)


if __name__ == "__main__":
    main()
