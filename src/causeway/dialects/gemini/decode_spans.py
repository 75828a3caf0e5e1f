"""What an answer of Gemini's says of pieces of its text: citations and log probabilities.

Gemini counts bytes of UTF-8 where the canonical answer counts code points.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from causeway.dialects.gemini.answer_schema import (
    WireCitations,
    WireGrounding,
    WireLogprobsResult,
    WireSegment,
)
from causeway.model.content import Citation, Source
from causeway.model.response import TokenAlternative, TokenLogprobs

Shape = TypeVar("Shape")

# The kinds of chunks, of which each has one; `uri` is called as others call it.
_URI = "uri"


class SpokenText:
    """The text of an answer's blocks, in which spans are looked up.

    `blocks` are the texts by their index among the answer's content, `parts` by that of their part.
    """

    def __init__(self, blocks: Mapping[int, str], parts: Mapping[int, int]) -> None:
        self._blocks = blocks
        self._parts = parts
        self._joined = "".join(blocks.values())

    def place(self, segment: WireSegment) -> tuple[int, int, int] | None:
        """Return the block of a segment and where in it, in code points, the segment begins and ends.

        Where the bytes do not say the text that the segment quotes, the quotation counts. None where
        there is no such span in one block.
        """
        if segment.part_index is not None and segment.part_index in self._parts:
            index = self._parts[segment.part_index]
            if (span := _span(self._blocks[index], segment)) is not None:
                return (index, *span)
        span = _span(self._joined, segment)
        return None if span is None else self._in_block(*span)

    def _in_block(self, start: int, end: int) -> tuple[int, int, int] | None:
        for index, text in self._blocks.items():
            if start < len(text):
                return (index, start, end) if end <= len(text) else None
            start, end = start - len(text), end - len(text)
        return None

    def text_of(self, index: int) -> str:
        """Return the text of a block."""
        return self._blocks[index]


def decode_grounding(metadata: Any, spoken: SpokenText) -> Iterator[Citation]:
    """Yield the spans that chunks support; those that are nowhere in the text are passed over."""
    grounding = _typed(metadata, WireGrounding)
    if grounding is None:
        return
    sources = [_chunk_source(chunk, index) for index, chunk in enumerate(grounding.grounding_chunks or ())]
    for support in grounding.grounding_supports or ():
        indices = support.grounding_chunk_indices or ()
        supporting = tuple(sources[index] for index in indices if 0 <= index < len(sources))
        if support.segment is not None and supporting:
            yield from _citation(support.segment, supporting, spoken)


def decode_recitations(metadata: Any, spoken: SpokenText) -> Iterator[Citation]:
    """Yield the spans that the model took from elsewhere."""
    citations = _typed(metadata, WireCitations)
    if citations is None:
        return
    for cited in citations.citation_sources or citations.citations or ():
        if cited.uri:
            data = {"url": cited.uri, "title": cited.title, "license": cited.license}
            source = Source("document", cited.uri, {name: one for name, one in data.items() if one})
            segment = WireSegment(cited.start_index, cited.end_index)
            yield from _citation(segment, (source,), spoken)


def decode_logprobs(result: Any) -> tuple[TokenLogprobs, ...]:
    """Return the log probabilities of tokens; none where they are not in Gemini's shape."""
    logprobs = _typed(result, WireLogprobsResult)
    if logprobs is None:
        return ()
    items: list[TokenLogprobs] = []
    for index, chosen in enumerate(logprobs.chosen_candidates):
        tops = logprobs.top_candidates[index].candidates if index < len(logprobs.top_candidates) else ()
        items.append(
            TokenLogprobs(
                chosen.token,
                () if chosen.token_id is None else (chosen.token_id,),
                (chosen.log_probability,),
                alternatives=tuple(TokenAlternative(one.token, one.log_probability) for one in tops),
            )
        )
    return tuple(items)


def alternative_ids(result: Any) -> list[list[int | None]]:
    """Return the ids of the alternatives' tokens."""
    logprobs = _typed(result, WireLogprobsResult)
    tops = () if logprobs is None else logprobs.top_candidates
    return [[one.token_id for one in top.candidates] for top in tops]


def _citation(segment: WireSegment, sources: tuple[Source, ...], spoken: SpokenText) -> Iterator[Citation]:
    if (place := spoken.place(segment)) is not None:
        index, start, end = place
        yield Citation(start, end, spoken.text_of(index)[start:end], sources, "text", index)


def _chunk_source(chunk: Mapping[str, Any], index: int) -> Source:
    """Return the source that a chunk is, whatever kind it is of."""
    members = next((value for value in chunk.values() if isinstance(value, dict)), {})
    data = {("url" if name == _URI else name): value for name, value in members.items()}
    url = data.get("url")
    return Source("document", url if isinstance(url, str) and url else f"chunk_{index}", data)


def _span(text: str, segment: WireSegment) -> tuple[int, int] | None:
    encoded = text.encode()
    if 0 <= segment.start_index < segment.end_index <= len(encoded):
        cited = encoded[segment.start_index : segment.end_index].decode("utf-8", "replace")
        if segment.text in (None, cited):
            start = len(encoded[: segment.start_index].decode("utf-8", "replace"))
            end = start + len(cited)
            return (start, end) if text[start:end] == cited else None
    start = text.find(segment.text) if segment.text else -1
    return (start, start + len(segment.text or "")) if start >= 0 else None


def _typed(value: Any, shape: type[Shape]) -> Shape | None:
    try:
        return msgspec.convert(value, shape) if isinstance(value, dict) else None
    except (msgspec.ValidationError, OverflowError):
        return None


def texts_of(tokens: Sequence[TokenLogprobs]) -> str:
    """Return the text that tokens make."""
    return "".join(token.text for token in tokens)
