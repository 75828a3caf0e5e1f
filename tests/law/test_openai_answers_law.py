"""What OpenAI's dialect writes it reads back the same: whole, in chunks, and by OpenAI's own SDK."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from causeway.dialects.openai.chat_face import OpenAiChat
from causeway.dialects.openai.decode_response import decode_response
from causeway.dialects.openai.decode_stream import StreamDecoder
from causeway.model.content import Citation, Source, TextBlock, ThinkingBlock, ToolCall
from causeway.model.fold import fold, unfold
from causeway.model.request import ChatRequest
from causeway.model.response import ChatResponse, FinishReason, TokenAlternative, TokenLogprobs
from causeway.model.usage import Usage
from support.provenance import NOBODY
from support.strategies import counts, maybe_counts, names, responses, texts

FACE = OpenAiChat(is_unified=False)
UNIFIED = OpenAiChat(is_unified=True)
REQUEST = ChatRequest(model="any", messages=(), stream=True, wants_stream_usage=True)
BROKEN = (FinishReason.ERROR, FinishReason.TIMEOUT)

said = texts.filter(bool)
tokens = st.builds(
    lambda text, logprob, others: TokenLogprobs(text, (), (logprob,), tuple(text.encode()), tuple(others)),
    said,
    st.floats(-50, 0),
    st.lists(
        st.builds(lambda text, p: TokenAlternative(text, p, tuple(text.encode())), texts, st.floats(-50, 0)),
        max_size=2,
    ),
)


@st.composite
def sayable(draw: st.DrawFn) -> ChatResponse:
    """A response that OpenAI's dialect has a word for, all of it."""
    thinking = [ThinkingBlock(draw(said))] if draw(st.booleans()) else []
    calls = draw(st.lists(st.builds(ToolCall, names, names, said), max_size=3, unique_by=lambda c: c.id))
    text, logprobs = draw(texts), None
    if not calls and draw(st.booleans()):
        logprobs = tuple(draw(st.lists(tokens, min_size=1, max_size=4)))
        text = "".join(token.text for token in logprobs)
    input_tokens, output_tokens = draw(counts), draw(counts)
    return ChatResponse(
        id=draw(names),
        content=(*thinking, TextBlock(text)) if text and not calls else tuple(thinking),
        tool_plan=text if text and calls else None,
        tool_calls=tuple(calls),
        finish_reason=FinishReason.TOOL_CALL
        if calls
        else draw(
            st.sampled_from([FinishReason.COMPLETE, FinishReason.MAX_TOKENS, FinishReason.CONTENT_FILTER])
        ),
        usage=Usage(
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            billed_input_tokens=input_tokens,
            billed_output_tokens=output_tokens,
            cached_tokens=draw(maybe_counts),
            reasoning_tokens=draw(maybe_counts),
        ),
        logprobs=logprobs,
        model=draw(names),
        created=draw(st.integers(1, 2**33)),
    )


def stream_bytes(response: ChatResponse, face: OpenAiChat = FACE) -> bytes:
    encoder = face.stream_encoder(REQUEST, NOBODY)
    return b"".join(encoder.encode(event) for event in unfold(response))


def chunks_of(sent: bytes) -> list[dict[str, Any]]:
    frames = sent.decode("ascii").split("\n\n")
    assert frames.pop() == ""
    assert frames.pop() == "data: [DONE]"
    assert all("\n" not in frame for frame in frames)
    return [json.loads(frame.removeprefix("data: ")) for frame in frames]


@given(sayable())
def test_a_whole_answer_is_read_back_the_same(response: ChatResponse) -> None:
    assert decode_response(FACE.encode_response(response, REQUEST, NOBODY)) == response


