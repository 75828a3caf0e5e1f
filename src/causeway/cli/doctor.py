"""`causeway doctor`: tries each thing that the gateway needs, and says what is wrong and what helps.

Nothing is guessed that can be tried: the last check loads the model and has it answer.
"""

import argparse
import asyncio
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import aclosing
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from msgspec import Struct

from causeway import __version__
from causeway.cli.listing import summary_lines
from causeway.cli.settings import listen, providers_from, settings_from, worker_count
from causeway.config.load import ConfigError, check_exposure, load_keys
from causeway.config.schema import Config
from causeway.engine.child_process import describe_exit
from causeway.engine.embedder import EmbeddedEmbedder
from causeway.engine.gguf import GgufError, read_header
from causeway.engine.local_embedding import LocalEmbeddingEngine
from causeway.engine.weights import (
    HOW_TO_ADD_EMBEDDER,
    HOW_TO_ADD_WEIGHTS,
    bundled_embedder,
)
from causeway.model.content import TextBlock, UserMessage
from causeway.model.embedding import EmbeddingRequest
from causeway.model.errors import CausewayError
from causeway.model.events import MessageEnd
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, Sampling
from causeway.server.compose import compose_model
from causeway.server.engines import weights_of

_TRIAL_SECONDS = 180


class Finding(Struct, frozen=True):
    """One check's outcome. `is_fine` is none where the check could not be made."""

    subject: str
    is_fine: bool | None
    detail: str


def run(arguments: argparse.Namespace) -> int:
    """Print every finding; returns 0 where nothing is wrong."""
    print(f"causeway {__version__}")
    is_fine = True
    for finding in _examine(arguments):
        mark = {True: "ok", False: "FAIL", None: "?"}[finding.is_fine]
        print(f"{mark:>5}  {finding.subject:<14} {finding.detail}", flush=True)
        is_fine = is_fine and finding.is_fine is not False
    return 0 if is_fine else 1


def _examine(arguments: argparse.Namespace) -> Iterator[Finding]:
    yield _python()
    try:
        config = settings_from(arguments)
    except ConfigError as error:
        yield Finding("configuration", False, str(error))
        return
    yield Finding("configuration", True, arguments.config or "defaults")
    yield _tell("access", lambda: _access(config))
    yield _tell("address", lambda: _address(config))
    yield Finding("workers", True, str(worker_count(config.server)))
    yield from _providers(arguments, config)
    if config.engine.enabled:
        yield from _embedded_models(config)
    else:
        yield Finding("engine", True, "the embedded model is off: only providers answer")


def _embedded_models(config: Config) -> Iterator[Finding]:
    yield _processor()
    engine = _engine_library()
    yield engine
    path = weights_of(config)
    model = _model_file(path)
    yield model
    if path is not None and model.is_fine:
        yield _memory(path)
        if engine.is_fine:
            yield asyncio.run(_trial(config))
    yield asyncio.run(_embedding_trial())


def _python() -> Finding:
    return Finding(
        "python", sys.version_info >= (3, 11), f"{platform.python_version()} on {platform.platform()}"
    )


def _processor() -> Finding:
    machine = platform.machine()
    if machine not in ("x86_64", "AMD64"):
        return Finding("processor", True, machine)
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return Finding("processor", None, f"{machine}; whether it has AVX2 cannot be read here")
    if "avx2" in flags:
        return Finding("processor", True, f"{machine} with AVX2, {os.cpu_count()} cores")
    return Finding("processor", False, f"{machine} without AVX2, which the embedded engine needs")


def _engine_library() -> Finding:
    subject = "engine"
    try:
        installed = version("xllamacpp")
    except PackageNotFoundError:
        return Finding(subject, False, "xllamacpp is not installed: `pip install xllamacpp`")
    # In a process of its own: on a processor that it does not support, the import is fatal.
    outcome = subprocess.run([sys.executable, "-c", "import xllamacpp"], capture_output=True, text=True)
    if outcome.returncode == 0:
        return Finding(subject, True, f"xllamacpp {installed}")
    if "libgomp" in outcome.stderr:
        return Finding(subject, False, "libgomp.so.1 is missing; on Debian: `apt-get install libgomp1`")
    if outcome.returncode == -signal.SIGILL:
        return Finding(subject, False, describe_exit(outcome.returncode, ()))
    last_line = (outcome.stderr.strip().splitlines() or ["no message"])[-1]
    return Finding(subject, False, f"xllamacpp {installed} does not load: {last_line}")


