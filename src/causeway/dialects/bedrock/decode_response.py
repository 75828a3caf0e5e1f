"""What Converse answers, decoded to the canonical response.

An answer in which everything is known is decoded to its type at once. Of any other the body is parsed to
plain values as well, and what nobody knows is kept: blocks as they are, members at their place.
"""

from typing import Any

import msgspec

from causeway.dialects.bedrock.citations import decode_citations
from causeway.dialects.bedrock.content_schema import WireCitationsContent, WireReasoning
from causeway.dialects.bedrock.decode_content import decode_reasoning
from causeway.dialects.bedrock.decode_ending import decode_stop_reason, decode_usage
from causeway.dialects.bedrock.decode_messages import SERVER_TOOL, cited_text
from causeway.dialects.bedrock.extras_paths import is_plain_name
from causeway.dialects.bedrock.invented_ids import invented_id
from causeway.dialects.bedrock.response_schema import PlainAnswer, WireAnswer, WireAnsweredBlock
from causeway.model.content import Citation, OpaqueBlock, Seal, TextBlock, ThinkingBlock, ToolCall
from causeway.model.errors import UpstreamProtocolError
from causeway.model.extras import Extras
from causeway.model.response import ChatResponse

Block = TextBlock | ThinkingBlock | OpaqueBlock

# What stands beside the message, the stop reason and the usage, by its names here and there.
BESIDE = {
    "metrics": "metrics",
    "trace": "trace",
    "performance_config": "performanceConfig",
    "service_tier": "serviceTier",
    "additional_model_response_fields": "additionalModelResponseFields",
}
_ROOT = frozenset({"output", "stopReason", "usage"})
_USAGE = frozenset(
    {
        "inputTokens",
        "outputTokens",
        "totalTokens",
        "cacheReadInputTokens",
        "cacheWriteInputTokens",
        "cacheReadInputTokenCount",
        "cacheWriteInputTokenCount",
        "cacheDetails",
        "serverToolUsage",
    }
)
_NOT_OF_THE_TYPE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_decode = msgspec.json.Decoder(WireAnswer).decode
_decode_plain = msgspec.json.Decoder(PlainAnswer).decode
_decode_tree = msgspec.json.Decoder(dict[str, Any]).decode


def decode_response(body: bytes) -> ChatResponse:
    """Return the canonical response; raises UpstreamProtocolError where the body is none."""
    fields: dict[str, Any] = {}
    raws: list[dict[str, Any]] | None = None
    wire: WireAnswer
    try:
        wire = _decode_plain(body)
    except _NOT_OF_THE_TYPE:
        wire, tree = _read_unknown(body)
        raws = tree["output"]["message"]["content"]
        collect_root(tree, fields)
    else:
        for name, key in BESIDE.items():
            if value := getattr(wire, name):
                fields[key] = value
    content: list[Block] = []
    calls: list[ToolCall] = []
    citations: list[Citation] = []
    for index, block in enumerate(wire.output.message.content):
        call = block.tool_use
        if call is not None and call.type != SERVER_TOOL:
            calls.append(ToolCall(call.tool_use_id, call.name, bytes(call.input).decode()))
        else:
            _add_block(block, raws[index] if raws is not None else None, content, citations)
    reason, failure = decode_stop_reason(wire.stop_reason, fields, has_calls=bool(calls))
    return ChatResponse(
        id=invented_id(body),
        content=tuple(content),
        tool_calls=tuple(calls),
        citations=tuple(citations),
        finish_reason=reason,
        usage=decode_usage(wire.usage, fields),
        failure=failure,
        extras=Extras("bedrock", fields) if fields else None,
    )


def collect_root(tree: dict[str, Any], fields: dict[str, Any]) -> None:
    """Add what stands beside the message and in the usage, known or not, to `fields`."""
    for name, value in tree.items():
        if name not in _ROOT and value and is_plain_name(name):
            fields[name] = value
    for name, value in (tree.get("usage") or {}).items():
        if name not in _USAGE and value and is_plain_name(name):
            fields[f"usage.{name}"] = value


def _read_unknown(body: bytes) -> tuple[WireAnswer, dict[str, Any]]:
    try:
        tree: dict[str, Any] = _decode_tree(body)
        return _decode(body), tree
    except _NOT_OF_THE_TYPE as error:
        reason = (
            "the document is nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
        )
        raise UpstreamProtocolError(f"the provider did not send an answer of Converse's: {reason}") from None


def _add_block(
    block: WireAnsweredBlock,
    raw: dict[str, Any] | None,
    content: list[Block],
    citations: list[Citation],
) -> None:
    if block.text is not None:
        content.append(TextBlock(block.text))
    elif block.reasoning_content is not None:
        content.append(_decode_reasoning(block.reasoning_content, raw))
    elif block.citations_content is not None:
        told = {"citationsContent": block.citations_content}
        try:
            cited = msgspec.convert(block.citations_content, WireCitationsContent)
        except msgspec.ValidationError as error:
            raise UpstreamProtocolError(f"the provider's citations cannot be read: {error}"[:300]) from None
        text = cited_text(cited)
        citation = decode_citations(cited.citations or (), text, len(content))
        content.append(TextBlock(text, Seal("bedrock", told)))
        if citation is not None:
            citations.append(citation)
    else:
        whole = {name: value for name, value in (raw or _told(block)).items() if value is not None}
        if whole:
            content.append(OpaqueBlock("bedrock", next(iter(whole)), whole))


def _decode_reasoning(wire: WireReasoning, raw: dict[str, Any] | None) -> Block:
    if raw is None:
        redacted = wire.redacted_content
        raw = {"reasoningContent": {} if redacted is None else {"redactedContent": redacted}}
    return decode_reasoning(wire, raw)


def _told(block: WireAnsweredBlock) -> dict[str, Any]:
    """Return a block as it came: one that the provider ran a tool for, or an image."""
    told: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(block))
    return {
        name: {member: said for member, said in value.items() if said is not None}
        for name, value in told.items()
        if isinstance(value, dict)
    }
