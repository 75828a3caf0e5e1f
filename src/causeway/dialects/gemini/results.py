"""The results of tool calls as Gemini's function responses and back.

A response is an object. Google's convention is that its `output` is what the function returned and its
`error` what went wrong, and that it is all output where it has neither.
"""

from typing import Any

import msgspec

from causeway.dialects.gemini.media import decode_blob, decode_file, encode_media, is_reached, report_detail
from causeway.dialects.gemini.request_body import drop_unknown, invalid
from causeway.dialects.gemini.request_schema import WireFunctionResponse, WirePart
from causeway.model.content import (
    CachePoint,
    Document,
    DocumentBlock,
    FileBlock,
    ImageBlock,
    OpaqueBlock,
    TextBlock,
    ToolMessage,
)
from causeway.model.loss import LossReport
from causeway.model.uncarried import report_uncarried

Block = TextBlock | ImageBlock | FileBlock | OpaqueBlock

_MEMBERS = frozenset({"name", "id", "response", "parts"})
_PART_MEMBERS = frozenset({"inlineData", "fileData"})
_OUTPUT, _ERROR = "output", "error"

_decode_object = msgspec.json.Decoder(dict[str, Any]).decode


def decode_result(
    wire: WireFunctionResponse, raw: dict[str, Any], path: str, losses: LossReport
) -> tuple[tuple[Block, ...], bool]:
    """Return what a function returned, and whether it failed; raises InvalidRequestError."""
    drop_unknown(raw, _MEMBERS, path, losses)
    blocks: list[Block] = []
    response = wire.response or {}
    is_error = response.keys() == {_ERROR}
    if response:
        told = response[_ERROR] if is_error else response
        if _is_envelope(response):
            told = response[_OUTPUT]
        blocks.append(TextBlock(told if isinstance(told, str) else msgspec.json.encode(told).decode()))
    for index, members in enumerate(wire.parts or ()):
        blocks.append(_decode_file(members, f"{path}.parts[{index}]", losses))
    return tuple(blocks), is_error


def encode_response(
    message: ToolMessage, path: str, losses: LossReport, *, is_foreign: bool
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the response of a result, and the files in it as parts; not all foreign ones can be read."""
    texts: list[str] = []
    documents: list[dict[str, Any]] = []
    files: list[dict[str, Any]] = []
    for index, block in enumerate(message.content):
        at = f"{path}.content[{index}]"
        match block:
            case TextBlock(text=text):
                texts.append(text)
            case DocumentBlock(document=document):
                losses.add("mapped", at, "the document is told as JSON text")
                documents.append(_encode_document(document))
            case ImageBlock() | FileBlock() if is_foreign and not is_reached(block):
                losses.add("dropped", at, "the provider cannot fetch it")
            case ImageBlock() | FileBlock():
                report_detail(block, at, losses)
                files.append(encode_media(block))
            case OpaqueBlock() | CachePoint():
                report_uncarried(block, at, losses)
    if documents:
        texts.append(msgspec.json.encode(documents).decode())
    return _encode_texts(texts, is_error=message.is_error), files


def _encode_texts(texts: list[str], *, is_error: bool) -> dict[str, Any]:
    if not texts and not is_error:
        return {}
    text = "\n".join(texts)
    told = _object(text)
    if is_error:
        return {_ERROR: text if told is None else told}
    # An object that would be read as the convention's envelope is told inside it.
    if not told or told.keys() == {_ERROR} or _is_envelope(told):
        return {_OUTPUT: text}
    return told


def _is_envelope(response: dict[str, Any]) -> bool:
    return response.keys() == {_OUTPUT} and isinstance(response[_OUTPUT], str)


def _object(text: str) -> dict[str, Any] | None:
    if not text.startswith("{"):
        return None
    try:
        return _decode_object(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None


def _decode_file(members: dict[str, Any], path: str, losses: LossReport) -> ImageBlock | FileBlock:
    drop_unknown(members, _PART_MEMBERS, path, losses)
    try:
        part = msgspec.convert(members, WirePart)
    except msgspec.ValidationError:
        raise invalid(path, "expected a file") from None
    if part.inline_data is not None:
        return decode_blob(part.inline_data, members["inlineData"], f"{path}.inlineData", losses)
    if part.file_data is not None:
        return decode_file(part.file_data, members["fileData"], f"{path}.fileData", losses)
    raise invalid(path, "expected a file")


def _encode_document(document: Document) -> dict[str, Any]:
    data: dict[str, Any] = {"data": document.data}
    return data if document.id is None else {"id": document.id, **data}
