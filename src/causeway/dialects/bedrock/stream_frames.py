"""The frames of Bedrock's streams: what their headers say, and the ones that are written.

Every event's payload is JSON; its name stands in a header. A failure is a frame of another message type.
"""

from causeway.dialects.bedrock.decode_error import decode_exception
from causeway.model.errors import UpstreamProtocolError
from causeway.wire.aws_event_stream import Frame, encode_frame, encode_headers

_EVENTS = (
    "messageStart",
    "contentBlockStart",
    "contentBlockDelta",
    "contentBlockStop",
    "messageStop",
    "metadata",
    "chunk",
)


def event_name(frame: Frame) -> str:
    """Return the name of the event that a frame is.

    Raises UpstreamRefusedError where it tells an error, and UpstreamProtocolError where it says nothing.
    """
    headers = frame.headers
    match headers.get(":message-type"):
        case "event":
            name = headers.get(":event-type")
            if isinstance(name, str):
                return name
        case "exception":
            raise decode_exception(str(headers.get(":exception-type", "")), frame.payload)
        case "error":
            code, message = headers.get(":error-code", ""), headers.get(":error-message", "")
            raise decode_exception(str(code), frame.payload, str(message))
    raise UpstreamProtocolError("a frame of the provider's stream does not say what it is")


def encode_event_frame(name: str, payload: bytes) -> bytes:
    """Return the frame of one event; `name` is one that Bedrock has, and `payload` JSON."""
    return encode_frame(_EVENT_HEADERS[name], payload)


def encode_exception_frame(name: str, payload: bytes) -> bytes:
    """Return the frame that ends a stream which failed; `payload` is JSON."""
    return encode_frame(_headers(":exception-type", name, "exception"), payload)


def _headers(kind: str, name: str, message_type: str) -> bytes:
    return encode_headers({kind: name, ":content-type": "application/json", ":message-type": message_type})


_EVENT_HEADERS = {name: _headers(":event-type", name, "event") for name in _EVENTS}
