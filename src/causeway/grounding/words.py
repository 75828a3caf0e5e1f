# ruff: noqa: RUF001  # punctuation of other scripts is meant
"""Takes a sentence apart into the terms that a claim is made of: words, names, numbers.

Words are folded and stemmed lightly, for several languages at once and without knowing which; scripts
without spaces give pairs of characters. It says what stands in a text and judges nothing.
"""

import re
import unicodedata
from itertools import pairwise
from typing import Literal

from msgspec import Struct

from causeway.grounding.lexicon import (
    DAYS,
    GERMAN_BEFORE_NAMES,
    GERMAN_MARKERS,
    IRREGULAR,
    STOPWORDS,
    SYNONYMS,
)
from causeway.grounding.quantities import Quantity, read_figure, read_number_word

# name: must stand in the source. opening: a capital that may only be the sentence's.
# character: a piece of a script without spaces.
TermKind = Literal["word", "name", "opening", "number", "day", "character", "katakana"]

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff々"
_KATAKANA = "\u30a1-\u30fa\u30fc\uff66-\uff9f"
_HIRAGANA = "\u3041-\u309f"
_OTHER_UNSPACED = "\uac00-\ud7af\u0e00-\u0e7f"
_UNSPACED = _HAN + _KATAKANA + _HIRAGANA + _OTHER_UNSPACED
_TOKEN = re.compile(
    rf"(?P<figure>\d+)|(?P<han>[{_HAN}]+)|(?P<katakana>[{_KATAKANA}]+)|(?P<kana>[{_HIRAGANA}]+)"
    rf"|(?P<unspaced>[{_OTHER_UNSPACED}]+)"
    rf"|(?P<word>[^\W_{_UNSPACED}]+(?:['’][^\W\d_{_UNSPACED}]+)?)"
)
_CHINESE_FUNCTION = re.compile("[的是在了和与及也有就都把被从由于为对这那该它他她们给需可以]+")
_KANJI_NUMERAL = re.compile("[〇二两三四五六七八九十百千一]")
_UNSPACED_DAY = re.compile("[月火水木金土日]曜|期[一二三四五六日天]")
_INNER_NUMERAL = re.compile("(?<=.)[二两三四五六七八九十百千]")
_ELISION = re.compile(r"(?:l|d|n|qu|s|j|c|m|t)['’]", re.IGNORECASE)
_SUFFIXES = (
    "ations", "ungen", "ation", "ments", "ement", "ing", "ung", "ment", "ied", "ies", "est", "ed", "es", "er",
    "en", "em", "et", "ly", "te", "os", "as", "s", "e", "o", "a", "t", "y", "i",
)  # fmt: skip
_SUFFIXES_BY_END = {
    end: tuple(suffix for suffix in _SUFFIXES if suffix[-1] == end)
    for end in {suffix[-1] for suffix in _SUFFIXES}
}
_SHORTEST_STEM = 3
_SHORTEST_PARTICIPLE = 7
_HARD_WORD_LIMIT = 60
_SENTENCE_SAMPLE = 600


class Term(Struct, frozen=True):
    """One part of a claim: where it stands, and how it is compared.

    `stem` is shared by inflections and synonyms, `form` is the word itself; names go by the latter.
    """

    start: int
    end: int
    stem: str
    form: str
    kind: TermKind
    quantity: Quantity | None = None


def fold(word: str) -> str:
    """Return a word in lower case and without diacritics."""
    if word.isascii():
        return word.lower()
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def stem_of(folded: str) -> str:
    """Return the form that a folded word shares with its inflections and its synonyms."""
    base = IRREGULAR.get(folded, folded)
    stem = _strip(base)
    return _CANONICAL.get(stem, stem)


