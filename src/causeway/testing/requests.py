"""What the scripted upstream was sent."""

import base64
import binascii
from typing import Any
from urllib.parse import parse_qs

import msgspec
from msgspec import Struct

_KEY_HEADERS = ("x-api-key", "api-key", "x-goog-api-key")


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
        """The API key that came with it.

        A bearer token, a Basic password, the access key's id of an AWS signature, the header `x-api-key`,
        `api-key` or `x-goog-api-key`, or `key` of the query.
        """
        scheme, _, credentials = self.headers.get("authorization", "").partition(" ")
        match scheme.lower():
            case "bearer":
                return credentials.strip()
            case "basic":
                try:
                    return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
                except (binascii.Error, UnicodeDecodeError):
                    return None
            case "aws4-hmac-sha256":
                return credentials.partition("Credential=")[2].partition("/")[0] or None
        in_headers = (self.headers.get(name) for name in _KEY_HEADERS)
        return next(filter(None, in_headers), None) or parse_qs(self.query).get("key", [None])[0]

    def __repr__(self) -> str:
        return f"RecordedRequest({self.number}: {self.method} {self.path}, {len(self.body)} bytes)"
