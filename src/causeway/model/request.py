"""A chat request as the gateway understands it, whatever dialect it came in."""

from typing import Any, Literal

from msgspec import Struct

from causeway.model.content import Document, Message


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


class Tool(Struct, frozen=True):
    """A function that the model may call; `parameters` is a JSON Schema, or none for no arguments."""

    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None


class ResponseFormat(Struct, frozen=True):
    """JSON output, with or without a schema. Its absence means free text."""

    json_schema: dict[str, Any] | None = None


class Thinking(Struct, frozen=True):
    """Whether the model should reason first, and for how many tokens at most."""

    enabled: bool
    token_budget: int | None = None


SafetyMode = Literal["contextual", "strict", "off"]
CitationMode = Literal["accurate", "fast", "off"]
ToolChoice = Literal["required", "none"]


class ChatRequest(Struct, frozen=True, kw_only=True):
    """One call for the next turn of a conversation.

    `model` is the name that the caller used, empty where a dialect allows none. `priority`
    runs from 0 (first) to 999 (last).
    """

    model: str
    messages: tuple[Message, ...]
    stream: bool = False
    sampling: Sampling = Sampling()
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    strict_tools: bool = False
    documents: tuple[Document, ...] = ()
    citation_mode: CitationMode | None = None
    response_format: ResponseFormat | None = None
    thinking: Thinking | None = None
    safety_mode: SafetyMode | None = None
    priority: int = 0
