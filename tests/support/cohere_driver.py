"""Cohere's SDK as it is, version 2 of its API. Streams are put together as its documentation does."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, ClassVar

import cohere

from causeway.model.response import FinishReason
from support.sdk_questions import KEY, Asked, Told, ToldCall, ToldCitation, given


class CohereSdk:
    """The client, synchronous or not, at a `mount` of the gateway."""

    dialect = "cohere"
    errors: ClassVar[Mapping[int, type[Exception]]] = {
        400: cohere.BadRequestError,
        401: cohere.UnauthorizedError,
        404: cohere.NotFoundError,
        429: cohere.TooManyRequestsError,
        503: cohere.ServiceUnavailableError,
    }

    def __init__(self, *, is_async: bool, mount: str = "") -> None:
        self._is_async = is_async
        self._mount = mount

    def ask(self, url: str, asked: Asked, *, stream: bool, key: str = KEY) -> Told:
        """Ask through `chat` or `chat_stream`."""
        parameters = _parameters(asked)
        if self._is_async:
            return asyncio.run(self._ask(cohere.AsyncClientV2(**self._options(url, key)), parameters, stream))
        client = cohere.ClientV2(**self._options(url, key))
        if stream:
            return _stream(list(client.chat_stream(**parameters)))
        return _answer(client.chat(**parameters))

    async def _ask(self, client: Any, parameters: dict[str, Any], stream: bool) -> Told:
        if stream:
            events: AsyncIterator[Any] = client.chat_stream(**parameters)
            return _stream([event async for event in events])
        return _answer(await client.chat(**parameters))

    def embed(self, url: str, model: str, texts: list[str]) -> list[list[float]]:
        """Return vectors of documents."""
        parameters: dict[str, Any] = {
            "model": model,
            "texts": texts,
            "input_type": "search_document",
            "embedding_types": ["float"],
        }
        if self._is_async:
            answer = asyncio.run(cohere.AsyncClientV2(**self._options(url)).embed(**parameters))
        else:
            answer = cohere.ClientV2(**self._options(url)).embed(**parameters)
        vectors: list[list[float]] = answer.embeddings.float_
        return vectors

    def models(self, url: str) -> list[str]:
        """Return the names, page after page."""

        async def models() -> list[str]:
            client: Any = cohere.AsyncClientV2(**self._options(url))
            names: list[str] = []
            token = None
            while True:
                page = await client.models.list(**given({"page_size": 2, "page_token": token}))
                names += [model.name for model in page.models]
                if (token := page.next_page_token) is None:
                    return names

        if self._is_async:
            return asyncio.run(models())
        client: Any = cohere.ClientV2(**self._options(url))
        names: list[str] = []
        token = None
        while True:
            page = client.models.list(**given({"page_size": 2, "page_token": token}))
            names += [model.name for model in page.models]
            if (token := page.next_page_token) is None:
                return names

    def finish_word(self, reason: FinishReason) -> str:
        """Return Cohere's word."""
        return reason.name

    def retry_after(self, error: Any) -> str | None:
        """Return the header of the answer that the error is about."""
        value: str | None = error.headers.get("retry-after")
        return value

    def _options(self, url: str, key: str = KEY) -> dict[str, Any]:
        return {"base_url": url + self._mount, "api_key": key, "timeout": 60}


def _parameters(asked: Asked) -> dict[str, Any]:
    options: dict[str, Any] = {"max_retries": 0}
    if asked.fallbacks is not None:
        options["additional_body_parameters"] = {"fallbacks": asked.fallbacks}
    return given(
        {
            "model": asked.model,
            "messages": asked.messages,
            "tools": asked.tools,
            "tool_choice": "REQUIRED" if asked.must_call else None,
            "max_tokens": asked.max_tokens,
            "stop_sequences": asked.stop_sequences,
            "temperature": asked.temperature,
            "seed": asked.seed,
            "logprobs": asked.logprobs,
            "documents": asked.documents,
            "response_format": asked.schema and {"type": "json_object", "json_schema": asked.schema},
            "thinking": {"type": "enabled", "token_budget": 2048} if asked.thinks else None,
            "request_options": options,
        }
    )


def _stream(events: list[Any]) -> Told:
    texts: dict[str, str] = {"text": "", "thinking": "", "plan": ""}
    calls: list[ToldCall] = []
    citations: list[ToldCitation] = []
    logprobs: list[tuple[str, float]] = []
    for event in events:
        match event.type:
            case "content-delta":
                content = event.delta.message.content
                texts["text"] += content.text or ""
                texts["thinking"] += getattr(content, "thinking", None) or ""
                logprobs += _logprobs([event.logprobs] if event.logprobs else [])
            case "tool-plan-delta":
                texts["plan"] += event.delta.message.tool_plan
            case "tool-call-start":
                call = event.delta.message.tool_calls
                calls.append(ToldCall(call.id, call.function.name, call.function.arguments or ""))
            case "tool-call-delta":
                last = calls[-1]
                more = event.delta.message.tool_calls.function.arguments
                calls[-1] = ToldCall(last.id, last.name, last.arguments + more)
            case "citation-start":
                citations.append(_citation(event.delta.message.citations))
    end = events[-1]
    assert [event.type for event in events].index("message-end") == len(events) - 1
    return Told(
        text=texts["text"],
        thinking=texts["thinking"],
        plan=texts["plan"],
        calls=calls,
        finish=end.delta.finish_reason,
        logprobs=logprobs,
        citations=citations,
        input_tokens=end.delta.usage.tokens.input_tokens,
        output_tokens=end.delta.usage.tokens.output_tokens,
        message=cohere.AssistantChatMessageV2(
            content=texts["text"] or None,
            tool_plan=texts["plan"] or None,
            tool_calls=[
                cohere.ToolCallV2(
                    id=call.id,
                    type="function",
                    function=cohere.ToolCallV2Function(name=call.name, arguments=call.arguments),
                )
                for call in calls
            ]
            or None,
        ),
        pieces=sum(event.type == "content-delta" for event in events),
    )


def _answer(answer: Any) -> Told:
    message = answer.message
    blocks = message.content or []
    return Told(
        text="".join(block.text for block in blocks if block.type == "text"),
        thinking="".join(block.thinking for block in blocks if block.type == "thinking"),
        plan=message.tool_plan or "",
        calls=[
            ToldCall(call.id, call.function.name, call.function.arguments)
            for call in message.tool_calls or ()
        ],
        finish=answer.finish_reason,
        logprobs=_logprobs(answer.logprobs or ()),
        citations=[_citation(citation) for citation in message.citations or ()],
        input_tokens=answer.usage.tokens.input_tokens,
        output_tokens=answer.usage.tokens.output_tokens,
        message=message,
        pieces=0,
    )


def _logprobs(items: Any) -> list[tuple[str, float]]:
    return [(item.text, sum(item.logprobs)) for item in items]


def _citation(citation: Any) -> ToldCitation:
    return ToldCitation(
        citation.start, citation.end, citation.text, tuple(source.id for source in citation.sources)
    )
