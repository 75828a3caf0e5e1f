"""The parts of what a user said or a tool returned: text, images, files, and what only OpenAI knows."""

import re
from collections.abc import Iterator
from typing import Any, Literal, cast

from causeway.dialects.openai.request_body import drop_unknown, invalid, invalid_choice, missing
from causeway.dialects.responses.items import DIALECT
from causeway.model.content import CachePoint, FileBlock, ImageBlock, OpaqueBlock, TextBlock
from causeway.model.loss import LossReport

DETAILS = ("auto", "low", "high", "original")
# Every kind of part begins so; an OpaqueBlock of another kind is an item.
PART_PREFIX = "input_"

# The mark of OpenAI's that the prompt up to here is worth keeping.
CACHE_MARK = "prompt_cache_breakpoint"
PLAIN_CACHE_MARK = {"mode": "explicit"}

_TEXT_MEMBERS = frozenset({"type", "text", CACHE_MARK})
_IMAGE_MEMBERS = frozenset({"type", "image_url", "detail"})
_FILE_MEMBERS = frozenset({"type", "file_url", "file_data", "filename"})
_IMAGE_SCHEMES = ("https://", "http://", "data:")
_FILE_SCHEMES = ("https://", "http://")
_MEDIA_TYPE = re.compile(r"data:([^;,]+)")

PartBlock = TextBlock | ImageBlock | FileBlock | OpaqueBlock | CachePoint


def decode_content(content: Any, path: str, losses: LossReport) -> tuple[PartBlock, ...]:
    """Return the blocks of a text or a list of parts; raises InvalidRequestError.

    Parts that are not known, and files that OpenAI keeps, are kept whole.
    """
    if content is None:
        raise missing(path)
    if isinstance(content, str):
        return (TextBlock(content),)
    if not isinstance(content, list):
        raise invalid(path, "expected a string or an array of parts")
    return tuple(block for part, at in _parts(content, path) for block in _decode_part(part, at, losses))


def decode_system_content(content: Any, path: str, losses: LossReport) -> tuple[TextBlock | CachePoint, ...]:
    """Return an instruction, which is text only; raises InvalidRequestError."""
    if content is None:
        raise missing(path)
    if isinstance(content, str):
        return (TextBlock(content),)
    if not isinstance(content, list):
        raise invalid(path, "expected a string or an array of parts")
    blocks: list[TextBlock | CachePoint] = []
    for part, at in _parts(content, path):
        kind = _text(part, "type", at)
        if kind not in ("input_text", "text"):
            raise invalid_choice(f"{at}.type", kind, ("input_text",))
        drop_unknown(part, _TEXT_MEMBERS, at, losses)
        blocks.append(TextBlock(_text(part, "text", at)))
        if part.get(CACHE_MARK):
            blocks.append(CachePoint())
    return tuple(blocks)


def _parts(content: list[Any], path: str) -> Iterator[tuple[dict[str, Any], str]]:
    for index, part in enumerate(content):
        at = f"{path}[{index}]"
        if not isinstance(part, dict):
            raise invalid(at, "expected an object")
        yield part, at


def _decode_part(part: dict[str, Any], path: str, losses: LossReport) -> Iterator[PartBlock]:
    kind = _text(part, "type", path)
    match kind:
        # The plain names are what other dialects' callers write, and what the API takes too.
        case "input_text" | "output_text" | "text":
            drop_unknown(part, _TEXT_MEMBERS, path, losses)
            yield TextBlock(_text(part, "text", path))
            if part.get(CACHE_MARK):
                yield CachePoint()
        case "input_image" if part.get("file_id") is None:
            yield _decode_image(part, path, losses)
        case "input_file" if (file := _decode_file(part, path, losses)) is not None:
            yield file
        case _:
            yield OpaqueBlock(DIALECT, kind, part)


def _decode_image(part: dict[str, Any], path: str, losses: LossReport) -> ImageBlock:
    drop_unknown(part, _IMAGE_MEMBERS, path, losses)
    url, detail = _text(part, "image_url", path), part.get("detail")
    if not url.startswith(_IMAGE_SCHEMES):
        raise invalid(f"{path}.image_url", "expected an http(s) URL or a data: URI")
    if detail is not None and detail not in DETAILS:
        raise invalid_choice(f"{path}.detail", str(detail), DETAILS)
    if detail == "original":
        losses.add("approximated", f"{path}.detail", "the highest that others know is asked for")
        detail = "high"
    return ImageBlock(url, cast(Literal["auto", "low", "high"] | None, detail))


def _decode_file(part: dict[str, Any], path: str, losses: LossReport) -> FileBlock | None:
    """Return a file by address, or none for one that only OpenAI has or can make out."""
    for name in ("file_url", "file_data", "filename", "file_id"):
        if not isinstance(part.get(name), str | None):
            raise invalid(f"{path}.{name}", "expected a string")
    url, data = part.get("file_url"), part.get("file_data")
    if not (url or data or part.get("file_id")):
        raise missing(f"{path}.file_url")
    if url and not url.startswith(_FILE_SCHEMES):
        raise invalid(f"{path}.file_url", "expected an http(s) URL")
    if part.get("file_id") is not None or (data and not data.startswith("data:")):
        return None
    drop_unknown(part, _FILE_MEMBERS, path, losses)
    media_type = _MEDIA_TYPE.match(data) if data else None
    return FileBlock(data or url or "", media_type[1] if media_type else None, part.get("filename"))


def _text(part: dict[str, Any], name: str, path: str) -> str:
    value = part.get(name)
    if value is None:
        raise missing(f"{path}.{name}")
    if not isinstance(value, str):
        raise invalid(f"{path}.{name}", "expected a string")
    return value
