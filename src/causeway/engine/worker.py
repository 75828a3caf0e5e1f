"""The worker process: `python -m causeway.engine.worker`. Runs the engine for one gateway.

It speaks the protocol over a socket that it inherits, and lives exactly as long as that connection.
It opens no network port, and knows nothing of requests, keys or the rest of the gateway.
"""

import argparse
import os
import shutil
import socket
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

import msgspec

from causeway.engine.gguf import GgufError, read_header
from causeway.engine.native import EngineLoadError, NativeEngine
from causeway.engine.parent_death import die_with_parent
from causeway.engine.prompt import PromptBuilder, TemplateError
from causeway.engine.protocol import (
    Cancel,
    Detokenize,
    EngineSettings,
    Finished,
    FromWorker,
    Generate,
    LoadFailed,
    Loading,
    Ping,
    Pong,
    Refused,
    Started,
    Tokenize,
    ToWorker,
    to_line,
)


class Worker:
    """Carries out what the gateway asks."""

    def __init__(self, engine: NativeEngine, send: Callable[[FromWorker], None]) -> None:
        self._engine = engine
        self._send = send
        self._prompts = PromptBuilder(engine.render, engine.tokenize)
        self._threads = ThreadPoolExecutor(engine.ready.slots, "generation")
        # Not behind the generations: these are quick, and their callers wait for no slot.
        self._questions = ThreadPoolExecutor(1, "question")
        self._running: dict[int, threading.Event] = {}

    def take(self, message: ToWorker) -> None:
        """Take the gateway's next message; never blocks."""
        match message:
            case Generate():
                cancelled = self._running[message.id] = threading.Event()
                self._threads.submit(self._generate, message, cancelled)
            case Cancel(id=id):
                cancelled_or_none = self._running.get(id)
                if cancelled_or_none is not None:
                    cancelled_or_none.set()
            case Ping():
                self._send(Pong())
            case Tokenize() | Detokenize():
                self._questions.submit(self._answer, message)

    def _answer(self, question: Tokenize | Detokenize) -> None:
        try:
            match question:
                case Tokenize(id=id, text=text):
                    self._send(self._engine.vocabulary.split(id, text))
                case Detokenize(id=id, token_ids=token_ids):
                    self._send(self._engine.vocabulary.join(id, token_ids))
        except Exception as error:
            # The gateway waits for an answer, whatever goes wrong in here.
            self._send(Refused(question.id, "engine", f"{type(error).__name__}: {error}"))

    def _generate(self, message: Generate, cancelled: threading.Event) -> None:
        try:
            self._run(message, cancelled)
        except Exception as error:
            # The gateway waits for an end of every generation, whatever goes wrong in here.
            self._send(Refused(message.id, "engine", f"{type(error).__name__}: {error}"))
        finally:
            del self._running[message.id]

    def _run(self, message: Generate, cancelled: threading.Event) -> None:
        if cancelled.is_set():
            self._send(Finished(message.id, "cancelled", 0, 0, 0, 0))
            return
        try:
            prompt = self._prompts.build(message.messages)
        except TemplateError as error:
            self._send(Refused(message.id, "invalid", f"the model cannot read this conversation: {error}"))
            return
        prompt_tokens, context_tokens = len(prompt.token_ids), self._engine.ready.context_tokens
        if prompt_tokens >= context_tokens:
            reason = f"the prompt has {prompt_tokens} tokens, the context holds {context_tokens}"
            self._send(Refused(message.id, "context_overflow", reason, prompt_tokens, context_tokens))
            return
        self._send(Started(message.id, prompt_tokens, prompt.content_tokens))
        self._engine.generate(message.id, prompt, message.sampling, cancelled.is_set, self._send)


class _Gateway:
    """The connection to the gateway. Sending is safe from any thread."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def send(self, message: FromWorker) -> None:
        line = to_line(message)
        try:
            with self._lock:
                self._connection.sendall(line)
        except OSError:
            os._exit(0)  # nobody is left to work for

    def serve(self, worker: Worker) -> None:
        """Take messages until the gateway closes the connection."""
        decoder = msgspec.json.Decoder(ToWorker)
        with self._connection.makefile("rb") as lines:
            for line in lines:
                worker.take(decoder.decode(line))


def main() -> NoReturn:
    """Load the model, then serve until the gateway goes away."""
    parser = argparse.ArgumentParser(prog="causeway.engine.worker")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument(
        "--settings", type=msgspec.json.Decoder(EngineSettings).decode, required=True, help="as JSON"
    )
    parser.add_argument(
        "--directory", type=Path, required=True, help="private, removed when the gateway goes away"
    )
    parser.add_argument(
        "--connection", type=int, required=True, help="file descriptor of the gateway's socket"
    )
    arguments = parser.parse_args()
    # Loading blocks the whole interpreter, so that meanwhile nobody would see the connection close.
    die_with_parent(True)
    gateway = _Gateway(socket.socket(fileno=arguments.connection))
    gateway.send(Loading())
    try:
        header = read_header(arguments.model)
        engine = NativeEngine(arguments.model, header, arguments.settings, arguments.directory)
    except (GgufError, EngineLoadError) as error:
        gateway.send(LoadFailed(str(error)))
        os._exit(1)
    die_with_parent(False)
    gateway.send(engine.ready)
    status = 0
    try:
        gateway.serve(Worker(engine, gateway.send))
    except OSError:
        pass  # a broken connection is a closed one
    except Exception:
        traceback.print_exc()
        status = 1
    shutil.rmtree(arguments.directory, ignore_errors=True)
    # Not sys.exit: that would wait for generations that nobody reads.
    os._exit(status)


if __name__ == "__main__":
    main()
