"""The one place that touches xllamacpp: loads a model and runs generations in it.

Runs in the worker process only. Whatever the engine reports, in whichever of its several ways,
leaves here as a message of the protocol.
Source of truth for the engine's behaviour: llama.cpp, `tools/server/README.md`.
"""

import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from causeway.engine.gguf import GgufHeader
from causeway.engine.loopback import LoopbackClient, LoopbackError
from causeway.engine.prompt import Prompt, TemplateError
from causeway.engine.protocol import (
    EndReason,
    EngineSampling,
    EngineSettings,
    Finished,
    FromWorker,
    Progress,
    Ready,
    Refused,
    Role,
    Token,
)
from causeway.engine.vocabulary import Vocabulary

# A cancellation takes effect between batches, so a batch has to be short.
_BATCH_TOKENS = 128
_PROMPT_CACHE_MIB = 64
_ENGINE_RANDOM_SEED = 0xFFFFFFFF
_LOG_WARNINGS = 2
# Free white space is an invitation to write nothing else; this much of it a small model writes best.
_JSON_LAYOUT = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}

Send = Callable[[FromWorker], None]


class EngineLoadError(Exception):
    """The engine or the model cannot be loaded; the message is for people."""


class _PromptProgress(Struct, frozen=True):
    processed: int
    cache: int


class _TokenLogprob(Struct, frozen=True):
    id: int
    logprob: float


class _Logprobs(Struct, frozen=True):
    content: list[_TokenLogprob] = []


class _Choice(Struct, frozen=True):
    text: str = ""
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _PromptDetails(Struct, frozen=True):
    cached_tokens: int = 0


class _Usage(Struct, frozen=True):
    completion_tokens: int = 0
    prompt_tokens: int = 0
    prompt_tokens_details: _PromptDetails = _PromptDetails()


class _EngineError(Struct, frozen=True):
    message: str = "the engine reported an error"
    type: str = ""
    n_prompt_tokens: int | None = None
    n_ctx: int | None = None


class _Verbose(Struct, frozen=True):
    stop_type: str | None = None


class _Chunk(Struct, frozen=True, rename={"verbose": "__verbose"}):
    choices: list[_Choice] = []
    prompt_progress: _PromptProgress | None = None
    usage: _Usage | None = None
    error: _EngineError | None = None
    verbose: _Verbose | None = None


class NativeEngine:
    """A loaded model. `generate` blocks, and may be called from several threads at once."""

    def __init__(self, model: Path, header: GgufHeader, settings: EngineSettings, directory: Path) -> None:
        # Idle OpenMP threads that spin starve the rest of a busy machine; read when the library loads.
        os.environ["GOMP_SPINCOUNT"] = "0"
        try:
            import xllamacpp
        except ImportError as error:
            raise EngineLoadError(_import_failure(error)) from error

        slots = settings.slots
        context_tokens = min(settings.context_tokens, header.context_tokens or settings.context_tokens)
        socket_path = directory / "engine.sock"
        api_key = secrets.token_urlsafe(32)
        params = xllamacpp.CommonParams()
        params.model.path = str(model)
        params.n_parallel = slots
        params.n_ctx = slots * context_tokens
        # With one cache for all slots, an answer would depend on what runs beside it.
        params.kv_unified = False
        params.fit_params = False
        params.n_batch = params.n_ubatch = _BATCH_TOKENS
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = settings.threads or _thread_count()
        params.cache_ram_mib = _PROMPT_CACHE_MIB
        params.hostnames = [str(socket_path)]
        params.api_keys = [api_key]
        params.ui = False
        params.endpoint_slots = False
        params.verbosity = _LOG_WARNINGS
        try:
            self._server = xllamacpp.Server(params)
        except (RuntimeError, ValueError) as error:
            raise EngineLoadError(f"{model.name}: the engine cannot load this model") from error
        if not str(self._server.listening_address).startswith("unix://"):
            raise EngineLoadError("the engine opened a network port; refusing to run")
        self._compile_schema: Callable[[str], str] = xllamacpp.json_schema_to_grammar
        self._loopback = LoopbackClient(socket_path, api_key)
        self._decoder = msgspec.json.Decoder(_Chunk)
        details = self._loopback.get("/v1/models")["data"][0]["meta"]
        self.ready = Ready(
            slots=slots,
            context_tokens=context_tokens,
            trained_context_tokens=int(details["n_ctx_train"]),
            vocabulary_tokens=int(details["n_vocab"]),
            architecture=header.architecture,
        )
        self.vocabulary = Vocabulary(self._loopback, self.ready.vocabulary_tokens)

    def render(self, messages: Sequence[tuple[Role, str]]) -> str:
        """Apply the model's chat template; raises TemplateError where it refuses."""
        body = {"messages": [{"role": role, "content": text} for role, text in messages]}
        try:
            return str(self._loopback.post("/apply-template", body)["prompt"])
        except LoopbackError as error:
            raise TemplateError(str(error)) from error

    def tokenize(self, text: str, *, with_control_tokens: bool, at_start: bool) -> list[int]:
        """Return the token ids of a text."""
        body = {"content": text, "parse_special": with_control_tokens, "add_special": at_start}
        tokens: list[int] = self._loopback.post("/tokenize", body)["tokens"]
        return tokens

    def generate(
        self, id: int, prompt: Prompt, sampling: EngineSampling, is_cancelled: Callable[[], bool], send: Send
    ) -> None:
        """Send the progress and the tokens of one generation, and how it ended."""
        run = _Run(
            id, len(prompt.token_ids), bool(sampling.stop_sequences), is_cancelled, send, self._decoder
        )
        try:
            grammar = self._grammar(sampling.json_schema)
            body = msgspec.json.encode(_body(prompt.token_ids, sampling, grammar))
            self._server.handle_completions(body, run.take)
        except (ValueError, RuntimeError) as error:
            run.fail(str(error))
        run.end()

    def _grammar(self, json_schema: str | None) -> str | None:
        """Return the grammar of a schema; raises ValueError where it is none.

        The engine's own `json_schema` field takes another way, on which a large schema stops every
        generation for minutes. This one is compiled within bounds.
        """
        if json_schema is None:
            return None
        tree = msgspec.json.decode(json_schema, type=dict[str, Any])
        return self._compile_schema(msgspec.json.encode(tree | {"x-guidance": _JSON_LAYOUT}).decode())


