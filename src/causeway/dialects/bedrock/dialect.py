"""Bedrock's dialect, as the gateway's table has it."""

from collections.abc import Iterator

from causeway.dialects.bedrock.chat_face import BedrockConverse
from causeway.dialects.bedrock.chat_operations import ErrorBody, chat_operations
from causeway.dialects.bedrock.endpoints import BEDROCK_PREFIXES, BEDROCK_UNSERVED, NAMED_PREFIXES, endpoints
from causeway.dialects.bedrock.provider_face import BedrockProvider
from causeway.dialects.bedrock.token_count_provider import BedrockTokenCountProvider
from causeway.dialects.dialect import Dialect
from causeway.dialects.mounts import FRAMEWORKS
from causeway.dialects.openapi import Section
from causeway.dialects.unserved_operations import unserved_operations


def _sections() -> Iterator[Section]:
    unserved = unserved_operations(
        BEDROCK_UNSERVED, ErrorBody, prefix=BEDROCK_PREFIXES[0], servers=("/", *FRAMEWORKS)
    )
    yield Section([*chat_operations(BEDROCK_PREFIXES), *unserved], schema_prefix="Bedrock")


BEDROCK = Dialect(
    name=BedrockProvider.dialect,
    endpoints=endpoints,
    sections=_sections,
    error_faces={f"{prefix}/": BedrockConverse() for prefix in NAMED_PREFIXES}
    | {f"{prefix}/model/": BedrockConverse() for prefix in BEDROCK_PREFIXES},
    chat_provider=lambda _: BedrockProvider(),
    token_count_provider=BedrockTokenCountProvider(),
)
