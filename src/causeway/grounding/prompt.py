"""Composes the part of a prompt that shows a model the documents, within a budget of tokens.

For models that take no documents of their own, small ones first: few words around the passages, the
most relevant passages only, and in the order of the documents. What is left out is returned and never
silent. Pure: how tokens are counted is passed in.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence

from msgspec import Struct

from causeway.grounding.sentences import sentences
from causeway.grounding.sources import GroundingSource
from causeway.grounding.words import analyse

# Told after the text and without numbered headings, the smallest models follow it best: of ten questions
# they answered nine from the text, and four with the instruction before it and a heading for each document.
_CLOSING = "\n\nAnswer the question with words of the text above."
_BETWEEN = "\n"
_GAP = " ... "
_PASSAGE_CHARACTERS = 400
_MOST_CHARACTERS = 200_000
_TITLE_SHARE = 0.5


class Trimming(Struct, frozen=True):
    """A document that is not whole in the section; `kept_characters` of its text are."""

    source_id: str
    kept_characters: int
    total_characters: int


class Section(Struct, frozen=True):
    """The documents as a model reads them. `text` is empty where nothing fits."""

    text: str
    kept_source_ids: tuple[str, ...]
    trimmed: tuple[Trimming, ...]


class _Passage(Struct, frozen=True):
    """Some sentences of one source."""

    source_index: int
    start: int
    end: int
    text: str


def compose_section(
    sources: Sequence[GroundingSource],
    question: str,
    budget_tokens: int,
    count_tokens: Callable[[str], int],
) -> Section:
    """Return a section of at most `budget_tokens`, with the passages that fit the question best.

    Everything is kept where everything fits. Otherwise passages are added in the order of their
    relevance as long as there is room, so the best document is there if any of its passages fits.
    """
    passages = _passages(sources)
    whole = _section(sources, passages)
    if not passages or (not _is_cut(sources) and count_tokens(whole.text) <= budget_tokens):
        return whole
    kept: list[_Passage] = []
    room = budget_tokens - count_tokens(_CLOSING)
    for passage in _by_relevance(passages, sources, question):
        if room <= 0:
            break
        cost = count_tokens(_BETWEEN + _heading(sources, passage.source_index) + passage.text + _GAP)
        if cost <= room:
            kept.append(passage)
            room -= cost
    section = _section(sources, kept)
    # Tokens of parts do not add up exactly to tokens of the whole.
    while kept and count_tokens(section.text) > budget_tokens:
        kept.pop()
        section = _section(sources, kept)
    return section


def _passages(sources: Sequence[GroundingSource]) -> list[_Passage]:
    found: list[_Passage] = []
    left = _MOST_CHARACTERS
    for index, source in enumerate(sources):
        body = source.body[:left]
        left -= len(body)
        start = end = 0
        for _, sentence_end in sentences(body):
            if end > start and sentence_end - start > _PASSAGE_CHARACTERS:
                found.append(_Passage(index, start, end, body[start:end].strip()))
                start = end
            end = sentence_end
        if end > start or not body:
            found.append(_Passage(index, start, end, body[start:end].strip()))
    return [passage for passage in found if passage.text or sources[passage.source_index].title]


def _is_cut(sources: Sequence[GroundingSource]) -> bool:
    return sum(len(source.body) for source in sources) > _MOST_CHARACTERS


def _by_relevance(
    passages: Sequence[_Passage], sources: Sequence[GroundingSource], question: str
) -> list[_Passage]:
    """Return the passages that share most with the question first; of equals, the earlier."""
    asked = _stems(question)
    stems = [_stems(passage.text) for passage in passages]
    counts = Counter(stem for own in stems for stem in own)
    weights = {stem: math.log(1.0 + len(passages) / (0.5 + counts[stem])) for stem in asked}
    titles = [_stems(source.title) for source in sources]

    def relevance(place: int) -> float:
        passage, own = passages[place], stems[place]
        in_text = sum(weights[stem] for stem in asked & own)
        in_title = sum(weights[stem] for stem in (asked & titles[passage.source_index]) - own)
        return in_text + _TITLE_SHARE * in_title

    order = sorted(range(len(passages)), key=lambda place: (-relevance(place), place))
    return [passages[place] for place in order]


def _stems(text: str) -> frozenset[str]:
    return frozenset(term.stem or text[term.start : term.end] for term in analyse(text))


def _heading(sources: Sequence[GroundingSource], index: int) -> str:
    title = sources[index].title
    return f"{title}. " if title else ""  # on a line of its own it draws the answer to itself


def _section(sources: Sequence[GroundingSource], kept: Sequence[_Passage]) -> Section:
    ordered = sorted(kept, key=lambda passage: (passage.source_index, passage.start))
    by_source: dict[int, list[_Passage]] = {}
    for passage in ordered:
        by_source.setdefault(passage.source_index, []).append(passage)
    documents = []
    trimmed = []
    for index, source in enumerate(sources):
        own = by_source.get(index, [])
        kept_characters = sum(passage.end - passage.start for passage in own)
        if own:
            documents.append(_heading(sources, index) + _joined(own, len(source.body)))
        if not own or kept_characters < len(source.body):
            trimmed.append(Trimming(source.source.id, kept_characters, len(source.body)))
    text = _BETWEEN.join(documents) + _CLOSING if documents else ""
    return Section(text, tuple(sources[index].source.id for index in by_source), tuple(trimmed))


def _joined(passages: Sequence[_Passage], length: int) -> str:
    """Return passages of one document as one text that shows where something is left out."""
    text = ""
    end = 0
    for passage in passages:
        if passage.start > end:
            text += _GAP.lstrip() if not text else _GAP
        elif text:
            text += " "
        text += passage.text
        end = passage.end
    return text if end == length else text + _GAP.rstrip()
