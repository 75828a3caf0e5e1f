"""The messages of a Bedrock request: their shapes, and what Bedrock and its models refuse in them.

Source of truth: the service's published model, the errors that clients report, and recorded exchanges.
"""

import base64
import binascii
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from causeway.model.content import Source
from causeway.testing.question import Passage, RefusedError
from causeway.testing.signatures import is_signature_of

Name = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
ToolUseId = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9_.:-]{1,64}$")]
_TEXT_FORMATS = ("txt", "md", "html", "csv", None)


class Shape(Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What all of a body's objects have in common."""


class Location(Shape):
    """A file in S3."""

    uri: Annotated[str, Meta(pattern=r"^s3://")]
    bucket_owner: str | None = None


class TextPiece(Shape):
    """A text that is part of something."""

    text: str


class MediaSource(Shape):
    """Where the bytes of an image, a video or a document are: here in base64, in S3, or plain text."""

    bytes: str | None = None
    s3_location: Location | None = None
    text: str | None = None
    content: list[TextPiece] | None = None


class Media(Shape):
    """An image, a video or a sound."""

    format: str
    source: MediaSource


class CitationsSwitch(Shape):
    """Whether a document may be cited."""

    enabled: bool


class Document(Shape):
    """A document."""

    # A dot is among what is refused, so the names of most files are.
    name: Annotated[str, Meta(pattern=r"^(?!.*\s\s)[a-zA-Z0-9\s()\[\]-]{1,200}$")]
    source: MediaSource
    format: Literal["pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"] | None = None
    context: str | None = None
    citations: CitationsSwitch | None = None

    @property
    def text(self) -> str:
        """What it says, as far as that can be read without a program for its format."""
        if self.source.text is not None:
            return self.source.text
        if self.source.content is not None:
            return "\n".join(piece.text for piece in self.source.content)
        if self.source.bytes is not None and self.format in _TEXT_FORMATS:
            return base64.b64decode(self.source.bytes).decode(errors="replace")
        return ""


class SearchResult(Shape):
    """A result of a search of the caller's own."""

    source: str
    title: str
    content: list[TextPiece]
    citations: CitationsSwitch | None = None


class ToolUse(Shape):
    """A call of a tool, as the model made it; with a `type` the provider ran it."""

    tool_use_id: ToolUseId
    name: Name
    input: dict[str, Any]
    type: Literal["server_tool_use", "tool_use"] | None = None


class ResultBlock(Shape):
    """A part of a tool's result."""

    json: Any = None
    text: str | None = None
    image: Media | None = None
    document: Document | None = None
    video: Media | None = None
    search_result: SearchResult | None = None


class ToolResult(Shape):
    """What a tool returned; with a `type` it is one of the provider's."""

    tool_use_id: ToolUseId
    content: list[ResultBlock]
    status: Literal["success", "error"] | None = None
    type: str | None = None

    @property
    def text(self) -> str:
        """What it says."""
        return "\n".join(
            block.text if block.text is not None else msgspec.json.encode(block.json).decode()
            for block in self.content
            if block.text is not None or block.json is not None
        )


class ReasoningText(Shape):
    """What a model thought, and its seal."""

    text: str
    signature: str | None = None


class Reasoning(Shape):
    """What a model thought, in words or hidden."""

    reasoning_text: ReasoningText | None = None
    redacted_content: str | None = None


class CitedText(Shape):
    """A text of the model's with what it cites."""

    content: list[TextPiece] | None = None
    citations: list[dict[str, Any]] | None = None


class CachePoint(Shape):
    """Where the provider may cache what is before."""

    type: Literal["default"]
    ttl: Literal["5m", "1h"] | None = None


class Block(Shape):
    """One of a message's blocks; one of its fields is set."""

    text: str | None = None
    image: Media | None = None
    document: Document | None = None
    video: Media | None = None
    audio: Media | None = None
    tool_use: ToolUse | None = None
    tool_result: ToolResult | None = None
    guard_content: dict[str, Any] | None = None
    cache_point: CachePoint | None = None
    reasoning_content: Reasoning | None = None
    citations_content: CitedText | None = None
    search_result: SearchResult | None = None


class Message(Shape):
    """A turn."""

    role: Literal["user", "assistant"]
    content: list[Block]

    @property
    def text(self) -> str:
        """What it says in words."""
        return "\n".join(block.text for block in self.content if block.text)

    @property
    def uses(self) -> list[ToolUse]:
        """The caller's tools that it calls."""
        used = [block.tool_use for block in self.content if block.tool_use is not None]
        return [use for use in used if use.type != "server_tool_use"]

    @property
    def results(self) -> list[ToolResult]:
        """What the caller's tools returned in it."""
        found = [block.tool_result for block in self.content if block.tool_result is not None]
        return [result for result in found if result.type is None]


def check_messages(messages: Sequence[Message], *, has_tools: bool, is_thinking: bool) -> None:
    """Raise RefusedError where turns, blocks or signatures are not as they must be."""
    asked: list[str] = []
    for index, message in enumerate(messages):
        place = f"messages.{index}"
        if message.role != ("user", "assistant")[index % 2]:
            raise RefusedError(
                400,
                f"{place}.role: A conversation must alternate between user and assistant, the user first.",
            )
        if not message.content:
            raise RefusedError(400, f"The content field in the Message object at {place} is empty.")
        for number, block in enumerate(message.content):
            _check_block(block, f"{place}.content.{number}", has_text=bool(message.text.strip()))
        _check_results(asked, message, place)
        asked = [use.tool_use_id for use in message.uses]
        if asked and message.role != "assistant":
            raise RefusedError(400, f"{place}: toolUse blocks are the assistant's.")
        if (asked or message.results) and not has_tools:
            raise RefusedError(
                400,
                "The toolConfig field must be defined when using toolUse and toolResult content blocks.",
            )
    if is_thinking:
        _check_thoughts(messages)


def passages_of(messages: Sequence[Message]) -> tuple[Passage, ...]:
    """Return the documents and search results that may be cited, each by its place among its kind."""
    blocks = [block for message in messages for block in message.content]
    documents = [block.document for block in blocks if block.document is not None]
    results = [block.search_result for block in blocks if block.search_result is not None]
    passages = [
        Passage(document.text, Source("document", f"document {index}", {"title": document.name}))
        for index, document in enumerate(documents)
        if document.citations is not None and document.citations.enabled
    ]
    passages += [
        Passage(
            "\n".join(piece.text for piece in result.content),
            Source("document", f"search result {index}", {"title": result.title, "source": result.source}),
        )
        for index, result in enumerate(results)
        if result.citations is not None and result.citations.enabled
    ]
    return tuple(passages)


def texts_of(messages: Sequence[Message]) -> Iterator[str]:
    """Yield what messages say in words, results of tools and documents included."""
    for message in messages:
        yield message.text
        for block in message.content:
            if block.tool_result is not None:
                yield block.tool_result.text
            if block.document is not None:
                yield block.document.text


def _check_block(block: Block, place: str, *, has_text: bool) -> None:
    _check_is_one(block, place)
    # White space passes beside other text, as recorded exchanges show; alone it does not.
    if block.text == "" or (block.text is not None and not block.text.strip() and not has_text):
        raise RefusedError(400, f"The text field in the ContentBlock object at {place} is blank.")
    for media in (block.image, block.video, block.audio, block.document):
        if media is not None:
            _check_source(media.source, place)
    if block.tool_result is not None:
        for number, part in enumerate(block.tool_result.content):
            part_place = f"{place}.toolResult.content.{number}"
            _check_is_one(part, part_place)
            if part.text is not None and not part.text.strip():
                raise RefusedError(
                    400, f"The text field in the ContentBlock object at {part_place} is blank."
                )
            for inner in (part.image, part.video, part.document):
                if inner is not None:
                    _check_source(inner.source, part_place)
    if block.reasoning_content is not None:
        _check_is_one(block.reasoning_content, f"{place}.reasoningContent")
        told = block.reasoning_content.reasoning_text
        if told is not None and not is_signature_of(told.signature or "", told.text):
            raise RefusedError(
                400, f"{place}.reasoningContent.reasoningText.signature: not the signature of this thinking"
            )


def _check_is_one(union: Struct, place: str) -> None:
    fields = msgspec.structs.asdict(union)
    if sum(value is not None for value in fields.values()) != 1:
        raise RefusedError(400, f"{place}: exactly one of the union's fields must be set")


def _check_source(source: MediaSource, place: str) -> None:
    _check_is_one(source, f"{place}.source")
    try:
        base64.b64decode(source.bytes or "", validate=True)
    except (binascii.Error, ValueError):
        raise RefusedError(400, f"{place}.source.bytes: no base64") from None


def _check_results(asked: Sequence[str], message: Message, place: str) -> None:
    answered = [result.tool_use_id for result in message.results]
    if unknown := [identifier for identifier in answered if identifier not in asked]:
        raise RefusedError(
            400, f"{place}: no toolUse block of the previous turn has the toolUseId {unknown[0]!r}."
        )
    if missing := [identifier for identifier in asked if identifier not in answered]:
        raise RefusedError(
            400, f"Expected toolResult blocks at {place}.content for the following Ids: {', '.join(missing)}"
        )
    if len(set(answered)) != len(answered):
        raise RefusedError(400, f"{place}: two toolResult blocks have one toolUseId.")


def _check_thoughts(messages: Sequence[Message]) -> None:
    """A model that thinks goes on from its thoughts: they come back before the calls that they led to."""
    for index in range(len(messages) - 1, 0, -2):
        if not messages[index].results:
            break
        if messages[index - 1].content[0].reasoning_content is None:
            raise RefusedError(
                400,
                f"messages.{index - 1}.content.0: with thinking enabled, an assistant message with toolUse "
                "blocks must begin with a reasoningContent block",
            )
