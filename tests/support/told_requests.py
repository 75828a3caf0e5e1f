"""What a canonical request says, piece by piece, each with the path under which its loss would be reported.

Two requests are compared as what they tell a model. Where that is less than all that they hold, the reason
stands beside it.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from causeway.model.content import (
    AssistantMessage,
    CachePoint,
    DocumentBlock,
    FileBlock,
    ImageBlock,
    Message,
    OpaqueBlock,
    SystemMessage,
    TextBlock,
    ThinkingBlock,
    ToolMessage,
)
from causeway.model.loss import Loss
from causeway.model.request import ChatRequest, ResponseFormat, Tool

# By the canonical name of an option the names under which dialects' callers know it.
CALLED: dict[str, tuple[str, ...]] = {
    "top_k": ("top_k", "k"),
    "top_p": ("top_p", "p"),
    "stop_sequences": ("stop_sequences", "stop"),
    "thinking": ("thinking", "reasoning_effort", "reasoning"),
    "choices": ("choices", "n", "num_generations"),
    "citation_mode": ("citation_options", "documents"),
    "parallel": ("parallel_tool_calls",),
    "schema": ("response_format",),
    "is_json": ("response_format",),
    "forced_tool": ("tool_choice",),
    "allowed_tools": ("tool_choice",),
}


class Piece(Struct, frozen=True):
    """One thing that a conversation says, and where it stands."""

    path: str
    said: tuple[Any, ...]


def covers(loss: Loss, piece: Piece) -> bool:
    """Whether a loss is of a piece, or of something that it is part of; of a call, also of part of it."""
    is_call = piece.said[1:2] == ("call",)
    return _is_in(piece.path, loss.path) or (is_call and _is_in(loss.path, piece.path))


def _is_in(path: str, whole: str) -> bool:
    return path == whole or path.startswith((f"{whole}.", f"{whole}["))


def pieces_of(messages: Iterable[Message]) -> list[Piece]:
    """Return what a conversation says, in its order; who says it is part of each piece.

    Where one turn ends and the next of the same role begins is not told: some vendors want the roles to take
    turns, and get what follows in one role as one turn.
    """
    return [
        piece for index, message in enumerate(messages) for piece in _pieces(message, f"messages[{index}]")
    ]


def _pieces(message: Message, path: str) -> Iterator[Piece]:
    if isinstance(message, AssistantMessage):
        yield from _assistant_pieces(message, path)
        return
    role = "user"
    if isinstance(message, ToolMessage):
        role = f"result of {message.tool_call_id}"
        yield Piece(f"{path}.tool_call_id", (role,))
        if message.is_error:
            yield Piece(f"{path}.is_error", (role, "failed"))
    elif isinstance(message, SystemMessage):
        role = "system"
    placed = list(enumerate(message.content))
    if isinstance(message, ToolMessage):
        # Bedrock has a place for a mark behind a result only; Gemini one for files behind its text.
        order: dict[type, int] = {TextBlock: 0, DocumentBlock: 1, CachePoint: 3}
        placed.sort(key=lambda item: order.get(type(item[1]), 2))
    for index, block in placed:
        at = f"{path}.content[{index}]"
        match block:
            case TextBlock(text=text):
                yield Piece(at, (role, "text", text))
            case ImageBlock(url=url, detail=detail):
                yield Piece(at, (role, "file", url))
                if detail is not None:
                    yield Piece(f"{at}.detail", (role, "detail", detail))
            case FileBlock(url=url, name=name):
                # Neither every address says of what type it is, nor every dialect; and audio has no name.
                yield Piece(at, (role, "file", url))
                if name is not None and not url.startswith("data:audio/"):
                    yield Piece(f"{at}.name", (role, "name", name))
            case DocumentBlock(document=document):
                data = {"text": document.data} if isinstance(document.data, str) else document.data
                # In a result Anthropic wants each to have an address: one without an id has its place.
                id = None if document.id is None or document.id.startswith("messages[") else document.id
                yield Piece(at, (role, "document", json.dumps(data), id))
            case CachePoint(lifetime_seconds=seconds):
                yield Piece(at, (role, "mark", seconds))
            case OpaqueBlock():
                yield Piece(at, (role, "own", json.dumps(block.data)))


def _assistant_pieces(message: AssistantMessage, path: str) -> Iterator[Piece]:
    """Yield a model's turn with its thinking first and its calls last.

    Cohere and OpenAI have one place for each of them, in no order.
    """
    texts: list[Piece] = []
    if message.tool_plan is not None:  # which is a text before the calls
        texts.append(Piece(f"{path}.tool_plan", ("model", "text", message.tool_plan)))
    for index, block in enumerate(message.content):
        at = f"{path}.content[{index}]"
        match block:
            case TextBlock(text=text):
                texts.append(Piece(at, ("model", "text", text)))
            case ThinkingBlock(thinking=thinking):
                yield Piece(at, ("model", "thinking", thinking))
            case OpaqueBlock():
                yield Piece(at, ("model", "own", json.dumps(block.data)))
    yield from texts
    for index, call in enumerate(message.tool_calls):
        arguments = json.dumps(json.loads(call.arguments))
        yield Piece(f"{path}.tool_calls[{index}]", ("model", "call", call.id, call.name, arguments))


def joined(pieces: Iterable[Piece]) -> list[tuple[Any, ...]]:
    """Return what pieces say, with the texts of one turn of a model's, or of one result, as one.

    OpenAI tells both as one text, and Gemini the second. Marks that follow each other say no more than one.
    """
    told: list[tuple[Any, ...]] = []
    for piece in pieces:
        role, kind = (*piece.said, "")[:2]
        last = told[-1] if told else ("",)
        is_same = len(last) > 2 and last[:2] == (role, kind)
        if is_same and kind == "text" and role not in ("user", "system"):
            between = "" if role == "model" else "\n"
            told[-1] = (role, kind, last[2] + between + piece.said[2])
        elif is_same and kind == "mark":
            told[-1] = piece.said
        else:
            told.append(piece.said)
    return told


def options_of(request: ChatRequest) -> dict[str, Any]:
    """Return what a request asks for beside its conversation, tools and documents."""
    sampling, form = request.sampling, request.response_format
    return {
        "max_tokens": sampling.max_tokens,
        "stop_sequences": sampling.stop_sequences,
        "temperature": sampling.temperature,
        "seed": sampling.seed,
        "top_k": sampling.top_k or None,  # 0 is no bound
        "top_p": sampling.top_p,
        "frequency_penalty": sampling.frequency_penalty or None,  # 0 is what all do unasked
        "presence_penalty": sampling.presence_penalty or None,
        "logprobs": sampling.logprobs,
        "top_logprobs": sampling.top_logprobs or None,
        "tool_choice": request.tool_choice,
        "forced_tool": request.forced_tool or _only_tool(request),
        "allowed_tools": _allowed_tools(request),
        # As all do unasked; and where none is to be called it says nothing.
        "parallel": request.allows_parallel_calls is not False or request.tool_choice == "none",
        "is_json": form is not None,
        "schema": None if form is None else _schema(form),
        "thinking": request.thinking,
        "citation_mode": request.citation_mode or "accurate",  # as all do unasked
        "safety_mode": request.safety_mode,
        "priority": request.priority,
        "choices": request.choices,
    }


def _only_tool(request: ChatRequest) -> str | None:
    """Return the one tool that is allowed where one has to be called."""
    is_forced = request.tool_choice == "required" and len(request.allowed_tools) == 1
    return request.allowed_tools[0] if is_forced else None


def _allowed_tools(request: ChatRequest) -> set[str]:
    """Return the tools that may be called."""
    if request.forced_tool is not None:
        return {request.forced_tool}
    return set(request.allowed_tools or (tool.name for tool in request.tools))


def _schema(form: ResponseFormat) -> Any:
    """Return a schema with its description, which has a place inside it too.

    What OpenAI calls it means nothing elsewhere, and elsewhere every schema is held to.
    """
    if form.json_schema is None or form.description is None:
        return form.json_schema
    return {"description": form.description, **form.json_schema}


def tool_facts(request: ChatRequest, tool: Tool) -> dict[str, Any]:
    """Return what is said of a tool, by the end of the path at which its loss is reported."""
    is_strict = tool.is_strict
    if is_strict is None and tool.parameters is not None:
        is_strict = request.strict_tools
    return {
        "": (tool.name, tool.description, _with_properties(tool.parameters or {})),
        ".strict": bool(is_strict),
        ".cache_point": tool.cache_point,
    }


def _with_properties(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return a schema of arguments; that it is of an object, and of one without members, need not be said."""
    return {"type": "object", "properties": {}, **parameters}
