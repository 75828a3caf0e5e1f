"""From wire blocks to canonical ones.

What a block says beyond its canonical form is collected at its place in the body that `encode_request`
would write (`extras_paths.py`). A text that came in another form than `text` is sealed with that form, and
a block that has no canonical form is carried whole.
"""

from base64 import b64encode
from typing import Any

import msgspec

from causeway.dialects.bedrock.content_schema import (
    WireBlock,
    WireCachePoint,
    WireFile,
    WireGuardContent,
    WireReasoning,
    WireResultBlock,
    WireToolResult,
)
from causeway.dialects.bedrock.documents import DocumentReader
from causeway.dialects.bedrock.media_formats import FILE_KINDS, IMAGES, image_format, source_url
from causeway.dialects.bedrock.request_body import invalid, invalid_choice, missing
from causeway.model.content import (
    CachePoint,
    DocumentBlock,
    FileBlock,
    ImageBlock,
    OpaqueBlock,
    Seal,
    TextBlock,
    ThinkingBlock,
    ToolMessage,
)

LIFETIMES = {"5m": 300, "1h": 3600}

_FILE_MEMBERS = frozenset({"format", "source", "name"})
_RESULT_MEMBERS = frozenset({"toolUseId", "content", "status"})
_SOURCE_FORMS = "one of bytes, text, content, s3Location"


def kind_of(raw: dict[str, Any], path: str) -> str:
    """Return the one member that a block has; raises InvalidRequestError where there is none, or another."""
    kinds = [name for name, value in raw.items() if value is not None]
    if len(kinds) != 1:
        raise invalid(path, f"expected exactly one member, got {len(kinds)}")
    return kinds[0]


def decode_shared_block(
    wire: WireBlock | WireResultBlock, raw: dict[str, Any], path: str, place: str, fields: dict[str, Any]
) -> TextBlock | ImageBlock | FileBlock | OpaqueBlock:
    """Return a block of the kinds that stand in user messages and in tool results alike.

    `path` is where it stood, and `place` where `encode_request` puts it; what is more than canonical is
    added to `fields`. Raises InvalidRequestError.
    """
    kind = kind_of(raw, path)
    if kind == "text":
        return TextBlock(wire.text or "")
    if kind == "image" and wire.image is not None:
        return _decode_image(wire.image, raw[kind], f"{path}.image", f"{place}.image", fields)
    if kind in FILE_KINDS and (file := getattr(wire, kind, None)) is not None:
        return _decode_file(file, raw[kind], kind, (f"{path}.{kind}", f"{place}.{kind}"), fields)
    return OpaqueBlock("bedrock", kind, raw)


def decode_guard(wire: WireGuardContent, raw: dict[str, Any]) -> TextBlock | OpaqueBlock:
    """Return content that a guardrail looks at: its text, or the block whole."""
    if wire.text is not None:
        return TextBlock(wire.text.text, Seal("bedrock", raw))
    return OpaqueBlock("bedrock", "guardContent", raw)


def decode_cache_point(wire: WireCachePoint, path: str) -> CachePoint:
    """Return a mark for the cache; raises InvalidRequestError."""
    if wire.type != "default":
        raise invalid_choice(f"{path}.type", wire.type, ("default",))
    if wire.ttl is None:
        return CachePoint()
    if wire.ttl not in LIFETIMES:
        raise invalid_choice(f"{path}.ttl", wire.ttl, tuple(LIFETIMES))
    return CachePoint(LIFETIMES[wire.ttl])


def decode_reasoning(wire: WireReasoning, raw: dict[str, Any]) -> ThinkingBlock | OpaqueBlock:
    """Return reasoning, sealed with its signature, or carried whole where it is encrypted."""
    if (text := wire.reasoning_text) is None:
        return OpaqueBlock("bedrock", "reasoningContent", raw)
    seal = None if text.signature is None else Seal("bedrock", {"signature": text.signature})
    return ThinkingBlock(text.text, seal)


