"""The sources of one answer, taken apart once so that many claims can be looked up in them.

Finds where a claim could rest, by the rarity of the words that it shares with a place; whether it does
rest there is decided in `support.py`. Bounded: text beyond `MOST_CHARACTERS` in all is not read.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from msgspec import Struct

from causeway.grounding.polarity import Segment, segments
from causeway.grounding.sentences import sentences
from causeway.grounding.sources import GroundingSource
from causeway.grounding.words import Term, analyse

MOST_CHARACTERS = 100_000

_MOST_PLACES_PER_TERM = 200
_MOST_CANDIDATES = 8
_RECORD = re.compile(r"[^\W\d][\w ]{0,40}: \S")


class EvidenceSentence(Struct, frozen=True):
    """One sentence of a source: its terms in order, and how they can be found."""

    source_index: int
    text: str
    terms: tuple[Term, ...]
    by_stem: dict[str, tuple[int, ...]]
    by_form: dict[str, tuple[int, ...]]
    by_amount: dict[float, tuple[int, ...]]
    numbers: tuple[int, ...]
    parts: tuple[Segment, ...]


class EvidenceTitle(Struct, frozen=True):
    """What a source says about itself: it holds for each of its sentences.

    `stems` and `forms` are the title's; `subjects` are names of the title and of the first sentence.
    """

    stems: frozenset[str]
    forms: frozenset[str]
    subjects: frozenset[str]
    text: str


class Evidence:
    """An index over the sentences of all sources."""

    def __init__(self, sources: Sequence[GroundingSource]) -> None:
        self.sentences: list[EvidenceSentence] = []
        self.titles: list[EvidenceTitle] = []
        self.names: set[str] = set()  # what is written as a name somewhere within a sentence
        self.forms_by_source: list[set[str]] = []
        left = MOST_CHARACTERS
        for index, source in enumerate(sources):
            title, body = source.title[:left], source.body[: max(0, left - len(source.title))]
            left -= len(title) + len(body)
            self._add(index, title, body)
        self._places: dict[str, list[int]] = defaultdict(list)
        for place, sentence in enumerate(self.sentences):
            for key in {key for term in sentence.terms for key in _keys(term)}:
                self._places[key].append(place)

    def _add(self, index: int, title: str, body: str) -> None:
        title_terms = analyse(title)
        first = len(self.sentences)
        for start, end in sentences(body):
            text = body[start:end].strip()
            terms = analyse(text)
            if terms:
                self.sentences.append(_sentence(index, text, terms))
                self.names.update(term.form for term in terms if term.kind == "name")
        subjects = [term for term in title_terms if term.kind in ("name", "opening", "katakana")]
        if len(self.sentences) > first:
            opening = self.sentences[first].terms
            subjects += [term for term in opening if term.kind in ("name", "opening", "katakana")]
        self.titles.append(
            EvidenceTitle(
                frozenset(term.stem for term in title_terms if term.kind != "number"),
                frozenset(term.form for term in title_terms if term.kind != "number"),
                frozenset(term.form for term in subjects),
                title,
            )
        )
        self.forms_by_source.append(
            {form for sentence in self.sentences[first:] for form in sentence.by_form} | self.titles[-1].forms
        )

    def weight(self, term: Term) -> float:
        """Return how much a term tells: the rarer in the sources, the more."""
        count = max((len(self._places.get(key, ())) for key in _keys(term)), default=0)
        return math.log(2.0 + len(self.sentences) / (count + 0.5))

    def candidates(self, terms: Iterable[Term]) -> list[int]:
        """Return the places that share most with these terms, best first."""
        shared: dict[int, float] = defaultdict(float)
        for term in terms:
            weight = self.weight(term)
            for place in {
                place for key in _keys(term) for place in self._places.get(key, ())[:_MOST_PLACES_PER_TERM]
            }:
                shared[place] += weight
        return sorted(shared, key=lambda place: (-shared[place], place))[:_MOST_CANDIDATES]

    def windows(self, place: int) -> list[tuple[EvidenceSentence, ...]]:
        """Return the pairs of neighbours in one source that include a sentence.

        Records have none: what one says is not about the other.
        """
        found: list[tuple[EvidenceSentence, ...]] = []
        for first in (place - 1, place):
            if 0 <= first < len(self.sentences) - 1:
                pair = self.sentences[first], self.sentences[first + 1]
                is_prose = not any(_RECORD.match(sentence.text) for sentence in pair)
                if pair[0].source_index == pair[1].source_index and is_prose:
                    found.append(pair)
        return found


def _sentence(index: int, text: str, terms: tuple[Term, ...]) -> EvidenceSentence:
    by_stem: dict[str, list[int]] = defaultdict(list)
    by_form: dict[str, list[int]] = defaultdict(list)
    by_amount: dict[float, list[int]] = defaultdict(list)
    for place, term in enumerate(terms):
        if term.quantity is not None:
            for amount in term.quantity.bare | term.quantity.scaled:
                by_amount[amount].append(place)
        else:
            by_stem[term.stem].append(place)
            by_form[term.form].append(place)
    return EvidenceSentence(
        index,
        text,
        terms,
        {stem: tuple(places) for stem, places in by_stem.items()},
        {form: tuple(places) for form, places in by_form.items()},
        {amount: tuple(places) for amount, places in by_amount.items()},
        tuple(place for place, term in enumerate(terms) if term.kind == "number"),
        segments(text),
    )


def _keys(term: Term) -> list[str]:
    if term.quantity is None:
        return [term.stem]
    return [f"#{value:.12g}" for value in term.quantity.bare | term.quantity.scaled]
