"""Documents and citations for a model that knows neither.

The documents become a section of the prompt; what the model then says is aligned with them and with
the results of tools, and cited where they support it. A stage around a model, itself a model.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from msgspec.structs import replace

from causeway.grounding.align import Aligner
from causeway.grounding.prompt import Section, compose_section
from causeway.grounding.sources import GroundingSource, number_sources
from causeway.model.content import Citation, Message, TextBlock, ToolMessage, UserMessage
from causeway.model.events import CitationAdded, ContentEnd, ContentStart, Event, TextDelta
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.pipeline.ports import ChatModel

_TRIMMINGS_TOLD_APART = 5


class Grounding:
    """Makes documents part of a prompt, and citations of what a model then says.

    `section_tokens` bounds what the documents may add to the prompt, as `estimate_tokens` counts.
    """

    def __init__(self, *, section_tokens: int, estimate_tokens: Callable[[str], int]) -> None:
        self._section_tokens = section_tokens
        self._estimate_tokens = estimate_tokens

    def may_ground(self, request: ChatRequest) -> bool:
        """Whether the request can have sources at all."""
        if request.documents:
            return True
        # Callers of other dialects expect no citations of what their tools returned.
        return request.dialect == "cohere" and ToolMessage in map(type, request.messages)

    async def prepare(self, request: ChatRequest, losses: LossReport) -> tuple[ChatRequest, "Citer | None"]:
        """Return the request without documents, and what cites its answer; none where nothing is to cite."""
        sources = number_sources(request) if self.may_ground(request) else ()
        if not sources:
            return request, None
        # Reading many documents takes long enough to be felt by others, so it is done beside them.
        return await asyncio.to_thread(self._prepare, request, sources, losses)

    def _prepare(
        self, request: ChatRequest, sources: tuple[GroundingSource, ...], losses: LossReport
    ) -> tuple[ChatRequest, "Citer | None"]:
        question = last_question(request)
        asked = self._with_section(request, sources, question, losses) if request.documents else request
        if request.citation_mode == "off":
            return asked, None
        return asked, Citer(sources, question, interleaved=request.citation_mode == "fast")

    def _with_section(
        self,
        request: ChatRequest,
        sources: tuple[GroundingSource, ...],
        question: str,
        losses: LossReport,
    ) -> ChatRequest:
        documents = tuple(source for source in sources if source.source.kind == "document")
        section = compose_section(documents, question, self._section_tokens, self._estimate_tokens)
        report_trimming(section, documents, losses)
        messages = with_context(request.messages, section.text)
        # Cohere treats every mode as CONTEXTUAL where there are documents.
        safety_mode = "contextual" if request.safety_mode else None
        return replace(request, messages=messages, documents=(), safety_mode=safety_mode)


class GroundedModel:
    """A `ChatModel` that reads documents and cites, made of one that does neither."""

    def __init__(self, model: ChatModel, grounding: Grounding) -> None:
        self._model = model
        self._grounding = grounding

    @property
    def name(self) -> str:
        """The name of the model that it is made of."""
        return self._model.name

    async def stream_chat(self, request: ChatRequest, losses: LossReport) -> AsyncGenerator[Event, None]:
        """Answer with events, as `ChatModel` says, citations among them."""
        asked, citer = await self._grounding.prepare(request, losses)
        events = self._model.stream_chat(asked, losses)
        async with aclosing(events):
            async for event in events:
                if citer is None:
                    yield event
                else:
                    for told in citer.tell(event):
                        yield told


class Citer:
    """Adds citations to the events of one answer.

    Interleaved, each comes as soon as what it cites has been said; otherwise all come after the text
    and before its block closes.
    """

    def __init__(self, sources: tuple[GroundingSource, ...], question: str, *, interleaved: bool) -> None:
        self._aligner = Aligner(sources, question)
        self._is_interleaved = interleaved
        self._pending: list[Citation] = []
        self._count = 0
        self._text_index: int | None = None

    def tell(self, event: Event) -> list[Event]:
        """Return the event with the citations that go with it, in the order to send them."""
        match event:
            case ContentStart(index=index, kind="text"):
                self._text_index = index
            case TextDelta(text=text):
                self._pending += self._aligner.feed(text)
                if self._is_interleaved:
                    return [event, *self._release()]
            case ContentEnd(index=index) if index == self._text_index:
                self._pending += self._aligner.finish()
                return [*self._release(), event]
        return [event]

    def _release(self) -> list[Event]:
        released: list[Event] = []
        for citation in self._pending:
            released.append(CitationAdded(self._count, citation))
            self._count += 1
        self._pending.clear()
        return released


def report_trimming(section: Section, documents: Sequence[GroundingSource], losses: LossReport) -> None:
    """Say what of the documents was left out: each by its place, or all together where they are many."""
    if len(section.trimmed) > _TRIMMINGS_TOLD_APART:
        whole = len(documents) - len(section.trimmed)
        kept = len(section.kept_source_ids)
        detail = f"of {len(documents)} documents {whole} were read whole, {kept - whole} in part"
        losses.add("approximated", "documents", detail)
        return
    paths = {document.source.id: document.path for document in documents}
    for trimming in section.trimmed:
        detail = f"{trimming.kept_characters} of {trimming.total_characters} characters were read"
        losses.add("approximated", paths[trimming.source_id], detail)


def with_context(messages: tuple[Message, ...], context: str) -> tuple[Message, ...]:
    """Return the conversation with `context` before the user's last words.

    There a small model heeds it: of ten questions it answered nine with what the context said, and
    four where the same context stood in the system message.
    """
    for index in range(len(messages) - 1, -1, -1):
        message = messages[index]
        if isinstance(message, UserMessage):
            told = UserMessage((TextBlock(context), *message.content))
            return (*messages[:index], told, *messages[index + 1 :])
    return (*messages, UserMessage((TextBlock(context),)))


def last_question(request: ChatRequest) -> str:
    """Return the text of the user's last message, which the documents are to answer."""
    for message in reversed(request.messages):
        if isinstance(message, UserMessage):
            return "\n".join(block.text for block in message.content if isinstance(block, TextBlock))
    return ""
