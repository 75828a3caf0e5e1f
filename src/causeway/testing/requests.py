"""What the scripted upstream was sent."""

import base64
import binascii
from typing import Any

import msgspec
from msgspec import Struct


class RecordedRequest(Struct, frozen=True, kw_only=True):
    """One request, as it came.

    `number` counts the requests of an upstream from 1, `connection_number` the connections. Names of
    headers are in lower case; a repeated one has its values joined by `, `. The text form leaves out
    headers, query and body, where keys are.
    """

    number: int
    connection_number: int
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as a JSON value; raises msgspec.DecodeError."""
        return msgspec.json.decode(self.body)

    @property
    def key(self) -> str | None:
        """The API key that came with it: a bearer token, `x-api-key`, `api-key` or a Basic password."""
        scheme, _, credentials = self.headers.get("authorization", "").partition(" ")
        match scheme.lower():
            case "bearer":
                return credentials.strip()
            case "basic":
                try:
                    return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
                except (binascii.Error, UnicodeDecodeError):
                    return None
        return self.headers.get("x-api-key") or self.headers.get("api-key")

    def __repr__(self) -> str:
        return f"RecordedRequest({self.number}: {self.method} {self.path}, {len(self.body)} bytes)"
