"""What counts as a right citation.

Letters and digits are counted, so that punctuation at the edges decides nothing. A citation is right if
at least 80 % of it lies in expected spans that name every source that it cites. An expected span is found
if right citations cover at least half of it. Precision is the share of right ones among the citations,
recall the share of found ones among the expected spans.
"""

from collections.abc import Sequence

from evaluation.citations.cases import Case
from msgspec import Struct

from causeway.model.content import Citation

INSIDE = 0.8
COVERED = 0.5


class Score(Struct):
    """Counts over cases."""

    cases: int = 0
    emitted: int = 0
    right: int = 0
    expected: int = 0
    found: int = 0

    def add(self, other: "Score") -> None:
        """Add the counts of another."""
        for field in self.__struct_fields__:
            setattr(self, field, getattr(self, field) + getattr(other, field))

    @property
    def precision(self) -> float:
        """The share of right citations; 1 where there are none."""
        return self.right / self.emitted if self.emitted else 1.0

    @property
    def recall(self) -> float:
        """The share of expected spans that were found; 1 where none are expected."""
        return self.found / self.expected if self.expected else 1.0


def score_case(case: Case, citations: Sequence[Citation]) -> Score:
    """Return the counts of one case."""
    expected = [(_places(case.answer, *_bounds(case.answer, span.text)), span) for span in case.expected]
    right: set[int] = set()
    score = Score(cases=1, emitted=len(citations), expected=len(expected))
    for citation in citations:
        cited = _places(case.answer, citation.start, citation.end)
        ids = {source.id for source in citation.sources}
        agreed = {place for places, span in expected if ids <= set(span.sources) for place in places}
        if cited and len(cited & agreed) >= INSIDE * len(cited):
            score.right += 1
            right |= cited & agreed
    score.found = sum(len(places & right) >= COVERED * len(places) for places, _ in expected)
    return score


def _bounds(answer: str, text: str) -> tuple[int, int]:
    start = answer.index(text)
    return start, start + len(text)


def _places(answer: str, start: int, end: int) -> set[int]:
    return {place for place in range(start, end) if answer[place].isalnum()}
