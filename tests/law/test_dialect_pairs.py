"""Between any two dialects: what a request says arrives, or the loss report names it.

A request of each dialect is written for a provider of each and read again as that provider's own callers'.
What is compared, and what need not be equal, stands in `support/told_requests.py`.
"""

import json
from itertools import product

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from causeway.dialects.faces import ChatProviderFace
from causeway.dialects.table import chat_provider_face
from causeway.model.content import DocumentBlock, FileBlock
from causeway.model.errors import UntranslatableError
from causeway.model.loss import Loss, LossReport
from causeway.model.request import ChatRequest
from support.exchanges import CALLERS, COLUMNS
from support.pair_strategies import asked
from support.told_requests import CALLED, Piece, covers, joined, options_of, pieces_of, tool_facts

PROVIDERS: dict[str, ChatProviderFace] = {
    name: chat_provider_face(column.dialect, column.spec.quirks) for name, column in COLUMNS.items()
}
PAIRS = list(product(CALLERS, COLUMNS))
EXTENDED = ("openai", "responses")
ALTERED = ("mapped", "approximated")


def as_callers_say_it(request: ChatRequest, dialect: str) -> ChatRequest:
    """Return a request as callers of a dialect would have made it, without what this has no words for."""
    model = COLUMNS[dialect].model
    body = json.loads(PROVIDERS[dialect].encode_request(replace(request, model=model), LossReport()))
    if dialect in EXTENDED:  # whose callers may say more than their vendor understands
        if request.documents:
            body["documents"] = [
                {"data": document.data} | ({"id": document.id} if document.id else {})
                for document in request.documents
            ]
            if request.citation_mode is not None:
                body["citation_options"] = {"mode": request.citation_mode}
        body |= {"safety_mode": request.safety_mode, "priority": request.priority}
    return CALLERS[dialect].face.decode_request(msgspec.json.encode(body), LossReport())


