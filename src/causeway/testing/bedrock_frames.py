"""AWS's binary event stream: one event to the bytes of its frame.

Source of truth: AWS's description of the encoding, and recorded exchanges.
"""

import struct
import zlib
from typing import Any, Literal

import msgspec

CONTENT_TYPE = "application/vnd.amazon.eventstream"
_STRING = 7  # the number of the type in a frame's headers


def write_frame(message_type: Literal["event", "exception"], kind: str, body: Any) -> bytes:
    """Return a frame: two lengths and their checksum, headers, payload, and the checksum of it all."""
    headers = b"".join(
        _header(name, value)
        for name, value in (
            (f":{message_type}-type", kind),
            (":content-type", "application/json"),
            (":message-type", message_type),
        )
    )
    payload = msgspec.json.encode(body)
    prelude = struct.pack(">II", len(headers) + len(payload) + 16, len(headers))
    frame = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + payload
    return frame + struct.pack(">I", zlib.crc32(frame))


def _header(name: str, value: str) -> bytes:
    return (
        struct.pack(">B", len(name))
        + name.encode()
        + struct.pack(">BH", _STRING, len(value))
        + value.encode()
    )
