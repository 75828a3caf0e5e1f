"""Google's own SDK in the matrix."""

from typing import Any

from google import genai
from google.genai import errors, types

from support.matrix.ask import Ask, CannotSayError, RefusedError, Seen

_FINISHES = {"STOP": "stop", "MAX_TOKENS": "length"}


class GoogleClient:
    """`google.genai.Client.models.generate_content`."""

    name = "google-genai"
    answer_tool: str | None = None

    def __init__(self, url: str, model: str) -> None:
        options = types.HttpOptions(base_url=f"{url}/genai")
        self._client = genai.Client(api_key="none", http_options=options)
        self._model = model

    def ask(self, ask: Ask) -> Seen:
        """Ask through the SDK."""
        arguments = self._arguments(ask)
        try:
            if not ask.stream:
                return _seen([self._client.models.generate_content(**arguments)])
            return _seen(list(self._client.models.generate_content_stream(**arguments)))
        except errors.APIError as error:
            raise RefusedError(error.code, str(error)) from error

    def _arguments(self, ask: Ask) -> dict[str, Any]:
        if ask.documents:
            raise CannotSayError("Gemini's API has no documents to cite")
        config: dict[str, Any] = {
            "automatic_function_calling": types.AutomaticFunctionCallingConfig(disable=True)
        }
        if ask.tools:
            declarations = [
                types.FunctionDeclaration(
                    name=tool.name, description=tool.description, parameters_json_schema=tool.parameters
                )
                for tool in ask.tools
            ]
            config["tools"] = [types.Tool(function_declarations=declarations)]
        if ask.schema is not None:
            config |= {"response_mime_type": "application/json", "response_json_schema": ask.schema}
        if ask.thinks:
            config["thinking_config"] = types.ThinkingConfig(include_thoughts=True, thinking_budget=1024)
        else:
            config["temperature"] = 0.0
        if ask.stop is not None:
            config["stop_sequences"] = [ask.stop]
        if ask.max_tokens is not None:
            config["max_output_tokens"] = ask.max_tokens
        return {
            "model": self._model,
            "contents": _contents(ask),
            "config": types.GenerateContentConfig(**config),
        }


def _contents(ask: Ask) -> list[types.Content]:
    parts = [types.Part.from_text(text=ask.text)]
    if ask.image_png is not None:
        parts.append(types.Part.from_bytes(data=ask.image_png, mime_type="image/png"))
    contents = [types.Content(role="user", parts=parts)]
    if ask.answered is not None:
        turn: types.Content = ask.answered.native
        calls = [part.function_call for part in turn.parts or () if part.function_call]
        results = [
            types.Part(
                function_response=types.FunctionResponse(
                    id=call.id, name=call.name, response={"result": result}
                )
            )
            for call, result in zip(calls, ask.results, strict=True)
        ]
        contents += [turn, types.Content(role="user", parts=results)]
    return contents


def _seen(answers: list[types.GenerateContentResponse]) -> Seen:
    candidates = [answer.candidates[0] for answer in answers if answer.candidates]
    parts = [
        part for candidate in candidates for part in (candidate.content and candidate.content.parts) or ()
    ]
    texts = [part.text for part in parts if part.text and not part.thought]
    calls = [part.function_call for part in parts if part.function_call]
    usage, finish = answers[-1].usage_metadata, candidates[-1].finish_reason
    assert usage is not None
    return Seen(
        text="".join(texts),
        calls=tuple((call.name or "", dict(call.args or {})) for call in calls),
        thinking="".join(part.text for part in parts if part.text and part.thought) or None,
        finish="tools" if calls else _FINISHES[finish.name] if finish else None,
        input_tokens=usage.prompt_token_count,
        output_tokens=(usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0),
        cached_tokens=usage.cached_content_token_count,
        deltas=len(texts),
        native=types.Content(role="model", parts=parts),
    )
