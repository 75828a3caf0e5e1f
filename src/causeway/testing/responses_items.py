"""The items that a conversation of OpenAI's Responses is made of, read as strictly as OpenAI reads them.

Items of tools that OpenAI itself runs are let through unread. Source of truth: OpenAI's SDK and recorded
exchanges.
"""

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from causeway.testing.question import RefusedError
from causeway.testing.signatures import is_signature_of, sign

Shape = TypeVar("Shape", bound=Struct)
_CallId = Annotated[str, Meta(min_length=1, max_length=64)]
_Status = Literal["in_progress", "completed", "incomplete"]


class InputText(Struct, tag="input_text", forbid_unknown_fields=True):
    """Text that the model is given."""

    text: str
    prompt_cache_breakpoint: dict[str, Any] | None = None


class InputImage(Struct, tag="input_image", forbid_unknown_fields=True):
    """An image that the model is given."""

    image_url: str | None = None
    file_id: str | None = None
    detail: Literal["low", "high", "auto", "original"] | None = None
    prompt_cache_breakpoint: dict[str, Any] | None = None


class InputFile(Struct, tag="input_file", forbid_unknown_fields=True):
    """A file that the model is given."""

    file_data: str | None = None
    file_url: str | None = None
    file_id: str | None = None
    filename: str | None = None
    detail: Literal["low", "high", "auto"] | None = None
    prompt_cache_breakpoint: dict[str, Any] | None = None


class OutputText(Struct, tag="output_text", forbid_unknown_fields=True):
    """Text that the model wrote."""

    text: str
    annotations: list[dict[str, Any]] | None = None
    logprobs: list[dict[str, Any]] | None = None


class Refusal(Struct, tag="refusal", forbid_unknown_fields=True):
    """What the model wrote instead of an answer."""

    refusal: str


InputPart = InputText | InputImage | InputFile


class _Item(Struct, kw_only=True, forbid_unknown_fields=True):
    type: str | None = None
    id: str | None = None
    status: _Status | None = None


class Said(_Item):
    """A message of the application's or the user's."""

    role: Literal["user", "system", "developer"]
    content: str | list[InputPart]


class Answered(_Item):
    """A message of the model's."""

    role: Literal["assistant"]
    content: str | list[OutputText | Refusal]
    phase: Literal["commentary", "final_answer"] | None = None


class FunctionCall(_Item):
    """A call of a function."""

    call_id: _CallId
    name: Annotated[str, Meta(pattern="^[a-zA-Z0-9_-]{1,128}$")]
    arguments: str
    namespace: str | None = None
    caller: dict[str, Any] | None = None


class FunctionCallOutput(_Item):
    """What a function said."""

    call_id: _CallId
    output: str | list[InputPart]
    caller: dict[str, Any] | None = None


class Reasoning(_Item):
    """What the model thought."""

    summary: list[dict[str, Any]]
    content: list[dict[str, Any]] | None = None
    encrypted_content: str | None = None


class Other(Struct):
    """An item that is not looked into."""

    type: str


Item = Said | Answered | FunctionCall | FunctionCallOutput | Reasoning | Other

# OpenAI's ids begin with the kind of the item.
_ID_PREFIXES: dict[type[Item], str] = {
    Said: "msg",
    Answered: "msg",
    FunctionCall: "fc",
    FunctionCallOutput: "fc",
    Reasoning: "rs",
}
_SHAPES: dict[str, type[Item]] = {
    "function_call": FunctionCall,
    "function_call_output": FunctionCallOutput,
    "reasoning": Reasoning,
}
_UNREAD = {
    "additional_tools",
    "apply_patch_call",
    "apply_patch_call_output",
    "code_interpreter_call",
    "compaction",
    "compaction_trigger",
    "computer_call",
    "computer_call_output",
    "configuration_update",
    "custom_tool_call",
    "custom_tool_call_output",
    "file_search_call",
    "image_generation_call",
    "local_shell_call",
    "local_shell_call_output",
    "mcp_approval_request",
    "mcp_approval_response",
    "mcp_call",
    "mcp_list_tools",
    "program",
    "program_output",
    "shell_call",
    "shell_call_output",
    "tool_search_call",
    "tool_search_output",
    "web_search_call",
}
_UNREADABLE = re.compile(r"data:(audio|video)/")
MISSING_ITEM = "Items are kept with `store`, and of the last responses alone."


def refuse(
    message: str, param: str | None = None, *, code: str | None = None, status: int = 400
) -> RefusedError:
    """Return a refusal in OpenAI's shape."""
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return RefusedError(status, message, {"error": error})


