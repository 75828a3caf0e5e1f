"""What generateContent answers, as types: the whole answer, the pieces of its stream, and errors.

They describe; the encoders write. `tests/dialects/gemini/test_gemini_response_schema.py` holds the two
together. An answer that comes from a provider of the same dialect may have more fields.
"""

from typing import Any, Literal

from msgspec import Struct


class Spoken(Struct, omit_defaults=True, rename="camel"):
    """What is said; of fields with a default, those that say nothing are left out."""


class SpokenFunctionCall(Spoken):
    """A call; it has an id where the model gave one."""

    name: str
    args: dict[str, Any]
    id: str | None = None


class SpokenPart(Spoken):
    """A text, a thought or a call."""

    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    function_call: SpokenFunctionCall | None = None


class SpokenContent(Spoken):
    """The model's turn."""

    role: Literal["model"]
    parts: list[SpokenPart] | None = None


class SpokenSegment(Spoken):
    """A span of the whole text, in bytes of UTF-8."""

    start_index: int
    end_index: int
    text: str


class SpokenSupport(Spoken):
    """A span, and the chunks that support it."""

    segment: SpokenSegment
    grounding_chunk_indices: list[int]


class SpokenWeb(Spoken):
    """A page."""

    uri: str
    title: str


class SpokenRetrieved(Spoken):
    """A retrieved text."""

    uri: str
    title: str
    text: str


class SpokenChunk(Spoken):
    """A source, of one of two kinds."""

    web: SpokenWeb | None = None
    retrieved_context: SpokenRetrieved | None = None


class SpokenGrounding(Spoken):
    """What the answer rests on."""

    grounding_chunks: list[SpokenChunk]
    grounding_supports: list[SpokenSupport]


class SpokenToken(Spoken):
    """A token and its log probability."""

    token: str
    log_probability: float
    token_id: int | None = None


class SpokenTop(Spoken):
    """Tokens that might have stood in one place."""

    candidates: list[SpokenToken]


class SpokenLogprobs(Spoken):
    """The log probabilities of the text's tokens."""

    chosen_candidates: list[SpokenToken]
    top_candidates: list[SpokenTop] | None = None


class SpokenCandidate(Spoken):
    """The answer, or a piece of it; the last piece says why it ended."""

    content: SpokenContent
    index: int
    finish_reason: str | None = None
    finish_message: str | None = None
    grounding_metadata: SpokenGrounding | None = None
    logprobs_result: SpokenLogprobs | None = None


class SpokenUsage(Spoken):
    """The counts; the candidates' leave out the thoughts'."""

    prompt_token_count: int
    candidates_token_count: int
    total_token_count: int
    cached_content_token_count: int | None = None
    thoughts_token_count: int | None = None


class GenerateContentResponse(Spoken):
    """The answer, or a piece of a stream."""

    candidates: list[SpokenCandidate]
    model_version: str
    response_id: str
    usage_metadata: SpokenUsage | None = None
    create_time: str | None = None


class SpokenError(Spoken):
    """What went wrong; `code` is the HTTP status and `status` Google's word for it."""

    code: int
    message: str
    status: str
    details: list[dict[str, Any]] | None = None


class ErrorBody(Spoken):
    """An error. It also ends a stream that broke off."""

    error: SpokenError
