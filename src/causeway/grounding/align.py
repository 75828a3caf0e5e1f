# ruff: noqa: RUF001  # punctuation of other scripts is meant
"""Aligns an answer with its sources, as the answer comes: which span rests on what.

An answer's sentences are cited whole where one place of a source supports them whole, and clause by
clause where not. Offsets count code points of the whole answer. It cites less rather than wrongly; what
counts as support is said in `support.py`, and what it is worth by `make eval-citations`.
"""

from collections.abc import Collection, Sequence

from causeway.grounding.evidence import Evidence
from causeway.grounding.matching import Claim
from causeway.grounding.sentences import clauses, sentence_end
from causeway.grounding.sources import GroundingSource
from causeway.grounding.support import Support, judge
from causeway.grounding.words import Term, analyse
from causeway.model.content import Citation

_NEARLY_AS_GOOD = 0.1
_CLAUSE_FLOOR = 0.5
_LONGEST_QUESTION = 2_000
_EDGES = " \t\n\r\u3000,;:.!?。、，；：！？…\"'“”‘’«»()[]（）「」『』*_-–—•"


class Aligner:
    """Finds the citations of one answer. Holds only the sentence that is not finished yet."""

    def __init__(self, sources: Sequence[GroundingSource], question: str) -> None:
        self._sources = sources
        self._evidence = Evidence(sources)
        self._asked = frozenset(term.stem for term in analyse(question[:_LONGEST_QUESTION]) if term.stem)
        self._pending = ""
        self._offset = 0

    def feed(self, piece: str) -> list[Citation]:
        """Take the next piece of the answer; return the citations of the sentences that it finished."""
        self._pending += piece
        return self._take(is_whole=False)

    def finish(self) -> list[Citation]:
        """Return the citations of what is left. The answer is over."""
        return self._take(is_whole=True)

    def _take(self, *, is_whole: bool) -> list[Citation]:
        found: list[Citation] = []
        start = 0
        while start < len(self._pending):
            end = sentence_end(self._pending, start, is_whole=is_whole)
            if end is None:
                break
            found += self._cite(self._pending[start:end], self._offset + start)
            start = end
        self._pending = self._pending[start:]
        self._offset += start
        return found

    def _cite(self, sentence: str, offset: int) -> list[Citation]:
        """Return the citations of one sentence: the longest runs of clauses that have support."""
        if not self._evidence.sentences:
            return []
        terms = analyse(sentence)
        parts = clauses(sentence)
        found: list[Citation] = []
        first = 0
        continues = False
        while first < len(parts):
            for last in range(len(parts), first, -1):
                citation = self._cite_run(sentence, terms, parts[first:last], offset, continues)
                if citation is not None:
                    found.append(citation)
                    first, continues = last, False
                    break
            else:
                start, end = parts[first]
                continues = continues or any(start <= term.start < end for term in terms)
                first += 1
        return found

    def _cite_run(
        self,
        sentence: str,
        terms: Sequence[Term],
        parts: Sequence[tuple[int, int]],
        offset: int,
        continues: bool,
    ) -> Citation | None:
        start, end = parts[0][0], parts[-1][1]
        inside = tuple(term for term in terms if start <= term.start and term.end <= end)
        if not inside:
            return None
        shifted = tuple(_shifted(term, -start) for term in inside)
        claim = Claim(sentence[start:end], shifted, self._asked, continues)
        supports = self._supports(claim)
        supports = {
            source: support for source, support in supports.items() if _holds_every(parts, inside, support)
        }
        if not supports:
            return None
        best = max(support.strength for support in supports.values())
        cited = sorted(
            source for source, support in supports.items() if support.strength >= best - _NEARLY_AS_GOOD
        )
        matched = supports[cited[0]].matched.union(*(supports[source].matched for source in cited))
        spoken_of = self._evidence.forms_by_source[cited[0]]
        from_, to = _span(sentence, parts, inside, matched, spoken_of)
        return Citation(
            offset + from_,
            offset + to,
            sentence[from_:to],
            tuple(self._sources[source].source for source in cited),
            "text",
        )

    def _supports(self, claim: Claim) -> dict[int, Support]:
        """Return the best support of each source: of single sentences, and of pairs if none is enough."""
        places = self._evidence.candidates(claim.terms)
        single = [(self._evidence.sentences[place],) for place in places]
        pairs = [pair for place in places for pair in self._evidence.windows(place)]
        for windows in (single, list({id(pair[0]): pair for pair in pairs}.values())):
            best: dict[int, Support] = {}
            for window in windows:
                support = judge(claim, window, self._evidence)
                source = window[0].source_index
                if support and (source not in best or support.strength > best[source].strength):
                    best[source] = support
            if best:
                return best
        return {}


def align(answer: str, sources: Sequence[GroundingSource], question: str) -> tuple[Citation, ...]:
    """Return the citations of a whole answer: ascending, never overlapping, each with a source or more."""
    aligner = Aligner(sources, question)
    return (*aligner.feed(answer), *aligner.finish())


def _holds_every(parts: Sequence[tuple[int, int]], terms: Sequence[Term], support: Support) -> bool:
    """Tell whether no clause of a run is merely carried by the others."""
    if len(parts) == 1:
        return True
    for start, end in parts:
        inside = [index for index, term in enumerate(terms) if start <= term.start < end]
        found = sum(index in support.matched for index in inside)
        if inside and found < _CLAUSE_FLOOR * len(inside):
            return False
    return True


def _span(
    sentence: str,
    parts: Sequence[tuple[int, int]],
    terms: Sequence[Term],
    matched: frozenset[int],
    spoken_of: Collection[str],
) -> tuple[int, int]:
    """Return the cited span: from the first clause with support to the last, less unsupported edges.

    A subject that the source names elsewhere belongs to it: `The mill` where the source says `It`.
    """
    first, last = min(matched), max(matched)
    start, end = terms[first].start, max(terms[index].end for index in matched)
    if all(term.form in spoken_of for term in terms[:first]):
        start = next(part for part in parts if part[1] > start)[0]
    if last == len(terms) - 1:
        end = next(part for part in reversed(parts) if part[0] < end)[1]
    while start < end and sentence[start] in _EDGES:
        start += 1
    while end > start and sentence[end - 1] in _EDGES:
        end -= 1
    return start, end


def _shifted(term: Term, by: int) -> Term:
    return Term(term.start + by, term.end + by, term.stem, term.form, term.kind, term.quantity)
