"""Images, documents, videos and audio: Bedrock's `format` and `source` as a media type and a URL, and back.

Bytes are `data:` URIs and objects in S3 their `s3:` address. Text that stands in the body as text, and not as
base64 of it, is a `data:` URI that says its charset, so that it can be told apart.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from typing import Any

IMAGES: Mapping[str, str] = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
}
DOCUMENTS: Mapping[str, str] = {
    "pdf": "application/pdf",
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html",
    "txt": "text/plain",
    "md": "text/markdown",
}
VIDEOS: Mapping[str, str] = {
    "mkv": "video/x-matroska",
    "mov": "video/quicktime",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "flv": "video/x-flv",
    "mpeg": "video/mpeg",
    "mpg": "video/mpg",
    "wmv": "video/x-ms-wmv",
    "three_gp": "video/3gpp",
}
AUDIOS: Mapping[str, str] = {
    "mp3": "audio/mpeg",
    "opus": "audio/opus",
    "wav": "audio/wav",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "mp4": "audio/mp4",
    "ogg": "audio/ogg",
    "mkv": "audio/x-matroska",
    "mka": "audio/mka",
    "x-aac": "audio/x-aac",
    "m4a": "audio/m4a",
    "mpeg": "audio/x-mpeg",
    "mpga": "audio/mpga",
    "pcm": "audio/pcm",
    "webm": "audio/webm",
}
FILE_KINDS: Mapping[str, Mapping[str, str]] = {"document": DOCUMENTS, "video": VIDEOS, "audio": AUDIOS}

# Other names for the same: what callers of other dialects write.
_ALIASES = {
    "image/jpg": "image/jpeg",
    "audio/mp3": "audio/mpeg",
    "audio/x-wav": "audio/wav",
    "audio/x-m4a": "audio/m4a",
    "application/x-pdf": "application/pdf",
    "text/x-markdown": "text/markdown",
}
_IMAGE_FORMATS = {media_type: name for name, media_type in IMAGES.items()}
_FILE_FORMATS = {
    media_type: (kind, name) for kind, formats in FILE_KINDS.items() for name, media_type in formats.items()
}
_DATA_URI = re.compile(r"data:(?P<type>[^;,]*)(?P<parameters>(?:;[^;,]*)*?)(?P<base64>;base64)?,")
_TEXT_PREFIX = "data:text/plain;charset=utf-8;base64,"


def image_format(url: str) -> str | None:
    """Return Bedrock's name for the format of an image at this address, or none where it has none."""
    if match := _DATA_URI.match(url):
        return _IMAGE_FORMATS.get(_plain(match["type"]))
    suffix = url.rpartition(".")[2].lower()
    return "jpeg" if suffix == "jpg" else suffix if suffix in IMAGES else None


def file_format(media_type: str | None, url: str) -> tuple[str, str] | None:
    """Return the kind of block (`document`, `video`, `audio`) and the format, or none where there is none."""
    if media_type is None and (match := _DATA_URI.match(url)):
        media_type = match["type"]
    return _FILE_FORMATS.get(_plain(media_type or ""))


def source_url(source: Mapping[str, Any], media_type: str) -> str | None:
    """Return the address of a source that is all in one of its members, or none."""
    match source:
        case {"bytes": str(content), **others} if not others:
            return f"data:{media_type};base64,{content}"
        case {"text": str(text), **others} if not others:
            return _TEXT_PREFIX + b64encode(text.encode()).decode()
        case {"s3Location": {"uri": str(uri), **more}, **others} if not (others or more):
            return uri
    return None


def encode_source(url: str) -> dict[str, Any] | None:
    """Return the source that an address stands for, or none where Bedrock cannot fetch it."""
    if url.startswith("s3://"):
        return {"s3Location": {"uri": url}}
    match = _DATA_URI.match(url)
    if match is None or not match["base64"]:
        return None
    content = url[match.end() :]
    if url.startswith(_TEXT_PREFIX) and (text := _decoded_text(content)) is not None:
        return {"text": text}
    return {"bytes": content}


def _decoded_text(content: str) -> str | None:
    try:
        return b64decode(content, validate=True).decode()
    except (Base64Error, ValueError):
        return None


def _plain(media_type: str) -> str:
    plain = media_type.partition(";")[0].strip().lower()
    return _ALIASES.get(plain, plain)
