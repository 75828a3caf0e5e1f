"""What `POST /chat/completions` answers, as types: the whole answer, and the chunks of its stream.

They describe; the encoders write. `tests/law/test_openai_response_schema.py` holds the two together: all
that the encoders can say is of these types, with no field besides. An answer that comes from a provider
of the same dialect may have more fields: those of its vendor.
"""

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType


class Spoken(Struct, omit_defaults=True):
    """What is said; of fields with a default, those that say nothing are left out."""


class SpokenFunction(Spoken):
    """The function of a tool call; `arguments` is JSON text."""

    name: str
    arguments: str


class SpokenToolCall(Spoken):
    """A tool call."""

    id: str
    type: Literal["function"]
    function: SpokenFunction


class UrlCitation(Spoken):
    """A cited span of the content, and the address that supports it. `content` is what is cited of it."""

    start_index: int
    end_index: int
    url: str
    title: str
    content: str | None = None


class Annotation(Spoken):
    """A citation as OpenAI tells it, which has to have an address."""

    type: Literal["url_citation"]
    url_citation: UrlCitation


class SpokenSource(Spoken):
    """What supports a citation. Which of the two payloads it carries follows its type."""

    type: Literal["document", "tool"]
    id: str
    document: dict[str, Any] | None = None
    tool_output: dict[str, Any] | None = None


class SpokenCitation(Spoken):
    """A citation as Cohere tells it: a span of the content, and whatever supports it."""

    start: int
    end: int
    text: str
    sources: list[SpokenSource]
    type: Literal["TEXT_CONTENT", "THINKING_CONTENT", "PLAN"] | None = None


class AnswerMessage(Spoken):
    """The assistant's turn. Thinking is `reasoning_content`, on the unified path `reasoning` as well.

    `content` is a list where its provider said parts that only its vendor knows.
    """

    role: Literal["assistant"]
    content: str | list[dict[str, Any]] | None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: list[SpokenToolCall] | None = None
    annotations: list[Annotation] | None = None
    citations: list[SpokenCitation] | None = None


class Alternative(Spoken):
    """A token that might have stood in another's place."""

    token: str
    logprob: float
    bytes: list[int]


class TokenLogprob(Spoken):
    """A token of the answer and its log probability."""

    token: str
    logprob: float
    bytes: list[int]
    top_logprobs: list[Alternative]


class ChoiceLogprobs(Spoken):
    """The log probabilities of a choice's tokens, or of a piece of them."""

    content: list[TokenLogprob]
    refusal: None


class Choice(Spoken):
    """One answer. `finish_reason` is one of OpenAI's words, `error`, or a vendor's own."""

    index: int
    message: AnswerMessage
    logprobs: ChoiceLogprobs | None
    finish_reason: str


class PromptDetails(Spoken):
    """What the prompt's tokens were."""

    cached_tokens: int | None = None
    image_tokens: int | None = None


class CompletionDetails(Spoken):
    """What the answer's tokens were."""

    reasoning_tokens: int | None = None


class CompletionUsage(Spoken):
    """The counts. Details are there where somebody reported them."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: PromptDetails | None = None
    completion_tokens_details: CompletionDetails | None = None


class SpokenError(Spoken):
    """What went wrong. `param` names the field at fault."""

    message: str
    type: str
    param: str | None
    code: str


class UnifiedError(Spoken):
    """The same on a unified path, where `param` is left out if no field is at fault."""

    message: str
    type: str
    code: str
    param: str | None = None


class RoutingInfo(Spoken):
    """Who was asked and who answered. What there is nothing to say of is left out."""

    provider: str | None = None
    model: str | None = None
    key: str | None = None
    is_fallback: bool = False
    primary_provider: str | None = None
    primary_model: str | None = None


class ChunkFields(Spoken):
    """Who answers, in every chunk of the unified path. `latency` is in milliseconds."""

    request_type: str
    provider: str
    original_model_requested: str
    resolved_model_used: str
    latency: int
    chunk_index: int | UnsetType = UNSET


class AnswerFields(Spoken):
    """Who answered, on the unified path. `latency` is in milliseconds."""

    request_type: str
    provider: str
    original_model_requested: str
    resolved_model_used: str
    latency: int
    routing_info: RoutingInfo


class Completion(Spoken):
    """The body of a whole answer. `error` is there where it broke off."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[Choice]
    usage: CompletionUsage
    error: SpokenError | None = None


class UnifiedCompletion(Completion, kw_only=True):
    """The same, on the unified path."""

    extra_fields: AnswerFields


class FunctionPiece(Spoken):
    """A piece of a tool call's function: the first has its name."""

    arguments: str
    name: str | None = None


class ToolCallPiece(Spoken):
    """A piece of the tool call that stands at `index`: the first has its id and type."""

    index: int
    function: FunctionPiece
    id: str | None = None
    type: Literal["function"] | None = None


class AnnotationPiece(Annotation):
    """A citation, and where in their list it stands."""

    index: int


class CitationPiece(SpokenCitation, kw_only=True):
    """A citation, and where in their list it stands."""

    index: int


class Delta(Spoken):
    """More of the assistant's turn."""

    role: Literal["assistant"] | None = None
    content: str | UnsetType = UNSET
    reasoning_content: str | UnsetType = UNSET
    reasoning: str | UnsetType = UNSET
    tool_calls: list[ToolCallPiece] | None = None
    annotations: list[AnnotationPiece] | None = None
    citations: list[CitationPiece] | None = None


class ChunkChoice(Spoken):
    """More of the one answer; the last has its `finish_reason`."""

    index: int
    delta: Delta
    logprobs: ChoiceLogprobs | None
    finish_reason: str | None


class Chunk(Spoken):
    """A piece of a stream. With `stream_options.include_usage` the last one has the usage and no choice."""

    id: str
    object: Literal["chat.completion.chunk"]
    created: int
    model: str
    choices: list[ChunkChoice]
    usage: CompletionUsage | UnsetType | None = UNSET


class UnifiedChunk(Chunk, kw_only=True):
    """The same, on the unified path."""

    extra_fields: ChunkFields


class BrokenStream(Spoken):
    """The last frame of a stream that broke off; no `[DONE]` follows."""

    error: SpokenError


class UnifiedBrokenStream(Spoken):
    """The same, on the unified path."""

    type: str
    is_bifrost_error: bool
    error: UnifiedError
    extra_fields: ChunkFields


class ErrorBody(Spoken):
    """An error."""

    error: SpokenError


class RequestFields(Spoken):
    """What was asked, in an error on a unified path that is served."""

    request_type: str = ""


class UnifiedErrorBody(Spoken):
    """An error on a unified path. `event_id` is the call's trace id."""

    event_id: str
    type: str
    is_bifrost_error: bool
    status_code: int
    error: UnifiedError
    extra_fields: RequestFields
