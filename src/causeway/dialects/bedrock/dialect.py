"""Bedrock's dialect, as the gateway's table has it."""

from collections.abc import Iterator

from causeway.dialects.bedrock.chat_face import BedrockConverse
from causeway.dialects.bedrock.chat_operations import chat_operations
from causeway.dialects.bedrock.endpoints import BEDROCK_PREFIXES, endpoints
from causeway.dialects.bedrock.provider_face import BedrockProvider
from causeway.dialects.bedrock.token_count_provider import BedrockTokenCountProvider
from causeway.dialects.dialect import Dialect
from causeway.dialects.openapi import Section


def _sections() -> Iterator[Section]:
    yield Section(chat_operations(BEDROCK_PREFIXES), schema_prefix="Bedrock")


BEDROCK = Dialect(
    name=BedrockProvider.dialect,
    endpoints=endpoints,
    sections=_sections,
    error_faces={f"{prefix}/": BedrockConverse() for prefix in BEDROCK_PREFIXES if "bedrock" in prefix}
    | {f"{prefix}/model/": BedrockConverse() for prefix in BEDROCK_PREFIXES},
    chat_provider=lambda _: BedrockProvider(),
    token_count_provider=BedrockTokenCountProvider(),
)
