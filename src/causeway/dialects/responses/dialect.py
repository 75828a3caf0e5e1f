"""OpenAI's Responses API, as the gateway's table has it."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from causeway.dialects.dialect import Dialect
from causeway.dialects.openapi import Section
from causeway.dialects.responses.chat_face import ResponsesChat
from causeway.dialects.responses.endpoints import endpoints
from causeway.dialects.responses.input_tokens import ResponsesTokenCountProvider
from causeway.dialects.responses.items import DIALECT
from causeway.dialects.responses.provider_face import ResponsesProvider
from causeway.dialects.responses.response_operations import response_operations


class NoQuirks(Struct, frozen=True, forbid_unknown_fields=True):
    """A provider's row has none: those that speak the dialect take what OpenAI takes."""


def _sections() -> Iterator[Section]:
    yield Section(response_operations(), schema_prefix="Responses")


def _chat_provider(quirks: Mapping[str, Any]) -> ResponsesProvider:
    msgspec.convert(quirks, NoQuirks)
    return ResponsesProvider()


RESPONSES = Dialect(
    name=DIALECT,
    endpoints=endpoints,
    sections=_sections,
    error_faces={"/v1/responses": ResponsesChat(is_unified=True)},
    chat_provider=_chat_provider,
    token_count_provider=ResponsesTokenCountProvider(),
)