def analyse(sentence: str) -> tuple[Term, ...]:
    """Return the terms of one sentence, in order; words that carry no claim are left out."""
    terms: list[Term] = []
    is_chinese = re.search(f"[{_HIRAGANA}]", sentence) is None
    names = _NameFinder(sentence)
    position = 0
    while match := _TOKEN.search(sentence, position):
        start, position = match.span()
        token = match[0]
        kind = match.lastgroup
        figure = read_figure(sentence, start) if kind == "figure" or _KANJI_NUMERAL.match(token) else None
        if figure is not None:
            terms += [Term(figure.start, figure.end, "", "", "number", found) for found in figure.quantities]
            position = figure.end
            names.saw_number()
        elif kind == "figure":
            # Longer than any amount: an account, a serial number.
            terms.append(Term(start, position, token, token, "name"))
        elif kind == "han":
            # A numeral within a run is read when its turn comes.
            numeral = _INNER_NUMERAL.search(token)
            if numeral and read_figure(sentence, start + numeral.start()):
                position = start + numeral.start()
            terms += _han_terms(sentence[start:position], start, is_chinese=is_chinese)
        elif kind == "katakana":
            terms.append(Term(start, position, token, token, "katakana"))
        elif kind == "unspaced":
            terms += _pairs(token, start)
        elif kind == "word":
            found_terms, position = _word_terms(sentence, token, start, names)
            terms += found_terms
    return tuple(terms)


class _NameFinder:
    """Tells names from other capitalised words by what stands before them."""

    def __init__(self, sentence: str) -> None:
        words = {fold(word) for word in re.findall(r"[^\W\d_]+", sentence[:_SENTENCE_SAMPLE])}
        self._is_german = bool(words & GERMAN_MARKERS)
        self._previous = ""  # the last word, unless it carries nothing
        self._after = ""
        self._first = True

    def saw_number(self) -> None:
        """Note that a figure stood here: what follows does not open the sentence."""
        self._first = False
        self._previous = ""

    def kind_of(self, word: str, folded: str) -> TermKind:
        """Return the kind of the next word."""
        previous, self._previous = self._previous, "" if folded in STOPWORDS else word
        self._after, after = folded, self._after
        first, self._first = self._first, False
        if any(character.isdigit() for character in word):
            return "name"
        if not word[0].isupper():
            return "word"
        if first:
            return "opening"
        if self._is_german and not (previous[:1].isupper() or after in GERMAN_BEFORE_NAMES):
            return "word"
        return "name"


def _word_terms(sentence: str, token: str, start: int, names: _NameFinder) -> tuple[list[Term], int]:
    end = start + len(token)
    elision = _ELISION.match(token)
    if elision is not None:
        start, token = start + elision.end(), token[elision.end() :]
    token = token[:_HARD_WORD_LIMIT]
    word = re.split("['’]", token)[0]
    if not word:
        return [], end
    folded = fold(word)
    number = read_number_word(sentence, folded, start, end)
    if number is not None:
        names.saw_number()
        return [
            Term(start, number.end, "", "", "number", quantity) for quantity in number.quantities
        ], number.end
    kind = names.kind_of(word, folded)
    day = _day(folded)
    if day is not None:
        return [Term(start, end, day, day, "day")], end
    if folded in STOPWORDS or (len(folded) < 2 and not word[0].isupper()):
        return [], end
    return [Term(start, end, stem_of(folded), folded.removesuffix("s"), kind)], end


def _day(folded: str) -> str | None:
    for form in (folded, folded.removesuffix("s")):
        if form in DAYS:
            return form
    return None


def _han_terms(run: str, start: int, *, is_chinese: bool) -> list[Term]:
    if not is_chinese:
        return _pairs(run, start)
    terms: list[Term] = []
    position = 0
    for gap in _CHINESE_FUNCTION.finditer(run):
        terms += _pairs(run[position : gap.start()], start + position)
        position = gap.end()
    return terms + _pairs(run[position:], start + position)


def _pairs(run: str, start: int) -> list[Term]:
    if len(run) == 1:
        return [Term(start, start + 1, run, run, "character")]
    return [
        Term(place, place + 2, pair, pair, "day" if _UNSPACED_DAY.fullmatch(pair) else "character")
        for place, pair in enumerate(map("".join, pairwise(run)), start)
    ]


def _strip(word: str) -> str:
    if len(word) >= _SHORTEST_PARTICIPLE and word.startswith("ge") and word.endswith(("t", "en")):
        word = word[2:]
    for _ in range(2):
        for suffix in _SUFFIXES_BY_END.get(word[-1:], ()):
            if word.endswith(suffix) and len(word) - len(suffix) >= _SHORTEST_STEM:
                word = word[: -len(suffix)]
                break
    doubled = len(word) > _SHORTEST_STEM and word[-1] == word[-2]
    return word[:-1] if doubled else word


_CANONICAL = {_strip(IRREGULAR.get(word, word)): _strip(group[0]) for group in SYNONYMS for word in group}
