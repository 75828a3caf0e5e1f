"""Documents and tool results become numbered sources, shown as Cohere shows them."""

import pytest

from causeway.grounding.sources import GroundingSource, number_sources
from causeway.model.content import Document, DocumentBlock, TextBlock, ToolMessage, UserMessage
from causeway.model.request import ChatRequest


def request(*documents: Document, tools: tuple[ToolMessage, ...] = ()) -> ChatRequest:
    return ChatRequest(
        model="any", messages=(UserMessage((TextBlock("?"),)), *tools), documents=tuple(documents)
    )


def tool_source(data: dict[str, object] | str) -> GroundingSource:
    message = ToolMessage("call_1", (DocumentBlock(Document(data)),))
    return number_sources(request(tools=(message,)))[0]


def test_documents_keep_their_ids_and_the_others_are_counted() -> None:
    sources = number_sources(
        request(Document("One."), Document({"title": "Two", "text": "Second."}, "own"), Document("Three."))
    )
    assert [source.source.id for source in sources] == ["doc:0", "own", "doc:2"]
    assert sources[0].source.data == {"id": "doc:0", "text": "One."}
    assert sources[1].source.data == {"title": "Two", "text": "Second.", "id": "own"}
    assert (sources[1].text, sources[1].path) == ("Two\nSecond.", "documents[1]")
    assert {source.source.kind for source in sources} == {"document"}


def test_tool_results_are_counted_within_their_message() -> None:
    tools = (
        ToolMessage("a", (DocumentBlock(Document({"x": 1})), DocumentBlock(Document({"x": 2})))),
        ToolMessage("b", (TextBlock("plain"), DocumentBlock(Document({"x": 3}, "own")))),
    )
    sources = number_sources(request(tools=tools))
    assert [source.source.id for source in sources] == ["a:0", "a:1", "b:0", "own"]
    assert sources[3].path == "messages[2].content[1]"
    assert all("id" not in source.source.data for source in sources)


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        ({"temperature": {"madrid": "24°C"}}, {"temperature": '{"madrid":"24°C"}'}),
        ({"n": 5, "ok": True, "s": "as is"}, {"n": "5", "ok": "true", "s": "as is"}),
        ({"none": None}, {"none": "null"}),
        ('{"n": [1, 2]}', {"n": "[1,2]"}),
        ('"is_success"', {"content": '"is_success"'}),
        ("is_success", {"content": '"is_success"'}),
        ("[1, 2]", {"content": "[1, 2]"}),
        ("5", {"content": "5"}),
        ("[" * 100_000, {"content": '"' + "[" * 100_000 + '"'}),
    ],
)  # fmt: skip
def test_tool_output_is_flat(data: dict[str, object] | str, shown: dict[str, str]) -> None:
    assert tool_source(data).source.data == shown


def test_records_are_read_one_to_a_line() -> None:
    source = tool_source('{"city": "Oslo", "days": [{"day": "Monday", "high_c": 3}, {"day": "Friday"}]}')
    assert source.text == "city: Oslo\nday: Monday; high c: 3\nday: Friday"


def test_prose_stands_apart_from_facts() -> None:
    (source,) = number_sources(
        request(Document({"title": "T", "author": "Ada", "text": "Long. Text.", "year": 1843}))
    )
    assert source.text == "T\nauthor: Ada; year: 1843\nLong. Text."
