"""LangChain's chat models in the matrix: each vendor's own package, driven through LangChain's words."""

import base64
import json
from typing import Any, ClassVar

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import StructuredTool
from msgspec.structs import replace

from support.matrix.ask import Ask, CannotSayError, RefusedError, Seen, ToolSpec

_FINISHES = {
    # OpenAI, Anthropic, Google, Bedrock and Cohere, each in its words.
    "stop": "stop", "end_turn": "stop", "STOP": "stop", "COMPLETE": "stop", "completed": "stop",
    "stop_sequence": "stop_sequence", "STOP_SEQUENCE": "stop_sequence",
    "length": "length", "max_tokens": "length", "MAX_TOKENS": "length", "incomplete": "length",
    "tool_calls": "tools", "tool_use": "tools", "TOOL_CALL": "tools",
}  # fmt: skip


class LangChainClient:
    """A chat model of LangChain's; each subclass makes one and says what is particular to it."""

    name: ClassVar[str]
    answer_tool: str | None = None

    def __init__(self, url: str, model: str) -> None:
        self._url = url
        self._model = model

    def make(self, ask: Ask) -> BaseChatModel:
        """Return the model for one question: some settings are the model's."""
        raise NotImplementedError

    def documents(self, ask: Ask) -> list[Any]:
        """Return the blocks of a user's turn that hold documents."""
        raise CannotSayError("LangChain has no documents to cite for it")

    def image(self, png: bytes) -> dict[str, Any]:
        """Return the block of a user's turn that holds a picture."""
        data = base64.b64encode(png).decode()
        return {"type": "image", "base64": data, "mime_type": "image/png"}

    def sum_up(self, chunks: list[AIMessageChunk]) -> AIMessage:
        """Return the message that a stream's chunks are."""
        whole = chunks[0]
        for chunk in chunks[1:]:
            whole = whole + chunk
        return whole

    def arguments(self, ask: Ask) -> dict[str, Any]:
        """Return what goes with the call instead of the turn."""
        return {} if ask.stop is None else {"stop": [ask.stop]}

    def ask(self, ask: Ask) -> Seen:
        """Ask through LangChain."""
        runnable: Any = self.make(ask)
        if ask.tools:
            runnable = runnable.bind_tools([_tool(tool) for tool in ask.tools])
        if ask.schema is not None:
            runnable = self.structured(runnable, ask.schema)
        messages, arguments = self._messages(ask), self.arguments(ask)
        try:
            if ask.schema is not None:
                answer = runnable.invoke(messages, **arguments)
                # ChatCohere gives the object alone, whatever it is asked for.
                return _seen(answer["raw"]) if "raw" in answer else Seen(text=json.dumps(answer))
            if not ask.stream:
                return _seen(runnable.invoke(messages, **arguments))
            chunks = list(runnable.stream(messages, **arguments))
        except Exception as error:
            raise RefusedError(_status(error), str(error)) from error
        seen = _seen(self.sum_up(chunks))
        seen.deltas = sum(bool(chunk.text) for chunk in chunks)
        return seen

    def structured(self, model: Any, schema: dict[str, Any]) -> Any:
        """Return the model bound to a schema."""
        return model.with_structured_output(schema, method="json_schema", include_raw=True)

    def _messages(self, ask: Ask) -> list[BaseMessage]:
        content: Any = ask.text
        if ask.image_png is not None:
            content = [{"type": "text", "text": ask.text}, self.image(ask.image_png)]
        if ask.documents and (blocks := self.documents(ask)):
            content = [*blocks, {"type": "text", "text": ask.text}]
        messages: list[BaseMessage] = [HumanMessage(content)]
        if ask.answered is not None:
            turn: AIMessage = ask.answered.native
            messages.append(turn)
            messages += [
                ToolMessage(result, tool_call_id=call["id"] or "")
                for call, result in zip(turn.tool_calls, ask.results, strict=True)
            ]
        return messages


def _tool(tool: ToolSpec) -> StructuredTool:
    return StructuredTool(name=tool.name, description=tool.description, args_schema=tool.parameters)


def _seen(message: AIMessage) -> Seen:
    metadata, usage = message.response_metadata, message.usage_metadata
    blocks: list[Any] = message.content_blocks
    texts = [block for block in blocks if block["type"] == "text"]
    thoughts = [block.get("reasoning", "") for block in blocks if block["type"] == "reasoning"]
    said = next((metadata[name] for name in _FINISH_NAMES if metadata.get(name)), None)
    cited = [text.get("annotations") or () for text in texts]
    citations = [
        note.get("cited_text") or text["text"]
        for text, notes in zip(texts, cited, strict=True)
        for note in notes
    ]
    citations += [citation.text for citation in message.additional_kwargs.get("citations") or ()]
    return Seen(
        text=message.text,
        calls=tuple((call["name"], call["args"]) for call in message.tool_calls),
        thinking="".join(thoughts) or None,
        citations=tuple(citations),
        finish=None if said is None else _FINISHES[said],
        input_tokens=usage and usage["input_tokens"],
        output_tokens=usage and usage["output_tokens"],
        cached_tokens=usage and (usage.get("input_token_details") or {}).get("cache_read"),
        native=message,
    )


_FINISH_NAMES = ("finish_reason", "stop_reason", "stopReason", "status")


def _status(error: Exception) -> int | None:
    for name in ("status_code", "code"):
        status = getattr(error, name, None)
        if isinstance(status, int):
            return status
    return None


