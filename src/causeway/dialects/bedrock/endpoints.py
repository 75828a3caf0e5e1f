"""Where Bedrock's runtime API stands: under its own name, and under the frameworks', with it or without."""

from collections.abc import Iterator

from causeway.dialects.anthropic.chat_face import AnthropicChat
from causeway.dialects.bedrock.chat_face import BedrockConverse
from causeway.dialects.bedrock.face import BedrockFace
from causeway.dialects.bedrock.invoke_face import BedrockInvoke
from causeway.dialects.bedrock.token_count import BedrockTokenCount
from causeway.dialects.cohere.v1_chat_face import CohereV1Chat
from causeway.dialects.endpoints import ChatEndpoint, Endpoint, TokenCountEndpoint, UnservedEndpoint
from causeway.dialects.mounts import FRAMEWORKS, mounts
from causeway.dialects.openai.chat_face import OpenAiChat

BEDROCK_PREFIXES = mounts("bedrock")
# Without the vendor's name these paths are others'.
NAMED_PREFIXES = tuple(prefix for prefix in BEDROCK_PREFIXES if prefix not in FRAMEWORKS)
# What else Amazon's SDKs can call: batches, and the objects that their bodies are in.
BEDROCK_UNSERVED = (
    ("POST", "/model-invocation-job"),
    ("GET", "/model-invocation-jobs"),
    ("POST", "/model-invocation-job/{id*}/stop"),
    ("GET", "/model-invocation-job/{id*}"),
    ("GET", "/files/{bucket}"),
    ("PUT", "/files/{bucket}/{key*}"),
    ("GET", "/files/{bucket}/{key*}"),
    ("HEAD", "/files/{bucket}/{key*}"),
    ("DELETE", "/files/{bucket}/{key*}"),
    ("POST", "/rerank"),
)


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
    for prefix in NAMED_PREFIXES:
        for method, path in BEDROCK_UNSERVED:
            yield UnservedEndpoint(f"{prefix}{path}", BedrockFace(), method)
