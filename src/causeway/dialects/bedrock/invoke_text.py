"""The bodies of InvokeModel that are one text each way: Titan's, and Mistral's with its marks for turns.

Source of truth: Amazon's documentation of the models' parameters. Neither has tools, images or thinking.
"""

import re
from collections.abc import Mapping
from typing import Any, Protocol

from msgspec import Struct

from causeway.dialects.bedrock.request_body import BodyReader, invalid
from causeway.model.content import AssistantMessage, Message, TextBlock, UserMessage
from causeway.model.request import ChatRequest, Sampling
from causeway.model.response import FinishReason
from causeway.model.usage import Usage

_TITAN_REASONS: Mapping[FinishReason, str] = {
    FinishReason.MAX_TOKENS: "LENGTH",
    FinishReason.STOP_SEQUENCE: "STOP_CRITERIA_MET",
    FinishReason.CONTENT_FILTER: "CONTENT_FILTERED",
}
_ASKED = re.compile(r"\[INST\](?P<asked>.*?)\[/INST\](?P<said>.*?)(?=\[INST\]|\Z)", re.DOTALL)


class TextBody(Protocol):
    """One such body."""

    dialect: str

    def decode_request(self, tree: Any) -> ChatRequest:
        """Return the request of a body that has been parsed; raises InvalidRequestError."""

    def encode_answer(self, text: str, reason: FinishReason, usage: Usage) -> dict[str, Any]:
        """Return the body of a whole answer."""

    def encode_piece(self, text: str) -> dict[str, Any]:
        """Return the event of a piece of the text."""

    def encode_end(self, reason: FinishReason, usage: Usage) -> dict[str, Any]:
        """Return the event that ends a stream."""


class WireTitanConfig(Struct, rename="camel"):
    """Titan's sampling."""

    max_token_count: int | None = None
    stop_sequences: list[str] | None = None
    temperature: float | None = None
    top_p: float | None = None


class WireTitanRequest(Struct, rename="camel"):
    """Titan's body."""

    input_text: str
    text_generation_config: WireTitanConfig | None = None


class WireMistralRequest(Struct):
    """Mistral's body with one prompt."""

    prompt: str
    max_tokens: int | None = None
    stop: list[str] | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None


_titan_reader = BodyReader(WireTitanRequest)
_mistral_reader = BodyReader(WireMistralRequest)


class TitanText:
    """Titan's text in and text out."""

    dialect = "bedrock-titan"

    def decode_request(self, tree: Any) -> ChatRequest:
        """Return the request; raises InvalidRequestError."""
        wire = _titan_reader.convert(tree)
        config = wire.text_generation_config or WireTitanConfig()
        if not wire.input_text:
            raise invalid("inputText", "expected a text")
        sampling = Sampling(
            max_tokens=config.max_token_count,
            stop_sequences=tuple(filter(None, config.stop_sequences or ())),
            temperature=config.temperature,
            top_p=config.top_p,
        )
        messages = (UserMessage((TextBlock(wire.input_text),)),)
        return ChatRequest(model="", messages=messages, dialect=self.dialect, sampling=sampling)

    def encode_answer(self, text: str, reason: FinishReason, usage: Usage) -> dict[str, Any]:
        """Return the body of a whole answer."""
        result = {
            "tokenCount": usage.output_tokens,
            "outputText": text,
            "completionReason": _TITAN_REASONS.get(reason, "FINISH"),
        }
        return {"inputTextTokenCount": usage.input_tokens, "results": [result]}

    def encode_piece(self, text: str) -> dict[str, Any]:
        """Return the event of a piece of the text."""
        return _titan_event(text, None, None, None)

    def encode_end(self, reason: FinishReason, usage: Usage) -> dict[str, Any]:
        """Return the event that ends a stream."""
        word = _TITAN_REASONS.get(reason, "FINISH")
        return _titan_event("", usage.output_tokens, word, usage.input_tokens)


class MistralText:
    """Mistral's prompt in and text out; `[INST]` and `[/INST]` stand around what a user says."""

    dialect = "bedrock-mistral"

    def decode_request(self, tree: Any) -> ChatRequest:
        """Return the request; raises InvalidRequestError."""
        wire = _mistral_reader.convert(tree)
        if not wire.prompt:
            raise invalid("prompt", "expected a text")
        sampling = Sampling(
            max_tokens=wire.max_tokens,
            stop_sequences=tuple(filter(None, wire.stop or ())),
            temperature=wire.temperature,
            top_p=wire.top_p,
            top_k=wire.top_k,
        )
        messages = tuple(_decode_turns(wire.prompt))
        return ChatRequest(model="", messages=messages, dialect=self.dialect, sampling=sampling)

    def encode_answer(self, text: str, reason: FinishReason, usage: Usage) -> dict[str, Any]:  # noqa: ARG002
        """Return the body of a whole answer, which counts no tokens."""
        return _mistral_event(text, reason)

    def encode_piece(self, text: str) -> dict[str, Any]:
        """Return the event of a piece of the text."""
        return _mistral_event(text, None)

    def encode_end(self, reason: FinishReason, usage: Usage) -> dict[str, Any]:  # noqa: ARG002
        """Return the event that ends a stream."""
        return _mistral_event("", reason)


def _titan_event(
    text: str, output_tokens: int | None, reason: str | None, input_tokens: int | None
) -> dict[str, Any]:
    return {
        "outputText": text,
        "index": 0,
        "totalOutputTextTokenCount": output_tokens,
        "completionReason": reason,
        "inputTextTokenCount": input_tokens,
    }


def _mistral_event(text: str, reason: FinishReason | None) -> dict[str, Any]:
    word = None if reason is None else "length" if reason is FinishReason.MAX_TOKENS else "stop"
    return {"outputs": [{"text": text, "stop_reason": word}]}


def _decode_turns(prompt: str) -> list[Message]:
    turns = list(_ASKED.finditer(prompt))
    if not turns:
        return [UserMessage((TextBlock(prompt),))]
    messages: list[Message] = []
    for turn in turns:
        messages.append(UserMessage((TextBlock(turn["asked"].strip()),)))
        said = turn["said"].removesuffix("</s>").replace("</s><s>", "").strip()
        if said and said != "<s>":
            messages.append(AssistantMessage((TextBlock(said.removesuffix("</s>")),)))
    return messages
