# ruff: noqa: SIM905  # word lists read best as text
"""Finds the terms of a claim in a place of a source.

It looks for words, in any inflection it can recognise, and for amounts that agree; whether what it found
supports the claim is decided in `support.py`.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from causeway.grounding.evidence import EvidenceSentence, EvidenceTitle
from causeway.grounding.lexicon import ANAPHORS
from causeway.grounding.words import Term, fold

FROM_TITLE = -1

_FEWEST_TERMS = 2
_FEWEST_CONTINUING = 3
_SHARED_PREFIX = 5
_PREFIX_SHARE = 0.8
_NEGATING_PREFIXES = frozenset("un in im ir il dis non des anti miss ent".split())

# By term of the claim, where it stands: number of the sentence (or FROM_TITLE), number of the term in it.
Hits = Mapping[int, Sequence[tuple[int, int]]]
Window = Sequence[EvidenceSentence]


class Claim(Struct, frozen=True):
    """A part of an answer. `asked` are the stems of the question.

    A part that continues a statement without support says less by itself, and needs more terms.
    """

    text: str
    terms: tuple[Term, ...]
    asked: frozenset[str]
    continues: bool = False

    @property
    def fewest_terms(self) -> int:
        """How many terms must be found at least."""
        return _FEWEST_CONTINUING if self.continues else _FEWEST_TERMS


def find_terms(claim: Claim, window: Window, title: EvidenceTitle) -> Hits:
    """Return where each term of a claim stands in one or two adjacent sentences or in their title."""
    return {index: _find(term, window, title) for index, term in enumerate(claim.terms)}


def _find(term: Term, window: Window, title: EvidenceTitle) -> list[tuple[int, int]]:
    found = [(number, place) for number, sentence in enumerate(window) for place in _places(term, sentence)]
    if not found and term.kind != "number":
        is_there = (
            term.form in title.forms
            or (term.kind in ("word", "opening") and term.stem in title.stems)
            or (term.kind == "character" and term.stem in title.text)
            or (term.kind in ("name", "opening") and term.form in title.subjects and _refers_back(window))
        )
        return [(FROM_TITLE, 0)] if is_there else []
    return found


def _places(term: Term, sentence: EvidenceSentence) -> Sequence[int]:
    if term.quantity is not None:
        amounts = term.quantity.bare | term.quantity.scaled
        return [
            place
            for place in sorted({place for amount in amounts for place in sentence.by_amount.get(amount, ())})
            if (other := sentence.terms[place].quantity) is not None and term.quantity.agrees(other)
        ]
    if term.kind in ("name", "day", "katakana"):
        return sentence.by_form.get(term.form, ())
    if term.kind == "character":
        return sentence.by_stem.get(term.stem) or _place_of_characters(term.stem, sentence)
    exact = sentence.by_stem.get(term.stem)
    if exact is not None:
        return exact
    return [place for stem, places in sentence.by_stem.items() if _akin(term.stem, stem) for place in places]


def _place_of_characters(pair: str, sentence: EvidenceSentence) -> list[int]:
    """Find characters that were cut otherwise in the source."""
    offset = sentence.text.find(pair)
    if offset < 0:
        return []
    later = (place for place, term in enumerate(sentence.terms) if term.end > offset)
    return [next(later, len(sentence.terms) - 1)]


def _akin(stem: str, other: str) -> bool:
    """Tell whether two stems are forms of one word, or one is a compound that holds the other."""
    shorter, longer = sorted((stem, other), key=len)
    if len(shorter) < _SHARED_PREFIX:
        return False
    if longer.endswith(shorter) or longer.startswith(shorter):
        return not longer.endswith(shorter) or longer.removesuffix(shorter) not in _NEGATING_PREFIXES
    shared = 0
    for one, two in zip(shorter, longer, strict=False):
        if one != two:
            break
        shared += 1
    return shared >= max(_SHARED_PREFIX, _PREFIX_SHARE * len(shorter))


def _refers_back(window: Window) -> bool:
    first_word = fold(window[0].text.split(maxsplit=1)[0].strip("'\"«“"))
    return first_word in ANAPHORS
