"""Pydantic AI's models in the matrix, driven through `pydantic_ai.direct`."""

import asyncio
import json
import os
from typing import Any, ClassVar

from pydantic_ai import BinaryContent, ModelHTTPError
from pydantic_ai.direct import model_request, model_request_stream
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    ThinkingPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition

from support.matrix.ask import Ask, CannotSayError, RefusedError, Seen

_FINISHES = {"stop": "stop", "length": "length", "tool_call": "tools"}


class PydanticClient:
    """A model of Pydantic AI's; each subclass makes one."""

    name: ClassVar[str]
    answer_tool: str | None = "final_result"

    def __init__(self, url: str, model: str) -> None:
        self._url = url
        self._model = model

    def make(self) -> Model:
        """Return the model."""
        raise NotImplementedError

    def thinking(self) -> dict[str, Any]:
        """Return the settings that ask for thinking."""
        raise CannotSayError("Pydantic AI cannot ask it to think")

    def ask(self, ask: Ask) -> Seen:
        """Ask through Pydantic AI."""
        if ask.documents:
            raise CannotSayError("Pydantic AI has no documents to cite")
        try:
            return asyncio.run(self._ask(ask))
        except ModelHTTPError as error:
            raise RefusedError(error.status_code, json.dumps(error.body, default=str)) from error
        except RuntimeError as error:  # what it has not built yet
            raise CannotSayError(str(error)) from error

    async def _ask(self, ask: Ask) -> Seen:
        settings: dict[str, Any] = self.thinking() if ask.thinks else {"temperature": 0.0}
        if ask.max_tokens is not None:
            settings["max_tokens"] = ask.max_tokens
        if ask.stop is not None:
            settings["stop_sequences"] = [ask.stop]
        arguments: Any = {
            "model": self.make(),
            "messages": _messages(ask),
            "model_settings": ModelSettings(**settings),
            "model_request_parameters": _parameters(ask, self.answer_tool),
        }
        if not ask.stream:
            return _seen(await model_request(**arguments))
        deltas = 0
        async with model_request_stream(**arguments) as stream:
            async for event in stream:
                deltas += event.event_kind in ("part_start", "part_delta")
        seen = _seen(stream.get())
        seen.deltas = deltas
        return seen


def _parameters(ask: Ask, answer_tool: str | None) -> ModelRequestParameters:
    tools = [
        ToolDefinition(name=tool.name, description=tool.description, parameters_json_schema=tool.parameters)
        for tool in ask.tools
    ]
    if ask.schema is None:
        return ModelRequestParameters(function_tools=tools)
    if answer_tool is not None:
        answer = ToolDefinition(
            name=answer_tool,
            description=ask.schema["description"],
            parameters_json_schema=ask.schema,
            kind="output",
        )
        return ModelRequestParameters(output_mode="tool", output_tools=[answer], allow_text_output=False)
    output = OutputObjectDefinition(json_schema=ask.schema, name=ask.schema["title"], strict=True)
    return ModelRequestParameters(function_tools=tools, output_mode="native", output_object=output)


def _messages(ask: Ask) -> list[ModelMessage]:
    prompt: Any = ask.text
    if ask.image_png is not None:
        prompt = [ask.text, BinaryContent(ask.image_png, media_type="image/png")]
    messages: list[ModelMessage] = [ModelRequest(parts=[UserPromptPart(prompt)])]
    if ask.answered is not None:
        turn: ModelResponse = ask.answered.native
        calls = [part for part in turn.parts if isinstance(part, ToolCallPart)]
        results = [
            ToolReturnPart(tool_name=call.tool_name, content=result, tool_call_id=call.tool_call_id)
            for call, result in zip(calls, ask.results, strict=True)
        ]
        messages += [turn, ModelRequest(parts=results)]
    return messages


