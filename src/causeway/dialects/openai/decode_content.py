"""The content of messages, part by part: text, images, thinking, and what only some vendor knows."""

from collections.abc import Iterator
from typing import Any, Literal, cast

import msgspec

from causeway.dialects.openai.request_body import drop_unknown, invalid, invalid_choice, missing
from causeway.dialects.openai.request_schema import WireImageUrl
from causeway.model.content import FileBlock, ImageBlock, OpaqueBlock, TextBlock, ThinkingBlock
from causeway.model.loss import LossReport

Content = str | list[dict[str, Any]] | None

DETAILS = ("auto", "low", "high", "original")

_TEXT_MEMBERS = frozenset({"type", "text"})
_IMAGE_MEMBERS = frozenset({"type", "image_url"})
_AUDIO_MEDIA = {"mp3": "mpeg"}
_IMAGE_SCHEMES = ("https://", "http://", "data:")


def decode_user_content(
    content: Content, path: str, losses: LossReport
) -> tuple[TextBlock | ImageBlock | FileBlock | OpaqueBlock, ...]:
    """Return what a user said; raises InvalidRequestError. Parts that are not known are kept whole."""
    if content is None:
        raise missing(path)
    return tuple(_decode_blocks(content, path, losses))


def decode_system_content(content: Content, path: str, losses: LossReport) -> tuple[TextBlock, ...]:
    """Return an instruction, which is text only; raises InvalidRequestError."""
    if content is None:
        raise missing(path)
    if isinstance(content, str):
        return (TextBlock(content),)
    blocks: list[TextBlock] = []
    for part, kind, at in _parts(content, path):
        if kind != "text":
            raise invalid_choice(f"{at}.type", kind, ("text",))
        blocks.append(_decode_text(part, at, losses))
    return tuple(blocks)


def decode_tool_content(
    content: Content, path: str, losses: LossReport
) -> tuple[TextBlock | ImageBlock | FileBlock | OpaqueBlock, ...]:
    """Return a tool's result, none for a tool that returned nothing; raises InvalidRequestError."""
    return () if content is None else tuple(_decode_blocks(content, path, losses))


def decode_assistant_content(
    content: Content, path: str, losses: LossReport
) -> tuple[TextBlock | ThinkingBlock, ...]:
    """Return what a model said earlier; raises InvalidRequestError. Parts that are not known are dropped."""
    if isinstance(content, str) or content is None:
        return (TextBlock(content),) if content else ()
    blocks: list[TextBlock | ThinkingBlock] = []
    for part, kind, at in _parts(content, path):
        match kind:
            case "text":
                blocks.append(_decode_text(part, at, losses))
            case "refusal":
                losses.add("mapped", at, "it is part of the text")
                blocks.append(TextBlock(_text(part, "refusal", at)))
            case "thinking":  # as Mistral writes it: the parts of a text
                blocks.append(ThinkingBlock(_decode_thinking(part, at)))
            case _:
                losses.add("dropped", at, f"a model's turn has no part of type {kind[:100]}")
    return tuple(blocks)


def _decode_blocks(
    content: str | list[dict[str, Any]], path: str, losses: LossReport
) -> Iterator[TextBlock | ImageBlock | FileBlock | OpaqueBlock]:
    if isinstance(content, str):
        yield TextBlock(content)
        return
    for part, kind, at in _parts(content, path):
        match kind:
            case "text":
                yield _decode_text(part, at, losses)
            case "image_url":
                yield _decode_image(part, at, losses)
            case "file" if (file := _decode_file(part)) is not None:
                yield file
            case "input_audio" if (audio := _decode_audio(part)) is not None:
                yield audio
            case _:
                yield OpaqueBlock("openai", kind, part)


def _parts(content: list[dict[str, Any]], path: str) -> Iterator[tuple[dict[str, Any], str, str]]:
    """Yield each part with its type and its path."""
    for index, part in enumerate(content):
        at = f"{path}[{index}]"
        yield part, _text(part, "type", at), at


def _decode_text(part: dict[str, Any], path: str, losses: LossReport) -> TextBlock:
    drop_unknown(part, _TEXT_MEMBERS, path, losses)
    return TextBlock(_text(part, "text", path))


def _decode_image(part: dict[str, Any], path: str, losses: LossReport) -> ImageBlock:
    drop_unknown(part, _IMAGE_MEMBERS, path, losses)
    wire = part.get("image_url")
    if wire is None:
        raise missing(f"{path}.image_url")
    if isinstance(wire, str):  # as Mistral takes it too
        return ImageBlock(_image_url(wire, f"{path}.image_url"))
    try:
        image = msgspec.convert(wire, WireImageUrl)
    except msgspec.ValidationError:
        raise invalid(f"{path}.image_url", "expected an object with url and detail, both strings") from None
    url = _image_url(image.url, f"{path}.image_url.url")
    if image.detail is not None and image.detail not in DETAILS:
        raise invalid_choice(f"{path}.image_url.detail", image.detail, DETAILS)
    if image.detail == "original":
        losses.add("approximated", f"{path}.image_url.detail", "the highest that others know is asked for")
        return ImageBlock(url, "high")
    return ImageBlock(url, cast(Literal["auto", "low", "high"] | None, image.detail))


def _decode_file(part: dict[str, Any]) -> FileBlock | None:
    """Return a file that is in the request; one that was uploaded before is its vendor's own."""
    file = part.get("file")
    if not isinstance(file, dict) or not file.keys() <= {"file_data", "filename"}:
        return None
    url, name = file.get("file_data"), file.get("filename")
    if not isinstance(url, str) or not url.startswith("data:") or not isinstance(name, str | None):
        return None
    return FileBlock(url, url[len("data:") :].partition(";")[0].partition(",")[0] or None, name)


def _decode_audio(part: dict[str, Any]) -> FileBlock | None:
    match part.get("input_audio"):
        case {"data": str(data), "format": str(format), **others} if not others:
            media_type = f"audio/{_AUDIO_MEDIA.get(format, format)}"
            return FileBlock(f"data:{media_type};base64,{data}", media_type)
    return None


def _image_url(url: str, path: str) -> str:
    if not url.startswith(_IMAGE_SCHEMES):
        raise invalid(path, "expected an http(s) URL or a data: URI")
    return url


def _decode_thinking(part: dict[str, Any], path: str) -> str:
    inner = part.get("thinking")
    if isinstance(inner, str):
        return inner
    if not isinstance(inner, list) or not all(isinstance(piece, dict) for piece in inner):
        raise invalid(f"{path}.thinking", "expected a string or an array of text parts")
    return "".join(_text(piece, "text", f"{path}.thinking[{index}]") for index, piece in enumerate(inner))


def _text(part: dict[str, Any], name: str, path: str) -> str:
    value = part.get(name)
    if value is None:
        raise missing(f"{path}.{name}")
    if not isinstance(value, str):
        raise invalid(f"{path}.{name}", "expected a string")
    return value