class ChatCohereClient(LangChainClient):
    """`langchain_cohere.ChatCohere`."""

    name = "langchain ChatCohere"

    def make(self, ask: Ask) -> BaseChatModel:
        """Return the model."""
        from langchain_cohere import ChatCohere

        url = f"{self._url}/langchain/cohere"
        if ask.thinks:
            raise CannotSayError("ChatCohere cannot ask for thinking")
        return ChatCohere(cohere_api_key="none", base_url=url, model=self._model, temperature=0.0)

    def image(self, png: bytes) -> dict[str, Any]:
        """Return a picture as Cohere writes it: LangChain's own block it does not send."""
        url = "data:image/png;base64," + base64.b64encode(png).decode()
        return {"type": "image_url", "image_url": {"url": url}}

    def sum_up(self, chunks: list[AIMessageChunk]) -> AIMessage:
        """Return the message with the calls of its end: the chunks repeat the last piece of each call."""
        whole = super().sum_up(chunks)
        calls = whole.additional_kwargs.get("tool_calls") or ()
        return AIMessage(
            content=whole.content,
            additional_kwargs=whole.additional_kwargs,
            tool_calls=[
                {
                    "name": call["function"]["name"],
                    "args": json.loads(call["function"]["arguments"]),
                    "id": call["id"],
                }
                for call in calls
            ],
        )

    def documents(self, ask: Ask) -> list[Any]:
        """Return nothing: documents go beside the messages."""
        return []

    def arguments(self, ask: Ask) -> dict[str, Any]:
        """Return what goes beside the messages: documents, stop sequences and the bound."""
        given = [{"id": f"doc:{index}", "data": {"text": text}} for index, text in enumerate(ask.documents)]
        bounds = {} if ask.max_tokens is None else {"max_tokens": ask.max_tokens}
        return super().arguments(ask) | bounds | ({"documents": given} if given else {})


class ChatOpenAiClient(LangChainClient):
    """`langchain_openai.ChatOpenAI` on chat completions."""

    name = "langchain ChatOpenAI"

    def make(self, ask: Ask) -> BaseChatModel:
        """Return the model."""
        from langchain_openai import ChatOpenAI

        if ask.thinks:
            raise CannotSayError("ChatOpenAI shows no thinking of chat completions")
        return ChatOpenAI(
            api_key="none",
            base_url=f"{self._url}/langchain/v1",
            model=self._model,
            max_tokens=ask.max_tokens,
            temperature=0.0,
            max_retries=0,
            use_responses_api=False,
        )


class ChatAnthropicClient(LangChainClient):
    """`langchain_anthropic.ChatAnthropic`."""

    name = "langchain ChatAnthropic"

    def make(self, ask: Ask) -> BaseChatModel:
        """Return the model."""
        from langchain_anthropic import ChatAnthropic

        thinking: dict[str, Any] = {"temperature": 0.0}
        if ask.thinks:
            thinking = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
        return ChatAnthropic(
            anthropic_api_key="none",
            anthropic_api_url=f"{self._url}/langchain/anthropic",
            model=self._model,
            max_tokens=ask.max_tokens or 2048,
            max_retries=0,
            **thinking,
        )

    def documents(self, ask: Ask) -> list[Any]:
        """Return Anthropic's own blocks."""
        return [
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": text},
                "citations": {"enabled": True},
            }
            for text in ask.documents
        ]


class ChatGoogleClient(LangChainClient):
    """`langchain_google_genai.ChatGoogleGenerativeAI`."""

    name = "langchain ChatGoogleGenerativeAI"

    def make(self, ask: Ask) -> BaseChatModel:
        """Return the model."""
        from langchain_google_genai import ChatGoogleGenerativeAI

        thinking: dict[str, Any] = {"temperature": 0.0}
        if ask.thinks:
            thinking = {"include_thoughts": True, "thinking_budget": 1024}
        return ChatGoogleGenerativeAI(
            google_api_key="none",
            base_url=f"{self._url}/langchain/genai",
            model=self._model,
            max_output_tokens=ask.max_tokens,
            max_retries=1,
            **thinking,
        )


class ChatBedrockClient(LangChainClient):
    """`langchain_aws.ChatBedrockConverse`."""

    name = "langchain ChatBedrockConverse"
    answer_tool = "Person"

    def make(self, ask: Ask) -> BaseChatModel:
        """Return the model."""
        import boto3
        from botocore.config import Config
        from langchain_aws import ChatBedrockConverse

        client = boto3.client(
            "bedrock-runtime",
            endpoint_url=f"{self._url}/langchain/bedrock",
            region_name="us-east-1",
            aws_access_key_id="none",
            aws_secret_access_key="none",  # nobody's
            config=Config(retries={"total_max_attempts": 1}),
        )
        fields = {"thinking": {"type": "enabled", "budget_tokens": 1024}} if ask.thinks else None
        return ChatBedrockConverse(
            client=client,
            model=self._model,
            provider="anthropic",
            max_tokens=ask.max_tokens,
            temperature=None if ask.thinks else 0.0,
            additional_model_request_fields=fields,
            # LangChain streams only from models whose names it knows.
            disable_streaming=False,
        )

    def ask(self, ask: Ask) -> Seen:
        """Ask through LangChain; with documents in a stream.

        Of a whole answer that is one block, LangChain keeps the text and not its citations.
        """
        return super().ask(replace(ask, stream=True) if ask.documents else ask)

    def structured(self, model: Any, schema: dict[str, Any]) -> Any:
        """Return the model bound to a schema."""
        return model.with_structured_output(schema, include_raw=True)

    def documents(self, ask: Ask) -> list[Any]:
        """Return Bedrock's own blocks."""
        return [
            {
                "document": {
                    "format": "txt",
                    "name": f"document {index}",
                    "source": {"text": text},
                    "citations": {"enabled": True},
                }
            }
            for index, text in enumerate(ask.documents)
        ]
