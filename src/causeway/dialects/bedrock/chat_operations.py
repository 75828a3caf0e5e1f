"""What there is to say about Bedrock's endpoints in the OpenAPI document, one row each.

A row says nothing that the code says already: shapes come from the types that bodies are decoded into, and
ranges and words from the tables that they are checked against.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from causeway.dialects.bedrock.content_schema import WireCachePoint, WireMessage
from causeway.dialects.bedrock.decode_content import LIFETIMES
from causeway.dialects.bedrock.decode_messages import ROLES
from causeway.dialects.bedrock.decode_request import MAX_STOP_SEQUENCES, SAMPLING_RANGES
from causeway.dialects.bedrock.request_schema import WireConverseRequest, WireInferenceConfig
from causeway.dialects.bedrock.response_schema import WireAnswer
from causeway.dialects.bedrock.token_count import WireCountRequest
from causeway.dialects.bedrock.token_count_provider import WireCount
from causeway.dialects.error_statuses import error_statuses, provider_error
from causeway.dialects.openapi import MediaStream, Operation, Schema, path_parameters
from causeway.wire.aws_event_stream import MEDIA_TYPE

_FRAMES = (
    "Binary frames of an AWS event stream, each with one JSON object; a stream that broke off ends with an "
    "exception frame."
)
_CHUNKS = "Frames as of `converse-stream`, whose `bytes` are a JSON object of the vendor's in base64."


class ErrorBody(Struct, rename={"type": "__type"}):
    """Why there is no answer; the header `x-amzn-ErrorType` names the type as well."""

    message: str
    type: str


class InvokeBody(Struct):
    """A body in the words of the model's vendor: Claude's, Cohere's, Mistral's, Nova's or Titan's."""


class InvokeAnswer(Struct):
    """An answer in the words of the same vendor."""


def chat_operations(servers: tuple[str, ...]) -> Iterator[Operation]:
    """Yield the endpoints; `servers` are the base URLs under which they are found."""
    stream = MediaStream(MEDIA_TYPE, (), _FRAMES)
    yield _operation("converse", "Answer a conversation", servers, WireConverseRequest, answers=(WireAnswer,))
    yield _operation(
        "converse-stream", "Answer a conversation as a stream", servers, WireConverseRequest, stream=stream
    )
    yield _operation(
        "invoke", "Answer in the words of a vendor", servers, InvokeBody, answers=(InvokeAnswer,)
    )
    yield _operation(
        "invoke-with-response-stream",
        "Answer in the words of a vendor, as a stream",
        servers,
        InvokeBody,
        stream=MediaStream(MEDIA_TYPE, (), _CHUNKS),
    )
    yield _operation(
        "count-tokens", "Count the tokens of a prompt", servers, WireCountRequest, answers=(WireCount,)
    )


def _operation(
    name: str,
    summary: str,
    servers: tuple[str, ...],
    request: type,
    *,
    answers: tuple[type, ...] = (),
    stream: MediaStream | None = None,
) -> Operation:
    path = f"/model/{{model}}/{name}"
    return Operation(
        id="bedrock" + "".join(word.capitalize() for word in name.split("-")),
        method="POST",
        path=path,
        tag="chat",
        summary=summary,
        request=request,
        constraints=_CONSTRAINTS if request is WireConverseRequest else {},
        ignores_unknown_fields=True,
        parameters=path_parameters(path),
        answers=answers,
        stream=stream,
        statuses=error_statuses(),
        other_statuses=provider_error(),
        error=ErrorBody,
        servers=servers,
    )


_CONSTRAINTS: Mapping[type, Mapping[str, Schema]] = {
    WireMessage: {"role": {"enum": list(ROLES)}},
    WireCachePoint: {"type": {"enum": ["default"]}, "ttl": {"enum": list(LIFETIMES)}},
    WireInferenceConfig: {
        **{
            name: dict(zip(("minimum", "maximum"), ends, strict=True))
            for name, ends in SAMPLING_RANGES.items()
        },
        "maxTokens": {"minimum": 1},
        "stopSequences": {"maxItems": MAX_STOP_SEQUENCES, "items": {"type": "string", "minLength": 1}},
    },
}