def _seen(response: ModelResponse) -> Seen:
    thoughts = [part.content for part in response.parts if isinstance(part, ThinkingPart)]
    return Seen(
        text="".join(part.content for part in response.parts if isinstance(part, TextPart)),
        calls=tuple(
            (part.tool_name, part.args_as_dict()) for part in response.parts if isinstance(part, ToolCallPart)
        ),
        thinking="".join(thoughts) or None,
        finish=None if response.finish_reason is None else _FINISHES[response.finish_reason],
        input_tokens=response.usage.input_tokens,
        output_tokens=response.usage.output_tokens,
        cached_tokens=response.usage.cache_read_tokens,
        native=response,
    )


class PydanticCohereClient(PydanticClient):
    """`CohereModel`."""

    name = "pydantic-ai CohereModel"

    def make(self) -> Model:
        """Return the model."""
        from pydantic_ai.models.cohere import CohereModel
        from pydantic_ai.providers.cohere import CohereProvider

        # The provider takes the base URL from the environment only.
        os.environ["CO_BASE_URL"] = f"{self._url}/pydanticai/cohere"
        try:
            return CohereModel(self._model, provider=CohereProvider(api_key="none"))
        finally:
            del os.environ["CO_BASE_URL"]


class PydanticOpenAiClient(PydanticClient):
    """`OpenAIChatModel`."""

    name = "pydantic-ai OpenAIChatModel"
    answer_tool = None

    def make(self) -> Model:
        """Return the model."""
        from pydantic_ai.models.openai import OpenAIChatModel
        from pydantic_ai.providers.openai import OpenAIProvider

        provider = OpenAIProvider(base_url=f"{self._url}/pydanticai/v1", api_key="none")
        return OpenAIChatModel(self._model, provider=provider)

    def thinking(self) -> dict[str, Any]:
        """Return the effort."""
        return {"openai_reasoning_effort": "low"}


class PydanticAnthropicClient(PydanticClient):
    """`AnthropicModel`."""

    name = "pydantic-ai AnthropicModel"

    def make(self) -> Model:
        """Return the model."""
        import anthropic
        from pydantic_ai.models.anthropic import AnthropicModel
        from pydantic_ai.providers.anthropic import AnthropicProvider

        client = anthropic.AsyncAnthropic(
            api_key="none", base_url=f"{self._url}/pydanticai/anthropic", max_retries=0
        )
        return AnthropicModel(self._model, provider=AnthropicProvider(anthropic_client=client))

    def thinking(self) -> dict[str, Any]:
        """Return the budget."""
        return {"anthropic_thinking": {"type": "enabled", "budget_tokens": 1024}}


class PydanticGoogleClient(PydanticClient):
    """`GoogleModel`."""

    name = "pydantic-ai GoogleModel"
    answer_tool = None

    def make(self) -> Model:
        """Return the model."""
        from pydantic_ai.models.google import GoogleModel
        from pydantic_ai.providers.google import GoogleProvider

        provider = GoogleProvider(api_key="none", base_url=f"{self._url}/pydanticai/genai")
        return GoogleModel(self._model, provider=provider)

    def thinking(self) -> dict[str, Any]:
        """Return the budget."""
        return {"google_thinking_config": {"include_thoughts": True, "thinking_budget": 1024}}


class PydanticBedrockClient(PydanticClient):
    """`BedrockConverseModel`."""

    name = "pydantic-ai BedrockConverseModel"

    def make(self) -> Model:
        """Return the model."""
        import boto3
        from botocore.config import Config
        from pydantic_ai.models.bedrock import BedrockConverseModel
        from pydantic_ai.providers.bedrock import BedrockProvider

        client = boto3.client(
            "bedrock-runtime",
            endpoint_url=f"{self._url}/pydanticai/bedrock",
            region_name="us-east-1",
            aws_access_key_id="none",
            aws_secret_access_key="none",  # nobody's
            config=Config(retries={"total_max_attempts": 1}),
        )
        return BedrockConverseModel(self._model, provider=BedrockProvider(bedrock_client=client))

    def thinking(self) -> dict[str, Any]:
        """Return the budget."""
        fields = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
        return {"bedrock_additional_model_requests_fields": fields}
