"""Calls from a worker to the engines of the main process, over real sockets."""

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.engine.admission import AdmissionQueue
from causeway.engine.call_protocol import Ask, EmbedderTold, StatusTold
from causeway.engine.call_stream import BrokenCallError, CallStream
from causeway.engine.carried_error import CarriedError, carry_error, raised_error
from causeway.engine.conversation import BUNDLED_SYSTEM_TEXT
from causeway.engine.embedding_protocol import Answer, ComparedTexts, EncodeTexts, Question
from causeway.engine.host import EngineHost
from causeway.engine.local_language import LocalLanguageEngine
from causeway.engine.model import EmbeddedModel
from causeway.engine.ports import Generating
from causeway.engine.protocol import (
    Detokenized,
    EngineSampling,
    Finished,
    GenerationMessage,
    PromptMessage,
    Refused,
    Started,
    Token,
    Tokenized,
)
from causeway.engine.remote import RemoteEmbeddingEngine, RemoteLanguageEngine
from causeway.engine.supervisor import Supervisor
from causeway.model.content import TextBlock, UserMessage
from causeway.model.errors import (
    BodyTooLargeError,
    CausewayError,
    EngineFailedError,
    InternalError,
    MethodNotAllowedError,
    ModelUnavailableError,
    OverloadedError,
    UpstreamRefusedError,
)
from causeway.model.events import TextDelta
from causeway.model.fold import fold
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, Sampling
from support.scripted_engines import READY, STATUS, ScriptedEmbeddingEngine, ScriptedLanguageEngine, Step
from support.struct_strategies import values_of

MESSAGES = (PromptMessage("user", "hello"),)
SAMPLING = EngineSampling(
    max_tokens=8,
    stop_sequences=("\n",),
    temperature=0.0,
    top_k=0,
    top_p=1.0,
    seed=None,
    frequency_penalty=0.0,
    presence_penalty=0.0,
    logprobs=False,
)
FINISHED = Finished(1, "end", 4, 2, 0, 4)
GENERATION: tuple[GenerationMessage, ...] = (Started(1, 4, 2), Token(1, "Pa"), Token(1, "ris"), FINISHED)
QUESTION = EncodeTexts(("a", "b"), "end", 254)

messages = values_of(
    Ask | Question | GenerationMessage | Answer | Tokenized | Detokenized | StatusTold | EmbedderTold
)
words = st.text(st.characters(exclude_categories=["Cs"]))
maybe_words = st.none() | words
seconds = st.none() | st.integers(0, 10**6)


def subclasses(cls: type[CausewayError]) -> list[type[CausewayError]]:
    return [cls, *(found for child in cls.__subclasses__() for found in subclasses(child))]


PLAIN_ERRORS = [
    cls for cls in subclasses(CausewayError) if cls not in (MethodNotAllowedError, UpstreamRefusedError)
]
raised = st.one_of(
    *(st.builds(cls, words, field=maybe_words, retry_after_seconds=seconds) for cls in PLAIN_ERRORS),
    st.builds(MethodNotAllowedError, words, allowed=st.lists(words).map(tuple)),
    st.builds(
        UpstreamRefusedError,
        words,
        status=st.integers(400, 599),
        type=maybe_words,
        param=maybe_words,
        provider_code=maybe_words,
        retry_after_seconds=seconds,
    ),
)


async def stream_pair(longest_line_bytes: int = 2**20) -> tuple[CallStream, CallStream]:
    one, other = socket.socketpair()
    return (
        await CallStream.over(one, longest_line_bytes=longest_line_bytes),
        await CallStream.over(other, longest_line_bytes=longest_line_bytes),
    )


@given(st.lists(messages, max_size=4))
def test_any_message_arrives_as_it_was_sent(sent: list[Any]) -> None:
    async def pass_on() -> None:
        ours, theirs = await stream_pair()
        for message in sent:
            await ours.send(message)
        ours.close()
        for message in sent:
            line = await theirs.receive()
            assert line is not None
            assert msgspec.json.decode(line, type=type(message)) == message
        assert await theirs.receive() is None
        theirs.close()

    asyncio.run(pass_on())


@given(raised)
def test_any_error_arrives_as_it_was_raised(error: CausewayError) -> None:
    line = msgspec.json.encode(carry_error(error))
    arrived = raised_error(msgspec.json.decode(line, type=CarriedError))
    assert type(arrived) is type(error)
    assert vars(arrived) == vars(error)
    assert str(arrived) == str(error)
    assert (arrived.status, arrived.code) == (error.status, error.code)


def test_an_error_of_an_unknown_class_is_an_internal_one() -> None:
    assert type(raised_error(CarriedError("NewError", {"message": "new"}))) is InternalError


