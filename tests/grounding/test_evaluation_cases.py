"""The labelled cases are what their documentation says."""

from collections import Counter

import pytest
from evaluation.citations.cases import Case, Half, read_cases
from evaluation.citations.score import score_case

from causeway.grounding.sources import number_sources
from causeway.model.content import Citation, Source


def topic(case: Case) -> str:
    return case.id.rpartition("-")[0]


@pytest.mark.parametrize("half", ["development", "held_out"])
def test_labels_are_consistent(half: Half) -> None:
    cases = read_cases(half)
    assert len({case.id for case in cases}) == len(cases) >= 120
    for case in cases:
        ids = {source.source.id for source in number_sources(case.request())}
        for span in case.expected:
            assert case.answer.count(span.text) == 1, case.id
            assert set(span.sources) <= ids, case.id


def test_the_halves_share_no_topic_and_are_balanced() -> None:
    development, held_out = read_cases("development"), read_cases("held_out")
    assert not {topic(case) for case in development} & {topic(case) for case in held_out}
    assert Counter(case.language for case in development) == Counter(case.language for case in held_out)


def test_a_citation_counts_only_with_the_right_span_and_source() -> None:
    case = next(case for case in read_cases("development") if case.id == "penguins-8")
    span, other = case.expected

    def cited(text: str, id: str) -> tuple[int, int]:
        start = case.answer.index(text)
        source = Source("document", id, {})
        score = score_case(case, [Citation(start, start + len(text), text, (source,))])
        return score.right, score.found

    assert cited(span.text, *span.sources) == (1, 1)
    assert cited(span.text, *other.sources) == (0, 0)
    assert cited(case.answer, *span.sources) == (0, 0)
    assert cited(span.text.split()[0], *span.sources) == (1, 0)
