"""What holds for every answer: exact offsets, order, and the same citations however the answer comes."""

from hypothesis import given, settings
from hypothesis import strategies as st

from causeway.grounding.align import Aligner, align
from causeway.grounding.sentences import LONGEST_SENTENCE, clauses, sentence_end, sentences
from causeway.grounding.sources import number_sources
from causeway.model.content import Document
from causeway.model.request import ChatRequest

TEXTS = (
    "Dr. Ada Byrne founded the 😀 institute in 1921. It has 3,200 members, and 40% live in Cork.",
    "会員は3200人です。本部はコークにあります。月曜日は休みです。",
    "Das Institut wurde am 3. März 1921 gegründet. Hunde sind nicht erlaubt.",
)
SOURCES = number_sources(
    ChatRequest(model="any", messages=(), documents=tuple(Document(text) for text in TEXTS))
)
WORDS = sorted({word for text in TEXTS for word in text.split()})
PIECES = st.sampled_from(
    [*WORDS, *TEXTS, " ", "\n", ". ", ", ", " and ", "。", "1. ", "- ", '"', "?! ", "x" * 300]
)
ANSWERS = st.lists(PIECES | st.text(max_size=8), max_size=30).map(" ".join)


@settings(deadline=None)
@given(ANSWERS)
def test_citations_are_exact_ascending_and_have_sources(answer: str) -> None:
    end = 0
    for citation in align(answer, SOURCES, "Who founded the institute?"):
        assert end <= citation.start < citation.end <= len(answer)
        assert answer[citation.start : citation.end] == citation.text
        assert citation.sources
        assert citation.target == "text"
        end = citation.end


@settings(deadline=None)
@given(ANSWERS, st.data())
def test_any_split_gives_the_same_citations(answer: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(answer)), max_size=12)))
    aligner = Aligner(SOURCES, "?")
    found = []
    for start, end in zip([0, *cuts], [*cuts, len(answer)], strict=True):
        found += aligner.feed(answer[start:end])
    found += aligner.finish()
    assert tuple(found) == align(answer, SOURCES, "?")


def test_character_by_character() -> None:
    answer = " ".join(TEXTS)
    aligner = Aligner(SOURCES, "?")
    found = [citation for character in answer for citation in aligner.feed(character)]
    assert len(found) > 3, "citations come while the answer does"
    assert (*found, *aligner.finish()) == align(answer, SOURCES, "?")


@given(ANSWERS)
def test_no_sources_no_citations(answer: str) -> None:
    assert align(answer, (), "?") == ()


@given(ANSWERS)
def test_sentences_are_the_text_and_bounded(text: str) -> None:
    spans = list(sentences(text))
    assert "".join(text[start:end] for start, end in spans) == text
    assert all(0 < end - start <= LONGEST_SENTENCE for start, end in spans)
    for start, end in spans:
        places = [place for span in clauses(text[start:end]) for place in span]
        assert places == sorted(places)


@given(ANSWERS, ANSWERS)
def test_an_end_once_seen_stays(text: str, more: str) -> None:
    end = sentence_end(text, 0, is_whole=False)
    if end is not None:
        assert sentence_end(text + more, 0, is_whole=False) == end
        assert sentence_end(text + more, 0, is_whole=True) == end


def test_work_is_bounded_on_hostile_text() -> None:
    for text in ("a" * 100_000, " " * 100_000, "1" * 100_000, "." * 100_000, "東" * 100_000, "n'" * 50_000):
        hostile = number_sources(ChatRequest(model="any", messages=(), documents=(Document(text),)))
        assert align(text, hostile, text) is not None
