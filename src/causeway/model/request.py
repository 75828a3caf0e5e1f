"""A chat request as the gateway understands it, whatever dialect it came in."""

from typing import Any, Literal

from msgspec import Struct

from causeway.model.content import CachePoint, Document, Message
from causeway.model.extras import Extras


class Sampling(Struct, frozen=True, kw_only=True):
    """How the next token is chosen, and when to stop. `None` means: not given."""

    max_tokens: int | None = None
    stop_sequences: tuple[str, ...] = ()
    temperature: float | None = None
    seed: int | None = None
    top_k: int | None = None
    top_p: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    logprobs: bool = False
    top_logprobs: int | None = None


class Tool(Struct, frozen=True):
    """A function that the model may call; `parameters` is a JSON Schema, or none for no arguments.

    `is_strict` asks that the arguments hold against the schema; none leaves it to the model's provider.
    `cache_point` marks that the prompt up to and with this tool is worth keeping in the provider's cache.
    """

    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None
    is_strict: bool | None = None
    cache_point: CachePoint | None = None


class OpaqueTool(Struct, frozen=True):
    """A tool that the provider runs itself, or one of a kind that only its dialect knows.

    `kind` is the dialect's name for it and `data` the tool as it came.
    """

    dialect: str
    kind: str
    data: dict[str, Any]


class ResponseFormat(Struct, frozen=True):
    """JSON output, with or without a schema. Its absence means free text.

    `name`, `description` and `is_strict` are what some dialects say of a schema.
    """

    json_schema: dict[str, Any] | None = None
    name: str | None = None
    description: str | None = None
    is_strict: bool | None = None


Effort = Literal["minimal", "low", "medium", "high", "xhigh"]


class Thinking(Struct, frozen=True):
    """Whether the model should reason first, and how much: as a bound in tokens, an effort, or neither."""

    enabled: bool
    token_budget: int | None = None
    effort: Effort | None = None


SafetyMode = Literal["contextual", "strict", "off"]
CitationMode = Literal["accurate", "fast", "off"]
ToolChoice = Literal["required", "none"]


class ChatRequest(Struct, frozen=True, kw_only=True):
    """One call for the next turn of a conversation.

    `model` is the name that the caller used, empty where a dialect allows none. `dialect` is the one that
    the request came in. `tool_choice` is none where the model decides; with `required`, `forced_tool` may
    name the one tool to call. `allowed_tools` are those that may be called, if not all.
    `allows_parallel_calls` is none where the caller did not say. `choices` is how many answers are wanted.
    `wants_stream_usage` asks for the counts in a stream, for dialects that send them only then. `fallbacks`
    are the models to ask where this one fails. `priority` runs from 0 (first) to 999 (last). `is_verbatim`
    says that the body may go as it is to a provider of the same dialect: it means there what it means here.
    """

    model: str
    messages: tuple[Message, ...]
    dialect: str = "cohere"
    stream: bool = False
    sampling: Sampling = Sampling()
    tools: tuple[Tool, ...] = ()
    opaque_tools: tuple[OpaqueTool, ...] = ()
    tool_choice: ToolChoice | None = None
    forced_tool: str | None = None
    allowed_tools: tuple[str, ...] = ()
    allows_parallel_calls: bool | None = None
    strict_tools: bool = False
    documents: tuple[Document, ...] = ()
    citation_mode: CitationMode | None = None
    response_format: ResponseFormat | None = None
    thinking: Thinking | None = None
    safety_mode: SafetyMode | None = None
    priority: int = 0
    choices: int = 1
    wants_stream_usage: bool = False
    fallbacks: tuple[str, ...] = ()
    is_verbatim: bool = False
    extras: Extras | None = None
