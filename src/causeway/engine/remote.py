"""The engines as a worker of the gateway has them: they run beside the main process, and are asked there."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar

import msgspec

from causeway.engine.call_protocol import (
    Ask,
    AskEmbedder,
    AskGeneration,
    AskStatus,
    AskText,
    AskTokens,
    AskTurn,
    EmbedderTold,
    StatusTold,
)
from causeway.engine.call_stream import BrokenCallError, CallStream
from causeway.engine.carried_error import CarriedError, raised_error
from causeway.engine.embedding_protocol import Answer, EmbedderReady, Question
from causeway.engine.ports import EngineStatus
from causeway.engine.protocol import (
    Detokenized,
    EngineSampling,
    Finished,
    GenerationMessage,
    PromptMessage,
    Refused,
    Tokenized,
)
from causeway.model.errors import EngineFailedError, ModelUnavailableError

# Opens a connection to the main process, or raises CausewayError.
Dial = Callable[[], socket.socket]
Reply = TypeVar("Reply")

_STATUS_TIMEOUT_SECONDS = 10.0
_RETRY_AFTER_SECONDS = 5


class _Expected(Generic[Reply]):
    """What may come next on a call's connection: a message of some type, or an error to raise."""

    def __init__(self, message_type: Any) -> None:
        self._decoder: msgspec.json.Decoder[Reply | CarriedError] = msgspec.json.Decoder(
            message_type | CarriedError
        )

    async def receive(self, stream: CallStream) -> Reply:
        try:
            line = await stream.receive()
        except BrokenCallError as error:
            raise _broken_off() from error
        if line is None:
            raise _broken_off()
        message = self._decoder.decode(line)
        if isinstance(message, CarriedError):
            raise raised_error(message)
        return message


_GENERATION: _Expected[GenerationMessage] = _Expected(GenerationMessage)
_TOKENIZED: _Expected[Tokenized | Refused] = _Expected(Tokenized | Refused)
_DETOKENIZED: _Expected[Detokenized | Refused] = _Expected(Detokenized | Refused)
_STATUS: _Expected[StatusTold] = _Expected(StatusTold)
_EMBEDDER_READY: _Expected[EmbedderReady] = _Expected(EmbedderReady)
_EMBEDDER_ANSWER: _Expected[Answer] = _Expected(Answer)
_EMBEDDER_TOLD: _Expected[EmbedderTold] = _Expected(EmbedderTold)


class RemoteLanguageEngine:
    """A `LanguageEngine` that is the main process's: it is started and stopped there."""

    def __init__(self, dial: Dial) -> None:
        self._dial = dial

    def start(self) -> None:
        """Do nothing."""

    async def stop(self) -> None:
        """Do nothing."""

    async def status(self) -> EngineStatus:
        """Return how it is now; raises ModelUnavailableError where the main process does not say."""
        return (await _ask_now(self._dial, AskStatus(), _STATUS)).status

    async def generate(
        self, messages: tuple[PromptMessage, ...], sampling: EngineSampling, priority: int
    ) -> "RemoteGeneration":
        """Ask for a generation. It waits there for its slot: what is to be raised is raised as it is read."""
        stream = await CallStream.over(self._dial())
        try:
            await _send(stream, AskGeneration(messages, sampling, priority))
        except BaseException:
            stream.abort()
            raise
        return RemoteGeneration(stream)

    async def tokenize(self, text: str) -> Tokenized | Refused:
        """Return the tokens of a text; raises ModelUnavailableError and EngineFailedError."""
        return await _ask(self._dial, AskTokens(text), _TOKENIZED)

    async def detokenize(self, token_ids: tuple[int, ...]) -> Detokenized | Refused:
        """Return the text of tokens; raises ModelUnavailableError and EngineFailedError."""
        return await _ask(self._dial, AskText(token_ids), _DETOKENIZED)


class RemoteGeneration:
    """A `Generating` over a call's connection, which is closed as soon as it ends."""

    def __init__(self, stream: CallStream) -> None:
        self._stream = stream
        self._is_over = False

    def __aiter__(self) -> "RemoteGeneration":
        return self

    async def __anext__(self) -> GenerationMessage:
        """Return the next message, as `Generating` says; raises what `LanguageEngine.generate` may."""
        if self._is_over:
            raise StopAsyncIteration
        message = await _GENERATION.receive(self._stream)
        if isinstance(message, Finished | Refused):
            self._is_over = True
        return message

    def cancel(self) -> None:
        """Close the connection, which ends the call. Never waits."""
        self._stream.abort()


class RemoteEmbeddingEngine:
    """An `EmbeddingEngine` that is the main process's: it is stopped there."""

    def __init__(self, dial: Dial) -> None:
        self._dial = dial

    @asynccontextmanager
    async def turn(self, priority: int) -> AsyncIterator["RemoteTurn"]:
        """Wait for a turn, as `EmbeddingEngine` says."""
        stream = await CallStream.over(self._dial())
        try:
            await _send(stream, AskTurn(priority))
            yield RemoteTurn(await _EMBEDDER_READY.receive(stream), stream)
        finally:
            stream.abort()

    async def known_facts(self) -> EmbedderReady | None:
        """Return what is known of the model, as `EmbeddingEngine` says.

        Raises ModelUnavailableError where the main process does not say.
        """
        return (await _ask_now(self._dial, AskEmbedder(), _EMBEDDER_TOLD)).ready

    async def stop(self) -> None:
        """Do nothing."""


class RemoteTurn:
    """An `EmbeddingTurn` that lasts as long as the call's connection."""

    def __init__(self, ready: EmbedderReady, stream: CallStream) -> None:
        self.ready = ready
        self._stream = stream

    async def ask(self, question: Question) -> Answer:
        """Return the answer; raises ModelUnavailableError and EngineFailedError."""
        await _send(self._stream, question)
        return await _EMBEDDER_ANSWER.receive(self._stream)


async def _ask(dial: Dial, ask: Ask, expected: _Expected[Reply]) -> Reply:
    stream = await CallStream.over(dial())
    try:
        await _send(stream, ask)
        return await expected.receive(stream)
    finally:
        stream.abort()


async def _ask_now(dial: Dial, ask: Ask, expected: _Expected[Reply]) -> Reply:
    """Ask for what needs no waiting there."""
    try:
        async with asyncio.timeout(_STATUS_TIMEOUT_SECONDS):
            return await _ask(dial, ask, expected)
    except TimeoutError:
        raise ModelUnavailableError(
            f"the gateway's main process has not answered for {_STATUS_TIMEOUT_SECONDS:g} s",
            retry_after_seconds=_RETRY_AFTER_SECONDS,
        ) from None


async def _send(stream: CallStream, message: Ask | Question) -> None:
    try:
        await stream.send(message)
    except BrokenCallError as error:
        raise _broken_off() from error


def _broken_off() -> EngineFailedError:
    return EngineFailedError("the gateway's main process, which runs the embedded model, broke off the call")
