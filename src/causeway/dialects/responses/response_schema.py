"""What `POST /responses` answers, as types: the whole response, and the events of its stream.

They describe; the encoders write. `tests/dialects/responses/test_responses_schema.py` holds the two together.
Items are of so many types that they are described by no more than what all of them have. An answer that comes
from a provider of the same dialect may have more fields: those of its vendor.
"""

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from causeway.dialects.openai.response_schema import AnswerFields, ChunkFields

Status = Literal["completed", "failed", "in_progress", "cancelled", "queued", "incomplete"]


class InputDetails(Struct):
    """What the prompt's tokens were. Those that do not count what they write to a cache leave it out."""

    cached_tokens: int
    cache_write_tokens: int | UnsetType = UNSET


class OutputDetails(Struct):
    """What the answer's tokens were."""

    reasoning_tokens: int


class ResponseUsage(Struct):
    """The counts."""

    input_tokens: int
    input_tokens_details: InputDetails
    output_tokens: int
    output_tokens_details: OutputDetails
    total_tokens: int


class ResponseFailure(Struct):
    """Why a response failed."""

    code: str
    message: str


class IncompleteDetails(Struct):
    """Why a response is not complete."""

    reason: str


class EchoedReasoning(Struct):
    """How much the caller asked to reason."""

    effort: str | None
    summary: str | None


class EchoedText(Struct):
    """How the caller asked the text to be."""

    format: dict[str, Any]
    verbosity: str


class Response(Struct):
    """A response, whole or the beginning of one; what follows its usage repeats the request."""

    id: str
    object: Literal["response"]
    created_at: int
    model: str
    output: list[dict[str, Any]]
    status: Status
    error: ResponseFailure | None
    incomplete_details: IncompleteDetails | None
    usage: ResponseUsage | None
    instructions: str | None
    max_output_tokens: int | None
    parallel_tool_calls: bool
    reasoning: EchoedReasoning
    temperature: float
    text: EchoedText
    tool_choice: str | dict[str, Any]
    tools: list[dict[str, Any]]
    top_logprobs: int
    top_p: float
    background: bool
    conversation: dict[str, Any] | None
    max_tool_calls: int | None
    metadata: dict[str, Any]
    previous_response_id: str | None
    prompt_cache_key: str | None
    safety_identifier: str | None
    service_tier: str
    store: bool
    truncation: str
    user: str | None


class UnifiedResponse(Response, kw_only=True):
    """The same, on the unified path; of a stream only the last one has `extra_fields`."""

    extra_fields: AnswerFields | UnsetType = UNSET


class ResponseStreamEvent(Struct):
    """An event. Which of the fields it has follows its type: what it is about, and what is new."""

    type: str
    sequence_number: int
    response: Response | UnsetType = UNSET
    item_id: str | UnsetType = UNSET
    output_index: int | UnsetType = UNSET
    content_index: int | UnsetType = UNSET
    summary_index: int | UnsetType = UNSET
    annotation_index: int | UnsetType = UNSET
    item: dict[str, Any] | UnsetType = UNSET
    part: dict[str, Any] | UnsetType = UNSET
    annotation: dict[str, Any] | UnsetType = UNSET
    delta: str | UnsetType = UNSET
    text: str | UnsetType = UNSET
    refusal: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    arguments: str | UnsetType = UNSET
    code: str | UnsetType = UNSET
    input: str | UnsetType = UNSET
    logprobs: list[dict[str, Any]] | UnsetType = UNSET


class UnifiedResponseStreamEvent(ResponseStreamEvent, kw_only=True):
    """The same, on the unified path."""

    response: UnifiedResponse | UnsetType = UNSET
    extra_fields: ChunkFields


class DeletedResponse(Struct):
    """A response that is gone."""

    id: str
    object: Literal["response"]
    deleted: Literal[True]


class InputItemList(Struct):
    """A page of what a response answers."""

    object: Literal["list"]
    data: list[dict[str, Any]]
    first_id: str | None
    last_id: str | None
    has_more: bool


class InputTokens(Struct):
    """How many tokens a prompt has."""

    object: Literal["response.input_tokens"]
    input_tokens: int
