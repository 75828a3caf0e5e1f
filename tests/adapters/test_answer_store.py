"""What is kept is found again, by whoever shares the file, and stays within its bounds."""

import asyncio
import sqlite3
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from causeway.adapters.answer_store.database import AnswerFile, Kept
from causeway.adapters.answer_store.store import MAX_PENDING_BYTES, AnswerStore


@asynccontextmanager
async def opened(store: AnswerStore) -> AsyncIterator[AnswerStore]:
    try:
        yield store
    finally:
        await store.stop()


async def settled(store: AnswerStore) -> None:
    """Wait until everything that was kept has been written: one thread does all in order."""
    await store.forget("nothing")


async def test_what_is_kept_is_found_before_it_is_written_and_after() -> None:
    async with opened(AnswerStore()) as store:
        store.keep("a", b"one")
        assert await store.find("a") == b"one"
        await settled(store)
        assert await store.find("a") == b"one"
        assert await store.find("b") is None


async def test_a_later_value_takes_the_place_of_an_earlier_one() -> None:
    async with opened(AnswerStore()) as store:
        store.keep("a", b"one")
        store.keep("a", b"two")
        assert await store.find("a") == b"two"
        await settled(store)
        assert await store.find("a") == b"two"


async def test_another_worker_finds_it_and_a_later_gateway_too(tmp_path: Path) -> None:
    path = tmp_path / "state" / "answers.db"
    async with opened(AnswerStore(path)) as one, opened(AnswerStore(path)) as other:
        one.keep("a", b"one")
        await settled(one)
        assert await other.find("a") == b"one"
        assert await other.forget("a")
        assert await one.find("a") is None
        other.keep("b", b"two")
    async with opened(AnswerStore(path)) as later:
        assert await later.find("b") == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_what_is_forgotten_is_gone_at_once() -> None:
    async with opened(AnswerStore()) as store:
        store.keep("a", b"one")
        forgetting = asyncio.ensure_future(store.forget("a"))
        await asyncio.sleep(0)
        assert await store.find("a") is None
        assert await forgetting
        assert not await store.forget("a")


async def test_what_is_too_old_is_not_found_and_its_place_is_freed() -> None:
    now = [1000.0]
    async with opened(AnswerStore(retention_seconds=60, unix_seconds=lambda: now[0])) as store:
        store.keep("a", b"one")
        await settled(store)
        now[0] += 61
        assert await store.find("a") is None


async def test_what_is_larger_than_all_may_be_together_is_dropped_and_counted() -> None:
    async with opened(AnswerStore(max_bytes=10)) as store:
        store.keep("a", b"x" * 11)
        assert store.dropped_values == 1
        assert await store.find("a") is None


async def test_what_waits_to_be_written_is_bounded() -> None:
    async with opened(AnswerStore()) as store:
        half = b"x" * (MAX_PENDING_BYTES // 2 + 1)
        store.keep("a", half)
        store.keep("b", half)
        assert store.dropped_values == 1
        await settled(store)
        store.keep("b", half)
        assert store.dropped_values == 1
        assert await store.find("b") == half


async def test_a_file_that_cannot_be_used_is_warned_of_once_and_calls_go_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "answers.db"
    path.write_bytes(b"no database at all, for longer than its header is" * 10)
    async with opened(AnswerStore(path)) as store:
        store.keep("a", b"one")
        await settled(store)
        assert await store.find("a") is None
        assert store.dropped_values == 1
    assert len([record for record in caplog.records if "answers cannot be kept" in record.message]) == 1
    assert path.read_bytes().startswith(b"no database")


def test_the_oldest_go_first_where_the_file_is_full() -> None:
    file = AnswerFile.open(None)
    file.write([Kept(f"{number}", b"x" * 10, float(number)) for number in range(1000)])
    file.clean_up(oldest_unix_seconds=5, max_bytes=3000)
    assert 2000 <= file.count_bytes() <= 3000
    assert file.read("999", 0) is not None
    assert file.read("500", 0) is None
    file.close()


def test_a_write_that_fails_leaves_nothing_half_written() -> None:
    file = AnswerFile.open(None)
    rows = [Kept("a", b"one", 1.0), Kept("b", None, 2.0)]  # type: ignore[arg-type]
    with pytest.raises((sqlite3.Error, TypeError)):
        file.write(rows)
    assert file.read("a", 0) is None
    file.write([Kept("c", b"three", 3.0)])
    assert file.read("c", 0) == b"three"
    file.close()


def test_no_repr_tells_what_is_kept() -> None:
    assert "secret" not in repr(Kept("a", b"secret", 1.0))