@pytest.mark.parametrize(("caller", "provider"), PAIRS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_what_is_asked_arrives_or_its_loss_is_named(caller: str, provider: str, data: st.DataObject) -> None:
    said = as_callers_say_it(data.draw(asked(caller)), caller)
    said = replace(said, model=COLUMNS[provider].model)
    report = LossReport()
    try:
        body = PROVIDERS[provider].encode_request(said, report)
    except UntranslatableError as error:  # nothing of a user's turn is left to say
        assert error.field is not None
        assert error.field.startswith("messages[")
        assert caller != provider
        return
    arrived = CALLERS[provider].face.decode_request(body, LossReport())
    losses = report.losses
    if caller == provider:
        check_same_dialect(said, arrived, losses)
        return
    check_conversation(said, arrived, losses, provider)
    check_options(said, arrived, losses, provider)
    check_tools(said, arrived, losses, provider)
    check_documents(said, arrived, losses, provider)
    for name in said.extras.fields if said.extras else ():
        assert any(loss.kind == "dropped" and loss.path == name for loss in losses), name


def check_same_dialect(said: ChatRequest, arrived: ChatRequest, losses: list[Loss]) -> None:
    """Nothing is lost but what callers of OpenAI's dialects may say and OpenAI does not understand."""
    extensions = {"documents", "citation_options", "safety_mode", "priority"}
    assert {loss.path for loss in losses} <= (extensions if said.dialect in EXTENDED else set())
    if said.dialect in EXTENDED:
        said = replace(said, documents=(), citation_mode=None, safety_mode=None, priority=0)
    assert replace(arrived, model=said.model) == replace(said, is_verbatim=True)


def are_cited(said: ChatRequest, provider: str) -> bool:
    """Whether a provider is told documents as such: those that are not to be cited are files to Anthropic."""
    return provider != "anthropic" or (said.citation_mode != "off" and said.response_format is None)


def check_conversation(said: ChatRequest, arrived: ChatRequest, losses: list[Loss], provider: str) -> None:
    kept: list[Piece] = []
    told_otherwise = 0
    altered = {loss.path.split(".")[0] for loss in losses if loss.kind in ALTERED}
    own_form = read_by_anthropic(said) if provider == "anthropic" else set()
    for piece in pieces_of(said.messages):
        named = [loss for loss in losses if covers(loss, piece)]
        # Where part of a result is told as text, it may be one text with the rest.
        is_joined = piece.said[1:2] == ("text",) and piece.said[0].startswith("result")
        is_joined = is_joined and piece.path.split(".")[0] in altered
        if piece.path in own_form or is_joined or any(loss.kind in ALTERED for loss in named):
            told_otherwise += 1
        elif not named:
            kept.append(piece)
    if any(loss.path.startswith("response_format") for loss in losses if loss.kind == "approximated"):
        told_otherwise += 1  # by an instruction
    if not are_cited(said, provider):
        told_otherwise += 2 * len(said.documents)  # as files and their names
    expected = joined(kept)
    position = 0
    for came in joined(pieces_of(arrived.messages)):
        if position < len(expected) and came == expected[position]:
            position += 1
        else:
            told_otherwise -= 1
            assert told_otherwise >= 0, f"{came} came in place of {expected[position:][:1]}"
    assert expected[position:] == []


def read_by_anthropic(said: ChatRequest) -> set[str]:
    """Return the places of what its callers' face reads in another form than it had.

    Of a request's documents all are cited or none. Where they are, a text is one of them; where they are not,
    one in a result is a block that only Anthropic knows.
    """
    found: set[str] = set()
    is_cited = are_cited(said, "anthropic")
    for index, message in enumerate(said.messages):
        for place, block in enumerate(message.content):
            is_text = isinstance(block, FileBlock) and block.url.startswith("data:text/plain")
            if is_text if is_cited and said.documents else isinstance(block, DocumentBlock) and not is_cited:
                path = f"messages[{index}].content[{place}]"
                found |= {path, f"{path}.name"}
    return found


def check_options(said: ChatRequest, arrived: ChatRequest, losses: list[Loss], provider: str) -> None:
    wanted, told = options_of(said), options_of(arrived)
    if provider in ("anthropic", "bedrock") and wanted["temperature"] == 1.0 and said.thinking is not None:
        told["temperature"] = 1.0  # as Claude does unasked; where it thinks it takes no other, and not this
    # The gateway sees to those that are more than the provider takes.
    wanted["stop_sequences"] = wanted["stop_sequences"][: PROVIDERS[provider].max_stop_sequences]
    if provider == "anthropic" and wanted["max_tokens"] is None:
        told["max_tokens"] = None  # Anthropic refuses a request without a bound
    if not are_cited(said, provider):
        told["citation_mode"] = wanted["citation_mode"]
    for name, value in wanted.items():
        if told[name] != value:
            names = CALLED.get(name, (name,))
            found = any(loss.path.partition("[")[0].partition(".")[0] in names for loss in losses)
            assert found, f"{name}: {value} came as {told[name]}"


def check_tools(said: ChatRequest, arrived: ChatRequest, losses: list[Loss], provider: str) -> None:
    lost = {loss.path for loss in losses}
    came = {tool.name: tool for tool in arrived.tools}
    for index, tool in enumerate(said.tools):
        if tool.name not in came:
            assert "tool_choice" in lost
            continue
        told = tool_facts(arrived, came[tool.name])
        for end, value in tool_facts(said, tool).items():
            if end == ".strict" and provider == "gemini" and said.tool_choice is not None:
                continue  # where a function has to be called the schemas are held to anyway
            if end == ".strict" and tool.parameters is None:
                continue  # there is no schema to hold to
            if told[end] != value:
                named = {f"tools[{index}]{end}", f"tools[{index}].function{end}", "strict_tools", "tools"}
                assert named & lost, f"{tool.name}{end}: {value} came as {told[end]}"
    for index, _ in enumerate(said.opaque_tools):
        assert f"tools[{index}]" in lost


def check_documents(said: ChatRequest, arrived: ChatRequest, losses: list[Loss], provider: str) -> None:
    lost = {loss.path for loss in losses}
    if "documents" in lost or not are_cited(said, provider):
        return
    told = iter(arrived.documents)
    for index, document in enumerate(said.documents):
        id = document.id
        if id is None and provider == "anthropic":  # whose citations name a document by its title
            id = f"doc:{index}"
        found = next(told)
        while found.id != id:  # a text that is cited with them
            found = next(told)
        if f"documents[{index}]" not in lost:
            data = document.data
            assert found.data in (data, {"text": data}) or {"text": found.data} == data
