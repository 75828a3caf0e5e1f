"""Where the Responses API stands: beside chat completions, everywhere."""

from collections.abc import Iterator

from causeway.dialects.endpoints import ChatEndpoint, Endpoint, KeptAnswerEndpoint, TokenCountEndpoint
from causeway.dialects.openai.endpoints import AZURE_PREFIXES, OPENAI_PREFIXES
from causeway.dialects.responses.chat_face import ResponsesChat
from causeway.dialects.responses.input_tokens import ResponsesTokenCount
from causeway.dialects.responses.kept_responses import ResponsesConversation, ResponsesKept

_CONVERSATION = ResponsesConversation()


def endpoints() -> Iterator[Endpoint]:
    """Yield every endpoint of the API."""
    for prefix in ("/v1", *OPENAI_PREFIXES):
        path, is_unified = f"{prefix}/responses", prefix == "/v1"
        yield ChatEndpoint(path, ResponsesChat(is_unified), conversation=_CONVERSATION)
        yield TokenCountEndpoint(f"{path}/input_tokens", ResponsesTokenCount(is_unified))
        kept = ResponsesKept(is_unified)
        yield KeptAnswerEndpoint(f"{path}/{{id}}", kept, "read", "GET")
        yield KeptAnswerEndpoint(f"{path}/{{id}}", kept, "delete", "DELETE")
        yield KeptAnswerEndpoint(f"{path}/{{id}}/cancel", kept, "cancel", "POST")
        yield KeptAnswerEndpoint(f"{path}/{{id}}/input_items", kept, "list_input", "GET")
    for prefix in AZURE_PREFIXES:
        yield ChatEndpoint(
            f"{prefix}/responses",
            ResponsesChat(is_unified=False, needs_model=False),
            path_provider="azure",
            conversation=_CONVERSATION,
        )
        yield TokenCountEndpoint(
            f"{prefix}/responses/input_tokens",
            ResponsesTokenCount(is_unified=False, needs_model=False),
            path_provider="azure",
        )
