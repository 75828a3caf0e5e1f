"""The blocks of Converse's messages as msgspec types, in requests and in answers.

Source of truth: botocore's service model of bedrock-runtime, and recordings. A block is an object with one
member of several. What the types do not know is read as plain values and kept.
"""

from typing import Any

from msgspec import Struct


class WireS3Location(Struct, rename="camel"):
    """An object in S3."""

    uri: str


class WireSource(Struct, rename="camel"):
    """Where a file's content is: in the body as base64 or text, in pieces of text, or in S3."""

    bytes: str | None = None
    text: str | None = None
    content: list[dict[str, Any]] | None = None
    s3_location: WireS3Location | None = None


class WireFile(Struct, rename="camel"):
    """An image, a document, a video or an audio."""

    source: WireSource
    format: str | None = None
    name: str | None = None


class WireCachePoint(Struct, rename="camel"):
    """A mark for the provider's cache."""

    type: str
    ttl: str | None = None


class WireGuardText(Struct, rename="camel"):
    """Text that a guardrail looks at."""

    text: str


class WireGuardContent(Struct, rename="camel"):
    """Content that a guardrail looks at."""

    text: WireGuardText | None = None
    image: dict[str, Any] | None = None


class WireReasoningText(Struct, rename="camel"):
    """Reasoning that may be read."""

    text: str = ""
    signature: str | None = None


class WireReasoning(Struct, rename="camel"):
    """Reasoning, open or encrypted."""

    reasoning_text: WireReasoningText | None = None
    redacted_content: str | None = None


class WireToolUse(Struct, rename="camel"):
    """A tool call. `type` is told of the tools that the provider runs itself."""

    tool_use_id: str
    name: str
    input: Any = None
    type: str | None = None


class WireResultBlock(Struct, rename="camel"):
    """A piece of a tool's result."""

    text: str | None = None
    json: Any = None
    image: WireFile | None = None
    document: WireFile | None = None
    video: WireFile | None = None


class WireToolResult(Struct, rename="camel"):
    """What a tool returned."""

    tool_use_id: str
    content: list[WireResultBlock]
    status: str | None = None
    type: str | None = None


class WireGeneratedText(Struct, rename="camel"):
    """A piece of cited text."""

    text: str = ""


class WireSourceText(Struct, rename="camel"):
    """A piece of what a citation quotes."""

    text: str = ""


class WireCitation(Struct, rename="camel"):
    """What supports a text, and where that stands."""

    title: str | None = None
    source: str | None = None
    source_content: list[WireSourceText] | None = None
    location: dict[str, Any] | None = None


class WireCitationsContent(Struct, rename="camel"):
    """Text of the model's with what supports it."""

    content: list[WireGeneratedText] | None = None
    citations: list[WireCitation] | None = None


class WireBlock(Struct, rename="camel"):
    """One block of a message: the members exclude each other."""

    text: str | None = None
    image: WireFile | None = None
    document: WireFile | None = None
    video: WireFile | None = None
    audio: WireFile | None = None
    tool_use: WireToolUse | None = None
    tool_result: WireToolResult | None = None
    guard_content: WireGuardContent | None = None
    cache_point: WireCachePoint | None = None
    reasoning_content: WireReasoning | None = None
    citations_content: WireCitationsContent | None = None


class WireMessage(Struct, rename="camel"):
    """One turn."""

    role: str
    content: list[WireBlock]
