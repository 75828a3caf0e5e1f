# ruff: noqa: RUF001  # punctuation of other scripts is meant
"""Says which parts of a sentence are negated.

It reads surface signs: a negator in a segment between commas negates the segment, two of them do not.
It knows nothing of meaning; `support.py` decides what a difference between claim and source means.
"""

import re

from msgspec import Struct

from causeway.grounding.lexicon import HARMLESS_NEGATION, NEGATORS
from causeway.grounding.words import fold

_SEGMENT_END = re.compile(
    r"[,;()](?=\s|$)|[、，；（）。.]|\s[-–—]\s|—|が、"
    r"|\b(?:but|while|whereas|although|though|because|aber|sondern|während|obwohl|weil|mais|tandis|pero|mientras|aunque)\b",
    re.IGNORECASE,
)
_HARMLESS = re.compile(HARMLESS_NEGATION, re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_FRENCH_PLUS = re.compile(r"\b(?:ne\s|n['’])[^,;.]{0,40}\bplus\b", re.IGNORECASE)
_UNSPACED_NEGATION = re.compile(
    "(?<![少危])な(?:い|かった|く(?![てな]))|ません|ず(?=に|、|$)|[不没沒无未](?![来満])|対象外|禁止|別に"
)
_ONLY_IN_JAPANESE = "しか"


class Segment(Struct, frozen=True):
    """A part of a sentence, and whether it is negated."""

    start: int
    end: int
    is_negated: bool


def segments(sentence: str) -> tuple[Segment, ...]:
    """Return the segments of a sentence, in order and without gaps."""
    found: list[Segment] = []
    start = 0
    for match in _SEGMENT_END.finditer(sentence):
        if match.end() > start:
            found.append(Segment(start, match.end(), _is_negated(sentence[start : match.start()])))
            start = match.end()
    found.append(Segment(start, len(sentence), _is_negated(sentence[start:])))
    return tuple(found)


def is_negated_at(parts: tuple[Segment, ...], place: int) -> bool:
    """Tell whether the segment that holds a place is negated."""
    return any(part.is_negated for part in parts if part.start <= place < part.end)


def _is_negated(text: str) -> bool:
    text = _HARMLESS.sub(" ", text)
    count = len(_FRENCH_PLUS.findall(text))
    for word in _WORD.findall(text):
        folded = fold(word).replace("’", "'")
        count += folded in NEGATORS or folded.endswith("n't")
    if _ONLY_IN_JAPANESE not in text:
        count += len(_UNSPACED_NEGATION.findall(text))
    return count % 2 == 1