def decode_tool_result(
    wire: WireToolResult,
    raw: dict[str, Any],
    at: tuple[str, str],
    fields: dict[str, Any],
    documents: DocumentReader,
) -> ToolMessage:
    """Return what a tool returned, where and to where `at` says; raises InvalidRequestError."""
    path, place = at
    if wire.status not in (None, "success", "error"):
        raise invalid_choice(f"{path}.status", wire.status, ("success", "error"))
    collect_unknown(raw, _RESULT_MEMBERS, place, fields)
    content: list[TextBlock | ImageBlock | FileBlock | DocumentBlock | OpaqueBlock] = []
    for index, (block, raw_block) in enumerate(zip(wire.content, raw["content"], strict=True)):
        step = f"content[{index}]"
        if raw_block.get("json") is not None:
            content.append(TextBlock(msgspec.json.encode(block.json).decode(), Seal("bedrock", raw_block)))
            continue
        said: dict[str, Any] = {}
        decoded = decode_shared_block(block, raw_block, f"{path}.{step}", f"{place}.{step}", said)
        document = documents.read(kind_of(raw_block, f"{path}.{step}"), raw_block)
        if document is None:
            fields.update(said)
            content.append(decoded)
        else:
            content.append(DocumentBlock(document))
    return ToolMessage(wire.tool_use_id, tuple(content), wire.status == "error")


def collect_unknown(raw: dict[str, Any], known: frozenset[str], place: str, fields: dict[str, Any]) -> None:
    """Add the members of an object that have no canonical meaning to `fields`."""
    if raw.keys() <= known:
        return
    for name, value in raw.items():
        if name not in known and value is not None:
            fields[f"{place}.{name}"] = value


def _decode_image(
    wire: WireFile, raw: dict[str, Any], path: str, place: str, fields: dict[str, Any]
) -> ImageBlock:
    if wire.format is None:
        raise missing(f"{path}.format")
    if wire.format not in IMAGES:
        raise invalid_choice(f"{path}.format", wire.format, tuple(IMAGES))
    url = _decode_source(wire, raw, IMAGES[wire.format], (path, place), fields)
    if image_format(url) != wire.format:  # an address need not say what is there
        fields[f"{place}.format"] = wire.format
    collect_unknown(raw, _FILE_MEMBERS, place, fields)
    return ImageBlock(url)


def _decode_file(
    wire: WireFile, raw: dict[str, Any], kind: str, at: tuple[str, str], fields: dict[str, Any]
) -> FileBlock:
    path, place = at
    formats = FILE_KINDS[kind]
    format = wire.format
    if format is None and (wire.source.text is not None or wire.source.content is not None):
        format = "txt"
    if format is None:
        raise missing(f"{path}.format")
    if format not in formats:  # Bedrock takes a media type as well, as a recording shows
        named = next((name for name, media_type in formats.items() if media_type == format), None)
        if named is None:
            raise invalid_choice(f"{path}.format", format, tuple(formats))
        fields[f"{place}.format"], format = format, named
    if kind == "document" and not wire.name:
        raise missing(f"{path}.name")
    url = _decode_source(wire, raw, formats[format], at, fields)
    collect_unknown(raw, _FILE_MEMBERS, place, fields)
    return FileBlock(url, formats[format], wire.name)


def _decode_source(
    wire: WireFile, raw: dict[str, Any], media_type: str, at: tuple[str, str], fields: dict[str, Any]
) -> str:
    path, place = at
    url = source_url(raw["source"], media_type)
    if url is not None:
        return url
    fields[f"{place}.source"] = raw["source"]
    source = wire.source
    if source.s3_location is not None:
        return source.s3_location.uri
    if source.content is not None:
        texts = [piece.get("text") for piece in source.content]
        text = "\n".join(piece for piece in texts if isinstance(piece, str))
        return f"data:text/plain;base64,{b64encode(text.encode()).decode()}"
    raise invalid(f"{path}.source", f"expected {_SOURCE_FORMS}")
