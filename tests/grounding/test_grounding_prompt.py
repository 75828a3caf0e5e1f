"""The prompt section keeps to its budget, keeps what matters, and says what it left out."""

from hypothesis import given, settings
from hypothesis import strategies as st

from causeway.grounding.prompt import Trimming, compose_section
from causeway.grounding.sources import GroundingSource, number_sources
from causeway.model.content import Document
from causeway.model.request import ChatRequest


def sources(*texts: str) -> tuple[GroundingSource, ...]:
    documents = tuple(Document(text) for text in texts)
    return number_sources(ChatRequest(model="any", messages=(), documents=documents))


def count_words(text: str) -> int:
    return len(text.split())


FILLER = " ".join(
    f"Filler sentence number {number} speaks about the weather in spring." for number in range(40)
)


def test_everything_is_kept_where_it_fits() -> None:
    section = compose_section(sources("Cats purr.", "Dogs bark."), "What do cats do?", 100, count_words)
    assert section.text.index("Cats purr.") < section.text.index("Dogs bark.")
    assert section.kept_source_ids == ("doc:0", "doc:1")
    assert section.trimmed == ()


def test_the_relevant_passage_is_kept_and_the_rest_is_reported() -> None:
    needle = "The lighthouse keeper was called Jonas Berg."
    found = compose_section(
        sources(FILLER, f"{FILLER} {needle} {FILLER}"), "Who kept the lighthouse?", 70, count_words
    )
    assert needle in found.text
    assert count_words(found.text) <= 70
    assert found.trimmed[0] == Trimming("doc:0", 0, len(FILLER))
    assert 0 < found.trimmed[1].kept_characters < found.trimmed[1].total_characters
    assert found.kept_source_ids == ("doc:1",)


def test_nothing_fits() -> None:
    section = compose_section(sources(FILLER), "?", 3, count_words)
    assert (section.text, section.kept_source_ids) == ("", ())
    assert section.trimmed == (Trimming("doc:0", 0, len(FILLER)),)


def test_no_sources_make_no_section() -> None:
    assert compose_section((), "?", 100, count_words).text == ""


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.text("ab. あ。\n", max_size=900), max_size=4),
    st.text("ab あ", max_size=20),
    st.integers(0, 300),
)
def test_the_budget_holds_and_every_loss_is_reported(texts: list[str], question: str, budget: int) -> None:
    section = compose_section(sources(*texts), question, budget, len)
    assert len(section.text) <= budget
    kept, trimmed = set(section.kept_source_ids), {loss.source_id for loss in section.trimmed}
    for index, text in enumerate(texts):
        if text.strip():
            assert f"doc:{index}" in kept | trimmed
    assert all(
        loss.kept_characters < loss.total_characters or not loss.total_characters for loss in section.trimmed
    )
