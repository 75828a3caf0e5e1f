"""OpenAI's dialect of chat completions, as the gateway's table has it."""

from collections.abc import Iterator

import msgspec

from causeway.dialects.dialect import Dialect
from causeway.dialects.openai.chat_face import OpenAiChat
from causeway.dialects.openai.chat_operations import chat_operations
from causeway.dialects.openai.companion_operations import companion_operations
from causeway.dialects.openai.embeddings_provider import OpenAiEmbeddingsProvider
from causeway.dialects.openai.endpoints import endpoints
from causeway.dialects.openai.models_provider import OpenAiModelsProvider
from causeway.dialects.openai.provider_face import OpenAiProvider
from causeway.dialects.openai.quirks import OpenAiQuirks
from causeway.dialects.openai.text_completion_operations import text_completion_operations
from causeway.dialects.openapi import Section


def _sections() -> Iterator[Section]:
    rows = [*chat_operations(), *text_completion_operations(), *companion_operations()]
    yield Section(rows, schema_prefix="OpenAi")


OPENAI = Dialect(
    name="openai",
    endpoints=endpoints,
    sections=_sections,
    error_faces={
        "/openai/": OpenAiChat(is_unified=False),
        "/v1/chat/": OpenAiChat(is_unified=True),
        "/v1/completions": OpenAiChat(is_unified=True),
        "/v1/embeddings": OpenAiChat(is_unified=True),
    },
    chat_provider=lambda quirks: OpenAiProvider(msgspec.convert(quirks, OpenAiQuirks)),
    embed_provider=OpenAiEmbeddingsProvider(),
    models_provider=OpenAiModelsProvider(),
)
