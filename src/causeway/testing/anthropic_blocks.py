"""What messages of Anthropic's dialect are made of, read as strictly as Anthropic reads them.

Blocks of tools that Anthropic itself runs are let through unread. Source of truth: Anthropic's SDK and
recorded exchanges.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from causeway.testing.question import RefusedError
from causeway.testing.signatures import is_signature_of, sign
from causeway.testing.tokens import split_tokens

_Name = Annotated[str, Meta(pattern="^[a-zA-Z0-9_-]{1,128}$")]
_CallId = Annotated[str, Meta(pattern="^[a-zA-Z0-9_-]+$")]


class CacheControl(Struct, forbid_unknown_fields=True):
    """A mark that the prompt up to here is to be kept."""

    type: Literal["ephemeral"]
    ttl: Literal["5m", "1h"] | None = None


class Base64Image(Struct, tag="base64", forbid_unknown_fields=True):
    """An image in the request."""

    media_type: Literal["image/jpeg", "image/png", "image/gif", "image/webp"]
    data: bytes


class Base64Document(Struct, tag="base64", forbid_unknown_fields=True):
    """A PDF in the request."""

    media_type: Literal["application/pdf"]
    data: bytes


class UrlSource(Struct, tag="url", forbid_unknown_fields=True):
    """Something that is fetched."""

    url: str


class FileSource(Struct, tag="file", forbid_unknown_fields=True):
    """Something that was uploaded before."""

    file_id: str


class TextSource(Struct, tag="text", forbid_unknown_fields=True):
    """A document that is one text."""

    media_type: Literal["text/plain"]
    data: Annotated[str, Meta(min_length=1)]


class ContentSource(Struct, tag="content", forbid_unknown_fields=True):
    """A document in blocks of its writer's choice, the smallest parts that can be cited."""

    content: str | list["Text | Image"]


class CitationsSwitch(Struct, forbid_unknown_fields=True):
    """Whether a document may be cited."""

    enabled: bool = False


class _Marked(Struct, kw_only=True, forbid_unknown_fields=True):
    cache_control: CacheControl | None = None


class Text(_Marked, tag="text"):
    """Text."""

    text: str
    citations: list[dict[str, Any]] | None = None


class Image(_Marked, tag="image"):
    """An image."""

    source: Base64Image | UrlSource | FileSource
    transformations: list[dict[str, Any]] | None = None


class Document(_Marked, tag="document"):
    """A document."""

    source: Base64Document | UrlSource | FileSource | TextSource | ContentSource
    title: str | None = None
    context: str | None = None
    citations: CitationsSwitch | None = None


class SearchResult(_Marked, tag="search_result"):
    """Something that the application found."""

    source: str
    title: str
    content: Annotated[list[Text], Meta(min_length=1)]
    citations: CitationsSwitch | None = None


class Thinking(Struct, tag="thinking", forbid_unknown_fields=True):
    """What the model thought, as it was given."""

    thinking: str
    signature: str


class RedactedThinking(Struct, tag="redacted_thinking", forbid_unknown_fields=True):
    """What the model thought and nobody may read."""

    data: str


class ToolUse(_Marked, tag="tool_use"):
    """A tool call."""

    id: _CallId
    name: _Name
    input: dict[str, Any]
    caller: dict[str, Any] | None = None
    toolset_name: str | None = None


class ToolResult(_Marked, tag="tool_result"):
    """What a tool said; its `content` is read with `read_blocks`."""

    tool_use_id: _CallId
    content: str | list[dict[str, Any]] | None = None
    is_error: bool | None = None
    toolset_name: str | None = None


class Other(_Marked):
    """A block that is not looked into."""


Block = Text | Image | Document | SearchResult | Thinking | RedactedThinking | ToolUse | ToolResult | Other
Placed = tuple[str, Block]

_SHAPES: dict[str, type[Block]] = {
    "text": Text,
    "image": Image,
    "document": Document,
    "search_result": SearchResult,
    "thinking": Thinking,
    "redacted_thinking": RedactedThinking,
    "tool_use": ToolUse,
    "tool_result": ToolResult,
}
_UNREAD = {
    "advisor_tool_result",
    "bash_code_execution_tool_result",
    "code_execution_tool_result",
    "compaction",
    "container_upload",
    "fallback",
    "mcp_tool_listing",
    "mcp_tool_result",
    "mcp_tool_use",
    "server_tool_use",
    "text_editor_code_execution_tool_result",
    "tool_addition",
    "tool_reference",
    "tool_removal",
    "tool_search_tool_result",
    "web_fetch_tool_result",
    "web_search_tool_result",
}


def read_blocks(content: str | Sequence[dict[str, Any]], path: str) -> list[Placed]:
    """Return the blocks of a content, each with its place in the request; raises RefusedError."""
    if isinstance(content, str):
        blocks: list[Placed] = [(path, Text(text=content))] if content else []
    else:
        blocks = [
            (place, _read_block(block, place))
            for place, block in ((f"{path}.{index}", block) for index, block in enumerate(content))
        ]
    for place, block in blocks:
        if isinstance(block, Text) and not block.text.strip():
            raise RefusedError(400, f"{place}.text: there is none, or only white space")
    return blocks


def inner_blocks(block: Block, path: str) -> list[Placed]:
    """Return the blocks in a tool's result; raises RefusedError."""
    return read_blocks(block.content or "", f"{path}.content") if isinstance(block, ToolResult) else []


def text_of(block: Block) -> str:
    """Return what of a block is text, for a count of its tokens."""
    match block:
        case Text(text=text) | Document(source=TextSource(data=text) | ContentSource(content=str(text))):
            return text
        case Document(source=ContentSource(content=list(parts))) | SearchResult(content=parts):
            return "\n".join(part.text for part in parts if isinstance(part, Text))
        case Thinking(thinking=text):
            return text
        case ToolUse(input=arguments):
            return msgspec.json.encode(arguments).decode()
        case ToolResult(content=str(text)):
            return text
    return ""


def count_tokens(blocks: Sequence[Placed]) -> tuple[int, int]:
    """Return how many tokens blocks have, and how many of them stand before the last mark."""
    tokens = marked_tokens = 0
    for path, block in blocks:
        for _, part in [(path, block), *inner_blocks(block, path)]:
            tokens += len(split_tokens(text_of(part)))
        if is_marked(block):
            marked_tokens = tokens
    return tokens, marked_tokens


def sign_thinking(thinking: str) -> str:
    """Return the signature that a thought is given with, another than in other dialects."""
    return sign(_signed(thinking))


def is_as_given(block: Thinking) -> bool:
    """Return whether a thought has its signature."""
    return is_signature_of(block.signature, _signed(block.thinking))


def is_marked(block: Block) -> bool:
    """Return whether the prompt is to be kept up to this block."""
    return isinstance(block, _Marked) and block.cache_control is not None


def every_block(blocks: Sequence[Placed]) -> Iterator[Placed]:
    """Yield blocks and those in results of tools, in their order."""
    for path, block in blocks:
        yield path, block
        yield from inner_blocks(block, path)


def _signed(thinking: str) -> str:
    return f"anthropic {thinking}"


def _read_block(block: dict[str, Any], path: str) -> Block:
    kind = str(block.get("type"))
    if kind in _UNREAD:
        return Other()
    if kind not in _SHAPES:
        raise RefusedError(400, f"{path}.type: {kind!r} is no type of a block")
    try:
        return msgspec.convert(block, _SHAPES[kind])
    except msgspec.ValidationError as error:
        text, _, field = str(error).partition(" - at `$")
        raise RefusedError(400, f"{path}{field.rstrip('`')}: {text}") from None
