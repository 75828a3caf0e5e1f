"""The gateway's end of the connection to a worker: starts generations and hands out their messages.

Reading never waits for a slow consumer, because all generations share the connection: what a
generation has not fetched yet waits in its own bounded mailbox. It starts and ends no process.
"""

import asyncio
import itertools
from collections import deque
from collections.abc import Callable

import msgspec

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
    Loading,
    Ping,
    Pong,
    Progress,
    PromptMessage,
    QuestionAnswer,
    Ready,
    Refused,
    Token,
    Tokenize,
    Tokenized,
    ToWorker,
    to_line,
)
from causeway.model.errors import EngineFailedError

_MAILBOX_LIMIT = 256


class Generation:
    """One generation. Iterate over it once, to its `Finished` or `Refused`."""

    def __init__(self, connection: "Connection", id: int) -> None:
        self.id = id
        self._connection = connection
        self._mailbox: deque[GenerationMessage] = deque()
        self._arrived = asyncio.Event()
        self._failure: EngineFailedError | None = None
        self._is_over = False
        self._when_over: list[Callable[[], None]] = []

    def when_over(self, callback: Callable[[], None]) -> None:
        """Call back once the engine works on this no more, whoever still reads; at once if so already."""
        if self._is_over:
            callback()
        else:
            self._when_over.append(callback)

    def cancel(self) -> None:
        """Ask the engine to stop; the generation still ends with a message. Never waits."""
        if not self._is_over:
            self._connection.send(Cancel(self.id))

    def __aiter__(self) -> "Generation":
        return self

    async def __anext__(self) -> GenerationMessage:
        """Return the next message; raises EngineFailedError where the worker is lost before the last."""
        while not self._mailbox:
            if self._failure is not None:
                raise self._failure
            if self._is_over:
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        return self._mailbox.popleft()

    def deliver(self, message: GenerationMessage) -> None:
        """Put a message into the mailbox; a full one makes room by joining texts."""
        self._put(message)
        self._arrived.set()
        if isinstance(message, Finished | Refused):
            self._end()

    def fail(self, reason: str) -> None:
        """End it without a last message."""
        self._failure = EngineFailedError(reason)
        self._arrived.set()
        self._end()

    def _put(self, message: GenerationMessage) -> None:
        newest = self._mailbox[-1] if self._mailbox else None
        if isinstance(message, Progress) and isinstance(newest, Progress):
            self._mailbox[-1] = message
        elif (
            isinstance(message, Token) and isinstance(newest, Token) and len(self._mailbox) >= _MAILBOX_LIMIT
        ):
            self._mailbox[-1] = Token(
                message.id,
                newest.text + message.text,
                newest.token_ids + message.token_ids,
                newest.logprobs + message.logprobs,
            )
        else:
            self._mailbox.append(message)

    def _end(self) -> None:
        self._is_over = True
        for callback in self._when_over:
            callback()
        self._when_over.clear()


class Connection:
    """A connection to one worker, open until the worker is gone."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._decoder = msgspec.json.Decoder(FromWorker)
        self._ids = itertools.count(1)
        self._generations: dict[int, Generation] = {}
        self._questions: dict[int, asyncio.Future[QuestionAnswer]] = {}
        self._loaded: asyncio.Future[Ready | LoadFailed | None] = asyncio.get_running_loop().create_future()
        self.is_open = True
        self.pongs = 0
        self.generation_messages = 0
        self.finished_generations = 0

    @property
    def in_flight(self) -> int:
        """How many generations the worker has not ended."""
        return len(self._generations)

    async def loaded(self) -> Ready | LoadFailed | None:
        """Wait for the outcome of loading; `None` where the worker is gone before it says anything."""
        return await asyncio.shield(self._loaded)

    def start(self, messages: tuple[PromptMessage, ...], sampling: EngineSampling) -> Generation:
        """Start a generation; raises EngineFailedError where the worker is gone."""
        if not self.is_open:
            raise EngineFailedError("the embedded engine has stopped")
        generation = Generation(self, next(self._ids))
        self._generations[generation.id] = generation
        self.send(Generate(generation.id, messages, sampling))
        return generation

    async def tokenize(self, text: str) -> Tokenized | Refused:
        """Return the tokens of a text; raises EngineFailedError where the worker is lost."""
        answer = await self._ask(Tokenize(next(self._ids), text))
        assert not isinstance(answer, Detokenized)  # noqa: S101  # the protocol says so
        return answer

    async def detokenize(self, token_ids: tuple[int, ...]) -> Detokenized | Refused:
        """Return the text of tokens; raises EngineFailedError where the worker is lost."""
        answer = await self._ask(Detokenize(next(self._ids), token_ids))
        assert not isinstance(answer, Tokenized)  # noqa: S101  # the protocol says so
        return answer

    async def _ask(self, question: Tokenize | Detokenize) -> QuestionAnswer:
        if not self.is_open:
            raise EngineFailedError("the embedded engine has stopped")
        answer: asyncio.Future[QuestionAnswer] = asyncio.get_running_loop().create_future()
        self._questions[question.id] = answer
        self.send(question)
        try:
            return await answer
        finally:
            self._questions.pop(question.id, None)

    def send(self, message: ToWorker) -> None:
        """Send a message, unless the worker is gone."""
        if self.is_open:
            self._writer.write(to_line(message))

    def ping(self) -> None:
        """Ask for a sign of life, counted in `pongs`."""
        self.send(Ping())

    async def run(self) -> None:
        """Read until the worker is gone; every generation that is then under way fails."""
        try:
            while line := await self._reader.readline():
                self._take(self._decoder.decode(line))
        except (OSError, ValueError, asyncio.IncompleteReadError):
            pass  # a reset, or a last line cut short: the worker is gone all the same
        finally:
            self.close("the embedded engine stopped unexpectedly; it is being restarted")

    def close(self, reason: str) -> None:
        """Close it and fail what is under way, with this reason. Later calls do nothing."""
        if not self.is_open:
            return
        self.is_open = False
        self._writer.close()
        self._settle_loading(None)
        generations, self._generations = self._generations, {}
        for generation in generations.values():
            generation.fail(reason)
        for answer in self._questions.values():
            if not answer.done():
                answer.set_exception(EngineFailedError(reason))

    def _take(self, message: FromWorker) -> None:
        match message:
            case Pong():
                self.pongs += 1
            case Loading():
                pass
            case Ready() | LoadFailed():
                self._settle_loading(message)
            case Tokenized() | Detokenized():
                self._take_answer(message)
            case Refused(id=id) if id in self._questions:
                self._take_answer(message)
            case _:
                self._take_generation_message(message)

    def _settle_loading(self, outcome: Ready | LoadFailed | None) -> None:
        if not self._loaded.done():
            self._loaded.set_result(outcome)

    def _take_answer(self, message: QuestionAnswer) -> None:
        answer = self._questions.get(message.id)
        if answer is not None and not answer.done():
            answer.set_result(message)

    def _take_generation_message(self, message: GenerationMessage) -> None:
        self.generation_messages += 1
        generation = self._generations.get(message.id)
        if generation is None:
            return
        if isinstance(message, Finished | Refused):
            del self._generations[message.id]
            self.finished_generations += 1
        generation.deliver(message)
