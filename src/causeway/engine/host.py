"""The main process's side of a call: lends its engines to the workers of the gateway.

A worker that closes its end, or dies, ends the call at once, whatever it waits for.
"""

import asyncio
import logging
import socket

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
from causeway.engine.carried_error import carry_error
from causeway.engine.embedding_protocol import Question
from causeway.engine.ports import EmbeddingEngine, LanguageEngine
from causeway.model.errors import CausewayError, InternalError

_log = logging.getLogger(__name__)


class EngineHost:
    """Serves calls with two engines, which it neither starts nor stops."""

    def __init__(self, language: LanguageEngine, embedding: EmbeddingEngine) -> None:
        self._language = language
        self._embedding = embedding
        self._ask_decoder = msgspec.json.Decoder(Ask)
        self._question_decoder = msgspec.json.Decoder(Question)
        self._calls: set[asyncio.Task[None]] = set()

    def take(self, connection: socket.socket) -> None:
        """Serve a new call, on a connection that is this host's from now on; returns at once."""
        call = asyncio.create_task(self._serve(connection))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)

    async def stop(self) -> None:
        """End every call, and wait until all are over."""
        for call in self._calls:
            call.cancel()
        if self._calls:
            await asyncio.wait(self._calls)

    async def _serve(self, connection: socket.socket) -> None:
        stream = await CallStream.over(connection)
        lines: asyncio.Queue[bytes] = asyncio.Queue()
        answering = asyncio.create_task(self._answer(lines, stream))
        answering.add_done_callback(lambda _: stream.close())
        try:
            # The worker's end is seen here, while the answer is made there.
            while (line := await stream.receive()) is not None:
                lines.put_nowait(line)
        except BrokenCallError:
            pass  # a call cut short is a call that nobody waits for
        finally:
            answering.cancel()
            await asyncio.wait({answering})

    async def _answer(self, lines: asyncio.Queue[bytes], stream: CallStream) -> None:
        try:
            try:
                await self._work(self._ask_decoder.decode(await lines.get()), lines, stream)
            except CausewayError as error:
                await stream.send(carry_error(error))
            except BrokenCallError:
                raise
            except Exception as error:
                _log.error("unexpected error in a call of a worker", exc_info=error)
                await stream.send(carry_error(InternalError("internal server error")))
        except BrokenCallError:
            pass  # the reader sees it as well

    async def _work(self, ask: Ask, lines: asyncio.Queue[bytes], stream: CallStream) -> None:
        match ask:
            case AskGeneration(messages=messages, sampling=sampling, priority=priority):
                generation = await self._language.generate(messages, sampling, priority)
                try:
                    async for message in generation:
                        await stream.send(message)
                finally:
                    generation.cancel()
            case AskTokens(text=text):
                await stream.send(await self._language.tokenize(text))
            case AskText(token_ids=token_ids):
                await stream.send(await self._language.detokenize(token_ids))
            case AskStatus():
                await stream.send(StatusTold(await self._language.status()))
            case AskTurn(priority=priority):
                async with self._embedding.turn(priority) as turn:
                    await stream.send(turn.ready)
                    while True:
                        question = self._question_decoder.decode(await lines.get())
                        await stream.send(await turn.ask(question))
            case AskEmbedder():
                await stream.send(EmbedderTold(await self._embedding.known_facts()))
