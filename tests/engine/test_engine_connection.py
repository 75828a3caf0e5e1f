"""The connection and the watchdog, against a worker that does what a test tells it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest
import pytest_asyncio

from causeway.engine.connection import Connection, Generation
from causeway.engine.protocol import (
    Cancel,
    Detokenize,
    Detokenized,
    EngineSampling,
    Finished,
    FromWorker,
    Generate,
    GenerationMessage,
    LoadFailed,
    Ping,
    Pong,
    Progress,
    PromptMessage,
    Ready,
    Refused,
    Started,
    Token,
    Tokenize,
    Tokenized,
    ToWorker,
    to_line,
)
from causeway.engine.watchdog import watch
from causeway.model.errors import EngineFailedError

MESSAGES = (PromptMessage("user", "Hi"),)
SAMPLING = EngineSampling(
    max_tokens=100,
    stop_sequences=(),
    temperature=0.0,
    top_k=0,
    top_p=1.0,
    seed=None,
    frequency_penalty=0.0,
    presence_penalty=0.0,
    logprobs=False,
)
READY = Ready(4, 4096, 8192, 49152, "llama")
UNREACHABLE_SECONDS = 1000.0


class PuppetWorker:
    """The other end of a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def hear(self) -> ToWorker:
        async with asyncio.timeout(10):
            return msgspec.json.decode(await self._reader.readline(), type=ToWorker)

    def say(self, *messages: FromWorker) -> None:
        for message in messages:
            self._writer.write(to_line(message))

    def say_bytes(self, content: bytes) -> None:
        self._writer.write(content)

    def hang_up(self) -> None:
        self._writer.close()


@pytest_asyncio.fixture
async def pair() -> AsyncIterator[tuple[Connection, PuppetWorker]]:
    ours, theirs = socket.socketpair()
    connection = Connection(*await asyncio.open_unix_connection(sock=ours))
    worker = PuppetWorker(*await asyncio.open_unix_connection(sock=theirs))
    reading = asyncio.create_task(connection.run())
    yield connection, worker
    worker.hang_up()
    await asyncio.wait({reading}, timeout=10)


Pair = tuple[Connection, PuppetWorker]


def finished(id: int, reason: str = "end") -> Finished:
    return Finished(id, reason, 3, 2, 0, 3)  # type: ignore[arg-type]


async def everything(generation: Generation) -> list[GenerationMessage]:
    async with asyncio.timeout(10):
        return [message async for message in generation]


@pytest.mark.parametrize("outcome", [READY, LoadFailed("broken")])
async def test_the_outcome_of_loading_is_known(pair: Pair, outcome: FromWorker) -> None:
    connection, worker = pair
    worker.say(outcome)
    assert await connection.loaded() == outcome


async def test_a_worker_that_dies_while_loading_has_no_outcome(pair: Pair) -> None:
    connection, worker = pair
    worker.hang_up()
    assert await connection.loaded() is None


async def test_messages_reach_the_generation_that_they_belong_to(pair: Pair) -> None:
    connection, worker = pair
    first, second = connection.start(MESSAGES, SAMPLING), connection.start(MESSAGES, SAMPLING)
    assert await worker.hear() == Generate(first.id, MESSAGES, SAMPLING)
    assert await worker.hear() == Generate(second.id, MESSAGES, SAMPLING)
    overflow = Refused(second.id, "context_overflow", "too long", 9, 8)
    worker.say(Token(first.id, "a"), overflow, Token(99, "stray"), Token(first.id, "b"), finished(first.id))
    assert await everything(first) == [Token(first.id, "a"), Token(first.id, "b"), finished(first.id)]
    assert await everything(second) == [overflow]
    assert connection.in_flight == 0


async def test_a_generation_is_over_when_the_worker_says_so(pair: Pair) -> None:
    connection, worker = pair
    generation = connection.start(MESSAGES, SAMPLING)
    over = asyncio.Event()
    generation.when_over(over.set)
    generation.cancel()
    assert isinstance(await worker.hear(), Generate)
    assert await worker.hear() == Cancel(generation.id)
    assert not over.is_set()
    assert connection.in_flight == 1
    worker.say(finished(generation.id, "cancelled"))
    async with asyncio.timeout(10):
        await over.wait()
    late: list[str] = []
    generation.when_over(lambda: late.append("called"))
    assert late == ["called"]


async def test_a_lost_worker_fails_what_is_under_way(pair: Pair) -> None:
    connection, worker = pair
    generation = connection.start(MESSAGES, SAMPLING)
    over = asyncio.Event()
    generation.when_over(over.set)
    worker.say(Token(generation.id, "half"))
    worker.say_bytes(b'{"type":"Token","id":1,"te')
    worker.hang_up()
    assert await anext(generation) == Token(generation.id, "half")
    with pytest.raises(EngineFailedError):
        await anext(generation)
    assert over.is_set()
    with pytest.raises(EngineFailedError):
        connection.start(MESSAGES, SAMPLING)


