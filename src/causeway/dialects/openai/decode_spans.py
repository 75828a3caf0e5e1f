"""What an answer of OpenAI's dialect says of pieces of its text: citations and log probabilities."""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from causeway.dialects.openai.completion_extras import LOGPROBS, CompletionExtras
from causeway.dialects.openai.completion_schema import WireAlternative, WireLogprobs, WireTokenLogprob
from causeway.model.content import Citation, Source
from causeway.model.response import TokenAlternative, TokenLogprobs

_SPAN = ("start_index", "end_index")


def decode_annotations(
    annotations: Sequence[dict[str, Any]], text: str, target: Literal["text", "plan"]
) -> tuple[list[Citation], list[dict[str, Any]]]:
    """Return the annotations that cite a span of `text`, and the others as they came.

    A span that is empty, as those of OpenRouter's searches are, cites nothing.
    """
    citations: list[Citation] = []
    others: list[dict[str, Any]] = []
    for annotation in annotations:
        match annotation:
            case {
                "type": "url_citation",
                "url_citation": {"start_index": int(start), "end_index": int(end), "url": str(url)} as cited,
            } if len(annotation) == 2 and 0 <= start < end <= len(text):
                data = {name: value for name, value in cited.items() if name not in _SPAN}
                source = Source("document", url, data)
                citations.append(Citation(start, end, text[start:end], (source,), target))
            case _:
                others.append(annotation)
    return citations, others


def decode_logprobs(choice: dict[str, Any], collected: CompletionExtras) -> tuple[TokenLogprobs, ...]:
    """Return the log probabilities of a choice's tokens; what has another vendor's shape is collected."""
    logprobs = choice.get("logprobs")
    if not logprobs:
        return ()
    try:
        wire = msgspec.convert(logprobs, WireLogprobs)
    except msgspec.ValidationError:
        collected.fields[LOGPROBS] = logprobs
        return ()
    collected.add_logprobs(logprobs)
    return tuple(
        TokenLogprobs(
            token.token,
            (),
            (token.logprob,),
            _utf8(token),
            tuple(TokenAlternative(o.token, o.logprob, _utf8(o)) for o in token.top_logprobs or ()),
        )
        for token in wire.content or ()
    )


def _utf8(token: WireTokenLogprob | WireAlternative) -> tuple[int, ...] | None:
    return None if token.bytes is None else tuple(token.bytes)
