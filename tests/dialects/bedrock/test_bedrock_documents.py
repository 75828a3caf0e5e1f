"""Documents that a caller of Converse wants cited: read by every provider, and cited in Converse's words."""

import json
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causeway.dialects.bedrock.chat_face import BedrockConverse
from causeway.dialects.bedrock.provider_face import BedrockProvider
from causeway.model.content import (
    Citation,
    Document,
    DocumentBlock,
    FileBlock,
    OpaqueBlock,
    Source,
    TextBlock,
    ToolMessage,
    UserMessage,
)
from causeway.model.errors import ClientError
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
from causeway.model.response import ChatResponse, FinishReason
from causeway.model.usage import Usage
from support.provenance import NOBODY
from support.strategies import names

CALLER = BedrockConverse()
PROVIDER = BedrockProvider()
ASK: dict[str, Any] = {"text": "How tall?"}
CITED = {"enabled": True}


def in_base64(content: bytes) -> dict[str, Any]:
    return {"bytes": b64encode(content).decode()}


def document(source: dict[str, Any], name: str = "d", **members: Any) -> dict[str, Any]:
    members = {"format": "txt", "citations": CITED, **members}
    return {"document": {"name": name, "source": source, **members}}


def search_result(*texts: str, source: str = "https://a.example/", citations: Any = CITED) -> dict[str, Any]:
    content = [{"text": text} for text in texts]
    return {"searchResult": {"source": source, "title": "Title", "content": content, "citations": citations}}


def tool_result(*content: dict[str, Any]) -> dict[str, Any]:
    return {"toolResult": {"toolUseId": "call", "content": list(content), "status": "success"}}


def body_of(*turns: list[dict[str, Any]]) -> dict[str, Any]:
    roles = ("user", "assistant")
    return {"messages": [{"role": roles[index % 2], "content": turn} for index, turn in enumerate(turns)]}


def read(*turns: list[dict[str, Any]]) -> ChatRequest:
    losses = LossReport()
    request = CALLER.decode_request(json.dumps(body_of(*turns)).encode(), losses)
    assert losses.losses == []
    return request


def written(request: ChatRequest) -> dict[str, Any]:
    losses = LossReport()
    body: dict[str, Any] = json.loads(PROVIDER.encode_request(request, losses))
    assert losses.losses == []
    return body


def told(request: ChatRequest) -> list[tuple[str | dict[str, Any], str | None]]:
    return [(document.data, document.id) for document in request.documents]


@pytest.mark.parametrize(
    ("block", "data", "id"),
    [
        (document({"text": "Tall."}), "Tall.", "d"),
        (document({"text": "Tall."}, context="Birds."), {"context": "Birds.", "text": "Tall."}, "d"),
        (document({"content": [{"text": "a"}]}), {"text": "a"}, "d"),
        (document({"content": [{"text": "a"}, {"text": "b"}]}), {"text": "a", "text_2": "b"}, "d"),
        (document(in_base64("é,1".encode()), format="csv"), "é,1", "d"),
        (document(in_base64(b"# A"), format="md"), "# A", "d"),
        (document(in_base64(b"<p>"), format="html"), "<p>", "d"),
        (document(in_base64(b"a"), format="text/plain"), "a", "d"),
        (search_result("a", "b"), {"title": "Title", "text": "a", "text_2": "b"}, "https://a.example/"),
    ],
)  # fmt: skip
def test_a_text_that_is_to_be_cited_is_a_document_of_the_request(
    block: dict[str, Any], data: str | dict[str, Any], id: str
) -> None:
    request = read([block, ASK])
    assert told(request) == [(data, id)]
    assert request.messages == (UserMessage((TextBlock("How tall?"),)),)
    assert request.extras is None
    assert written(request) == body_of([block, ASK])


@pytest.mark.parametrize(
    "block",
    [
        document({"text": "Tall."}, citations={"enabled": False}),
        document({"text": " "}),
        document(in_base64(b"%PDF"), format="pdf"),
        document(in_base64(b"\xff\xfe"), format="txt"),
        document({"bytes": "no base64"}, format="txt"),
        document({"s3Location": {"uri": "s3://bucket/key"}}),
        document({"text": "Tall."}, mode="new"),
        search_result("a", citations={"enabled": False}),
        search_result(),
    ],
)
def test_what_is_not_to_be_cited_or_cannot_be_read_stays_where_it_is(block: dict[str, Any]) -> None:
    request = read([block, ASK])
    assert request.documents == ()
    [message] = request.messages
    assert isinstance(message.content[0], FileBlock | OpaqueBlock)
    assert written(request) == body_of([block, ASK])


def test_a_turn_of_nothing_but_documents_keeps_them() -> None:
    turn = [document({"text": "Tall."}), {"cachePoint": {"type": "default"}}]
    request = read(turn)
    assert request.documents == ()
    assert isinstance(request.messages[0].content[0], FileBlock)
    assert written(request) == body_of(turn)