@given(messages, st.data())
def test_a_message_cut_anywhere_is_an_error(message: Any, data: st.DataObject) -> None:
    line = msgspec.json.encode(message)
    cut = data.draw(st.integers(1, len(line)))

    async def cut_short() -> None:
        ours, theirs = socket.socketpair()
        stream = await CallStream.over(theirs)
        with ours:
            ours.sendall(line[:cut])
        with pytest.raises(BrokenCallError):
            await stream.receive()
        stream.close()

    asyncio.run(cut_short())


async def test_a_message_without_an_end_is_an_error() -> None:
    ours, theirs = socket.socketpair()
    stream = await CallStream.over(theirs, longest_line_bytes=1000)
    with ours:
        ours.sendall(b"x" * 5000)
        with pytest.raises(BrokenCallError):
            await stream.receive()
    stream.close()


async def test_a_message_that_is_too_long_is_refused_before_it_is_sent() -> None:
    ours, theirs = await stream_pair(longest_line_bytes=1000)
    with pytest.raises(BodyTooLargeError, match="at most 1000 bytes"):
        await ours.send(Token(1, "x" * 1000))
    ours.close()
    assert await theirs.receive() is None
    theirs.close()


class Calls:
    """A host, and the remote engines that ask it."""

    def __init__(
        self, language: ScriptedLanguageEngine | LocalLanguageEngine, embedding: ScriptedEmbeddingEngine
    ) -> None:
        self.host = EngineHost(language, embedding)
        self.language = RemoteLanguageEngine(self._dial)
        self.embedding = RemoteEmbeddingEngine(self._dial)

    def _dial(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        self.host.take(theirs)
        return ours


def calls_to(
    *steps: Step, embedding: ScriptedEmbeddingEngine | None = None, **options: Any
) -> tuple[ScriptedLanguageEngine, Calls]:
    language = ScriptedLanguageEngine(*steps, **options)
    return language, Calls(language, embedding or ScriptedEmbeddingEngine())


async def everything(generation: Generating) -> list[GenerationMessage]:
    return [message async for message in generation]


async def test_a_generation_is_told_as_it_is() -> None:
    language, calls = calls_to(*GENERATION)
    generation = await calls.language.generate(MESSAGES, SAMPLING, 7)
    assert await everything(generation) == list(GENERATION)
    generation.cancel()
    assert language.asked == [(MESSAGES, SAMPLING, 7)]
    await language.generation.was_cancelled.wait()
    await calls.host.stop()


@pytest.mark.parametrize("said", [0, 2], ids=["before the first message", "in the middle"])
async def test_an_error_of_the_engine_keeps_its_class_and_what_it_says(said: int) -> None:
    error = OverloadedError("busy", retry_after_seconds=9)
    _, calls = calls_to(*GENERATION[:said], error)
    generation = await calls.language.generate(MESSAGES, SAMPLING, 0)
    for message in GENERATION[:said]:
        assert await anext(generation) == message
    with pytest.raises(OverloadedError) as caught:
        await anext(generation)
    assert (caught.value.message, caught.value.retry_after_seconds) == ("busy", 9)
    generation.cancel()
    await calls.host.stop()


async def test_a_defect_of_the_host_is_logged_there_and_told_as_one(caplog: pytest.LogCaptureFixture) -> None:
    _, calls = calls_to(RuntimeError("a secret detail"))
    generation = await calls.language.generate(MESSAGES, SAMPLING, 0)
    with caplog.at_level(logging.ERROR), pytest.raises(InternalError) as caught:
        await anext(generation)
    assert caught.value.message == "internal server error"
    assert "a secret detail" in caplog.text
    generation.cancel()
    await calls.host.stop()


async def test_a_worker_that_leaves_in_the_middle_ends_the_generation() -> None:
    language, calls = calls_to(*GENERATION[:2], asyncio.Event())
    generation = await calls.language.generate(MESSAGES, SAMPLING, 0)
    assert await anext(generation) == GENERATION[0]
    generation.cancel()
    await language.generation.was_cancelled.wait()
    await calls.host.stop()


async def test_a_worker_that_leaves_while_it_waits_gives_its_place_back() -> None:
    language, calls = calls_to(*GENERATION)
    language.gate.clear()
    generation = await calls.language.generate(MESSAGES, SAMPLING, 0)
    await language.waits.wait()
    generation.cancel()
    await language.gave_up_waiting.wait()
    await calls.host.stop()


async def test_a_host_that_stops_breaks_calls_off() -> None:
    _, calls = calls_to(GENERATION[0], asyncio.Event())
    generation = await calls.language.generate(MESSAGES, SAMPLING, 0)
    assert await anext(generation) == GENERATION[0]
    await calls.host.stop()
    with pytest.raises(EngineFailedError, match="main process"):
        await anext(generation)
    generation.cancel()


async def test_a_call_that_nobody_takes_fails() -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    with pytest.raises(EngineFailedError, match="main process"):
        await RemoteLanguageEngine(lambda: ours).tokenize("a")


async def test_a_main_process_that_does_not_say_how_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("causeway.engine.remote._STATUS_TIMEOUT_SECONDS", 0.01)
    ours, theirs = socket.socketpair()
    with theirs, pytest.raises(ModelUnavailableError, match="has not answered") as caught:
        await RemoteLanguageEngine(lambda: ours).status()
    assert caught.value.retry_after_seconds


async def test_what_is_no_call_is_an_error_and_harms_no_other() -> None:
    _, calls = calls_to(*GENERATION)
    ours, theirs = socket.socketpair()
    calls.host.take(theirs)
    stream = await CallStream.over(ours)
    await stream.send({"type": "Nonsense"})
    line = await stream.receive()
    assert line is not None
    assert type(raised_error(msgspec.json.decode(line, type=CarriedError))) is InternalError
    assert await stream.receive() is None
    stream.close()
    assert await calls.language.status() == STATUS
    await calls.host.stop()


@pytest.mark.parametrize(
    "answer", [Tokenized(1, (1, 2), ("a", "b")), Detokenized(1, "ab"), Refused(1, "invalid", "tokens[0]: no")]
)
async def test_questions_about_tokens(answer: Tokenized | Detokenized | Refused) -> None:
    language, calls = calls_to(answer=answer)
    if not isinstance(answer, Detokenized):
        assert await calls.language.tokenize("ab") == answer
    if not isinstance(answer, Tokenized):
        assert await calls.language.detokenize((1, 2)) == answer
    assert set(language.asked) <= {"ab", (1, 2)}
    await calls.host.stop()


async def test_a_question_that_fails_keeps_its_error() -> None:
    _, calls = calls_to(answer=ModelUnavailableError("none", retry_after_seconds=5))
    with pytest.raises(ModelUnavailableError, match="none") as caught:
        await calls.language.tokenize("ab")
    assert caught.value.retry_after_seconds == 5
    await calls.host.stop()


async def test_a_turn_is_held_for_many_questions() -> None:
    compared = ComparedTexts((0.5,), 0)
    embedding = ScriptedEmbeddingEngine(lambda question: compared)
    _, calls = calls_to(embedding=embedding)
    async with calls.embedding.turn(3) as turn:
        assert turn.ready == READY
        assert [await turn.ask(QUESTION) for _ in range(3)] == [compared] * 3
        assert not embedding.turn_ended.is_set()
    await embedding.turn_ended.wait()
    assert embedding.priorities == [3]
    assert await calls.embedding.known_facts() == READY
    await calls.host.stop()


async def test_a_turn_left_in_the_middle_of_a_question_is_given_back() -> None:
    embedding = ScriptedEmbeddingEngine()
    _, calls = calls_to(embedding=embedding)

    async def ask() -> None:
        async with calls.embedding.turn(0) as turn:
            reached.set()
            await turn.ask(QUESTION)

    reached = asyncio.Event()
    asking = asyncio.create_task(ask())
    await reached.wait()
    asking.cancel()
    await asyncio.wait({asking})
    await embedding.turn_ended.wait()
    await calls.host.stop()


@pytest.mark.asyncio(loop_scope="module")
async def test_the_model_answers_through_it_as_it_does_without(
    supervisor: Supervisor, eventually: Callable[..., Any]
) -> None:
    local = LocalLanguageEngine(supervisor, AdmissionQueue(1, 1))
    calls = Calls(local, ScriptedEmbeddingEngine())
    near = EmbeddedModel("local/m", local, BUNDLED_SYSTEM_TEXT)
    far = EmbeddedModel("local/m", calls.language, BUNDLED_SYSTEM_TEXT)
    asked = ChatRequest(
        model="m",
        messages=(UserMessage((TextBlock("What is the capital of France?"),)),),
        sampling=Sampling(temperature=0.0, max_tokens=24),
    )
    answers = [
        fold([event async for event in model.stream_chat(asked, LossReport())]) for model in (near, far)
    ]
    assert answers[0].content == answers[1].content
    assert answers[0].usage.output_tokens == answers[1].usage.output_tokens
    assert (await far.facts()).context_tokens == 4096

    story = ChatRequest(model="m", messages=(UserMessage((TextBlock("Tell me a long story."),)),))
    stream = far.stream_chat(story, LossReport())
    async for event in stream:
        if isinstance(event, TextDelta):
            break
    assert (await far.status()).busy == 1
    await stream.aclose()

    async def is_idle() -> bool:
        return (await near.status()).busy == 0

    await eventually(is_idle)
    await calls.host.stop()
