"""OpenAI's own SDK in the matrix: chat completions and Responses."""

import base64
import json
from typing import Any

import openai

from support.matrix.ask import Ask, CannotSayError, RefusedError, Seen

_FINISHES = {"stop": "stop", "length": "length", "tool_calls": "tools"}


def refused(error: openai.APIError) -> RefusedError:
    """Return what the SDK raised, in the matrix's words."""
    return RefusedError(getattr(error, "status_code", None), str(error))


def image_url(png: bytes) -> str:
    """Return a picture as a data URI."""
    return "data:image/png;base64," + base64.b64encode(png).decode()


def document_arguments(ask: Ask) -> dict[str, Any]:
    """Return the gateway's extension of OpenAI's request with which documents are given."""
    if not ask.documents:
        return {}
    documents = [{"id": f"doc:{index}", "data": {"text": text}} for index, text in enumerate(ask.documents)]
    return {"extra_body": {"documents": documents}}


class OpenAiChatClient:
    """`openai.OpenAI.chat.completions.create`."""

    name = "openai chat"
    answer_tool: str | None = None

    def __init__(self, url: str, model: str) -> None:
        self._client = openai.OpenAI(api_key="none", base_url=f"{url}/openai/v1", max_retries=0)
        self._model = model

    def ask(self, ask: Ask) -> Seen:
        """Ask through the SDK."""
        try:
            if ask.stream:
                return self._stream(ask)
            return _seen(self._client.chat.completions.create(**self._arguments(ask)))
        except openai.APIError as error:
            raise refused(error) from error

    def _arguments(self, ask: Ask) -> dict[str, Any]:
        arguments: dict[str, Any] = {"model": self._model, "messages": _messages(ask)}
        if ask.tools:
            arguments["tools"] = [
                {
                    "type": "function",
                    "function": {
                        "name": tool.name,
                        "description": tool.description,
                        "parameters": tool.parameters,
                    },
                }
                for tool in ask.tools
            ]
        if ask.schema is not None:
            schema = {"name": ask.schema["title"], "schema": ask.schema, "strict": True}
            arguments["response_format"] = {"type": "json_schema", "json_schema": schema}
        if ask.thinks:
            arguments["reasoning_effort"] = "low"
        else:
            arguments["temperature"] = 0.0
        if ask.stop is not None:
            arguments["stop"] = [ask.stop]
        if ask.max_tokens is not None:
            arguments["max_completion_tokens"] = ask.max_tokens
        return arguments | document_arguments(ask)

    def _stream(self, ask: Ask) -> Seen:
        seen = Seen()
        with self._client.chat.completions.stream(**self._arguments(ask)) as stream:
            for event in stream:
                if event.type == "content.delta":
                    seen.deltas += 1
            whole = _seen(stream.get_final_completion())
        whole.deltas = seen.deltas
        return whole


def _messages(ask: Ask) -> list[dict[str, Any]]:
    content: Any = ask.text
    if ask.image_png is not None:
        image = {"type": "image_url", "image_url": {"url": image_url(ask.image_png)}}
        content = [{"type": "text", "text": ask.text}, image]
    messages: list[dict[str, Any]] = [{"role": "user", "content": content}]
    if ask.answered is not None:
        turn = ask.answered.native
        messages.append(turn.model_dump(exclude_none=True))
        messages += [
            {"role": "tool", "tool_call_id": call.id, "content": result}
            for call, result in zip(turn.tool_calls, ask.results, strict=True)
        ]
    return messages


def _seen(answer: Any) -> Seen:
    choice, usage = answer.choices[0], answer.usage
    message = choice.message
    text = message.content or ""
    details = usage and usage.prompt_tokens_details
    return Seen(
        text=text,
        calls=tuple(
            (call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls or ()
        ),
        thinking=getattr(message, "reasoning_content", None),
        citations=tuple(citation["text"] for citation in getattr(message, "citations", None) or ()),
        finish=_FINISHES[choice.finish_reason],
        input_tokens=usage and usage.prompt_tokens,
        output_tokens=usage and usage.completion_tokens,
        cached_tokens=details and details.cached_tokens,
        native=message,
    )


class OpenAiResponsesClient:
    """`openai.OpenAI.responses.create`, with everything in the request and nothing stored."""

    name = "openai responses"
    answer_tool: str | None = None

    def __init__(self, url: str, model: str) -> None:
        self._client = openai.OpenAI(api_key="none", base_url=f"{url}/openai/v1", max_retries=0)
        self._model = model

    def ask(self, ask: Ask) -> Seen:
        """Ask through the SDK."""
        try:
            if not ask.stream:
                return _seen_response(self._client.responses.create(**self._arguments(ask)))
            deltas = 0
            with self._client.responses.stream(**self._arguments(ask)) as stream:
                for event in stream:
                    deltas += event.type == "response.output_text.delta"
                seen = _seen_response(stream.get_final_response())
        except openai.APIError as error:
            raise refused(error) from error
        seen.deltas = deltas
        return seen

    def _arguments(self, ask: Ask) -> dict[str, Any]:
        # What was thought goes back in the request: nothing is stored.
        arguments: dict[str, Any] = {
            "model": self._model,
            "input": _input(ask),
            "store": False,
            "include": ["reasoning.encrypted_content"],
        }
        if ask.tools:
            arguments["tools"] = [
                {
                    "type": "function",
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": tool.parameters,
                    "strict": False,
                }
                for tool in ask.tools
            ]
        if ask.schema is not None:
            name = ask.schema["title"]
            format = {"type": "json_schema", "name": name, "schema": ask.schema, "strict": True}
            arguments["text"] = {"format": format}
        if ask.thinks:
            arguments["reasoning"] = {"effort": "low", "summary": "auto"}
        else:
            arguments["temperature"] = 0.0
        if ask.stop is not None:
            raise CannotSayError("Responses have no stop sequences")
        if ask.max_tokens is not None:
            arguments["max_output_tokens"] = ask.max_tokens
        return arguments | document_arguments(ask)


def _input(ask: Ask) -> list[Any]:
    content: list[dict[str, Any]] = [{"type": "input_text", "text": ask.text}]
    if ask.image_png is not None:
        content.append({"type": "input_image", "image_url": image_url(ask.image_png), "detail": "auto"})
    items: list[Any] = [{"role": "user", "content": content}]
    if ask.answered is not None:
        output = ask.answered.native
        items += [item.model_dump(exclude_none=True, exclude={"parsed_arguments"}) for item in output]
        calls = [item for item in output if item.type == "function_call"]
        items += [
            {"type": "function_call_output", "call_id": call.call_id, "output": result}
            for call, result in zip(calls, ask.results, strict=True)
        ]
    return items


def _seen_response(response: Any) -> Seen:
    calls = [item for item in response.output if item.type == "function_call"]
    thoughts = [part.text for item in response.output if item.type == "reasoning" for part in item.summary]
    parts = [part for item in response.output if item.type == "message" for part in item.content]
    is_cut = response.status == "incomplete" and response.incomplete_details.reason == "max_output_tokens"
    usage = response.usage
    return Seen(
        text=response.output_text,
        calls=tuple((call.name, json.loads(call.arguments)) for call in calls),
        thinking="".join(thoughts) or None,
        # The gateway's extension: what is cited has no address, which is all that annotations tell.
        citations=tuple(
            citation["text"] for part in parts for citation in getattr(part, "citations", None) or ()
        ),
        finish="length" if is_cut else "tools" if calls else "stop",
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cached_tokens=usage.input_tokens_details.cached_tokens,
        native=response.output,
    )