def test_a_search_result_of_a_tool_is_a_document_there() -> None:
    block = search_result("a")
    turns = ([tool_result({"text": "x"}, block)],)
    request = read(*turns)
    [message] = request.messages
    assert isinstance(message, ToolMessage)
    said, result = message.content
    assert said == TextBlock("x")
    assert isinstance(result, DocumentBlock)
    assert (result.document.data, result.document.id) == (
        {"title": "Title", "text": "a"},
        "https://a.example/",
    )
    assert request.documents == ()
    assert written(request) == body_of(*turns)


def test_a_second_document_of_the_same_name_has_none() -> None:
    blocks = [document({"text": text}) for text in ("a", "b")]
    assert told(read([*blocks, ASK])) == [("a", "d"), ("b", None)]


@pytest.mark.parametrize(
    ("block", "field"),
    [
        (document({"text": "a"}, format="zip"), "format"),
        (document({"text": "a"}, name=""), "name"),
        (document({"bytes": "YQ=="}, format=None), "format"),
    ],
)
def test_a_document_to_be_cited_is_checked_as_any_other(block: dict[str, Any], field: str) -> None:
    with pytest.raises(ClientError) as caught:
        read([block, ASK])
    assert caught.value.field == f"messages[0].content[0].document.{field}"


def test_documents_of_other_callers_are_reported_where_nothing_has_grounded_them() -> None:
    request = read([document({"text": "a"}), ASK])
    losses = LossReport()
    mixed = (*request.documents, Document("b"))
    PROVIDER.encode_request(
        ChatRequest(model="m", messages=request.messages, documents=mixed, dialect="cohere"), losses
    )
    assert [(loss.kind, loss.path) for loss in losses.losses] == [("dropped", "documents")]


# Laws

texts = st.text("ab é", min_size=1, max_size=5).filter(str.strip)
sources = st.one_of(
    texts.map(lambda text: {"text": text}),
    texts.map(lambda text: in_base64(text.encode())),
    st.lists(texts, min_size=1, max_size=3).map(
        lambda parts: {"content": [{"text": part} for part in parts]}
    ),
)
cited = st.builds(document, sources, names) | st.builds(
    lambda parts, source: search_result(*parts, source=source), st.lists(texts, min_size=1, max_size=3), names
)
uncited = st.just(document({"text": "a"}, citations={"enabled": False})) | st.just(
    document(in_base64(b"%PDF"), format="pdf")
)
marks = st.just({"cachePoint": {"type": "default"}})
plain = texts.map(lambda text: {"text": text})
results = st.lists(plain | cited | uncited, max_size=3).map(lambda content: tool_result(*content))
user_turns = st.lists(plain | cited | uncited | marks | results, min_size=1, max_size=6)
conversations = st.lists(user_turns, min_size=1, max_size=3).map(
    lambda turns: [turn for said in turns for turn in (said, [{"text": "Yes."}])]
)


@settings(max_examples=200, deadline=None)
@given(conversations)
def test_a_request_with_documents_is_written_as_it_came(turns: list[list[dict[str, Any]]]) -> None:
    request = read(*turns)
    assert written(request) == body_of(*turns)
    assert read(*[turn["content"] for turn in written(request)["messages"]]) == request


@settings(max_examples=200, deadline=None)
@given(conversations, st.data())
def test_citations_point_to_the_blocks_by_their_number(
    turns: list[list[dict[str, Any]]], data: st.DataObject
) -> None:
    """Every block of a kind counts, cited or not, in tools' results as well as beside them."""
    request = read(*turns)
    if not request.documents:
        return
    index = data.draw(st.integers(0, len(request.documents) - 1))
    meant = request.documents[index]
    assert meant.seal is not None
    [location] = [
        citation["location"] for citation in shown_for(request, Source("document", f"doc:{index}", {}))
    ]
    every = [
        inner
        for turn in turns
        for block in turn
        for inner in (block["toolResult"]["content"] if "toolResult" in block else [block])
    ]
    [(kind, place)] = location.items()
    if kind == "searchResultLocation":
        found = [block for block in every if "searchResult" in block][place["searchResultIndex"]]
    else:
        found = [block for block in every if "document" in block][place["documentIndex"]]
    assert found == meant.seal.data["block"]


NOISE = st.none() | st.booleans() | st.integers() | st.sampled_from(["", "x", [], {}, [1], [{}], {"text": 1}])


