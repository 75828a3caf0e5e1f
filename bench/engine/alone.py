"""The engine without the gateway: the baseline. Answers each line {round, streams} with an Outcome.

A process of its own, with the worker's own settings and prompts, but no protocol, no queue, no HTTP.
"""

import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
from bench.engine.work import MAX_TOKENS, SYSTEM_TEXT, Outcome, question

from causeway.engine.gguf import read_header
from causeway.engine.native import NativeEngine
from causeway.engine.prompt import PromptBuilder
from causeway.engine.protocol import (
    EngineSampling,
    EngineSettings,
    Finished,
    FromWorker,
    PromptMessage,
    Token,
)
from causeway.engine.weights import bundled_weights

SAMPLING = EngineSampling(
    max_tokens=MAX_TOKENS,
    stop_sequences=(),
    temperature=0.3,
    top_k=0,
    top_p=0.75,
    seed=1,
    frequency_penalty=0.0,
    presence_penalty=0.0,
    logprobs=False,
)


def measure(engine: NativeEngine, prompts: PromptBuilder, round_number: int, streams: int) -> Outcome:
    first_tokens: dict[int, float] = {}
    tokens: list[int] = []
    lock = threading.Lock()
    started = time.perf_counter()

    def run(stream: int) -> None:
        def take(message: FromWorker) -> None:
            with lock:
                if isinstance(message, Token):
                    first_tokens.setdefault(stream, time.perf_counter() - started)
                elif isinstance(message, Finished):
                    tokens.append(message.output_tokens)

        text = question(round_number, stream)
        prompt = prompts.build([PromptMessage("system", SYSTEM_TEXT), PromptMessage("user", text)])
        engine.generate(stream, prompt, SAMPLING, lambda: False, take)

    with ThreadPoolExecutor(streams) as threads:
        list(threads.map(run, range(streams)))
    return Outcome(sum(tokens), time.perf_counter() - started, list(first_tokens.values()))


def main() -> None:
    weights = bundled_weights()
    assert weights is not None, "the bundled weights are not installed"
    with tempfile.TemporaryDirectory() as directory:
        engine = NativeEngine(weights, read_header(weights), EngineSettings(), Path(directory))
        prompts = PromptBuilder(engine.render, engine.tokenize)
        for line in sys.stdin:
            asked = msgspec.json.decode(line)
            outcome = measure(engine, prompts, asked["round"], asked["streams"])
            print(msgspec.json.encode(outcome).decode(), flush=True)


if __name__ == "__main__":
    main()
