"""What Gemini answers, as types: a whole answer, or a piece of a stream, which has the same shape.

Only what has a place in the canonical answer is named; the rest is collected by `answer_extras.py` from the
same JSON. The `Plain` types hold what nearly every answer is made of and nothing unknown, so that such an
answer is decoded once. Source of truth: Google's API reference, and recorded answers.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct


class WirePartialArgument(Struct, rename="camel"):
    """A piece of one of a call's arguments, as Vertex streams them."""

    json_path: str = ""
    string_value: str | None = None
    number_value: float | None = None
    bool_value: bool | None = None
    will_continue: bool | None = None


class WireFunctionCall(Struct, rename="camel"):
    """A call, whole or a piece of one."""

    name: str | None = None
    id: str | None = None
    args: dict[str, Any] | None = None
    partial_args: Sequence[WirePartialArgument] | None = None
    will_continue: bool | None = None


class WireAnswerPart(Struct, rename="camel"):
    """A piece of what is said."""

    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    function_call: WireFunctionCall | None = None


class WireAnswerContent(Struct, rename="camel"):
    """What is said."""

    parts: Sequence[WireAnswerPart] | None = None


class WireCandidate(Struct, rename="camel"):
    """One answer."""

    content: WireAnswerContent | None = None
    finish_reason: str | None = None
    finish_message: str | None = None
    index: int = 0


class WireModalityCount(Struct, rename="camel"):
    """How many tokens were of one kind."""

    modality: str | None = None
    token_count: int = 0


class WireUsage(Struct, rename="camel"):
    """The counts; the candidates' leave out the thoughts', and the prompt's what tools put into it."""

    prompt_token_count: int | None = None
    cached_content_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None
    tool_use_prompt_token_count: int | None = None
    total_token_count: int | None = None
    prompt_tokens_details: Sequence[WireModalityCount] | None = None


class WireBlocked(Struct, rename="camel"):
    """Why there is no answer."""

    block_reason: str | None = None


class WireAnswer(Struct, rename="camel"):
    """The answer, or an error in its place."""

    candidates: Sequence[WireCandidate] | None = None
    prompt_feedback: WireBlocked | None = None
    usage_metadata: WireUsage | None = None
    model_version: str | None = None
    response_id: str | None = None
    create_time: str | None = None
    error: Any = None


class PlainFunctionCall(WireFunctionCall, forbid_unknown_fields=True):
    """A whole call."""

    partial_args: None = None
    will_continue: None = None


class PlainPart(WireAnswerPart, forbid_unknown_fields=True):
    """Text, thinking or a call."""

    function_call: PlainFunctionCall | None = None


class PlainContent(WireAnswerContent, forbid_unknown_fields=True):
    """Text, thinking and calls."""

    parts: tuple[PlainPart, ...] | None = None
    role: str | None = None


class PlainCandidate(WireCandidate, forbid_unknown_fields=True):
    """The first candidate, with nothing beside its content that would have to be decoded."""

    content: PlainContent | None = None
    index: Literal[0] = 0
    avg_logprobs: float | None = None


class PlainUsage(WireUsage, forbid_unknown_fields=True):
    """The counts, each with its details."""

    cache_tokens_details: Any = None
    candidates_tokens_details: Any = None
    tool_use_prompt_tokens_details: Any = None
    traffic_type: str | None = None
    service_tier: str | None = None


class PlainAnswer(WireAnswer, forbid_unknown_fields=True):
    """What nearly every answer, and every piece of a stream, is."""

    candidates: Annotated[tuple[PlainCandidate, ...], Meta(min_length=1, max_length=1)] | None = None
    prompt_feedback: None = None
    usage_metadata: PlainUsage | None = None
    error: None = None


class WireLogprobsCandidate(Struct, rename="camel"):
    """A token, or one that might have stood in its place."""

    token: str = ""
    token_id: int | None = None
    log_probability: float = 0.0


class WireTopCandidates(Struct, rename="camel"):
    """The likeliest tokens of one place."""

    candidates: Sequence[WireLogprobsCandidate] = ()


class WireLogprobsResult(Struct, rename="camel"):
    """The log probabilities of an answer, or of a piece of it."""

    chosen_candidates: Sequence[WireLogprobsCandidate] = ()
    top_candidates: Sequence[WireTopCandidates] = ()


class WireSegment(Struct, rename="camel"):
    """A span of the answer, in bytes of UTF-8, within a part or within the text of all."""

    start_index: int = 0
    end_index: int = 0
    part_index: int | None = None
    text: str | None = None


class WireGroundingSupport(Struct, rename="camel"):
    """A span and the chunks that support it."""

    segment: WireSegment | None = None
    grounding_chunk_indices: Sequence[int] | None = None


class WireGrounding(Struct, rename="camel"):
    """What an answer rests on."""

    grounding_chunks: Sequence[dict[str, Any]] | None = None
    grounding_supports: Sequence[WireGroundingSupport] | None = None


class WireCitationSource(Struct, rename="camel"):
    """A span that is also found elsewhere."""

    start_index: int = 0
    end_index: int = 0
    uri: str | None = None
    title: str | None = None
    license: str | None = None


class WireCitations(Struct, rename="camel"):
    """Such spans; Vertex and the Gemini API have a name each for the list."""

    citation_sources: Sequence[WireCitationSource] | None = None
    citations: Sequence[WireCitationSource] | None = None
