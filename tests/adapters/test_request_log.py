"""The request log: what a row says, and that whatever becomes of the file, calls go on."""

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from causeway.adapters.request_log import writer
from causeway.adapters.request_log.database import LogFile, LogFileError, find_problem
from causeway.adapters.request_log.rows import COLUMNS, encode_row
from causeway.adapters.request_log.writer import RequestLog
from causeway.model.usage import Usage
from causeway.pipeline.call import Attempt, CallRecord
from support.call_records import FAILED, RECORD, call_records, record
from support.process_tree import wait_until

# Writes rows until it is killed, and says how many are in the file for sure.
WRITER = """
import sys, time
from pathlib import Path
from causeway.adapters.request_log.writer import RequestLog
from support.call_records import RECORD
log = RequestLog(Path(sys.argv[1]), worker_number=int(sys.argv[2]))
log.start()
for _ in range(int(sys.argv[3])):
    log.record(RECORD)
while log.written_rows < int(sys.argv[3]):
    assert not log.dropped_rows
    time.sleep(0.01)
print(log.written_rows, flush=True)
while True:
    log.record(RECORD)
    time.sleep(0.0001)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "logs.db"


def read(path: Path) -> list[dict[str, Any]]:
    with closing(LogFile.open_to_read(path)) as file:
        return list(file.last(1_000_000))


async def logged(path: Path, *records: CallRecord, **options: Any) -> RequestLog:
    """Write records, and return the log, which has ended."""
    log = RequestLog(path, **options)
    log.start()
    for one in records:
        log.record(one)
    await log.stop()
    return log


async def test_a_row_says_what_became_of_a_call(path: Path) -> None:
    usage = Usage(input_tokens=12, output_tokens=34, cached_tokens=5, reasoning_tokens=0)
    await logged(path, record(usage=usage, is_stream=True, loss_count=2), worker_number=3)
    assert read(path) == [
        {
            "id": RECORD.id,
            "timestamp": 1_790_000_000.0,
            "object": "chat_completion_stream",
            "dialect": "cohere",
            "provider": "openai",
            "model": "gpt-4o",
            "model_requested": "openai/gpt-4o",
            "stream": 1,
            "status": "success",
            "status_code": 200,
            "error_code": "",
            "latency": 250.0,
            "upstream_latency": 240.0,
            "prompt_tokens": 12,
            "completion_tokens": 34,
            "cached_tokens": 5,
            "reasoning_tokens": 0,
            "attempt_trail": None,
            "number_of_retries": 0,
            "fallback_index": 0,
            "selected_key_name": "first",
            "loss_count": 2,
            "worker": 3,
        }
    ]


async def test_a_row_of_a_failure_is_the_primarys_and_tells_every_attempt(path: Path) -> None:
    await logged(path, FAILED)
    (row,) = read(path)
    found = {name: row[name] for name in ("provider", "model", "status", "status_code", "error_code")}
    assert found == {
        "provider": "openai",
        "model": "gpt-4o",
        "status": "error",
        "status_code": 429,
        "error_code": "upstream_refused",
    }
    assert (row["number_of_retries"], row["fallback_index"], row["selected_key_name"]) == (1, 0, "")
    assert row["prompt_tokens"] is None
    trail = json.loads(row["attempt_trail"])
    assert [(one["provider"], one["key_name"], one["fail_reason"], one["status_code"]) for one in trail] == [
        ("openai", "first", "upstream_refused", 429),
        ("openai", "second", "upstream_timeout", 504),
        ("cohere", "cohere", "upstream_connection", 502),
    ]


def test_retries_are_those_of_the_target_that_answered() -> None:
    assert RECORD.provenance is not None
    answered = Attempt("cohere", "command-a", "cohere", "", 200, 60.0, 1)
    attempts = (*FAILED.attempts, answered)
    fallen_back = record(attempts=attempts, provenance=replace(RECORD.provenance, fallback_index=1))
    row = dict(zip(COLUMNS, encode_row(fallen_back, 1), strict=True))
    assert (row["number_of_retries"], row["fallback_index"]) == (1, 1)


@given(call_records())
@settings(deadline=None)
def test_any_record_has_a_row_that_the_table_takes(one: CallRecord) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        connection.execute(f"CREATE TABLE logs ({columns}) STRICT")
        row = encode_row(one, 1)
        connection.execute(f"INSERT INTO logs VALUES ({', '.join('?' * len(COLUMNS))})", row)  # noqa: S608
        assert connection.execute("SELECT * FROM logs").fetchone() == row


async def test_a_number_that_the_table_cannot_hold_spoils_no_batch(path: Path) -> None:
    nonsense = Usage(input_tokens=2**63, output_tokens=-(10**400), reasoning_tokens=7)
    await logged(path, RECORD, record(usage=nonsense), RECORD)
    rows = read(path)
    assert [row["prompt_tokens"] for row in rows] == [12, None, 12]
    assert rows[1]["reasoning_tokens"] == 7


def test_others_words_are_cut() -> None:
    long = "m" * 10_000
    attempts = tuple(replace(attempt, model=long) for attempt in FAILED.attempts)
    row = encode_row(replace(FAILED, model_requested=long, error_code=long, attempts=attempts), 1)
    assert sum(len(value) for value in row if isinstance(value, str)) < 2000


async def test_the_file_and_its_folder_are_the_users_alone(path: Path) -> None:
    mask = os.umask(0)
    try:
        await logged(path, RECORD)
        with closing(LogFile.open(path)) as file:
            file.write([encode_row(RECORD, 1)])
            for one in path.parent.iterdir():
                assert stat.S_IMODE(one.stat().st_mode) == 0o600, one
    finally:
        os.umask(mask)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 1000, 2501])
async def test_any_number_of_calls_is_written(path: Path, count: int) -> None:
    records = [record(id=f"{number:032x}") for number in range(count)]
    log = await logged(path, *records)
    assert (log.written_rows, log.dropped_rows) == (count, 0)
    assert {row["id"] for row in read(path)} == {one.id for one in records}


async def test_a_log_is_continued(path: Path) -> None:
    for _ in range(3):
        await logged(path, RECORD)
    assert len(read(path)) == 3


async def test_rows_are_written_while_the_gateway_runs(path: Path) -> None:
    log = RequestLog(path, batch_seconds=0.01)
    log.start()
    log.record(RECORD)
    wait_until(lambda: log.written_rows == 1)
    assert len(read(path)) == 1
    full = RequestLog(path, batch_seconds=3600)
    full.start()
    for _ in range(1000):
        full.record(RECORD)
    wait_until(lambda: full.written_rows == 1000)
    await full.stop()
    await log.stop()


async def test_a_full_queue_drops_counts_and_never_waits(path: Path) -> None:
    may_open = threading.Event()

    def open_late(path: Path) -> LogFile:
        may_open.wait()
        return LogFile.open(path)

    log = RequestLog(path, queue_limit=10, open_file=open_late)
    log.start()
    for _ in range(25):
        log.record(RECORD)
    assert (log.queued_rows, log.dropped_rows) == (10, 15)
    may_open.set()
    await log.stop()
    assert (log.written_rows, log.dropped_rows) == (10, 15)
    assert len(read(path)) == 10


async def test_the_end_does_not_wait_for_a_file_that_hangs(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(writer, "_STOP_SECONDS", 0.01)
    may_end = threading.Event()

    def hang(path: Path) -> LogFile:
        may_end.wait()
        raise LogFileError("it hung")

    log = await logged(path, RECORD, open_file=hang)
    assert "1 calls are not in the request log" in caplog.text
    assert log.queued_rows == 1
    may_end.set()


def directory(path: Path) -> None:
    path.mkdir(parents=True)


def beneath_a_file(path: Path) -> None:
    path.parent.write_text("no directory")


def nonsense(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"SQLite format 3\0" + b"\xa5" * 5000)


def another_programs(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE logs (id TEXT PRIMARY KEY, input_history TEXT)")


def a_newer_versions(path: Path) -> None:
    LogFile.open(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")


def content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


SPOILT = {
    directory: "directory",
    beneath_a_file: "exists",
    nonsense: "not a database",
    another_programs: "it is another program's database",
    a_newer_versions: "a newer version of Causeway made it",
}


@pytest.mark.parametrize("spoil", SPOILT, ids=lambda spoil: spoil.__name__)
async def test_a_file_that_cannot_be_used_is_told_once_and_calls_go_on(
    spoil: Any, path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(writer, "_RETRY_SECONDS", (0.001,))
    spoil(path)
    held = content(path)
    assert find_problem(path)
    log = RequestLog(path, batch_seconds=0.001)
    log.start()
    for count in range(1, 4):
        log.record(RECORD)
        wait_until(lambda count=count: log.dropped_rows == count)  # type: ignore[misc]
    await log.stop()
    assert log.written_rows == 0
    (warning,) = caplog.records
    assert str(path) in warning.getMessage()
    assert SPOILT[spoil] in warning.getMessage()
    assert content(path) == held, "it was left as it is"


async def test_a_log_that_can_be_written_again_is(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(writer, "_RETRY_SECONDS", (0.001,))
    is_broken = threading.Event()
    is_broken.set()

    class Breaking(LogFile):
        def write(self, rows: Any) -> None:
            if is_broken.is_set():
                raise LogFileError("it broke")
            super().write(rows)

    log = RequestLog(path, batch_seconds=0.001, open_file=Breaking.open)
    log.start()
    for times in (1, 2):
        for _ in range(2):
            dropped = log.dropped_rows
            log.record(RECORD)
            wait_until(lambda before=dropped: log.dropped_rows > before)  # type: ignore[misc]
        assert len(caplog.records) == times, "each time that it breaks is told, once"
        is_broken.clear()
        log.record(RECORD)
        wait_until(lambda times=times: log.written_rows == times)  # type: ignore[misc]
        is_broken.set()
    await log.stop()
    assert (log.written_rows, log.dropped_rows, len(read(path))) == (2, 4, 2)


async def test_a_full_disk_drops_what_it_does_not_take_and_keeps_the_rest(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def open_small(path: Path) -> LogFile:
        file = LogFile.open(path)
        file._connection.execute("PRAGMA max_page_count = 20")
        return file

    log = RequestLog(path, batch_seconds=0.001, open_file=open_small)
    log.start()
    log.record(RECORD)
    wait_until(lambda: log.written_rows == 1)
    for _ in range(999):
        log.record(RECORD)
    await log.stop()
    assert log.dropped_rows
    assert log.written_rows + log.dropped_rows == 1000
    assert "database or disk is full" in caplog.text
    assert len(read(path)) == log.written_rows


async def test_a_file_that_is_locked_for_a_while_is_written_after(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    LogFile.open(path).close()
    attempts = threading.Semaphore(0)

    class Impatient(LogFile):
        def write(self, rows: Any) -> None:
            self._connection.execute("PRAGMA busy_timeout = 0")
            try:
                super().write(rows)
            finally:
                attempts.release()

    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        log = RequestLog(path, batch_seconds=0.001, open_file=Impatient.open)
        log.start()
        log.record(RECORD)
        assert attempts.acquire(timeout=30)
        other.execute("ROLLBACK")
    wait_until(lambda: log.written_rows == 1)
    await log.stop()
    assert log.dropped_rows == 0


async def test_what_is_too_old_is_deleted_and_nothing_else(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_CLEAN_UP_ROWS", 7)
    now, day = time.time(), 86_400
    ages = [*range(20, 40)] * 3
    old = [record(id=f"{age:032x}", ended_unix_seconds=now - age * day) for age in ages]
    await logged(path, *old, retention_days=0)
    assert len(read(path)) == 60
    log = RequestLog(path, retention_days=30, batch_seconds=0.001)
    log.start()
    kept = {f"{age:032x}" for age in ages if age < 30}
    wait_until(lambda: {row["id"] for row in read(path)} == kept)
    await log.stop()
    assert len(read(path)) == 30


def start_writer(path: Path, number: int, count: int) -> "subprocess.Popen[str]":
    here = Path(__file__).parents[1]
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), str(number), str(count)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(here)},
    )


def test_a_killed_process_loses_nothing_that_was_written_and_the_file_opens(path: Path) -> None:
    with start_writer(path, 1, 1500) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "1500\n"
        process.send_signal(signal.SIGKILL)
    assert len(read(path)) >= 1500
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_several_processes_write_one_file(path: Path) -> None:
    processes = [start_writer(path, number, 3000) for number in (1, 2, 3)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "3000\n"
    for process in processes:
        process.kill()
        process.communicate()
    await logged(path, RECORD, worker_number=4)
    rows = read(path)
    for number in (1, 2, 3):
        assert sum(row["worker"] == number for row in rows) >= 3000
    assert sum(row["worker"] == 4 for row in rows) == 1


def test_a_good_place_has_no_problem_and_looking_makes_none(path: Path) -> None:
    assert find_problem(path) is None
    assert not path.parent.exists()
    LogFile.open(path).close()
    assert find_problem(path) is None


def test_reading_makes_no_file(path: Path) -> None:
    with pytest.raises(LogFileError, match="unable to open"):
        LogFile.open_to_read(path)
    assert not path.exists()
    path.parent.mkdir()
    path.touch()
    with pytest.raises(LogFileError, match="there is no log in it"):
        LogFile.open_to_read(path)
    assert find_problem(path) is None


def test_reading_cannot_write(path: Path) -> None:
    LogFile.open(path).close()
    with closing(LogFile.open_to_read(path)) as file, pytest.raises(LogFileError, match="readonly"):
        file.write([encode_row(RECORD, 1)])
