"""OpenAI's SDK as it is. Streams are put together by its own accumulator."""

import asyncio
from collections.abc import Mapping
from typing import Any, ClassVar

import openai
from openai.lib.streaming.chat import ChatCompletionStreamState

from causeway.model.response import FinishReason
from support.sdk_questions import KEY, Asked, Told, ToldCall, ToldCitation, given


class OpenAiSdk:
    """The client, synchronous or not, at a `mount` of the gateway."""

    dialect = "openai"
    errors: ClassVar[Mapping[int, type[Exception]]] = {
        400: openai.BadRequestError,
        401: openai.AuthenticationError,
        404: openai.NotFoundError,
        429: openai.RateLimitError,
        503: openai.InternalServerError,
    }
    _finish_words: ClassVar[Mapping[FinishReason, str]] = {
        FinishReason.COMPLETE: "stop",
        FinishReason.STOP_SEQUENCE: "stop",
        FinishReason.MAX_TOKENS: "length",
        FinishReason.TOOL_CALL: "tool_calls",
    }

    def __init__(self, *, is_async: bool, mount: str = "/v1") -> None:
        self._is_async = is_async
        self._mount = mount

    def ask(self, url: str, asked: Asked, *, stream: bool, key: str = KEY) -> Told:
        """Ask through chat completions."""
        parameters = _parameters(asked)
        if stream:
            parameters |= {"stream": True, "stream_options": {"include_usage": True}}

        async def ask() -> Told:
            async with openai.AsyncOpenAI(**self._options(url, key)) as client:
                answer = await client.chat.completions.create(**parameters)
                return _stream([c async for c in answer]) if stream else _answer(answer, 0)

        if self._is_async:
            return asyncio.run(ask())
        with openai.OpenAI(**self._options(url, key)) as client:
            answer = client.chat.completions.create(**parameters)
            return _stream(list(answer)) if stream else _answer(answer, 0)

    def embed(self, url: str, model: str, texts: list[str]) -> list[list[float]]:
        """Return vectors; the SDK asks for base64 and decodes it."""

        async def embed() -> Any:
            async with openai.AsyncOpenAI(**self._options(url)) as client:
                return await client.embeddings.create(model=model, input=texts)

        if self._is_async:
            vectors = asyncio.run(embed())
        else:
            with openai.OpenAI(**self._options(url)) as client:
                vectors = client.embeddings.create(model=model, input=texts)
        return [one.embedding for one in vectors.data]

    def models(self, url: str) -> list[str]:
        """Return the names, page after page."""

        async def models() -> list[str]:
            async with openai.AsyncOpenAI(**self._options(url)) as client:
                return [model.id async for model in client.models.list()]

        if self._is_async:
            return asyncio.run(models())
        with openai.OpenAI(**self._options(url)) as client:
            return [model.id for model in client.models.list()]

    def finish_word(self, reason: FinishReason) -> str:
        """Return OpenAI's word."""
        return self._finish_words[reason]

    def retry_after(self, error: Any) -> str | None:
        """Return the header of the answer that the error is about."""
        value: str | None = error.response.headers.get("retry-after")
        return value

    def _options(self, url: str, key: str = KEY) -> dict[str, Any]:
        return {"base_url": url + self._mount, "api_key": key, "max_retries": 0, "timeout": 60}


def _parameters(asked: Asked) -> dict[str, Any]:
    envelope = {"name": "answer", "strict": True, "schema": asked.schema}
    beyond = given({"documents": asked.documents, "fallbacks": asked.fallbacks})
    return given(
        {
            "model": asked.model,
            "messages": asked.messages,
            "tools": asked.tools,
            "tool_choice": "required" if asked.must_call else None,
            "max_completion_tokens": asked.max_tokens,
            "stop": asked.stop_sequences,
            "temperature": asked.temperature,
            "seed": asked.seed,
            "logprobs": asked.logprobs,
            "response_format": asked.schema and {"type": "json_schema", "json_schema": envelope},
            "reasoning_effort": "low" if asked.thinks else None,
            "extra_body": beyond or None,
        }
    )


def _stream(chunks: list[Any]) -> Told:
    state: Any = ChatCompletionStreamState()
    for chunk in chunks:
        state.handle_chunk(chunk)
    pieces = sum(bool(choice.delta.content) for chunk in chunks for choice in chunk.choices)
    # Where tokens ran out `get_final_completion` raises, since nothing could be parsed of the answer.
    return _answer(state.current_completion_snapshot, pieces)


def _answer(completion: Any, pieces: int) -> Told:
    (choice,) = completion.choices
    message = choice.message
    beyond = message.model_extra or {}
    calls = [
        ToldCall(call.id, call.function.name, call.function.arguments) for call in message.tool_calls or ()
    ]
    said = message.content or ""
    logprobs = choice.logprobs.content if choice.logprobs is not None else []
    return Told(
        text="" if calls else said,
        thinking=beyond.get("reasoning_content") or "",
        plan=said if calls else "",
        calls=calls,
        finish=choice.finish_reason,
        logprobs=[(item.token, item.logprob) for item in logprobs or ()],
        citations=[
            ToldCitation(
                citation["start"],
                citation["end"],
                citation["text"],
                tuple(source["id"] for source in citation["sources"]),
            )
            for citation in beyond.get("citations") or ()
        ],
        input_tokens=completion.usage.prompt_tokens,
        output_tokens=completion.usage.completion_tokens,
        message=message,
        pieces=pieces,
    )