@given(sayable())
def test_a_streamed_answer_is_read_back_the_same(response: ChatResponse) -> None:
    decoder = StreamDecoder()
    read = fold([*decoder.feed(stream_bytes(response)), *decoder.finish()])
    if response.tool_plan is not None:  # a stream does not know that calls will follow
        response = replace(
            response, content=(*response.content, TextBlock(response.tool_plan)), tool_plan=None
        )
    assert sorted(read.content, key=str) == sorted(response.content, key=str)
    assert replace(read, content=()) == replace(response, content=())


@given(responses(), st.sampled_from([FACE, UNIFIED]))
def test_the_stream_says_what_the_whole_answer_says(response: ChatResponse, face: OpenAiChat) -> None:
    if response.finish_reason in BROKEN:
        return
    whole = json.loads(face.encode_response(response, REQUEST, NOBODY))
    choice = whole["choices"][0]
    *chunks, last = chunks_of(stream_bytes(response, face))
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    message = choice["message"]
    for name in ("content", "reasoning_content", "reasoning"):
        assert "".join(delta.get(name) or "" for delta in deltas) == (message.get(name) or "")
    for name in ("annotations", "citations"):
        told = [dict(item) for delta in deltas for item in delta.get(name, ())]
        assert [item.pop("index") for item in told] == list(range(len(told)))
        assert told == message.get(name, [])
    assert joined_calls(deltas) == message.get("tool_calls", [])
    assert [delta["role"] for delta in deltas if "role" in delta] == ["assistant"]
    assert {(chunk["id"], chunk["created"], chunk["model"]) for chunk in [*chunks, last]} == {
        (whole["id"], whole["created"], whole["model"])
    }
    reasons = [chunk["choices"][0]["finish_reason"] for chunk in chunks]
    assert reasons == [None] * (len(chunks) - 1) + [choice["finish_reason"]]
    assert [chunk["usage"] for chunk in chunks] == [None] * len(chunks)
    assert (last["choices"], last["usage"]) == ([], whole["usage"])
    logprobs = [chunk["choices"][0]["logprobs"] for chunk in chunks]
    assert [token for item in logprobs if item for token in item["content"]] == (
        choice["logprobs"]["content"] if choice["logprobs"] else []
    )


def joined_calls(deltas: list[dict[str, Any]]) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = []
    for piece in (piece for delta in deltas for piece in delta.get("tool_calls", ())):
        if "id" in piece:
            assert piece["index"] == len(calls)
            calls.append({"id": piece["id"], "type": piece["type"], "function": dict(piece["function"])})
        else:
            calls[piece["index"]]["function"]["arguments"] += piece["function"]["arguments"]
    return calls


@given(responses(), st.sampled_from([FACE, UNIFIED]))
def test_openais_own_types_take_every_answer(response: ChatResponse, face: OpenAiChat) -> None:
    if response.finish_reason in BROKEN:
        return
    ChatCompletion.model_validate_json(face.encode_response(response, REQUEST, NOBODY))
    for chunk in chunks_of(stream_bytes(response, face)):
        ChatCompletionChunk.model_validate(chunk)


@given(said, texts, texts, texts, st.data())
def test_a_citation_names_its_text_in_what_the_caller_sees(
    cited: str, plan: str, before: str, after: str, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(cited) - 1))
    end = data.draw(st.integers(start + 1, len(cited)))
    source = Source("document", "d", {"url": "https://example.com", "title": "Example", "text": "..."})
    response = ChatResponse(
        id="a",
        content=(ThinkingBlock("hm"), TextBlock(before), TextBlock(cited), TextBlock(after)),
        tool_plan=plan,
        citations=(Citation(start, end, cited[start:end], (source,), "text", 2),),
        finish_reason=FinishReason.COMPLETE,
        usage=Usage(),
    )
    message = json.loads(FACE.encode_response(response, REQUEST, NOBODY))["choices"][0]["message"]
    told, annotation = message["citations"][0], message["annotations"][0]["url_citation"]
    assert message["content"][told["start"] : told["end"]] == told["text"] == cited[start:end]
    assert (annotation["start_index"], annotation["end_index"]) == (told["start"], told["end"])