def convert(value: Any, shape: type[Shape], path: str) -> Shape:
    """Return a value as a type; raises RefusedError that names the field."""
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        text, _, field = str(error).partition(" - at `$")
        param = f"{path}{field.rstrip('`')}"
        code = "unknown_parameter" if "unknown field" in text else "invalid_value"
        raise refuse(f"{param}: {text}", param, code=code) from None


def read_item(given: dict[str, Any], path: str) -> Item:
    """Return an item of the input; raises RefusedError."""
    kind = str(given.get("type") or "message")
    if kind in _UNREAD:
        return Other(kind)
    shape = _SHAPES.get(kind)
    if kind == "message":
        shape = Answered if given.get("role") == "assistant" else Said
    if shape is None:
        raise refuse(f"{path}.type: {kind!r} is no type of an item", f"{path}.type", code="invalid_value")
    item = convert(given, shape, path)
    prefix = _ID_PREFIXES[shape]
    if isinstance(item, _Item) and item.id is not None and not item.id.startswith(prefix):
        raise refuse(f"{path}.id: it does not begin with {prefix!r}", f"{path}.id", code="invalid_value")
    if isinstance(item, Reasoning) and item.id is None:
        raise refuse(f"{path}.id: it is missing", f"{path}.id", code="missing_required_parameter")
    _check_files(item, path)
    return item


def check_conversation(
    items: Sequence[Item], is_kept: Callable[[str | None], bool], *, has_more: bool
) -> None:
    """Raise RefusedError where calls and outputs do not pair, or a thought is not as it was given.

    With `has_more` a conversation that is not at hand may have the call of an output.
    """
    called = [item.call_id for item in items if isinstance(item, FunctionCall)]
    answered = [item.call_id for item in items if isinstance(item, FunctionCallOutput)]
    for call_id in called:
        if call_id not in answered:
            raise refuse(f"input: the function call {call_id} has no output", "input")
    known: set[str] = set()
    for index, item in enumerate(items):
        if isinstance(item, FunctionCall):
            known.add(item.call_id)
        if isinstance(item, FunctionCallOutput) and item.call_id not in known and not has_more:
            raise refuse(f"input: the output of {item.call_id} answers no function call", "input")
        if isinstance(item, Reasoning):
            _check_reasoning(item, items[index + 1 : index + 2], is_kept)


def encrypt(thinking: str) -> str:
    """Return a thought in the form that only its giver is to read."""
    return f"{base64.urlsafe_b64encode(thinking.encode()).decode()}.{sign(thinking)}"


def text_of(item: Item) -> str:
    """Return the text of an item."""
    match item:
        case Said(content=str(text)) | Answered(content=str(text)) | FunctionCallOutput(output=str(text)):
            return text
        case (
            Said(content=list(parts)) | Answered(content=list(parts)) | FunctionCallOutput(output=list(parts))
        ):
            return "\n".join(part.text for part in parts if isinstance(part, InputText | OutputText))
        case FunctionCall(arguments=text):
            return text
    return ""


def _check_files(item: Item, path: str) -> None:
    """Raise RefusedError for a file of a kind that OpenAI cannot read."""
    name = "output" if isinstance(item, FunctionCallOutput) else "content"
    parts = getattr(item, name, None)
    for index, part in enumerate(parts if isinstance(parts, list) else ()):
        if isinstance(part, InputFile) and _UNREADABLE.match(part.file_data or ""):
            place = f"{path}.{name}[{index}].file_data"
            raise refuse(f"{place}: neither audio nor video can be read", place, code="invalid_value")


def _check_reasoning(
    item: Reasoning, following: Sequence[Item], is_kept: Callable[[str | None], bool]
) -> None:
    if item.encrypted_content is not None:
        if not _is_encrypted(item.encrypted_content):
            raise refuse(
                f"input: the encrypted content of {item.id} cannot be verified",
                code="invalid_encrypted_content",
            )
    elif not is_kept(item.id):
        raise refuse(f"input: there is no item with the id {item.id}. {MISSING_ITEM}", "input", status=404)
    is_followed = bool(following) and not isinstance(following[0], Said | FunctionCallOutput)
    # A message without an id may be anyone's.
    if not is_followed or (isinstance(following[0], Answered) and following[0].id is None):
        raise refuse(f"input: the reasoning {item.id} is given without the item that it led to", "input")


def _is_encrypted(content: str) -> bool:
    packed, _, signature = content.partition(".")
    try:
        return is_signature_of(signature, base64.urlsafe_b64decode(packed).decode())
    except (binascii.Error, ValueError):
        return False
