"""Documents and citations through Cohere's own SDK, answered by the embedded model."""

from typing import Any

import cohere
import pytest

from support.process import Gateway

MODEL = "command-a-03-2025"
QUESTION: Any = [{"role": "user", "content": "How tall do emperor penguins grow?"}]
FACT = "Emperor penguins grow up to 122 cm tall."
FORMS: list[tuple[Any, str, dict[str, Any]]] = [
    (FACT, "doc:0", {"id": "doc:0", "text": FACT}),
    ({"data": FACT}, "doc:0", {"id": "doc:0", "text": FACT}),
    (
        {"data": {"text": FACT, "title": "Penguins"}},
        "doc:0",
        {"id": "doc:0", "text": FACT, "title": "Penguins"},
    ),
    ({"id": "mine", "data": {"snippet": FACT}}, "mine", {"id": "mine", "snippet": FACT}),
]


def client(gateway: Gateway, base: str = "") -> Any:
    return cohere.ClientV2(base_url=gateway.url + base, api_key="any")


@pytest.mark.parametrize(("document", "id", "shown"), FORMS)
@pytest.mark.parametrize("base", ["", "/cohere"])
def test_every_form_of_document_is_read_and_cited(
    gateway: Gateway, document: Any, id: str, shown: dict[str, Any], base: str
) -> None:
    response = client(gateway, base).chat(model=MODEL, messages=QUESTION, documents=[document], temperature=0)
    answer = response.message.content[0].text
    assert "122" in answer
    assert response.message.citations
    for citation in response.message.citations:
        assert answer[citation.start : citation.end] == citation.text
        assert citation.type == "TEXT_CONTENT"
        (source,) = citation.sources
        assert (source.type, source.id, source.document) == ("document", id, shown)


@pytest.mark.parametrize("mode", ["ACCURATE", "FAST", "OFF"])
def test_citation_modes_on_a_stream(gateway: Gateway, mode: Any) -> None:
    arguments: dict[str, Any] = {
        "model": MODEL,
        "messages": QUESTION,
        "documents": [FACT, "Emperor penguins live in Antarctica."],
        "citation_options": {"mode": mode},
        "temperature": 0,
    }
    co = client(gateway)
    types = [event.type for event in co.chat_stream(**arguments)]
    whole = co.chat(**arguments)
    if mode == "OFF":
        assert "citation-start" not in types
        assert not whole.message.citations
        return
    count = types.count("citation-start")
    assert count == types.count("citation-end") == len(whole.message.citations) > 0
    last_delta = len(types) - 1 - types[::-1].index("content-delta")
    if mode == "ACCURATE":
        assert types.index("citation-start") > last_delta
        assert types[last_delta + 1 : -2] == ["citation-start", "citation-end"] * count
    assert types[-2:] == ["content-end", "message-end"]


def test_what_cannot_be_supported_is_not_cited(gateway: Gateway) -> None:
    response = client(gateway).chat(
        model=MODEL,
        messages=[{"role": "user", "content": "What is the capital of France?"}],
        documents=["Bananas are rich in potassium."],
        temperature=0,
    )
    assert not response.message.citations


def test_an_answer_with_citations_can_be_fed_back(gateway: Gateway) -> None:
    co = client(gateway)
    first = co.chat(model=MODEL, messages=QUESTION, documents=[FACT], temperature=0)
    assert first.message.citations
    again = co.chat(
        model=MODEL,
        messages=[*QUESTION, first.message, {"role": "user", "content": "Thanks. Say bye."}],
        documents=[FACT],
        max_tokens=10,
    )
    assert again.message.content[0].text


def test_long_documents_are_trimmed_and_it_is_said(gateway: Gateway) -> None:
    filler = "The harbour museum keeps ropes, nets and maps of the coast. " * 200
    response = client(gateway).with_raw_response.chat(
        model=MODEL,
        messages=QUESTION,
        documents=[{"id": "long", "data": {"text": filler}}, {"id": "short", "data": {"text": FACT}}],
        temperature=0,
        max_tokens=40,
    )
    assert "documents[0] approximated" in response.headers["x-api-warning"]
    assert "122" in response.data.message.content[0].text