async def test_a_full_mailbox_keeps_every_character_in_bounded_room(
    pair: Pair, eventually: Callable[..., object]
) -> None:
    connection, worker = pair
    generation = connection.start(MESSAGES, SAMPLING)
    worker.say(Started(generation.id, 3, 1), Progress(generation.id, 1, 0), Progress(generation.id, 3, 0))
    for number in range(2000):
        worker.say(Token(generation.id, f"{number} ", (number,), (-1.0,)))
    worker.say(finished(generation.id))
    await eventually(lambda: connection.in_flight == 0)  # type: ignore[misc]
    messages = await everything(generation)
    assert len(messages) < 300
    assert messages[:2] == [Started(generation.id, 3, 1), Progress(generation.id, 3, 0)]
    tokens = [message for message in messages if isinstance(message, Token)]
    assert "".join(token.text for token in tokens) == "".join(f"{number} " for number in range(2000))
    assert [id for token in tokens for id in token.token_ids] == list(range(2000))
    assert sum(len(token.logprobs) for token in tokens) == 2000


async def test_a_worker_that_answers_no_ping_hangs(pair: Pair) -> None:
    connection, worker = pair
    watching = asyncio.create_task(watch(connection, 0.2, UNREACHABLE_SECONDS))
    assert await worker.hear() == Ping()
    worker.say(Pong())
    assert await worker.hear() == Ping()  # the next one comes only after an answer
    async with asyncio.timeout(10):
        assert "did not answer" in await watching


async def test_an_engine_that_stands_still_with_work_to_do_hangs(pair: Pair) -> None:
    connection, worker = pair
    watching = asyncio.create_task(watch(connection, UNREACHABLE_SECONDS, 0.2))
    await asyncio.wait({watching}, timeout=0.6)
    assert not watching.done(), "there was nothing to do"
    busy, starved = connection.start(MESSAGES, SAMPLING), connection.start(MESSAGES, SAMPLING)
    for processed in range(30):  # one generation's progress is a sign of life for all
        worker.say(Progress(busy.id, processed, 0))
        await asyncio.wait({watching}, timeout=0.02)
    assert not watching.done()
    async with asyncio.timeout(10):
        assert "no progress" in await watching
    assert connection.in_flight == 2
    starved.cancel()


async def test_questions_are_answered_beside_generations(pair: Pair) -> None:
    connection, worker = pair
    generation = connection.start(MESSAGES, SAMPLING)
    splitting = asyncio.create_task(connection.tokenize("ab"))
    joining = asyncio.create_task(connection.detokenize((7, 8)))
    refused = asyncio.create_task(connection.detokenize((9,)))
    assert isinstance(await worker.hear(), Generate)
    split, join, bad = await worker.hear(), await worker.hear(), await worker.hear()
    assert isinstance(split, Tokenize)
    assert isinstance(join, Detokenize)
    assert isinstance(bad, Detokenize)
    assert (split.text, join.token_ids, bad.token_ids) == ("ab", (7, 8), (9,))
    worker.say(
        Refused(bad.id, "invalid", "no such token"),
        Detokenized(join.id, "cd"),
        Tokenized(split.id, (1, 2), ("a", "b")),
        Tokenized(99, (), ()),
        finished(generation.id),
    )
    assert await splitting == Tokenized(split.id, (1, 2), ("a", "b"))
    assert await joining == Detokenized(join.id, "cd")
    assert await refused == Refused(bad.id, "invalid", "no such token")
    assert await everything(generation) == [finished(generation.id)]


async def test_a_question_fails_with_its_worker(pair: Pair) -> None:
    connection, worker = pair
    splitting = asyncio.create_task(connection.tokenize("ab"))
    await worker.hear()
    worker.hang_up()
    with pytest.raises(EngineFailedError, match="stopped unexpectedly"):
        await splitting
    with pytest.raises(EngineFailedError, match="has stopped"):
        await connection.detokenize((1,))


async def test_the_answer_to_a_question_that_nobody_waits_for_is_dropped(pair: Pair) -> None:
    connection, worker = pair
    leaving = asyncio.create_task(connection.tokenize("ab"))
    split = await worker.hear()
    assert isinstance(split, Tokenize)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    worker.say(Tokenized(split.id, (1,), ("ab",)))
    again = asyncio.create_task(connection.tokenize("cd"))
    next_split = await worker.hear()
    assert isinstance(next_split, Tokenize)
    worker.say(Tokenized(next_split.id, (2,), ("cd",)))
    assert (await again) == Tokenized(next_split.id, (2,), ("cd",))
