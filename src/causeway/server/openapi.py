"""The OpenAPI document of this gateway, served at `/openapi.json`: which endpoints, under which bases."""

from typing import Any, Literal

import msgspec
from msgspec import Struct

from causeway import __version__
from causeway.dialects.cohere.chat_operations import chat_operations
from causeway.dialects.cohere.companion_operations import companion_operations
from causeway.dialects.endpoints import COHERE_PREFIXES
from causeway.dialects.openapi import Operation, Schema, Server, describe_api

PATH = "/openapi.json"

_DESCRIPTION = (
    "Cohere's API in front of any model. The paths under `/` are Cohere's own and strict; under the other "
    "servers unknown fields are ignored and named in `X-API-Warning`, and errors have two more fields."
)
_SECURITY_SCHEMES: dict[str, Schema] = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "basic": {"type": "http", "scheme": "basic", "description": "The key is the password."},
    "apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    "virtualKey": {"type": "apiKey", "in": "header", "name": "x-bf-vk"},
}


class Health(Struct):
    """How the gateway is. `status` is `ok` whenever it answers; there is more for people to read."""

    status: Literal["ok"]


class OpenapiDocument(Struct):
    """A document as OpenAPI's own specification describes it."""

    openapi: str


def encode_openapi() -> bytes:
    """Return the document as JSON."""
    document: dict[str, Any] = describe_api(
        [*chat_operations(), *companion_operations(), *_own_operations()],
        title="Causeway",
        version=__version__,
        description=_DESCRIPTION,
        servers=[
            Server("/", "Cohere's own paths"),
            *(Server(prefix, "The same, lenient") for prefix in COHERE_PREFIXES),
        ],
        security_schemes=_SECURITY_SCHEMES,
        type_prefix="Wire",
    )
    # The gateway's own paths are found at the root only.
    for operation in _own_operations():
        document["paths"][operation.path]["servers"] = [{"url": "/"}]
    return msgspec.json.encode(document)


def _own_operations() -> list[Operation]:
    return [
        Operation(
            id="health",
            method="GET",
            path="/health",
            tag="gateway",
            summary="Whether the gateway answers, and how its embedded model is",
            needs_key=False,
            answers=(Health,),
        ),
        Operation(
            id="openapi",
            method="GET",
            path=PATH,
            tag="gateway",
            summary="This document",
            needs_key=False,
            answers=(OpenapiDocument,),
        ),
    ]
