"""What a message is made of: text, images, files, thinking, documents, tool calls and citations."""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

# The turns of a long history are hidden from the garbage collector: what is made of JSON holds no cycle.


class Seal(Struct, frozen=True):
    """What a provider wants back, unchanged, with a block of its own: a signature, an encrypted reasoning,
    the id of an item.

    Only providers of `dialect` can read `data`; to all others it means nothing.
    """

    dialect: str
    data: Mapping[str, Any]


class TextBlock(Struct, frozen=True, gc=False):
    """Text that the reader sees."""

    text: str
    seal: Seal | None = None


class ThinkingBlock(Struct, frozen=True):
    """A model's reasoning, shown apart from its answer. It may be empty where only its seal is told."""

    thinking: str
    seal: Seal | None = None


class ImageBlock(Struct, frozen=True):
    """An image by address: an `https` URL or a `data:` URI."""

    url: str
    detail: Literal["auto", "low", "high"] | None = None


class FileBlock(Struct, frozen=True):
    """A file that is no image, by address: a PDF, a text, audio or video.

    `url` is a `data:` URI or one that the provider can fetch (`https:`, `gs:`, `s3:`). Without `media_type`
    nobody has said what it is.
    """

    url: str
    media_type: str | None = None
    name: str | None = None


class CachePoint(Struct, frozen=True):
    """A mark: the prompt up to here is worth keeping in the provider's cache, so long or as it likes."""

    lifetime_seconds: int | None = None


class OpaqueBlock(Struct, frozen=True):
    """A block that only its own dialect knows, such as a search that the provider ran: carried whole, or
    reported as lost.

    `kind` is the dialect's name for it and `data` the block as it came.
    """

    dialect: str
    kind: str
    data: dict[str, Any]


class Document(Struct, frozen=True):
    """A source that an answer can rest on and cite.

    `data` is either named fields or one text. `id` is the caller's own, or none. `seal` is what the caller's
    dialect said of it beyond that: the block that it was, and where that stood.
    """

    data: dict[str, Any] | str
    id: str | None = None
    seal: Seal | None = None


class DocumentBlock(Struct, frozen=True):
    """A document inside a tool's result."""

    document: Document


class ToolCall(Struct, frozen=True):
    """A model's wish to call a tool. `arguments` is JSON text, exactly as the model wrote it."""

    id: str
    name: str
    arguments: str
    seal: Seal | None = None


class Source(Struct, frozen=True):
    """Where a citation points: a document of the request, or a tool's output."""

    kind: Literal["document", "tool"]
    id: str
    data: dict[str, Any]


class Citation(Struct, frozen=True):
    """A span of the answer and what supports it.

    `start` and `end` count Unicode code points of the cited content, end exclusive, so that
    `answer[start:end] == text`.
    """

    start: int
    end: int
    text: str
    sources: tuple[Source, ...]
    target: Literal["text", "thinking", "plan"] | None = None
    content_index: int | None = None


class UserMessage(Struct, frozen=True, gc=False):
    """A turn of the user's."""

    content: tuple[TextBlock | ImageBlock | FileBlock | OpaqueBlock | CachePoint, ...]


class SystemMessage(Struct, frozen=True, gc=False):
    """An instruction of the application's; it may stand anywhere in the conversation."""

    content: tuple[TextBlock | CachePoint, ...]


class AssistantMessage(Struct, frozen=True, gc=False):
    """A turn of the model's: an answer, tool calls, or both."""

    content: tuple[TextBlock | ThinkingBlock | OpaqueBlock | CachePoint, ...] = ()
    tool_plan: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    citations: tuple[Citation, ...] = ()


class ToolMessage(Struct, frozen=True):
    """The result of one tool call; `is_error` says that the call failed."""

    tool_call_id: str
    content: tuple[TextBlock | ImageBlock | FileBlock | DocumentBlock | OpaqueBlock | CachePoint, ...]
    is_error: bool = False


Message = UserMessage | SystemMessage | AssistantMessage | ToolMessage


def sole_text(message: Message) -> str | None:
    """Return what a turn says where it is one text and nothing besides, none where it is more or a result."""
    content = message.content
    if len(content) != 1 or type(block := content[0]) is not TextBlock or block.seal is not None:
        return None
    if type(message) is AssistantMessage:
        is_alone = not (message.tool_calls or message.tool_plan or message.citations)
    else:
        is_alone = type(message) is not ToolMessage
    return block.text if is_alone else None
