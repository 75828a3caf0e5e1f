# ruff: noqa: RUF001, SIM905  # other scripts are meant, and word lists read best as text
"""Cuts text into sentences and sentences into clauses, as it comes.

An end of a sentence is decided by the few characters after it and never by what comes later, so an
answer that arrives in pieces is cut exactly as the whole one. Sentences are bounded in length.
"""

import re
from collections.abc import Iterator

LONGEST_SENTENCE = 600

_LOOKAHEAD = 8
_MOST_CLAUSES = 12
_CLOSERS = "\"'”’»)]*_"
_END = re.compile("[。！？\n.!?…]")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:dr|mr|mrs|ms|prof|st|no|nr|vs|e\.g|i\.e|z\.\s?b|d\.h|bzw|ca|approx|ltd|inc|sr|sra|m|[^\W\d_])$",
    re.IGNORECASE,
)
_SHORT_NUMBER = re.compile(r"(?:^|\D)\d{1,2}$")
_ENUMERATOR = re.compile(r"\s*\d{1,2}$")
_MONTH_STARTS = frozenset("jan feb mär apr mai jun jul aug sep okt nov dez".split())
_SPACE = re.compile(r"\s")
_JOINERS = (
    "and|but|while|whereas|although|because|und|aber|sondern|während|weil|et|mais|tandis que|tandis"
    "|y|pero|mientras"
)
_CLAUSE_END = re.compile(
    rf"[,;:]\s+(?:(?:{_JOINERS})\s)?|[、，；：()（）]\s*|\s[-–—]\s|—|\s(?:{_JOINERS})\s", re.IGNORECASE
)
_LIST_MARK = re.compile(r"\s*(?:[-*•–]|\d{1,2}[.)])\s+")


def sentence_end(text: str, start: int, *, is_whole: bool) -> int | None:
    """Return where the sentence that begins at `start` ends.

    None means that more text is needed to tell; with `is_whole` there is no more, and the answer is a
    place, the end of the text at the latest. What is returned once stays true whatever follows.
    """
    limit = start + LONGEST_SENTENCE
    for match in _END.finditer(text, start, limit):
        if match[0] in "。！？\n":
            return match.end()
        verdict = _ends_at(text, start, match.start(), is_whole=is_whole)
        if verdict is None:
            return None
        if verdict:
            return verdict
    if len(text) >= limit + _LOOKAHEAD or (is_whole and len(text) > limit):
        spaces = [match.end() for match in _SPACE.finditer(text, start + LONGEST_SENTENCE // 2, limit)]
        return spaces[-1] if spaces else limit
    return len(text) if is_whole else None


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each sentence of a whole text; together they are the text."""
    start = 0
    while start < len(text):
        end = sentence_end(text, start, is_whole=True)
        assert end is not None  # noqa: S101  # a whole text always has one
        yield start, end
        start = end


def clauses(sentence: str) -> list[tuple[int, int]]:
    """Return start and end of each clause of a sentence; joints and list marks belong to none."""
    found: list[tuple[int, int]] = []
    mark = _LIST_MARK.match(sentence)
    start = mark.end() if mark else 0
    for match in _CLAUSE_END.finditer(sentence, start):
        if len(found) == _MOST_CLAUSES - 1:
            break
        if match.start() > start:
            found.append((start, match.start()))
        start = match.end()
    if start < len(sentence):
        found.append((start, len(sentence)))
    return found


def _ends_at(text: str, start: int, stop: int, *, is_whole: bool) -> int | None:
    """Return where the sentence ends if the stop at `stop` ends it, 0 if it does not, None if unknown."""
    place = stop + 1
    while place < len(text) and place <= stop + 3 and text[place] in _CLOSERS:
        place += 1
    if place == len(text):
        return place if is_whole else None
    if not text[place].isspace():
        return 0
    if len(text) < place + 4 and not is_whole:
        return None
    following = text[place + 1 : place + 4]
    if text[place] == "\n" or following[:1].isspace():
        return place
    if text[stop] != ".":
        return place
    before = text[max(start, stop - 12) : stop]
    continues = (
        following[:1].islower()
        or _ABBREVIATION.search(before)
        or (following.lower() in _MONTH_STARTS and _SHORT_NUMBER.search(before))
        or (stop - start <= len(before) and _ENUMERATOR.fullmatch(before))
    )
    return 0 if continues else place