def _tell(subject: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, True, check())
    except ConfigError as error:
        return Finding(subject, False, str(error))


def _access(config: Config) -> str:
    keys = load_keys(config.server, os.environ)
    check_exposure(config.server, keys)
    return f"{keys.count} API keys" if keys else "no API keys: open to whoever reaches the address"


def _address(config: Config) -> str:
    for listener in listen(config.server):
        listener.close()
    return f"{config.server.host}:{config.server.port} is free"


def _providers(arguments: argparse.Namespace, config: Config) -> Iterator[Finding]:
    """Yield a finding for each provider that is on. None is called: calls cost money."""
    subject = "provider"
    try:
        providers = providers_from(arguments, config)
    except ConfigError as error:
        yield Finding(subject, False, str(error))
        return
    for line in summary_lines(providers):
        yield Finding(subject, True, line)
    if providers:
        return
    if config.engine.enabled:
        yield Finding("providers", True, "none is on: the embedded model answers. docs/providers.md says how")
    else:
        yield Finding("providers", False, "none is on, and neither is the embedded model: nobody answers")


def _model_file(path: Path | None) -> Finding:
    subject = "model file"
    if path is None:
        return Finding(subject, False, f"there is none. {HOW_TO_ADD_WEIGHTS}")
    try:
        header = read_header(path)
    except GgufError as error:
        return Finding(subject, False, str(error))
    megabytes = path.stat().st_size // 2**20
    context = f", context of {header.context_tokens} tokens" if header.context_tokens else ""
    return Finding(subject, True, f"{path.name}: {header.architecture}, {megabytes} MB{context}")


def _memory(path: Path) -> Finding:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return Finding("memory", None, "cannot be read here")
    available = next(int(line.split()[1]) // 1024 for line in lines if line.startswith("MemAvailable"))
    model_megabytes = path.stat().st_size // 2**20
    detail = f"{available} MB available, the model file alone is {model_megabytes} MB"
    return Finding("memory", available > model_megabytes, detail)


async def _embedding_trial() -> Finding:
    subject = "embeds"
    folder = bundled_embedder()
    if folder is None:
        return Finding(subject, None, f"there is no embedding model. {HOW_TO_ADD_EMBEDDER}")
    embedder = EmbeddedEmbedder(LocalEmbeddingEngine(folder))
    started = time.monotonic()
    try:
        response = await embedder.embed(EmbeddingRequest(model=embedder.name, texts=("hi",)), LossReport())
    except CausewayError as error:
        return Finding(subject, False, error.message)
    finally:
        await embedder.stop()
    seconds = time.monotonic() - started
    return Finding(subject, True, f"a vector of {len(response.vectors[0])} numbers in {seconds:.1f} s")


async def _trial(config: Config) -> Finding:
    model = compose_model(config)
    question = UserMessage((TextBlock("What is the capital of France?"),))
    request = ChatRequest(
        model=model.name, messages=(question,), sampling=Sampling(max_tokens=16, temperature=0.0)
    )
    started = time.monotonic()
    model.start()
    try:
        async with (
            asyncio.timeout(_TRIAL_SECONDS),
            aclosing(model.stream_chat(request, LossReport())) as events,
        ):
            async for event in events:
                if isinstance(event, MessageEnd):
                    seconds = time.monotonic() - started
                    tokens = event.usage.output_tokens
                    return Finding("answers", True, f"loaded and wrote {tokens} tokens in {seconds:.1f} s")
    except CausewayError as error:
        return Finding("answers", False, error.message)
    except TimeoutError:
        return Finding("answers", False, f"no answer within {_TRIAL_SECONDS} s")
    finally:
        await model.stop()
    return Finding("answers", False, "the answer had no end")
