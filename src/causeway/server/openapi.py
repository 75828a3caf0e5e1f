"""The OpenAPI document of this gateway, served at `/openapi.json`: which endpoints, under which bases."""

from typing import Any, Literal

import msgspec
from msgspec import Struct

from causeway import __version__
from causeway.dialects.cohere.endpoints import COHERE_PREFIXES
from causeway.dialects.openapi import Operation, Schema, Section, Server, describe_api
from causeway.dialects.table import all_sections

PATH = "/openapi.json"
METRICS_PATH = "/metrics"

_DESCRIPTION = (
    "The APIs of Cohere, OpenAI, Anthropic, Google and Amazon Bedrock in front of any model. Cohere's paths "
    "under `/` are strict; under the other servers unknown fields are ignored and named in `X-API-Warning`, "
    "and errors have two more fields. Where the others' paths stand is said at each of them. What the "
    "answering model could not be asked, or could not answer, is named in `x-causeway-loss`."
)
_SECURITY_SCHEMES: dict[str, Schema] = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "basic": {"type": "http", "scheme": "basic", "description": "The key is the password."},
    "apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    "azureKey": {"type": "apiKey", "in": "header", "name": "api-key"},
    "googleKey": {"type": "apiKey", "in": "header", "name": "x-goog-api-key"},
    "googleQueryKey": {"type": "apiKey", "in": "query", "name": "key"},
    "awsSignature": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`AWS4-HMAC-SHA256`: the key is the access key's id. The signature is not verified.",
    },
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
        [
            *all_sections(),
            Section(_own_operations()),
        ],
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
            servers=("/",),
            answers=(Health,),
        ),
        Operation(
            id="metrics",
            method="GET",
            path=METRICS_PATH,
            tag="gateway",
            summary="What the gateway has counted, as Prometheus reads it",
            servers=("/",),
            text="text/plain",
            statuses={401: "The key is missing or wrong.", 404: "The metrics are switched off."},
        ),
        Operation(
            id="openapi",
            method="GET",
            path=PATH,
            tag="gateway",
            summary="This document",
            needs_key=False,
            servers=("/",),
            answers=(OpenapiDocument,),
        ),
    ]
