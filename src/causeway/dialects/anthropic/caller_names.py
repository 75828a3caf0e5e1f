"""What the caller calls a field, for losses: in the words of the dialect that the request came in."""

from causeway.model.request import ChatRequest

_NAMES = {
    "cohere": {"n": "num_generations", "top_k": "k", "top_p": "p"},
    "openai": {"thinking": "reasoning_effort", "stop_sequences": "stop"},
}


def name_of(field: str, request: ChatRequest) -> str:
    """Return the caller's name for a field of this dialect."""
    return _NAMES.get(request.dialect, {}).get(field, field)
