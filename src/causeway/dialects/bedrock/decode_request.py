"""A Converse body, decoded: what has no canonical place is kept as it came, at its place in the body."""

from collections.abc import Mapping
from typing import Any

import msgspec

from causeway.dialects.bedrock.additional_fields import FIELDS, decode_additional_fields
from causeway.dialects.bedrock.decode_content import collect_unknown
from causeway.dialects.bedrock.decode_messages import decode_messages, decode_system
from causeway.dialects.bedrock.decode_tools import decode_tools
from causeway.dialects.bedrock.documents import DocumentReader
from causeway.dialects.bedrock.extras_paths import is_plain_name
from causeway.dialects.bedrock.request_body import BodyReader, invalid, invalid_choice, missing
from causeway.dialects.bedrock.request_schema import (
    WireConverseRequest,
    WireInferenceConfig,
    WireOutputConfig,
)
from causeway.model.content import Message
from causeway.model.extras import Extras
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, ResponseFormat, Sampling

MAX_STOP_SEQUENCES = 2_500
SAMPLING_RANGES: Mapping[str, tuple[int, int]] = {"temperature": (0, 1), "topP": (0, 1)}

_KNOWN = frozenset(
    {
        "messages",
        "system",
        "inferenceConfig",
        "toolConfig",
        "outputConfig",
        FIELDS,
        "fallbacks",
    }
)
_SAMPLING = frozenset({"maxTokens", "temperature", "topP", "stopSequences"})

_reader = BodyReader(WireConverseRequest)


def decode_request(body: bytes, losses: LossReport) -> ChatRequest:
    """Return the canonical request of a Converse body; the path names the model.

    Raises ClientError, naming the field.
    """
    wire, tree = _reader.read(body)
    return decode_converse(wire, tree, losses)


def decode_converse(wire: WireConverseRequest, tree: dict[str, Any], losses: LossReport) -> ChatRequest:
    """Return the canonical request of a body that has been read."""
    fields: dict[str, Any] = {}
    for name, value in tree.items():
        if name in _KNOWN or value is None:
            continue
        if is_plain_name(name):
            fields[name] = value
        else:
            losses.add("unknown", name[:200], "the dialect has no such field")
    if wire.messages is None and "promptVariables" not in tree:
        raise missing("messages")
    documents = DocumentReader()
    messages: list[Message] = [decode_system(wire.system, tree["system"])] if wire.system else []
    messages += decode_messages(wire.messages or [], tree.get("messages") or [], fields, documents)
    tools = decode_tools(wire.tool_config, tree.get("toolConfig"), fields)
    thinking, top_k = decode_additional_fields(wire.additional_model_request_fields or {}, fields)
    collect_unknown(tree.get("inferenceConfig") or {}, _SAMPLING, "inferenceConfig", fields)
    return ChatRequest(
        model="",
        messages=tuple(messages),
        dialect="bedrock",
        sampling=_decode_sampling(wire.inference_config or WireInferenceConfig(), top_k),
        tools=tools.tools,
        opaque_tools=tools.opaque_tools,
        tool_choice=tools.tool_choice,
        forced_tool=tools.forced_tool,
        documents=tuple(documents.documents),
        response_format=_decode_output(wire.output_config, tree.get("outputConfig") or {}, fields),
        thinking=thinking,
        wants_stream_usage=True,
        fallbacks=tuple(wire.fallbacks or ()),
        is_verbatim=True,
        extras=Extras("bedrock", fields) if fields else None,
    )


def _decode_sampling(wire: WireInferenceConfig, top_k: int | None) -> Sampling:
    for name, value in (("temperature", wire.temperature), ("topP", wire.top_p)):
        lowest, highest = SAMPLING_RANGES[name]
        if value is not None and not lowest <= value <= highest:
            problem = f"expected a value from {lowest} to {highest}, got {str(value)[:50]}"
            raise invalid(f"inferenceConfig.{name}", problem)
    if wire.max_tokens is not None and wire.max_tokens < 1:
        raise invalid("inferenceConfig.maxTokens", f"expected at least 1, got {wire.max_tokens}")
    sequences = wire.stop_sequences or []
    if "" in sequences:
        raise invalid("inferenceConfig.stopSequences", "expected no empty string")
    if len(sequences) > MAX_STOP_SEQUENCES:
        raise invalid("inferenceConfig.stopSequences", f"expected at most {MAX_STOP_SEQUENCES}")
    return Sampling(
        max_tokens=wire.max_tokens,
        stop_sequences=tuple(sequences),
        temperature=wire.temperature,
        top_k=top_k,
        top_p=wire.top_p,
    )


def _decode_output(
    wire: WireOutputConfig | None, raw: dict[str, Any], fields: dict[str, Any]
) -> ResponseFormat | None:
    collect_unknown(raw, frozenset({"textFormat"}), "outputConfig", fields)
    if wire is None or wire.text_format is None:
        return None
    path = "outputConfig.textFormat"
    if wire.text_format.type != "json_schema":
        raise invalid_choice(f"{path}.type", wire.text_format.type, ("json_schema",))
    envelope = wire.text_format.structure.json_schema
    schema_path = f"{path}.structure.jsonSchema.schema"
    try:
        schema = msgspec.json.decode(envelope.schema)
    except (msgspec.DecodeError, RecursionError):
        raise invalid(schema_path, "expected the JSON text of a schema") from None
    if not isinstance(schema, dict):
        raise invalid(schema_path, "expected the JSON text of an object")
    return ResponseFormat(schema, envelope.name, envelope.description)
