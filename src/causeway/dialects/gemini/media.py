"""Images and files as Gemini's parts and back: by their bytes, or by an address.

An image that others can read is an image, everything else a file: who is not Google can fetch nothing from
Google's stores.
"""

import re
from typing import Any

from causeway.dialects.gemini.request_body import drop_unknown, missing
from causeway.dialects.gemini.request_schema import WireBlob, WireFileData
from causeway.model.content import FileBlock, ImageBlock
from causeway.model.loss import LossReport

_DATA_URI = re.compile(r"data:(?P<type>[^;,]*)(?:;[^;,]*)*?;base64,(?P<data>.*)", re.DOTALL)
_EXTENSION = re.compile(r"\.([A-Za-z0-9]{2,5})(?:[?#].*)?$", re.DOTALL)
# Addresses that only Google reads.
_OWN_STORES = re.compile(
    r"gs:|https://generativelanguage\.googleapis\.com/|https://(?:www\.)?youtu(?:\.be|be\.com)/"
)
_SCHEMES = ("https://", "http://", "gs://")
_IMAGE_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "heic": "image/heic",
    "heif": "image/heif",
    "gif": "image/gif",
}
_FILE_TYPES = {
    "pdf": "application/pdf",
    "txt": "text/plain",
    "md": "text/markdown",
    "csv": "text/csv",
    "html": "text/html",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
}
_PLAIN_ALPHABET = str.maketrans("-_", "+/")
_BLOB_MEMBERS = frozenset({"mimeType", "data", "displayName"})
_FILE_MEMBERS = frozenset({"mimeType", "fileUri", "displayName"})


def decode_blob(wire: WireBlob, raw: dict[str, Any], path: str, losses: LossReport) -> ImageBlock | FileBlock:
    """Return what came in the body; raises InvalidRequestError."""
    drop_unknown(raw, _BLOB_MEMBERS, path, losses)
    if wire.data is None:
        raise missing(f"{path}.data")
    media_type = wire.mime_type or ""
    # Google's own SDK writes the alphabet of URLs, padded or not, which other vendors refuse.
    data = wire.data.translate(_PLAIN_ALPHABET)
    url = f"data:{media_type};base64,{data}{'=' * (-len(data) % 4)}"
    if media_type.startswith("image/"):
        if wire.display_name:
            losses.add("dropped", f"{path}.displayName", "an image has no name")
        return ImageBlock(url)
    return FileBlock(url, wire.mime_type, wire.display_name)


def decode_file(
    wire: WireFileData, raw: dict[str, Any], path: str, losses: LossReport
) -> ImageBlock | FileBlock:
    """Return what is somewhere else; raises InvalidRequestError."""
    drop_unknown(raw, _FILE_MEMBERS, path, losses)
    if not wire.file_uri:
        raise missing(f"{path}.fileUri")
    is_image = (wire.mime_type or "").startswith("image/")
    if not is_image or wire.display_name or _OWN_STORES.match(wire.file_uri):
        return FileBlock(wire.file_uri, wire.mime_type, wire.display_name)
    if wire.mime_type != _media_type(wire.file_uri):
        losses.add("approximated", f"{path}.mimeType", "what kind of image it is has to be seen")
    return ImageBlock(wire.file_uri)


def is_reached(block: ImageBlock | FileBlock) -> bool:
    """Whether Google can read an image or a file: it is in the request, on the web or in Google's stores."""
    if block.url.startswith("data:"):
        return _DATA_URI.fullmatch(block.url) is not None
    return block.url.startswith(_SCHEMES)


def report_detail(block: ImageBlock | FileBlock, path: str, losses: LossReport) -> None:
    """Add how closely an image at `path` is to be looked at, where that is said."""
    if isinstance(block, ImageBlock) and block.detail in ("low", "high"):
        losses.add("dropped", f"{path}.detail", "the provider decides how closely it looks")


def encode_media(block: ImageBlock | FileBlock) -> dict[str, Any]:
    """Return the part that an image or a file is."""
    name = block.name if isinstance(block, FileBlock) else None
    media_type = block.media_type if isinstance(block, FileBlock) else None
    if inline := _DATA_URI.fullmatch(block.url):
        blob = {"mimeType": media_type or inline["type"], "data": inline["data"], "displayName": name}
        return {"inlineData": _given(blob)}
    located = {"mimeType": media_type or _media_type(block.url), "fileUri": block.url, "displayName": name}
    return {"fileData": _given(located)}


def _given(members: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in members.items() if value}


def _media_type(url: str) -> str | None:
    """Return what the end of an address says that is there, which Vertex wants to be told."""
    extension = _EXTENSION.search(url)
    if extension is None:
        return None
    ending = extension[1].lower()
    return _IMAGE_TYPES.get(ending) or _FILE_TYPES.get(ending)
