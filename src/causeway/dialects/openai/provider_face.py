"""OpenAI's chat completions as the gateway calls them, with any vendor that speaks their dialect."""

from typing import Any, ClassVar

import msgspec
from msgspec import Struct

from causeway.dialects.faces import StreamDecoder
from causeway.dialects.openai import decode_error, decode_response, decode_stream, encode_request
from causeway.dialects.openai.quirks import OpenAiQuirks
from causeway.model.errors import UpstreamRefusedError
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.response import AnswerEnding, ChatResponse

_NO_QUIRKS = OpenAiQuirks()


class OpenAiProvider(Struct, frozen=True):
    """The provider face of the dialect, with what is particular to one provider."""

    quirks: OpenAiQuirks = OpenAiQuirks()
    dialect: ClassVar[str] = "openai"
    reads_documents: ClassVar[bool] = False
    # With a space after the colon or without; most chunks say `"usage":null` and `"finish_reason":null`.
    tap_markers: ClassVar[tuple[bytes, ...]] = (
        b'"usage":{',
        b'"usage": {',
        b'"finish_reason":"',
        b'"finish_reason": "',
        b'"error"',
        b"[DONE]",
    )
    stream_media_type: ClassVar[str] = "text/event-stream"
    has_own_blocks: ClassVar[bool] = False
    is_model_in_body: ClassVar[bool] = True

    @property
    def max_stop_sequences(self) -> int:
        """How many stop sequences the provider takes."""
        return self.quirks.max_stop_sequences

    def takes_verbatim(self, request: ChatRequest, body: bytes) -> bool:
        """Whether `body`, which is the request's, may go to the provider as it is.

        It may where the provider's quirks make no difference to it, and where its author has heeded them.
        """
        if not request.is_verbatim or len(request.sampling.stop_sequences) > self.max_stop_sequences:
            return False
        if self.quirks == _NO_QUIRKS:
            return True
        asked, plain = self._members(request, self.quirks), self._members(request, _NO_QUIRKS)
        given: dict[str, Any] = msgspec.json.decode(body)
        return all(
            _said(given.get(name)) == _said(asked.get(name))
            for name in asked.keys() | plain.keys()
            if asked.get(name) != plain.get(name)
        )

    def _members(self, request: ChatRequest, quirks: OpenAiQuirks) -> dict[str, Any]:
        members: dict[str, Any] = msgspec.json.decode(
            encode_request.encode_request(request, quirks, LossReport())
        )
        return members

    def encode_request(self, request: ChatRequest, losses: LossReport) -> bytes:
        """Return the JSON body; raises UntranslatableError where nothing is left of a message."""
        return encode_request.encode_request(request, self.quirks, losses)

    def decode_response(self, body: bytes) -> ChatResponse:
        """Return the whole answer; raises UpstreamProtocolError and UpstreamRefusedError."""
        return decode_response.decode_response(body)

    def decode_ending(self, body: bytes) -> AnswerEnding:
        """Return how a whole answer ended; raises as `decode_response` does."""
        return decode_response.decode_ending(body)

    def stream_decoder(self) -> StreamDecoder:
        """Return the decoder of one streamed answer."""
        return decode_stream.StreamDecoder()

    def decode_error(self, status: int, body: bytes) -> UpstreamRefusedError:
        """Return the error that an answer of this status tells; never fails."""
        return decode_error.decode_error(status, body)


def _said(value: Any) -> Any:
    """Return a JSON value without members that say nothing: some vendors want them, none minds."""
    if isinstance(value, dict):
        return {name: _said(member) for name, member in value.items() if member not in (None, "")}
    return [_said(item) for item in value] if isinstance(value, list) else value
