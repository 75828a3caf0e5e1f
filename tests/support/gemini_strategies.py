"""Hypothesis strategies for what Gemini's dialect can carry without loss."""

import json
from typing import Any

from hypothesis import strategies as st

from causeway.model.content import (
    AssistantMessage,
    Citation,
    FileBlock,
    ImageBlock,
    Message,
    OpaqueBlock,
    Seal,
    Source,
    SystemMessage,
    TextBlock,
    ThinkingBlock,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from causeway.model.request import ChatRequest, OpaqueTool, ResponseFormat, Sampling, Thinking, Tool
from causeway.model.response import (
    ChatResponse,
    FinishReason,
    TokenAlternative,
    TokenLogprobs,
)
from causeway.model.usage import Usage
from support.strategies import counts, maybe_counts, names, texts

signatures = st.builds(lambda data: Seal("gemini", {"thoughtSignature": data}), names)
seals = st.none() | signatures
objects = st.dictionaries(names, texts | st.integers(-(2**53), 2**53) | st.booleans() | st.none(), max_size=3)
object_texts = objects.map(lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")))
codes = st.builds(lambda code: {"executableCode": {"code": code, "language": "PYTHON"}}, texts)
opaque_blocks = codes.map(lambda part: OpaqueBlock("gemini", "executableCode", part))
calls_of_tools = st.builds(ToolCall, names, names, object_texts, seals)
media = st.sampled_from(
    [
        ImageBlock("data:image/png;base64,AAAA"),
        ImageBlock("https://example.com/a/picture.jpg"),
        FileBlock("data:application/pdf;base64,AAAA", "application/pdf", "report"),
        FileBlock("gs://bucket/film", "video/mp4"),
        FileBlock("gs://bucket/picture.png", "image/png"),
    ]
)
spoken_blocks = st.builds(TextBlock, texts, seals) | st.builds(ThinkingBlock, texts, seals)


@st.composite
def _turns(draw: st.DrawFn) -> list[Message]:
    """A user's turn, a model's and the results of its calls."""
    said = draw(st.lists(st.builds(TextBlock, texts, seals) | media | opaque_blocks, min_size=1, max_size=3))
    calls = draw(
        st.lists(
            st.builds(ToolCall, names, names, object_texts, seals), max_size=3, unique_by=lambda call: call.id
        )
    )
    content = draw(st.lists(spoken_blocks | opaque_blocks, min_size=0 if calls else 1, max_size=3))
    results = [ToolMessage(call.id, draw(_results()), draw(st.booleans())) for call in calls]
    return [UserMessage(tuple(said)), AssistantMessage(tuple(content), tool_calls=tuple(calls)), *results]


@st.composite
def _results(draw: st.DrawFn) -> tuple[Any, ...]:
    text = draw(texts.filter(lambda text: not text.startswith("{")) | object_texts)
    return (TextBlock(text), *draw(st.lists(media, max_size=2)))


SEARCH = OpaqueTool("gemini", "googleSearch", {"googleSearch": {}})
schemas = st.sampled_from(
    [None, {"type": "object", "properties": {"a": {"type": "string"}}}, {"type": "object"}]
)
tools = st.builds(Tool, names, st.none() | texts, schemas)
samplings = st.builds(
    Sampling,
    max_tokens=st.none() | st.integers(1, 2**31 - 1),
    stop_sequences=st.lists(names, max_size=5).map(tuple),
    temperature=st.none() | st.floats(0, 2),
    seed=st.none() | st.integers(-(2**31), 2**31 - 1),
    top_k=st.none() | st.integers(1, 1000),
    top_p=st.none() | st.floats(0, 1),
    frequency_penalty=st.none() | st.floats(-2, 2),
    presence_penalty=st.none() | st.floats(-2, 2),
    logprobs=st.booleans(),
    top_logprobs=st.none() | st.integers(0, 20),
)
thinkings = st.one_of(
    st.just(Thinking(False)),
    st.just(Thinking(True)),
    st.builds(Thinking, st.just(True), st.integers(1, 30_000)),
    st.builds(
        Thinking, st.just(True), st.none(), st.sampled_from(["minimal", "low", "medium", "high", "xhigh"])
    ),
)


@st.composite
def requests(draw: st.DrawFn) -> ChatRequest:
    """A request of which Gemini can be told everything."""
    messages: list[Message] = [
        message for turn in draw(st.lists(_turns(), min_size=1, max_size=2)) for message in turn
    ]
    if system := draw(st.lists(texts.map(TextBlock), max_size=2)):
        messages.insert(0, SystemMessage(tuple(system)))
    declared = draw(st.lists(tools, max_size=3, unique_by=lambda tool: tool.name))
    choice: dict[str, Any] = draw(st.sampled_from([{}, {"tool_choice": "none"}, {"strict_tools": True}]))
    if declared and draw(st.booleans()):
        choice = {"tool_choice": "required"}
        if draw(st.booleans()):
            choice["forced_tool"] = declared[0].name
        elif len(declared) > 1:
            choice["allowed_tools"] = tuple(tool.name for tool in declared[:2])
    return ChatRequest(
        model="gemini-2.5-flash",
        messages=tuple(messages),
        dialect="gemini",
        sampling=draw(samplings),
        tools=tuple(declared),
        opaque_tools=draw(st.sampled_from([(), (SEARCH,)])),
        response_format=draw(st.none() | st.builds(ResponseFormat, schemas)),
        thinking=draw(st.none() | thinkings),
        safety_mode=draw(st.sampled_from([None, "off", "strict"])),
        choices=draw(st.integers(1, 8)),
        **choice,
    )


@st.composite
def _citations(draw: st.DrawFn, blocks: list[Any]) -> tuple[Citation, ...]:
    cited: list[Citation] = []
    places = [index for index, block in enumerate(blocks) if isinstance(block, TextBlock) and block.text]
    for number in range(draw(st.integers(0, 2)) if places else 0):
        index = draw(st.sampled_from(places))
        text = blocks[index].text
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        url = f"https://example.com/{number}"
        source = Source("document", url, {"url": url, "title": draw(names)})
        cited.append(Citation(start, end, text[start:end], (source,), "text", index))
    return tuple(cited)


@st.composite
def answers(draw: st.DrawFn) -> ChatResponse:
    """An answer of which Gemini's callers can be told everything."""
    content = draw(st.lists(spoken_blocks | opaque_blocks, max_size=3))
    calls = draw(st.lists(calls_of_tools, max_size=2))
    reasons = [FinishReason.TOOL_CALL] if calls else [FinishReason.COMPLETE, FinishReason.CONTENT_FILTER]
    tokens = draw(st.lists(_logprob_items, min_size=1, max_size=3)) if draw(st.booleans()) else None
    if tokens is not None:
        content = [TextBlock("".join(token.text for token in tokens))]
    reasoning = draw(maybe_counts)
    prompt, output = draw(counts), draw(counts) + (reasoning or 0)
    return ChatResponse(
        id=draw(names),
        content=tuple(content),
        tool_calls=tuple(calls),
        citations=draw(_citations(content)),
        finish_reason=draw(st.sampled_from([*reasons, FinishReason.MAX_TOKENS])),
        usage=Usage(
            input_tokens=prompt,
            output_tokens=output,
            billed_input_tokens=prompt,
            billed_output_tokens=output,
            cached_tokens=draw(maybe_counts),
            reasoning_tokens=reasoning,
        ),
        logprobs=None if tokens is None else tuple(tokens),
        model=draw(names),
        created=draw(st.none() | st.integers(0, 2**37)),
    )


_alternatives = st.lists(st.builds(TokenAlternative, texts, st.floats(-50, 0)), min_size=1, max_size=2).map(
    tuple
)
_logprob_items = st.builds(
    TokenLogprobs,
    texts.filter(bool),
    counts.map(lambda id: (id,)),
    st.floats(-50, 0).map(lambda logprob: (logprob,)),
    st.none(),
    _alternatives,
)
