"""Where the Responses API stands: beside chat completions, everywhere."""

from collections.abc import Iterator

from causeway.dialects.endpoints import ChatEndpoint, Endpoint, TokenCountEndpoint
from causeway.dialects.openai.endpoints import AZURE_PREFIXES, OPENAI_PREFIXES
from causeway.dialects.responses.chat_face import ResponsesChat
from causeway.dialects.responses.input_tokens import ResponsesTokenCount


def endpoints() -> Iterator[Endpoint]:
    """Yield every endpoint of the API that makes a response or counts the tokens of one's prompt."""
    yield ChatEndpoint("/v1/responses", ResponsesChat(is_unified=True))
    yield TokenCountEndpoint("/v1/responses/input_tokens", ResponsesTokenCount(is_unified=True))
    for prefix in OPENAI_PREFIXES:
        yield ChatEndpoint(f"{prefix}/responses", ResponsesChat(is_unified=False))
        yield TokenCountEndpoint(f"{prefix}/responses/input_tokens", ResponsesTokenCount(is_unified=False))
    for prefix in AZURE_PREFIXES:
        yield ChatEndpoint(
            f"{prefix}/responses", ResponsesChat(is_unified=False, needs_model=False), path_provider="azure"
        )
        yield TokenCountEndpoint(
            f"{prefix}/responses/input_tokens",
            ResponsesTokenCount(is_unified=False, needs_model=False),
            path_provider="azure",
        )
