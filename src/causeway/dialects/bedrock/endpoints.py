"""Where Bedrock's runtime API stands: under its own name, and under the frameworks', with it or without."""

from collections.abc import Iterator

from causeway.dialects.anthropic.chat_face import AnthropicChat
from causeway.dialects.bedrock.chat_face import BedrockConverse
from causeway.dialects.bedrock.invoke_face import BedrockInvoke
from causeway.dialects.bedrock.token_count import BedrockTokenCount
from causeway.dialects.cohere.v1_chat_face import CohereV1Chat
from causeway.dialects.endpoints import ChatEndpoint, Endpoint, TokenCountEndpoint
from causeway.dialects.mounts import mounts
from causeway.dialects.openai.chat_face import OpenAiChat

BEDROCK_PREFIXES = mounts("bedrock")


def endpoints() -> Iterator[Endpoint]:
    """Yield every endpoint of Bedrock's runtime API."""
    converse = BedrockConverse()
    invoke = BedrockInvoke(
        claude=AnthropicChat(),
        cohere=CohereV1Chat(is_native=False),
        openai=OpenAiChat(is_unified=False, needs_model=False),
    )
    for prefix in BEDROCK_PREFIXES:
        model = f"{prefix}/model/{{model*}}"
        yield ChatEndpoint(f"{model}/converse", converse)
        yield ChatEndpoint(f"{model}/converse-stream", converse, is_streamed=True)
        yield ChatEndpoint(f"{model}/invoke", invoke)
        yield ChatEndpoint(f"{model}/invoke-with-response-stream", invoke, is_streamed=True)
        yield TokenCountEndpoint(f"{model}/count-tokens", BedrockTokenCount(invoke))
