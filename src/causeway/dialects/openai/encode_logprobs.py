"""Log probabilities as OpenAI tells them: one entry a token, with the bytes of each."""

from collections.abc import Iterable
from typing import Any

from causeway.model.response import TokenAlternative, TokenLogprobs

# What OpenAI says of a token that is next to impossible; JSON has no infinity.
LOWEST = -9999.0


def encode_logprobs(items: Iterable[TokenLogprobs]) -> dict[str, Any]:
    """Return the `logprobs` of a choice.

    A piece of several tokens is told as one, with the probability of all of them together; one without
    any probability cannot be told.
    """
    return {"content": [_encode_item(item) for item in items if item.logprobs], "refusal": None}


def _encode_item(item: TokenLogprobs) -> dict[str, Any]:
    return {
        "token": item.text,
        "logprob": max(sum(item.logprobs), LOWEST),
        "bytes": _utf8(item),
        "top_logprobs": [
            {"token": other.text, "logprob": max(other.logprob, LOWEST), "bytes": _utf8(other)}
            for other in item.alternatives
        ],
    }


def _utf8(token: TokenLogprobs | TokenAlternative) -> list[int]:
    return list(token.text.encode() if token.utf8 is None else token.utf8)
