"""Hypothesis strategies for canonical responses."""

from hypothesis import strategies as st

from causeway.model.content import Citation, Source, TextBlock, ThinkingBlock, ToolCall
from causeway.model.response import ChatResponse, Failure, FinishReason, TokenLogprobs
from causeway.model.usage import Usage

# Lone surrogates are not text: JSON's decoder refuses them before they get here.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
names = st.text("abcdefghij_", min_size=1, max_size=8)
counts = st.integers(0, 10**6)
maybe_counts = st.none() | counts

usages = st.builds(
    Usage,
    input_tokens=counts,
    output_tokens=counts,
    billed_input_tokens=counts,
    billed_output_tokens=counts,
    cached_tokens=maybe_counts,
    image_tokens=maybe_counts,
    search_units=maybe_counts,
    classifications=maybe_counts,
)
tool_calls = st.builds(ToolCall, names, names, texts.filter(bool))
sources = st.builds(
    Source, st.sampled_from(["document", "tool"]), names, st.dictionaries(names, texts, max_size=3)
)
citations = st.builds(
    Citation,
    counts,
    counts,
    texts,
    st.lists(sources, max_size=2).map(tuple),
    st.sampled_from([None, "text", "thinking", "plan"]),
    maybe_counts,
)
logprob_items = st.builds(
    TokenLogprobs,
    texts.filter(bool),
    st.lists(counts, min_size=1, max_size=2).map(tuple),
    st.lists(st.floats(-50, 0), min_size=1, max_size=2).map(tuple),
)


@st.composite
def responses(draw: st.DrawFn) -> ChatResponse:
    """Any response that a model could give."""
    content = draw(st.lists(st.builds(ThinkingBlock, texts) | st.builds(TextBlock, texts), max_size=3))
    calls = draw(st.lists(tool_calls, max_size=3))
    logprobs = None
    if draw(st.booleans()):
        items = draw(st.lists(logprob_items, min_size=1, max_size=4))
        content = [TextBlock("".join(item.text for item in items))]
        logprobs = tuple(items)
    return ChatResponse(
        id=draw(names),
        content=tuple(content),
        tool_plan=draw(texts) if calls and draw(st.booleans()) else None,
        tool_calls=tuple(calls),
        citations=tuple(draw(st.lists(citations, max_size=3))),
        finish_reason=draw(
            st.sampled_from([reason for reason in FinishReason if reason is not FinishReason.CONTENT_FILTER])
        ),
        usage=draw(usages),
        logprobs=logprobs,
        failure=draw(st.none() | st.builds(Failure, texts, st.none() | names)),
    )
