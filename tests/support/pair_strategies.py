"""Hypothesis strategies for what any two dialects are tried with: whole requests and answers, of every kind
of content, among it what only one dialect knows.
"""

import json
from typing import Any

from hypothesis import strategies as st

from causeway.model.content import (
    AssistantMessage,
    CachePoint,
    Citation,
    Document,
    DocumentBlock,
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
from causeway.model.response import ChatResponse, Failure, FinishReason, TokenAlternative, TokenLogprobs
from causeway.model.usage import Usage
from support.matrix_samples.sample import OPEN_SCHEMA, PDF, PNG, SCHEMA

# What can be seen: a text of white space alone says nothing, and some vendors refuse it.
words = st.text('aé🐧 ."\n', min_size=1, max_size=12).filter(str.strip)
names = st.text("abcdefghij_", min_size=1, max_size=8)
counts = st.integers(0, 10**6)
objects = st.dictionaries(names, words | st.integers(-9, 9) | st.booleans() | st.none(), max_size=2)
arguments = objects.map(lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")))

REDACTED = {"type": "redacted_thinking", "data": "AAAA"}
SEARCHED = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search"}}
# Of a dialect a block of a model's that only it knows, what it may want back with its thinking, and a tool.
OWN_BLOCKS = {
    "anthropic": OpaqueBlock("anthropic", "redacted_thinking", REDACTED),
    "gemini": OpaqueBlock(
        "gemini", "executableCode", {"executableCode": {"code": "1", "language": "PYTHON"}}
    ),
    "bedrock": OpaqueBlock("bedrock", "reasoningContent", {"reasoningContent": {"redactedContent": "AAAA"}}),
    "responses": OpaqueBlock("responses", "web_search_call", SEARCHED),
}
OWN_SEALS = {
    "anthropic": Seal("anthropic", {"signature": "c2ln"}),
    "gemini": Seal("gemini", {"thoughtSignature": "c2ln"}),
    "bedrock": Seal("bedrock", {"signature": "c2ln"}),
}
OWN_TOOLS = {
    "anthropic": OpaqueTool("anthropic", "bash_20250124", {"type": "bash_20250124", "name": "bash"}),
    "gemini": OpaqueTool("gemini", "googleSearch", {"googleSearch": {}}),
    "bedrock": OpaqueTool("bedrock", "systemTool", {"systemTool": {"name": "nova_grounding"}}),
    "responses": OpaqueTool("responses", "web_search", {"type": "web_search"}),
}

images = st.builds(
    ImageBlock,
    st.sampled_from(
        [
            "https://example.com/a.png",
            f"data:image/png;base64,{PNG}",
            "s3://bucket/a.png",
            "gs://bucket/a.png",
        ]
    ),
    st.sampled_from([None, "low", "high"]),
)
files = st.sampled_from(
    [
        FileBlock(f"data:application/pdf;base64,{PDF}", "application/pdf", "report"),
        FileBlock("data:text/plain;base64,aGVsbG8=", "text/plain", "notes"),
        FileBlock("data:audio/wav;base64,UklG", "audio/wav"),
        FileBlock("https://example.com/a.pdf", "application/pdf", "report"),
        FileBlock("s3://bucket/a.mp4", "video/mp4"),
        FileBlock("gs://bucket/a.mp4", "video/mp4", "film"),
    ]
)
cache_points = st.builds(CachePoint, st.sampled_from([None, 300, 3600]))
documents = st.builds(Document, words | st.fixed_dictionaries({"text": words}), st.none() | names)


@st.composite
def conversations(draw: st.DrawFn, dialect: str) -> tuple[Message, ...]:
    """Turns that follow each other as every vendor wants them to."""
    messages: list[Message] = []
    own = [OWN_BLOCKS[dialect]] if dialect in OWN_BLOCKS else []
    seals = st.sampled_from([None, OWN_SEALS[dialect]]) if dialect in OWN_SEALS else st.none()
    system = st.lists(words.map(TextBlock) | cache_points, min_size=1, max_size=2).map(tuple)
    if draw(st.booleans()):
        messages.append(SystemMessage((TextBlock("Be brief."), *draw(system))))
    for number in range(draw(st.integers(1, 2))):
        more = draw(st.lists(words.map(TextBlock) | images | files | cache_points, max_size=2))
        messages.append(UserMessage((TextBlock(draw(words)), *more)))
        if draw(st.integers(0, 4)) == 0:
            messages.append(SystemMessage(draw(words.map(lambda text: (TextBlock(text),)))))
        said = st.builds(ThinkingBlock, words, seals) | words.map(TextBlock)
        content = draw(st.lists(said | st.sampled_from(own) if own else said, max_size=2))
        ids = st.builds("{}_{}".format, names, st.just(number))
        made = st.builds(ToolCall, ids, names, arguments)
        calls = draw(st.lists(made, max_size=2, unique_by=lambda call: call.id))
        # A plan is text before the calls: beside other text it has no place that all have.
        has_text = any(isinstance(block, TextBlock) for block in content)
        plan = draw(st.none() | words) if calls and not has_text else None
        if not has_text and not calls:
            content.append(TextBlock(draw(words)))
        messages.append(AssistantMessage(tuple(content), plan, tuple(calls)))
        for call in calls:
            blocks = words.map(TextBlock) | images | files | documents.map(DocumentBlock) | cache_points
            result = (TextBlock(draw(words)), *draw(st.lists(blocks, max_size=2)))
            messages.append(ToolMessage(call.id, result, draw(st.booleans())))
    messages.append(UserMessage((TextBlock(draw(words)),)))
    return tuple(messages)


samplings = st.builds(
    Sampling,
    max_tokens=st.none() | st.integers(1, 64_000),
    stop_sequences=st.lists(names, max_size=6, unique=True).map(tuple),
    temperature=st.none() | st.sampled_from([0.0, 0.5, 1.0, 1.5]),
    seed=st.none() | st.integers(-(2**31), 2**31 - 1),
    top_k=st.none() | st.integers(0, 500),
    top_p=st.none() | st.sampled_from([0.0, 0.5, 0.97, 1.0]),
    frequency_penalty=st.none() | st.sampled_from([-0.5, 0.0, 0.5]),
    presence_penalty=st.none() | st.sampled_from([-0.5, 0.0, 0.5]),
    logprobs=st.booleans(),
    top_logprobs=st.none() | st.integers(0, 5),
)
thinkings = st.one_of(
    st.just(Thinking(False)),
    st.just(Thinking(True)),
    st.builds(Thinking, st.just(True), st.integers(1, 40_000)),
    st.builds(Thinking, st.just(True), st.none(), st.sampled_from(["minimal", "low", "high", "xhigh"])),
)
formats = st.builds(
    ResponseFormat,
    st.sampled_from([None, SCHEMA]),
    st.sampled_from([None, "size"]),
    st.sampled_from([None, "how tall"]),
    st.sampled_from([None, True, False]),
)
tools = st.builds(
    Tool,
    names,
    st.none() | words,
    st.sampled_from([None, SCHEMA, OPEN_SCHEMA]),
    st.none() | st.booleans(),
    st.none() | cache_points,
)


@st.composite
def asked(draw: st.DrawFn, dialect: str) -> ChatRequest:
    """A request of a caller of `dialect`, with things in it that this dialect may have no words for."""
    declared = draw(st.lists(tools, max_size=3, unique_by=lambda tool: tool.name))
    own = draw(st.booleans()) and dialect in OWN_TOOLS
    choice: dict[str, Any] = {}
    if declared:
        choice["tool_choice"] = draw(st.sampled_from([None, "required", "none"]))
        if choice["tool_choice"] == "required" and draw(st.booleans()):
            choice["forced_tool"] = declared[-1].name
        elif choice["tool_choice"] != "none" and len(declared) > 1 and draw(st.booleans()):
            choice["allowed_tools"] = (declared[0].name,)
        choice["strict_tools"] = draw(st.booleans())
        choice["allows_parallel_calls"] = draw(st.sampled_from([None, True, False]))
    given = draw(st.lists(documents, max_size=2, unique_by=lambda document: document.id or object()))
    return ChatRequest(
        model="m",
        messages=draw(conversations(dialect)),
        dialect="elsewhere",  # what a dialect says of its own is written as it is, in range or not
        sampling=draw(samplings),
        tools=tuple(declared),
        opaque_tools=(OWN_TOOLS[dialect],) if own else (),
        documents=tuple(given),
        citation_mode=draw(st.sampled_from([None, "accurate", "fast", "off"])) if given else None,
        # Cohere refuses both at once, with tools as with documents.
        response_format=None if declared or given else draw(st.none() | formats),
        thinking=draw(st.none() | thinkings),
        safety_mode=draw(st.sampled_from([None, "off", "strict", "contextual"])),
        priority=draw(st.sampled_from([0, 0, 3])),
        choices=draw(st.sampled_from([1, 1, 2])),
        **choice,
    )


@st.composite
def _citations(draw: st.DrawFn, content: list[Any]) -> tuple[Citation, ...]:
    """Citations of spans that do not overlap: of pages, of documents and of tools' results."""
    found: list[Citation] = []
    for index, block in enumerate(content):
        if not isinstance(block, TextBlock) or not draw(st.booleans()):
            continue
        middle = draw(st.integers(1, len(block.text)))
        spans = [(0, middle), (middle, len(block.text))][: draw(st.integers(1, 2))]
        for start, end in spans:
            if start < end:
                url = f"https://example.com/{index}/{start}"
                source = draw(
                    st.sampled_from(
                        [
                            Source("document", url, {"url": url, "title": "A page"}),
                            Source("document", f"doc:{start}", {"id": f"doc:{start}", "text": "tall"}),
                            Source("tool", f"call:{start}", {"content": "tall"}),
                        ]
                    )
                )
                found.append(Citation(start, end, block.text[start:end], (source,), "text", index))
    return tuple(found)


_alternatives = st.builds(TokenAlternative, words, st.floats(-50, 0)).map(lambda one: (one,))
_tokens = st.builds(
    TokenLogprobs,
    words,
    counts.map(lambda id: (id,)),
    st.floats(-50, 0).map(lambda logprob: (logprob,)),
    st.none(),
    st.just(()) | _alternatives,
)
_ENDS = (FinishReason.COMPLETE, FinishReason.MAX_TOKENS, FinishReason.STOP_SEQUENCE)
_RARE_ENDS = (FinishReason.CONTENT_FILTER, FinishReason.ERROR, FinishReason.TIMEOUT)


@st.composite
def answered(draw: st.DrawFn, dialect: str) -> ChatResponse:
    """An answer of a provider of `dialect`, with things in it that this dialect may have no words for."""
    own = [OWN_BLOCKS[dialect]] if dialect in OWN_BLOCKS else []
    seals = st.sampled_from([None, OWN_SEALS[dialect]]) if dialect in OWN_SEALS else st.none()
    said = st.builds(ThinkingBlock, words, seals) | words.map(TextBlock)
    content = draw(st.lists(said | st.sampled_from(own) if own else said, max_size=3))
    calls = draw(
        st.lists(st.builds(ToolCall, names, names, arguments), max_size=2, unique_by=lambda call: call.id)
    )
    has_text = any(isinstance(block, TextBlock) for block in content)
    logprobs = None
    if not calls and draw(st.integers(0, 3)) == 0:
        logprobs = tuple(draw(st.lists(_tokens, min_size=1, max_size=3)))
        content = [TextBlock("".join(token.text for token in logprobs))]
    reason = draw(st.sampled_from([FinishReason.TOOL_CALL] if calls else [*_ENDS, *_ENDS, *_RARE_ENDS]))
    failure = Failure("it broke", "server_error") if reason is FinishReason.ERROR else None
    cached, written, reasoning = draw(st.none() | counts), draw(st.none() | counts), draw(st.none() | counts)
    prompt = draw(counts) + (cached or 0) + (written or 0)
    output = draw(counts) + (reasoning or 0)
    return ChatResponse(
        id=draw(names),
        content=tuple(content),
        tool_plan=draw(words) if calls and not has_text and draw(st.booleans()) else None,
        tool_calls=tuple(calls),
        citations=draw(_citations(content)),
        finish_reason=reason,
        usage=Usage(
            input_tokens=prompt,
            output_tokens=output,
            billed_input_tokens=draw(st.sampled_from([prompt, 1])),
            billed_output_tokens=output,
            cached_tokens=cached,
            cache_write_tokens=written,
            reasoning_tokens=reasoning,
            image_tokens=draw(st.none() | counts),
            search_units=draw(st.none() | counts),
        ),
        logprobs=logprobs,
        failure=failure,
        model="m",
        created=draw(st.none() | st.integers(0, 2**31)),
    )
