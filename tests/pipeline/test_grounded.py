"""Documents and citations around a model that has neither."""

from collections.abc import AsyncGenerator
from typing import Any

from causeway.model.content import (
    AssistantMessage,
    Document,
    DocumentBlock,
    SystemMessage,
    TextBlock,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from causeway.model.events import (
    CitationAdded,
    ContentEnd,
    ContentStart,
    Event,
    MessageEnd,
    MessageStart,
    TextDelta,
)
from causeway.model.fold import fold
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.response import FinishReason
from causeway.model.usage import Usage
from causeway.pipeline.grounded import GroundedModel, Grounding

QUESTION = UserMessage((TextBlock("How tall do emperor penguins grow, and where do they live?"),))
DOCUMENTS = (
    Document({"title": "Penguins", "text": "Emperor penguins grow up to 122 cm tall."}, "penguins"),
    Document("Emperor penguins live in Antarctica."),
)
PIECES = ("Emperor penguins grow up to ", "122 cm tall. ", "They live in Ant", "arctica.", " I like them.")
ANSWER = "".join(PIECES)


class Parrot:
    """Says what it was made to say, and keeps what it was asked."""

    name = "local/parrot"

    def __init__(self, pieces: tuple[str, ...] = PIECES) -> None:
        self._pieces = pieces
        self.asked: list[ChatRequest] = []

    async def stream_chat(self, request: ChatRequest, losses: LossReport) -> AsyncGenerator[Event, None]:
        self.asked.append(request)
        yield MessageStart("id")
        yield ContentStart(0, "text")
        for piece in self._pieces:
            yield TextDelta(0, piece)
        yield ContentEnd(0)
        yield MessageEnd(FinishReason.COMPLETE, Usage())


async def ask(parrot: Parrot, section_tokens: int = 600, **fields: Any) -> tuple[list[Event], LossReport]:
    model = GroundedModel(
        parrot, Grounding(section_tokens=section_tokens, estimate_tokens=lambda text: len(text) // 4)
    )
    losses = LossReport()
    request = ChatRequest(model="m", **{"messages": (QUESTION,), "documents": DOCUMENTS, **fields})
    return [event async for event in model.stream_chat(request, losses)], losses


async def test_citations_come_after_the_text_and_before_its_end() -> None:
    events, _ = await ask(Parrot())
    kinds = [type(event) for event in events]
    first = kinds.index(CitationAdded)
    assert kinds[:first] == [MessageStart, ContentStart, *[TextDelta] * len(PIECES)]
    assert set(kinds[first:-2]) == {CitationAdded}
    assert kinds[-2:] == [ContentEnd, MessageEnd]
    citations = fold(events).citations
    assert [ANSWER[citation.start : citation.end] for citation in citations] == [c.text for c in citations]
    assert [[source.id for source in citation.sources] for citation in citations] == [["penguins"], ["doc:1"]]
    assert citations[0].sources[0].data["id"] == "penguins"


async def test_fast_citations_come_as_soon_as_they_can() -> None:
    accurate, _ = await ask(Parrot())
    fast, _ = await ask(Parrot(), citation_mode="fast")
    assert fold(fast) == fold(accurate)
    kinds = [type(event) for event in fast]
    assert kinds.index(CitationAdded) < len(kinds) - 1 - kinds[::-1].index(TextDelta)


async def test_no_citations_where_none_are_wanted() -> None:
    events, _ = await ask(Parrot(), citation_mode="off")
    assert fold(events).citations == ()


async def test_nothing_is_cited_that_no_source_supports() -> None:
    events, _ = await ask(Parrot(("Emperor penguins grow up to 222 cm. ", "They do not live in Antarctica.")))
    assert fold(events).citations == ()


async def test_the_documents_stand_before_the_users_last_words() -> None:
    parrot = Parrot()
    earlier = (
        SystemMessage((TextBlock("Be kind."),)),
        UserMessage((TextBlock("Hello."),)),
        AssistantMessage((TextBlock("Hi."),)),
    )
    await ask(parrot, messages=(*earlier, QUESTION), safety_mode="off")
    (asked,) = parrot.asked
    assert asked.documents == ()
    assert asked.safety_mode == "contextual"
    assert asked.messages[:-1] == earlier
    context, question = asked.messages[-1].content
    assert isinstance(context, TextBlock)
    assert "122 cm" in context.text
    assert "Antarctica" in context.text
    assert question == QUESTION.content[0]


async def test_documents_without_a_question_are_shown_all_the_same() -> None:
    parrot = Parrot()
    only_system = (SystemMessage((TextBlock("Summarise what you are given."),)),)
    await ask(parrot, messages=only_system)
    assert parrot.asked[0].messages[0] == only_system[0]
    assert "122 cm" in parrot.asked[0].messages[1].content[0].text


FILLER = tuple(Document(f"Fact {n} about the history of paper in city {n}.") for n in range(50))


async def test_what_does_not_fit_is_reported() -> None:
    parrot = Parrot()
    _, losses = await ask(parrot, section_tokens=60, documents=(*FILLER, *DOCUMENTS))
    context = parrot.asked[0].messages[-1].content[0].text
    assert "122 cm" in context
    assert len(context) // 4 <= 60
    (loss,) = losses.losses
    assert (loss.kind, loss.path) == ("approximated", "documents")
    whole = sum(document.data in context for document in FILLER) + 2
    assert loss.detail == f"of 52 documents {whole} were read whole, 0 in part"


async def test_a_few_documents_are_reported_one_by_one() -> None:
    _, losses = await ask(Parrot(), section_tokens=40, documents=(*FILLER[:4], *DOCUMENTS))
    assert losses.losses
    for loss in losses.losses:
        assert loss.path.startswith("documents[")
        assert loss.detail.endswith("characters were read")


async def test_results_of_tools_are_sources() -> None:
    messages = (
        QUESTION,
        AssistantMessage(tool_calls=(ToolCall("lookup_1", "lookup", "{}"),)),
        ToolMessage(
            "lookup_1",
            (
                DocumentBlock(Document('{"height": {"text": "Emperor penguins grow up to 122 cm tall."}}')),
                DocumentBlock(Document({"text": "Emperor penguins live in Antarctica."}, "own-id")),
            ),
        ),
    )
    parrot = Parrot()
    events, _ = await ask(parrot, messages=messages, documents=())
    first, second = fold(events).citations
    assert [(source.kind, source.id) for source in first.sources] == [("tool", "lookup_1:0")]
    assert first.sources[0].data == {"height": '{"text":"Emperor penguins grow up to 122 cm tall."}'}
    assert [(source.kind, source.id) for source in second.sources] == [("tool", "own-id")]
    assert parrot.asked[0].messages == messages


async def test_without_sources_nothing_changes() -> None:
    parrot = Parrot()
    events, losses = await ask(parrot, documents=())
    assert [type(event) for event in events] == [
        MessageStart,
        ContentStart,
        *[TextDelta] * len(PIECES),
        ContentEnd,
        MessageEnd,
    ]
    assert losses.losses == []
    assert parrot.asked[0].messages == (QUESTION,)
