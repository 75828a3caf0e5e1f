"""What the gateway and its worker process say to each other: one JSON object per line.

A connection carries any number of generations, told apart by `id`. For each `Generate` the worker
answers `Started`, any number of `Progress` and `Token`, and then exactly one of `Finished` and
`Refused`; a `Refused` may also come first. `Tokenize` and `Detokenize` are one question and one
answer, with an `id` of the same row. No engine's names or wire shapes in here.
"""

from typing import Literal

import msgspec
from msgspec import Struct

Role = Literal["system", "user", "assistant"]
EndReason = Literal["end", "stop_sequence", "length", "cancelled"]
RefusalKind = Literal["context_overflow", "invalid", "engine"]


class EngineSettings(Struct, frozen=True, kw_only=True):
    """How a worker is set up. `threads` 0 means all cores but one.

    `context_tokens` is what each slot holds, and never more than the model was trained for.
    """

    slots: int = 4
    context_tokens: int = 4096
    threads: int = 0


class PromptMessage(Struct, frozen=True):
    """One message for the model's chat template.

    `preface` is the gateway's own words, put before `text`: part of the prompt, but not of what
    the caller is billed for.
    """

    role: Role
    text: str
    preface: str = ""


class EngineSampling(Struct, frozen=True, kw_only=True):
    """How the engine chooses tokens. Every value is explicit, so the engine's own defaults never apply.

    The context may be full before `max_tokens` are written; `seed` of `None` is random. With a
    `json_schema`, a JSON text, the engine writes an instance of it; where it cannot read the schema it
    writes anything, so the gateway checks what comes.
    """

    max_tokens: int
    stop_sequences: tuple[str, ...]
    temperature: float
    top_k: int
    top_p: float
    seed: int | None
    frequency_penalty: float
    presence_penalty: float
    logprobs: bool
    json_schema: str | None = None


class Generate(Struct, frozen=True, tag=True):
    """Continue a conversation."""

    id: int
    messages: tuple[PromptMessage, ...]
    sampling: EngineSampling


class Cancel(Struct, frozen=True, tag=True):
    """Stop a generation soon. Unknown and finished ids are ignored."""

    id: int


class Ping(Struct, frozen=True, tag=True):
    """Show that you live."""


class Tokenize(Struct, frozen=True, tag=True):
    """Split a text, which is never read as control; answered with `Tokenized` or `Refused`."""

    id: int
    text: str


class Detokenize(Struct, frozen=True, tag=True):
    """Join tokens; answered with `Detokenized` or `Refused`."""

    id: int
    token_ids: tuple[int, ...]


ToWorker = Generate | Cancel | Ping | Tokenize | Detokenize


class Loading(Struct, frozen=True, tag=True):
    """The worker has started and is loading the model; it hears nothing until that is over."""


class Ready(Struct, frozen=True, tag=True):
    """The model is loaded. `context_tokens` is what one generation may use, prompt and answer."""

    slots: int
    context_tokens: int
    trained_context_tokens: int
    vocabulary_tokens: int
    architecture: str


class LoadFailed(Struct, frozen=True, tag=True):
    """The model cannot be loaded; the worker exits. `reason` is for people."""

    reason: str


class Started(Struct, frozen=True, tag=True):
    """The prompt is built. `content_tokens` is the part of it that is the caller's own text."""

    id: int
    prompt_tokens: int
    content_tokens: int


class Progress(Struct, frozen=True, tag=True):
    """How much of the prompt the engine has read, the cached part included."""

    id: int
    processed_tokens: int
    cached_tokens: int


class Token(Struct, frozen=True, tag=True):
    """More text.

    `token_ids` and `logprobs` are filled where they were asked for. Text is held back until its
    characters are whole; of the tokens that then come out together the engine names the last.
    """

    id: int
    text: str
    token_ids: tuple[int, ...] = ()
    logprobs: tuple[float, ...] = ()


class Finished(Struct, frozen=True, tag=True):
    """The generation is over.

    `processed_tokens` is how much of the prompt was read by then. `output_tokens` of a cancelled
    generation is a lower bound.
    """

    id: int
    reason: EndReason
    prompt_tokens: int
    output_tokens: int
    cached_tokens: int
    processed_tokens: int


class Refused(Struct, frozen=True, tag=True):
    """The generation cannot be done, or broke off; `context_overflow` comes with its numbers."""

    id: int
    kind: RefusalKind
    message: str
    prompt_tokens: int | None = None
    context_tokens: int | None = None


class Pong(Struct, frozen=True, tag=True):
    """I live."""


class Tokenized(Struct, frozen=True, tag=True):
    """A text's tokens, and the text of each, with `U+FFFD` where a token is part of a character."""

    id: int
    token_ids: tuple[int, ...]
    pieces: tuple[str, ...]


class Detokenized(Struct, frozen=True, tag=True):
    """The text of tokens."""

    id: int
    text: str


QuestionAnswer = Tokenized | Detokenized | Refused
GenerationMessage = Started | Progress | Token | Finished | Refused
FromWorker = (
    Loading
    | Ready
    | LoadFailed
    | Started
    | Progress
    | Token
    | Finished
    | Refused
    | Pong
    | Tokenized
    | Detokenized
)


def to_line(message: ToWorker | FromWorker) -> bytes:
    """Return one message as it goes over the connection."""
    return msgspec.json.encode(message) + b"\n"