class _Run:
    """Follows the engine's chunks of one generation."""

    def __init__(
        self,
        id: int,
        prompt_tokens: int,
        has_stop_sequences: bool,
        is_cancelled: Callable[[], bool],
        send: Send,
        decoder: msgspec.json.Decoder[_Chunk],
    ) -> None:
        self._id = id
        self._prompt_tokens = prompt_tokens
        self._has_stop_sequences = has_stop_sequences
        self._is_cancelled = is_cancelled
        self._send = send
        self._decoder = decoder
        self._processed_tokens = 0
        self._cached_tokens = 0
        self._output_tokens = 0
        self._last: Finished | Refused | None = None

    def take(self, chunk: bytes) -> bool:
        """Take the engine's next chunk; returns whether to stop. Never raises: the engine would hide it."""
        try:
            self._read(self._decoder.decode(chunk))
        except Exception as error:
            self.fail(f"{type(error).__name__}: {error}")
        return self._last is not None or self._is_cancelled()

    def fail(self, message: str) -> None:
        """Note that the engine failed."""
        self._last = self._last or Refused(self._id, "engine", message)

    def end(self) -> None:
        """Send how it ended."""
        if self._last is None and self._is_cancelled():
            self._last = self._finished("cancelled")
        self.fail("the engine stopped without saying why")
        assert self._last is not None  # noqa: S101  # fail() has seen to it
        self._send(self._last)

    def _read(self, chunk: _Chunk) -> None:
        if chunk.error is not None:
            self._last = _refused(self._id, chunk.error)
            return
        if chunk.prompt_progress is not None:
            self._processed_tokens = chunk.prompt_progress.processed
            self._cached_tokens = chunk.prompt_progress.cache
            self._send(Progress(self._id, self._processed_tokens, self._cached_tokens))
        for choice in chunk.choices:
            if choice.text:
                self._output_tokens += 1
                named = choice.logprobs.content if choice.logprobs is not None else []
                self._send(
                    Token(
                        self._id,
                        choice.text,
                        tuple(token.id for token in named),
                        tuple(token.logprob for token in named),
                    )
                )
            if choice.finish_reason is not None:
                self._finish(choice.finish_reason, chunk)

    def _finish(self, finish_reason: str, chunk: _Chunk) -> None:
        if chunk.usage is not None:
            self._output_tokens = chunk.usage.completion_tokens
            self._cached_tokens = chunk.usage.prompt_tokens_details.cached_tokens
        stopped_by_word = chunk.verbose is not None and chunk.verbose.stop_type == "word"
        if finish_reason == "length":
            self._last = self._finished("length")
        else:
            self._last = self._finished("stop_sequence" if stopped_by_word else "end")

    def _finished(self, reason: EndReason) -> Finished:
        return Finished(
            self._id,
            reason,
            prompt_tokens=self._prompt_tokens,
            output_tokens=self._output_tokens,
            cached_tokens=self._cached_tokens,
            processed_tokens=self._processed_tokens,
        )


def _body(token_ids: list[int], sampling: EngineSampling, grammar: str | None) -> dict[str, Any]:
    body: dict[str, Any] = {
        "prompt": token_ids,
        "n_predict": sampling.max_tokens,
        "temperature": sampling.temperature,
        "top_k": sampling.top_k,
        "top_p": sampling.top_p,
        "min_p": 0,
        "repeat_penalty": 1,
        "frequency_penalty": sampling.frequency_penalty,
        "presence_penalty": sampling.presence_penalty,
        "seed": _ENGINE_RANDOM_SEED if sampling.seed is None else sampling.seed,
        # Only a streamed generation can be cancelled, and only progress chunks let it be during prefill.
        "stream": True,
        "return_progress": True,
        "stream_options": {"include_usage": True},
    }
    if sampling.stop_sequences:
        body["stop"] = sampling.stop_sequences
        body["verbose"] = True  # tells a stop sequence from the model's own end
    if grammar is not None:
        body["grammar"] = grammar
    if sampling.logprobs:
        body["logprobs"] = body["n_probs"] = 1  # none asked for would give none for the chosen token either
    return body


def _refused(id: int, error: _EngineError) -> Refused:
    if error.type == "exceed_context_size_error":
        return Refused(id, "context_overflow", error.message, error.n_prompt_tokens, error.n_ctx)
    return Refused(id, "invalid" if error.type == "invalid_request_error" else "engine", error.message)


def _thread_count() -> int:
    # One core stays free for the gateway, and threads beyond the cores cost more than they bring.
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores - 1)


def _import_failure(error: ImportError) -> str:
    if "libgomp" in str(error):
        return "the engine needs the system library libgomp.so.1: install the package libgomp1"
    return f"the engine xllamacpp cannot be imported: {error}"
