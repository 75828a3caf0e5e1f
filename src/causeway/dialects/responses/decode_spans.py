"""What a message says of pieces of its text: annotations become citations, and log probabilities.

Offsets count code points of the part's text. An annotation that says no span of it cannot be a citation.
"""

from typing import Any

import msgspec
from msgspec import Struct

from causeway.model.content import Citation, Source
from causeway.model.response import TokenAlternative, TokenLogprobs

SPANNED = ("url_citation", "container_file_citation")
_SPAN = ("start_index", "end_index")


class WireAlternative(Struct):
    """A token that might have stood there."""

    token: str
    logprob: float
    bytes: list[int] | None = None


class WireTokenLogprob(Struct):
    """A token and its log probability."""

    token: str
    logprob: float
    bytes: list[int] | None = None
    top_logprobs: list[WireAlternative] | None = None


def decode_annotations(annotations: Any, text: str, content_index: int) -> tuple[Citation, ...] | None:
    """Return the citations that a part's annotations are, or none where one of them is no citation."""
    if not annotations:
        return ()
    if not isinstance(annotations, list):
        return None
    citations: list[Citation] = []
    for annotation in annotations:
        if (citation := _decode_annotation(annotation, text, content_index)) is None:
            return None
        citations.append(citation)
    return tuple(citations)


def decode_logprobs(logprobs: Any) -> tuple[TokenLogprobs, ...]:
    """Return the log probabilities of a part's tokens, or of a piece's; none where they cannot be read."""
    if not logprobs:
        return ()
    try:
        tokens = msgspec.convert(logprobs, list[WireTokenLogprob])
    except msgspec.ValidationError:
        return ()
    return tuple(
        TokenLogprobs(
            token.token,
            (),
            (token.logprob,),
            _utf8(token),
            tuple(TokenAlternative(o.token, o.logprob, _utf8(o)) for o in token.top_logprobs or ()),
        )
        for token in tokens
    )


def _decode_annotation(annotation: Any, text: str, content_index: int) -> Citation | None:
    match annotation:
        case {"type": "url_citation", "start_index": int(start), "end_index": int(end), "url": str(id)}:
            hidden: tuple[str, ...] = ("type", *_SPAN)
        case {"type": "container_file_citation", "start_index": int(start), "end_index": int(end)}:
            id, hidden = _file_id(annotation), _SPAN
        case {"type": "file_citation", "index": int(start)}:
            end, id, hidden = start, _file_id(annotation), ("index",)
        case _:
            return None
    if not 0 <= start <= end <= len(text) or isinstance(start, bool) or isinstance(end, bool):
        return None
    data = {name: value for name, value in annotation.items() if name not in hidden}
    source = Source("document", id, data)
    return Citation(start, end, text[start:end], (source,), "text", content_index)


def _file_id(annotation: dict[str, Any]) -> str:
    id = annotation.get("file_id")
    return id if isinstance(id, str) else ""


def _utf8(token: WireTokenLogprob | WireAlternative) -> tuple[int, ...] | None:
    return None if token.bytes is None else tuple(token.bytes)
