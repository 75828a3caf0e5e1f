"""`make eval-citations`: precision and recall of the citation aligner on its labelled cases.

`--cases` also prints each case of the development half that went wrong; the held-out half has no such
option, because it is not for tuning.
"""

import sys
from collections import defaultdict
from statistics import median
from time import perf_counter

from evaluation.citations.cases import Case, Half, read_cases
from evaluation.citations.score import Score, score_case

from causeway.grounding.align import align
from causeway.grounding.sources import number_sources
from causeway.model.content import Citation


def main() -> int:
    """Print both halves, the held-out one last."""
    evaluate("development", "Development half (tuned on; no evidence of anything)", "--cases" in sys.argv)
    evaluate("held_out", "Held-out half (never tuned on)", False)
    return 0


def evaluate(half: Half, title: str, show_cases: bool) -> None:
    """Print one half's figures: by kind, by language and over all."""
    by_kind: dict[str, Score] = defaultdict(Score)
    by_language: dict[str, Score] = defaultdict(Score)
    total = Score()
    milliseconds = []
    for case in read_cases(half):
        sources = number_sources(case.request())
        started = perf_counter()
        citations = align(case.answer, sources, case.question)
        milliseconds.append((perf_counter() - started) * 1000)
        score = score_case(case, citations)
        for sums in (by_kind[case.kind], by_language[case.language], total):
            sums.add(score)
        if show_cases and (score.right < score.emitted or score.found < score.expected):
            show(case, citations)
    print(f"\n{title}")
    print(
        f"{'':16}{'cases':>6}{'cited':>7}{'right':>7}{'claims':>8}{'found':>7}{'precision':>11}{'recall':>8}"
    )
    for name, score in (*sorted(by_kind.items()), *sorted(by_language.items()), ("all", total)):
        precision = f"{score.precision:.3f}" if score.emitted else "-"
        recall = f"{score.recall:.3f}" if score.expected else "-"
        print(
            f"{name:16}{score.cases:6}{score.emitted:7}{score.right:7}{score.expected:8}{score.found:7}"
            f"{precision:>11}{recall:>8}"
        )
    print(f"time for one answer: median {median(milliseconds):.1f} ms, longest {max(milliseconds):.1f} ms")


def show(case: Case, citations: tuple[Citation, ...]) -> None:
    """Print a case that went wrong."""
    print(f"{case.id} [{case.kind}] {case.answer!r}")
    for span in case.expected:
        print(f"    expected {span.text!r} {list(span.sources)}")
    for citation in citations:
        print(f"    cited    {citation.text!r} {[source.id for source in citation.sources]}")


if __name__ == "__main__":
    raise SystemExit(main())
