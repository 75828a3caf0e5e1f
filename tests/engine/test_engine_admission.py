import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causeway.engine.admission import AdmissionQueue, Slot
from causeway.model.errors import OverloadedError


async def settle() -> None:
    """Let every task run as far as it can without anybody's help."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_slots_are_handed_out_by_priority_then_arrival() -> None:
    queue = AdmissionQueue(slots=1, limit=10)
    held = await queue.acquire(0)
    order: list[str] = []

    async def wait(priority: int, name: str) -> None:
        slot = await queue.acquire(priority)
        order.append(name)
        slot.release()

    async with asyncio.TaskGroup() as tasks:
        for priority, name in ((5, "e"), (1, "b"), (5, "f"), (0, "a"), (1, "c"), (3, "d")):
            tasks.create_task(wait(priority, name))
        await settle()
        assert (queue.busy, queue.waiting) == (1, 6)
        held.release()
    assert order == ["a", "b", "c", "d", "e", "f"]
    assert (queue.busy, queue.waiting) == (0, 0)


async def test_releasing_twice_frees_one_slot() -> None:
    queue = AdmissionQueue(slots=2, limit=0)
    first, second = await queue.acquire(0), await queue.acquire(0)
    first.release()
    first.release()
    assert queue.busy == 1
    second.release()
    assert queue.busy == 0


async def test_a_full_queue_says_when_to_come_back() -> None:
    now = 0.0
    queue = AdmissionQueue(slots=2, limit=1, clock=lambda: now)
    first, _ = await queue.acquire(0), await queue.acquire(0)
    waiting = asyncio.create_task(queue.acquire(0))
    await settle()
    with pytest.raises(OverloadedError) as caught:
        await queue.acquire(0)
    assert caught.value.retry_after_seconds == 1  # nothing is known, and zero would be a lie
    now = 10.0
    first.release()
    await waiting
    blocked = asyncio.create_task(queue.acquire(0))
    await settle()
    with pytest.raises(OverloadedError) as caught:
        await queue.acquire(0)
    assert caught.value.retry_after_seconds == 10  # 10 s per answer, 2 answers to go, 2 slots
    blocked.cancel()


async def test_a_waiter_that_leaves_makes_room_at_once() -> None:
    queue = AdmissionQueue(slots=1, limit=1)
    held = await queue.acquire(0)
    waiting = asyncio.create_task(queue.acquire(0))
    await settle()
    waiting.cancel()
    await asyncio.wait({waiting})
    assert queue.waiting == 0
    held.release()
    assert queue.busy == 0


@pytest.mark.parametrize("cancel_first", [True, False])
async def test_a_slot_granted_to_a_waiter_that_leaves_is_not_lost(cancel_first: bool) -> None:
    queue = AdmissionQueue(slots=1, limit=2)
    held = await queue.acquire(0)
    leaving = asyncio.create_task(queue.acquire(0))
    staying = asyncio.create_task(queue.acquire(1))
    await settle()
    # Both happen before any other task runs.
    for act in (leaving.cancel, held.release) if cancel_first else (held.release, leaving.cancel):
        act()
    async with asyncio.timeout(10):
        slot = await staying
    assert leaving.cancelled()
    assert (queue.busy, queue.waiting) == (1, 0)
    slot.release()
    assert queue.busy == 0


STEPS = st.lists(
    st.tuples(st.just("acquire"), st.integers(0, 999))
    | st.tuples(st.sampled_from(["release", "cancel"]), st.integers(0, 30))
    | st.tuples(st.just("settle"), st.just(0)),
    max_size=60,
)


@given(slots=st.integers(1, 3), limit=st.integers(0, 4), steps=STEPS)
@settings(max_examples=200, deadline=None)
def test_no_history_loses_a_slot_or_breaks_a_bound(
    slots: int, limit: int, steps: list[tuple[str, int]]
) -> None:
    asyncio.run(play(slots, limit, steps))


async def play(slots: int, limit: int, steps: list[tuple[str, int]]) -> None:
    queue = AdmissionQueue(slots, limit)
    tasks: list[asyncio.Task[Slot]] = []
    for action, number in steps:
        if action == "acquire":
            tasks.append(asyncio.create_task(queue.acquire(number)))
        elif action == "settle":
            await settle()
        elif tasks:
            task = tasks[number % len(tasks)]
            if action == "cancel":
                task.cancel()
            elif task.done() and not task.cancelled() and task.exception() is None:
                task.result().release()
        assert queue.busy <= slots
        assert queue.waiting <= limit
    await settle()
    assert queue.waiting == 0 or queue.busy == slots, "somebody waits although a slot is free"
    for _ in tasks:
        for task in tasks:
            if task.done() and not task.cancelled() and task.exception() is None:
                task.result().release()
        await settle()
    assert (queue.busy, queue.waiting) == (0, 0)
    for task in tasks:
        assert task.done()
        if not task.cancelled():
            assert isinstance(task.exception(), OverloadedError | None)
