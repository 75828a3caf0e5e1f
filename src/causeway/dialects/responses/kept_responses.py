"""Kept responses as the server sees them: made, gone on from, and asked for."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from causeway.dialects.openai.encode_error import encode_error
from causeway.dialects.responses.stored_response import (
    StoredResponse,
    cancel_stored,
    continue_from,
    decode_page_query,
    encode_deleted,
    encode_input_items,
    encode_stored,
    is_to_be_kept,
    keep_response,
    previous_response_id,
    unknown_previous_response,
    unknown_response,
)
from causeway.model.errors import CausewayError, ClientError
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest

_ENDS = (b'"response.completed"', b'"response.incomplete"', b'"response.failed"')
_DATA = b"data:"

_decoder = msgspec.json.Decoder(StoredResponse)


class _EndEvent(Struct):
    type: str
    response: msgspec.Raw = msgspec.Raw()


_end_decoder = msgspec.json.Decoder(_EndEvent)


class ResponsesConversation(Struct, frozen=True):
    """The `ConversationFace` of the dialect."""

    def previous_id(self, request: ChatRequest) -> str | None:
        """Return `previous_response_id`; raises InvalidRequestError."""
        return previous_response_id(request)

    def continue_from(self, kept: bytes, request: ChatRequest) -> ChatRequest:
        """Return the request with the conversation before it."""
        return continue_from(_decoder.decode(kept), request)

    def unknown_previous(self, id: str) -> ClientError:
        """Return OpenAI's 400."""
        return unknown_previous_response(id)

    def is_to_be_kept(self, request: ChatRequest) -> bool:
        """Whether `store` is not false."""
        return is_to_be_kept(request)

    def keep(self, request: ChatRequest, body: bytes) -> tuple[str, bytes] | None:
        """Return the response's id and its record."""
        try:
            stored = keep_response(request, body)
        except (ValueError, msgspec.MsgspecError):
            return None
        return stored.id, msgspec.json.encode(stored)

    def ended_answer(self, frames: bytes) -> bytes | None:
        """Return the response of the event that ends a stream."""
        if not any(end in frames for end in _ENDS):
            return None
        for line in frames.splitlines():
            if line.startswith(_DATA) and any(end in line for end in _ENDS):
                event = _end_decoder.decode(line[len(_DATA) :])
                if f'"{event.type}"'.encode() in _ENDS and event.response:
                    return bytes(event.response)
        return None


class ResponsesKept(Struct, frozen=True):
    """The `KeptAnswerFace` of the dialect."""

    is_unified: bool

    def unknown(self, id: str) -> ClientError:
        """Return OpenAI's 404."""
        return unknown_response(id)

    def encode_kept(self, kept: bytes) -> bytes:
        """Return the response."""
        return encode_stored(_decoder.decode(kept))

    def encode_deleted(self, id: str) -> bytes:
        """Return the body that says that it is gone."""
        return encode_deleted(id)

    def cancel(self, kept: bytes) -> bytes:
        """Return the record of the cancelled response; raises InvalidRequestError."""
        return msgspec.json.encode(cancel_stored(_decoder.decode(kept)))

    def encode_input(self, kept: bytes, parameters: Mapping[str, str]) -> bytes:
        """Return a page of its input items; raises InvalidRequestError."""
        return encode_input_items(_decoder.decode(kept), decode_page_query(parameters))

    def encode_error(self, error: CausewayError, id: str) -> bytes:
        """Return the JSON body of an error."""
        return encode_error(error, id, is_unified=self.is_unified, request_type="responses")

    def warning_headers(self, losses: LossReport) -> list[tuple[bytes, bytes]]:  # noqa: ARG002
        """Return none: the dialect has no header for it."""
        return []
