"""Anthropic's dialect, as the gateway's table has it."""

from collections.abc import Iterator

import msgspec

from causeway.dialects.anthropic.chat_operations import chat_operations
from causeway.dialects.anthropic.companion_face import AnthropicCompanionFace
from causeway.dialects.anthropic.companion_operations import companion_operations
from causeway.dialects.anthropic.endpoints import ANTHROPIC_PREFIXES, NAMED_PREFIXES, endpoints
from causeway.dialects.anthropic.kept_fields import DIALECT
from causeway.dialects.anthropic.models_provider import AnthropicModelsProvider
from causeway.dialects.anthropic.provider_face import AnthropicProvider
from causeway.dialects.anthropic.quirks import AnthropicQuirks
from causeway.dialects.anthropic.token_count import AnthropicTokenCountProvider
from causeway.dialects.dialect import Dialect
from causeway.dialects.openapi import Section


def _sections() -> Iterator[Section]:
    yield Section([*chat_operations(), *companion_operations()], schema_prefix="Anthropic")


ANTHROPIC = Dialect(
    name=DIALECT,
    endpoints=endpoints,
    sections=_sections,
    error_faces={prefix.removesuffix("v1"): AnthropicCompanionFace() for prefix in NAMED_PREFIXES}
    | {
        f"{prefix}/{path}": AnthropicCompanionFace()
        for prefix in ANTHROPIC_PREFIXES
        for path in ("messages", "complete")
    },
    forwarded_headers=(b"anthropic-beta",),
    chat_provider=lambda quirks: AnthropicProvider(msgspec.convert(quirks, AnthropicQuirks)),
    models_provider=AnthropicModelsProvider(),
    token_count_provider=AnthropicTokenCountProvider(),
)
