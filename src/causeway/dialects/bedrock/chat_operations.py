"""What there is to say about Bedrock's endpoints in the OpenAPI document, one row each.

A row says nothing that the code says already: shapes come from the types that bodies are decoded into, and
ranges and words from the tables that they are checked against.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from causeway.dialects.bedrock.content_schema import WireBlock, WireCachePoint, WireMessage
from causeway.dialects.bedrock.decode_content import LIFETIMES
from causeway.dialects.bedrock.decode_messages import ROLES
from causeway.dialects.bedrock.decode_request import MAX_STOP_SEQUENCES, SAMPLING_RANGES
from causeway.dialects.bedrock.invoke_face import NOVA_MEMBERS
from causeway.dialects.bedrock.request_schema import WireConverseRequest, WireInferenceConfig, WireTool
from causeway.dialects.bedrock.response_schema import WireAnswer
from causeway.dialects.bedrock.token_count import WireInvokeTokens
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


class CountInput(Struct, rename="camel"):
    """What to count: one of two. The body of `invokeModel` is base64."""

    converse: WireConverseRequest | None = None
    invoke_model: WireInvokeTokens | None = None


class CountRequest(Struct):
    """A prompt whose tokens are to be counted."""

    input: CountInput


class InvokeBody(Struct):
    """A body in the words of the model's vendor: Claude's, Cohere's, Mistral's, Nova's or Titan's."""


class InvokeAnswer(Struct):
    """An answer in the words of the same vendor."""


_TEXT: Schema = {"type": "string", "minLength": 1}
# By which members a vendor's body is known.
_BODIES: tuple[Schema, ...] = (
    {"required": ["inputText"], "properties": {"inputText": _TEXT}},
    {"required": ["prompt"], "properties": {"prompt": _TEXT}},
    *({"required": [name]} for name in ("anthropic_version", "message", "messages", *sorted(NOVA_MEMBERS))),
)


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
        "count-tokens",
        "Count the tokens of a prompt",
        servers,
        CountRequest,
        required=("input",),
        answers=(WireCount,),
    )


def _operation(
    name: str,
    summary: str,
    servers: tuple[str, ...],
    request: type,
    *,
    required: tuple[str, ...] = (),
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
        required=required,
        constraints={} if request is InvokeBody else _CONSTRAINTS,
        variants={InvokeBody: _BODIES} if request is InvokeBody else _variants(request),
        ignores_unknown_fields=True,
        parameters=path_parameters(path),
        answers=answers,
        streams=() if stream is None else (stream,),
        statuses=error_statuses(),
        other_statuses=provider_error(),
        error=ErrorBody,
        servers=servers,
    )


def _variants(request: type) -> dict[type, tuple[Schema, ...]]:
    variants: dict[type, tuple[Schema, ...]] = {
        WireConverseRequest: (
            {"required": ["messages"], "properties": {"messages": {"type": "array"}}},
            {"required": ["promptVariables"]},
        ),
        WireBlock: _one_member(WireBlock),
        WireTool: _one_member(WireTool),
    }
    if request is CountRequest:
        variants[CountInput] = tuple(
            {"required": [name], "properties": {name: {"type": "object"}}}
            for name in CountInput.__struct_encode_fields__
        )
    return variants


def _one_member(type: type[Struct]) -> tuple[Schema, ...]:
    """Return the schemas of a union's members, and of one that the gateway does not know."""
    names = type.__struct_encode_fields__
    absent: dict[str, Schema] = {name: {"type": "null"} for name in names}
    known = tuple(
        {"required": [name], "properties": absent | {name: {"type": ["string", "object"]}}} for name in names
    )
    return (*known, {"minProperties": 1, "properties": absent})


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
