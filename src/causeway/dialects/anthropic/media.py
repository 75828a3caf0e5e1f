"""Images and files between addresses (`https:`, `data:`) and Anthropic's `source` objects."""

import binascii
import re
from base64 import b64decode, b64encode
from typing import Any

from causeway.model.content import FileBlock, ImageBlock

PDF = "application/pdf"
PLAIN_TEXT = "text/plain"
IMAGE_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")

_DATA_URI = re.compile(r"data:(?P<type>[^;,]*)(?:;[^;,]*)*?(?P<base64>;base64)?,", re.IGNORECASE)


def decode_image(source: dict[str, Any]) -> ImageBlock | None:
    """Return the image of a source, none where it has no address that others could use."""
    match source:
        case {"type": "base64", "media_type": str(media_type), "data": str(data)} if len(source) == 3:
            return ImageBlock(f"data:{media_type};base64,{data}")
        case {"type": "url", "url": str(url)} if len(source) == 2:
            return ImageBlock(url)
    return None


def decode_file(source: dict[str, Any], title: str | None) -> FileBlock | None:
    """Return the file of a document's source, none where it has no address that others could use."""
    match source:
        case {"type": "base64", "media_type": str(media_type), "data": str(data)} if len(source) == 3:
            return FileBlock(f"data:{media_type};base64,{data}", media_type, title)
        case {"type": "text", "media_type": "text/plain", "data": str(text)} if len(source) == 3:
            data = b64encode(text.encode()).decode()
            return FileBlock(f"data:{PLAIN_TEXT};base64,{data}", PLAIN_TEXT, title)
        case {"type": "url", "url": str(url)} if len(source) == 2:  # of which Anthropic reads PDFs only
            return FileBlock(url, PDF, title)
    return None


def encode_image(image: ImageBlock) -> dict[str, Any] | None:
    """Return the source of an image, none where Anthropic cannot take it."""
    inline = _read_data_uri(image.url)
    if inline is None:
        return {"type": "url", "url": image.url} if image.url.startswith(("https://", "http://")) else None
    media_type, data = inline
    if media_type not in IMAGE_TYPES or data is None:
        return None
    return {"type": "base64", "media_type": media_type, "data": data}


def encode_file(file: FileBlock) -> dict[str, Any] | None:
    """Return the source of a PDF or of a text, none for what Anthropic cannot take."""
    inline = _read_data_uri(file.url)
    if inline is None:
        is_pdf = file.media_type in (None, PDF)
        is_address = file.url.startswith(("https://", "http://"))
        return {"type": "url", "url": file.url} if is_pdf and is_address else None
    media_type, data = file.media_type or inline[0], inline[1]
    if data is None:
        return None
    if media_type == PDF:
        return {"type": "base64", "media_type": PDF, "data": data}
    if media_type.startswith("text/") or media_type == "application/json":
        text = _read_text(data)
        return None if text is None else {"type": "text", "media_type": PLAIN_TEXT, "data": text}
    return None


def _read_data_uri(url: str) -> tuple[str, str | None] | None:
    """Return the type and the base64 of a `data:` URI, none for any other; no base64 where it has none."""
    match = _DATA_URI.match(url)
    if match is None:
        return None
    return match["type"].lower(), url[match.end() :] if match["base64"] else None


def _read_text(data: str) -> str | None:
    try:
        return b64decode(data, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
