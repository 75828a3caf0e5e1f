"""Citations are given for what a source supports, and vetoed for what it does not."""

import pytest

from causeway.grounding.align import align
from causeway.grounding.sources import GroundingSource, number_sources
from causeway.model.content import Document, TextBlock, ToolMessage
from causeway.model.request import ChatRequest

MILL = (
    "The Harlow Mill was built in 1790 by Thomas Reed. It grinds 2,500 kilograms of flour a day. "
    "The mill is open from Tuesday to Friday. Dogs are not allowed inside. Visits before noon are free. "
    "In 2020 the number of visitors increased by 1.5 percent."
)


def sources(*texts: str) -> tuple[GroundingSource, ...]:
    documents = tuple(Document(text) for text in texts)
    return number_sources(ChatRequest(model="any", messages=(), documents=documents))


def cited(answer: str, *texts: str, question: str = "Tell me about it.") -> list[tuple[str, list[str]]]:
    citations = align(answer, sources(*texts), question)
    return [(citation.text, [source.id for source in citation.sources]) for citation in citations]


@pytest.mark.parametrize(
    "answer",
    [
        "The Harlow Mill was built in 1790.",
        "Thomas Reed built the Harlow Mill.",
        "The mill grinds 2500 kg of flour a day.",
        "The mill grinds 2.5 tonnes of flour a day.",
        "Dogs aren't allowed inside.",
        "Visits before noon are free.",
        "The number of visitors increased by 1,5 % in 2020.",
    ],
)
def test_supported(answer: str) -> None:
    assert cited(answer, MILL) == [(answer.rstrip("."), ["doc:0"])]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("The Harlow Mill was built in 1890.", "number"),
        ("It grinds 2,500 litres of flour a day.", "unit"),
        ("It grinds 2.5 kilograms of flour a day.", "amount"),
        ("The Oakham Mill was built in 1790.", "name"),
        ("The Harlow Mill was built by Peter Reed.", "name"),
        ("The mill is open from Monday to Friday.", "day"),
        ("Dogs are allowed inside.", "negation"),
        ("Visits before noon are not free.", "negation"),
        ("Visits after noon are free.", "opposite"),
        ("The number of visitors decreased by 1.5 percent in 2020.", "opposite"),
        ("The mill sells honey and bread.", "unsupported"),
        ("I do not know.", "nothing said"),
    ],
)
def test_vetoed(answer: str, why: str) -> None:
    assert cited(answer, MILL) == [], why


@pytest.mark.parametrize(
    ("answer", "source"),
    [
        ("Bern acquired Adler in 2001.", "In the end Adler acquired Bern in 2001."),
        ("The shop closes at 9.", "The shop opens at 9 and closes at 17."),
        ("Ostend is the largest port.", "Antwerp is the largest port, followed by Ostend. We saw Antwerp."),
        ("Kiosk 2 is open.", "Kiosk 2 is not open."),
        ("Fische dürfen gefüttert werden.", "Fische dürfen nicht gefüttert werden."),
        ("Der Chef heißt Herr Maier.", "Der Chef heißt Herr Huber."),
        ("店は月曜日に開きます。", "店は火曜日に開きます。"),
        ("店は月曜日に開きません。", "店は月曜日に開きます。"),
        ("会議は京都で開かれます。", "会議は奈良で開かれます。"),
        ("Les chiens sont admis.", "Les chiens ne sont pas admis."),
        ("Se aceptan tarjetas.", "No se aceptan tarjetas."),
        ("商店接受信用卡。", "商店不接受信用卡。"),
    ],
)
def test_the_same_words_can_say_something_else(answer: str, source: str) -> None:
    assert cited(answer, source) == []
    assert cited(source, source)


def test_each_clause_has_its_own_source() -> None:
    assert cited("Cats sleep 15 hours a day, and dogs bark at strangers.", "Cats sleep 15 hours a day.",
                 "Dogs bark at strangers.") == [
        ("Cats sleep 15 hours a day", ["doc:0"]), ("dogs bark at strangers", ["doc:1"]),
    ]  # fmt: skip


def test_one_span_can_have_several_sources() -> None:
    assert cited(
        "The bridge opened in 1976.", "The bridge opened in 1976.", "The bridge opened in 1976!"
    ) == [("The bridge opened in 1976", ["doc:0", "doc:1"])]


def test_an_unsupported_clause_is_left_out() -> None:
    answer = "The mill was built in 1790, and ghosts haunt its cellar."
    assert cited(answer, MILL) == [("The mill was built in 1790", ["doc:0"])]


def test_repeating_the_question_is_no_claim() -> None:
    assert cited("I cannot say when the mill was built.", MILL, question="When was the mill built?") == []


def test_records_are_not_mixed() -> None:
    rows = '{"rows":[{"name":"Roma","rating":4.6,"open":true},{"name":"Kai","rating":4.1,"open":false}]}'
    tool = ToolMessage("call", (TextBlock(rows),))
    found = number_sources(ChatRequest(model="any", messages=(tool,)))
    assert [citation.text for citation in align("Roma has a rating of 4.6.", found, "?")]
    for wrong in ("Kai has a rating of 4.6.", "Kai is open.", "Roma is not open."):
        assert not align(wrong, found, "?")


def test_lists_and_markup() -> None:
    answer = "Facts:\n1. Dogs are not allowed inside.\n2. **Visits before noon are free.**\n"
    assert [text for text, _ in cited(answer, MILL)] == [
        "Dogs are not allowed inside",
        "Visits before noon are free",
    ]
