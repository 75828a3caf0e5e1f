"""A response is the fold of its events, and events are a response unfolded.

`fold(unfold(response)) == response` is the law (`tests/law/test_fold.py`). The streaming and the
buffered answer of the gateway come from the same events through these two functions, so they cannot
say different things.
"""

from collections.abc import Iterable, Iterator

from causeway.model.content import Citation, OpaqueBlock, TextBlock, ThinkingBlock, ToolCall
from causeway.model.events import (
    CitationAdded,
    ContentEnd,
    ContentStart,
    Event,
    MessageEnd,
    MessageStart,
    OpaqueAdded,
    PlanDelta,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)
from causeway.model.order import EventOrder
from causeway.model.response import ChatResponse, TokenLogprobs


class Fold:
    """Collects a stream's events into the response that they spell."""

    def __init__(self) -> None:
        self._order = EventOrder()
        self._start = MessageStart("")
        self._content: list[TextBlock | ThinkingBlock | OpaqueBlock] = []
        self._pieces: list[str] = []
        self._plan: list[str] = []
        self._tool_calls: list[ToolCall] = []
        self._open_call: ToolCallStart | None = None
        self._open_kind = "text"
        self._citations: list[Citation] = []
        self._logprobs: list[TokenLogprobs] = []
        self._end: MessageEnd | None = None

    def add(self, event: Event) -> None:
        """Take the next event; raises IllegalEventOrderError where it may not stand."""
        self._order.advance(event)
        match event:
            case TextDelta(text=text, logprobs=logprobs):
                self._pieces.append(text)
                if logprobs is not None:
                    self._logprobs.append(logprobs)
            case ThinkingDelta(thinking=piece) | ToolCallDelta(arguments=piece):
                self._pieces.append(piece)
            case MessageStart():
                self._start = event
            case ContentStart(kind=kind):
                self._open_kind = kind
                self._pieces.clear()
            case ContentEnd(seal=seal):
                block_type = TextBlock if self._open_kind == "text" else ThinkingBlock
                self._content.append(block_type("".join(self._pieces), seal))
            case OpaqueAdded(block=block):
                self._content.append(block)
            case PlanDelta(text=text):
                self._plan.append(text)
            case ToolCallStart():
                self._open_call = event
                self._pieces.clear()
            case ToolCallEnd(seal=seal):
                call = self._open_call
                assert call is not None  # noqa: S101  # the order guarantees it
                self._tool_calls.append(ToolCall(call.id, call.name, "".join(self._pieces), seal))
            case CitationAdded(citation=citation):
                self._citations.append(citation)
            case MessageEnd():
                self._end = event

    def response(self) -> ChatResponse:
        """Return the response; raises ValueError before the stream has ended."""
        if self._end is None:
            raise ValueError("the stream has not ended")
        return ChatResponse(
            id=self._start.id,
            content=tuple(self._content),
            tool_plan="".join(self._plan) if self._plan else None,
            tool_calls=tuple(self._tool_calls),
            citations=tuple(self._citations),
            finish_reason=self._end.finish_reason,
            usage=self._end.usage,
            logprobs=tuple(self._logprobs) if self._logprobs else None,
            failure=self._end.failure,
            model=self._start.model,
            created=self._start.created,
            extras=self._end.extras,
        )


def fold(events: Iterable[Event]) -> ChatResponse:
    """Return the response that a whole stream of events spells."""
    collected = Fold()
    for event in events:
        collected.add(event)
    return collected.response()


def unfold(response: ChatResponse) -> Iterator[Event]:
    """Yield the events of a finished response, each part in one piece.

    Citations come while the block that they cite is open, as far as their order allows.
    Log probabilities belong to text: they are attached to the pieces that they name, and so the
    text of their block comes in as many pieces as there are items.
    """
    yield MessageStart(response.id, response.model, response.created)
    cited = list(enumerate(response.citations))
    if response.tool_plan is not None:
        yield PlanDelta(response.tool_plan)
        while cited and cited[0][1].target == "plan":
            yield CitationAdded(*cited.pop(0))
    logprobs = list(response.logprobs or ())
    last = len(response.content) - 1
    for index, block in enumerate(response.content):
        if isinstance(block, OpaqueBlock):
            yield OpaqueAdded(index, block)
            yield from _unfold_citations(cited, index, is_last=index == last)
            continue
        if isinstance(block, ThinkingBlock):
            yield ContentStart(index, "thinking")
            yield ThinkingDelta(index, block.thinking)
        else:
            yield ContentStart(index, "text")
            yield from _unfold_text(index, block.text, logprobs)
        yield from _unfold_citations(cited, index, is_last=index == last)
        yield ContentEnd(index, block.seal)
    yield from _unfold_citations(cited, last, is_last=True)
    for index, call in enumerate(response.tool_calls):
        yield ToolCallStart(index, call.id, call.name)
        yield ToolCallDelta(index, call.arguments)
        yield ToolCallEnd(index, call.seal)
    yield MessageEnd(response.finish_reason, response.usage, response.failure, response.extras)


def _unfold_text(index: int, text: str, logprobs: list[TokenLogprobs]) -> Iterator[Event]:
    while logprobs and text.startswith(logprobs[0].text):
        item = logprobs.pop(0)
        yield TextDelta(index, item.text, item)
        text = text[len(item.text) :]
    if text:
        yield TextDelta(index, text)


def _unfold_citations(
    cited: list[tuple[int, Citation]], open_index: int, *, is_last: bool
) -> Iterator[CitationAdded]:
    """Yield, and take away, the citations of the open block; of the last one all that are left."""
    while cited and (is_last or cited[0][1].content_index == open_index):
        yield CitationAdded(*cited.pop(0))