@settings(max_examples=200, deadline=None)
@given(cited, st.data())
def test_a_damaged_document_is_read_or_refused(block: dict[str, Any], data: st.DataObject) -> None:
    [(kind, members)] = block.items()
    name = data.draw(st.sampled_from(sorted(members)))
    damaged = {kind: {**members, name: data.draw(NOISE)}}
    try:
        request = CALLER.decode_request(json.dumps(body_of([damaged, ASK])).encode(), LossReport())
    except ClientError as error:
        assert error.status == 400
    else:
        PROVIDER.encode_request(request, LossReport())


# Answers


def answer(text: str, *sources: Source) -> ChatResponse:
    citations = (Citation(0, len(text), text, sources, "text", 0),)
    return ChatResponse(
        id="x",
        content=(TextBlock(text),),
        citations=citations,
        finish_reason=FinishReason.COMPLETE,
        usage=Usage(),
    )


def shown_for(request: ChatRequest, *sources: Source) -> list[dict[str, Any]]:
    body = json.loads(CALLER.encode_response(answer("Tall.", *sources), request, NOBODY))
    [block] = body["output"]["message"]["content"]
    shown: list[dict[str, Any]] = block["citationsContent"]["citations"]
    return shown


TEXT = "Emperor penguins are tall."


@pytest.mark.parametrize(
    ("block", "id", "data", "shown"),
    [
        (
            document({"text": TEXT}, "Birds"),
            "Birds",
            {"id": "Birds", "text": TEXT},
            {
                "title": "Birds",
                "sourceContent": [{"text": TEXT}],
                "location": {"documentChar": {"documentIndex": 1, "start": 0, "end": 26}},
            },
        ),
        (
            document(in_base64(TEXT.encode()), "Birds"),
            "doc:0",
            {"text": "penguins are"},
            {
                "title": "Birds",
                "sourceContent": [{"text": "penguins are"}],
                "location": {"documentChar": {"documentIndex": 1, "start": 8, "end": 20}},
            },
        ),
        (
            document({"text": TEXT}, "Birds"),
            "Birds",
            {"text": "what it does not say"},
            {
                "title": "Birds",
                "sourceContent": [{"text": TEXT}],
                "location": {"documentChar": {"documentIndex": 1, "start": 0, "end": 26}},
            },
        ),
        (
            document({"content": [{"text": "a"}, {"text": TEXT}]}, "Birds"),
            "Birds",
            {"text": "penguins"},
            {
                "title": "Birds",
                "sourceContent": [{"text": "penguins"}],
                "location": {"documentChunk": {"documentIndex": 1, "start": 1, "end": 2}},
            },
        ),
        (
            document({"content": [{"text": "a"}, {"text": TEXT}]}, "Birds"),
            "Birds",
            {"text": "a", "text_2": TEXT},
            {
                "title": "Birds",
                "sourceContent": [{"text": "a"}, {"text": TEXT}],
                "location": {"documentChunk": {"documentIndex": 1, "start": 0, "end": 2}},
            },
        ),
        (
            search_result(TEXT),
            "https://a.example/",
            {"text": TEXT, "title": "Title"},
            {
                "title": "Title",
                "source": "https://a.example/",
                "sourceContent": [{"text": TEXT}],
                "location": {"searchResultLocation": {"searchResultIndex": 0, "start": 0, "end": 1}},
            },
        ),
    ],
)
def test_a_citation_points_to_the_callers_own_block(
    block: dict[str, Any], id: str, data: dict[str, Any], shown: dict[str, Any]
) -> None:
    request = read([document(in_base64(b"%PDF"), "A", format="pdf"), block, ASK])
    assert shown_for(request, Source("document", id, data)) == [shown]
    streamed = CALLER.stream_encoder(request, NOBODY)
    text = "Tall."
    cited = Citation(0, len(text), text, (Source("document", id, data),), "text", 0)
    events: list[Event] = [
        MessageStart("x"),
        ContentStart(0, "text"),
        TextDelta(0, text),
        CitationAdded(0, cited),
        ContentEnd(0),
        MessageEnd(FinishReason.COMPLETE, Usage()),
    ]
    frames = b"".join(map(streamed.encode, events))
    [said] = fold(PROVIDER.stream_decoder().feed(frames)).content
    assert isinstance(said, TextBlock)
    assert said.seal is not None
    assert said.seal.data["citationsContent"]["citations"] == [shown]


@pytest.mark.parametrize("id", ["https://a.example/", "call:1"])
def test_a_citation_of_a_tools_search_result_points_to_it(id: str) -> None:
    request = read([search_result("a", source="https://b.example/"), ASK], [{"text": "Hm"}],
                   [tool_result({"text": "x"}, search_result("b"))])  # fmt: skip
    assert shown_for(request, Source("tool", id, {"text": "b"})) == [
        {
            "title": "Title",
            "source": "https://a.example/",
            "sourceContent": [{"text": "b"}],
            "location": {"searchResultLocation": {"searchResultIndex": 1, "start": 0, "end": 1}},
        }
    ]
