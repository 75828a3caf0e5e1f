"""A canonical conversation as Gemini's turns.

Results that follow each other are one turn, as Gemini wants those of parallel calls to be. What a turn holds
and Gemini cannot be told is reported at its place.
"""

from base64 import b64encode
from typing import Any

import msgspec

from causeway.dialects.gemini.invented_ids import is_invented
from causeway.dialects.gemini.media import encode_media, is_reached, report_detail
from causeway.dialects.gemini.model_names import needs_signatures, takes_files_in_results
from causeway.dialects.gemini.results import encode_response
from causeway.dialects.gemini.seals import SIGNATURE, calls_before, opaque_part, sealed_members
from causeway.model.content import (
    AssistantMessage,
    CachePoint,
    FileBlock,
    ImageBlock,
    OpaqueBlock,
    SystemMessage,
    TextBlock,
    ThinkingBlock,
    ToolCall,
    ToolMessage,
    UserMessage,
    sole_text,
)
from causeway.model.errors import UntranslatableError
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.uncarried import report_uncarried

# What Google has documented for a call that another model made.
_UNSIGNED = b64encode(b"skip_thought_signature_validator").decode()

_decode_object = msgspec.json.Decoder(dict[str, Any]).decode


class EncodedConversation(msgspec.Struct, frozen=True):
    """The turns, and the instruction that stands beside them."""

    contents: list[dict[str, Any]]
    system_parts: list[dict[str, Any]]


def encode_contents(request: ChatRequest, losses: LossReport) -> EncodedConversation:
    """Return the conversation; raises UntranslatableError where nothing of a user's turn is left to say."""
    return _ConversationEncoder(request, losses).encode()


class _ConversationEncoder:
    def __init__(self, request: ChatRequest, losses: LossReport) -> None:
        self._request = request
        self._losses = losses
        self._is_foreign = request.dialect != "gemini"
        self._system_parts: list[dict[str, Any]] = []
        self._contents: list[dict[str, Any]] = []
        self._names: dict[str, str] = {}
        # The parts of the turn of results that is open, and the files that stand after all results in it.
        self._results: list[dict[str, Any]] | None = None
        self._files: list[dict[str, Any]] = []

    def encode(self) -> EncodedConversation:
        for index, message in enumerate(self._request.messages):
            path = f"messages[{index}]"
            if not isinstance(message, ToolMessage):
                self._close_results()
            text = sole_text(message)
            match message:
                case SystemMessage():
                    self._add_instruction(message, path)
                case ToolMessage():
                    self._add_result(message, path)
                case UserMessage():
                    parts = [{"text": text}] if text is not None else self._user_parts(message, path)
                    self._contents.append({"role": "user", "parts": parts})
                case AssistantMessage():
                    parts = [{"text": text}] if text is not None else self._model_parts(message, path)
                    self._contents.append({"role": "model", "parts": parts})
        self._close_results()
        return EncodedConversation(self._contents, self._system_parts)

    def _add_instruction(self, message: SystemMessage, path: str) -> None:
        if self._contents:
            self._losses.add("approximated", path, "the instruction is told before the conversation")
        for index, block in enumerate(message.content):
            if isinstance(block, CachePoint):
                report_uncarried(block, f"{path}.content[{index}]", self._losses)
            else:
                self._system_parts.append({"text": block.text})

    def _user_parts(self, message: UserMessage, path: str) -> list[dict[str, Any]]:
        parts: list[dict[str, Any]] = []
        for index, block in enumerate(message.content):
            at = f"{path}.content[{index}]"
            match block:
                case TextBlock(text=text, seal=seal):
                    parts.append({"text": text, **sealed_members(seal)})
                case ImageBlock() | FileBlock() if self._is_foreign and not is_reached(block):
                    self._losses.add("dropped", at, "the provider cannot fetch it")
                case ImageBlock() | FileBlock():
                    report_detail(block, at, self._losses)
                    parts.append(encode_media(block))
                case OpaqueBlock(dialect="gemini"):
                    parts.append(opaque_part(block))
                case OpaqueBlock() | CachePoint():
                    report_uncarried(block, at, self._losses)
        if message.content and not parts:
            raise UntranslatableError(
                f"{path}.content: nothing of it can be carried to the model that would answer",
                field=f"{path}.content",
            )
        return parts or [{"text": ""}]

    def _model_parts(self, message: AssistantMessage, path: str) -> list[dict[str, Any]]:
        parts: list[dict[str, Any]] = []
        calls = [
            self._call_part(call, f"{path}.tool_calls[{index}]")
            for index, call in enumerate(message.tool_calls)
        ]
        self._sign(calls)
        told = 0
        if message.tool_plan:
            parts.append({"text": message.tool_plan})
        for index, block in enumerate(message.content):
            if isinstance(block, CachePoint) or (
                isinstance(block, OpaqueBlock) and block.dialect != "gemini"
            ):
                report_uncarried(block, f"{path}.content[{index}]", self._losses)
                continue
            before = max(told, calls_before(block))
            parts += calls[told:before]
            told = before
            parts.append(content_part(block))
        if message.citations:
            self._losses.add("dropped", f"{path}.citations", "the provider does not take citations back")
        # Gemini refuses a turn without parts; one without words it takes.
        return [*parts, *calls[told:]] or [{"text": ""}]

    def _call_part(self, call: ToolCall, path: str) -> dict[str, Any]:
        self._names[call.id] = call.name
        function_call: dict[str, Any] = {"name": call.name, "args": self._arguments(call, path)}
        if not is_invented(call.id):
            function_call["id"] = call.id
        return {"functionCall": function_call, **sealed_members(call.seal)}

    def _arguments(self, call: ToolCall, path: str) -> dict[str, Any]:
        try:
            return _decode_object(call.arguments or "{}")
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            detail = "arguments that are no JSON object are told as one text"
            self._losses.add("approximated", f"{path}.arguments", detail)
            return {"arguments": call.arguments}

    def _sign(self, calls: list[dict[str, Any]]) -> None:
        if self._is_foreign and calls and needs_signatures(self._request.model):
            calls[0].setdefault(SIGNATURE, _UNSIGNED)

    def _add_result(self, message: ToolMessage, path: str) -> None:
        if self._results is None:
            self._results = []
        id = message.tool_call_id
        name = self._names.get(id)
        response, files = encode_response(message, path, self._losses, is_foreign=self._is_foreign)
        function_response: dict[str, Any] = {"name": name or id, "response": response}
        if name is not None and not is_invented(id):
            function_response["id"] = id
        if files and (not self._is_foreign or takes_files_in_results(self._request.model)):
            function_response["parts"] = files
        elif files:
            self._losses.add("mapped", f"{path}.content", "its files are told beside the result")
            self._files += files
        self._results.append({"functionResponse": function_response})

    def _close_results(self) -> None:
        if self._results is not None:
            self._contents.append({"role": "user", "parts": [*self._results, *self._files]})
            self._results, self._files = None, []


def content_part(block: TextBlock | ThinkingBlock | OpaqueBlock) -> dict[str, Any]:
    """Return the part that a block of a model's turn is; the opaque ones are this dialect's own."""
    if isinstance(block, OpaqueBlock):
        return opaque_part(block)
    if isinstance(block, ThinkingBlock):
        return {"text": block.thinking, "thought": True, **sealed_members(block.seal)}
    return {"text": block.text, **sealed_members(block.seal)}
