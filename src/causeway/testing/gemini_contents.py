"""The contents and schemas of a Gemini request: their shapes, and what Gemini refuses in them.

Source of truth: Google's published API reference and guides, and recorded exchanges.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from causeway.model.content import Source
from causeway.testing.question import Passage, RefusedError
from causeway.testing.signatures import is_signature_of, sign

# Google says these for histories that come from elsewhere, as they are or in base64.
_STAND_IN_SIGNATURES = ("skip_thought_signature_validator", "context_engineering_is_the_way_to_go")
# The keywords of OpenAPI's schema object that Gemini takes in `parameters` and `responseSchema`.
_SCHEMA_KEYWORDS = {
    "type", "format", "title", "description", "nullable", "enum", "items", "minItems", "maxItems",
    "properties", "required", "minProperties", "maxProperties", "propertyOrdering", "minLength", "maxLength",
    "pattern", "minimum", "maximum", "anyOf", "default", "example",
}  # fmt: skip
_TYPES = {"string", "number", "integer", "boolean", "array", "object", "null"}
_COUNTS = {"minItems", "maxItems", "minProperties", "maxProperties", "minLength", "maxLength"}
# What is inside is the caller's own, however it is spelled.
_FREE = {
    "args", "response", "parameters", "parametersJsonSchema", "responseSchema", "responseJsonSchema",
    "labels", "partMetadata",
}  # fmt: skip
# Google's JSON takes a single value where there may be several.
_LISTS = {"contents", "parts", "tools", "functionDeclarations", "requests", "instances"}


class Shape(Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What all of a body's objects have in common."""


class Blob(Shape):
    """Bytes in base64."""

    mime_type: str
    data: str
    display_name: str | None = None


class FileData(Shape):
    """A file that is somewhere else."""

    file_uri: str
    mime_type: str | None = None
    display_name: str | None = None


class FunctionCall(Shape):
    """A call of a function, as the model made it."""

    name: str
    args: dict[str, Any] | None = None
    id: str | None = None


class FunctionResponse(Shape):
    """What a function returned."""

    name: str
    response: dict[str, Any] | None = None
    id: str | None = None
    parts: list[dict[str, Any]] | None = None
    will_continue: bool | None = None
    scheduling: str | None = None


class Part(Shape):
    """One of a content's parts; one of its data fields is set."""

    text: str | None = None
    inline_data: Blob | None = None
    file_data: FileData | None = None
    function_call: FunctionCall | None = None
    function_response: FunctionResponse | None = None
    executable_code: dict[str, Any] | None = None
    code_execution_result: dict[str, Any] | None = None
    tool_call: dict[str, Any] | None = None
    tool_response: dict[str, Any] | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    video_metadata: dict[str, Any] | None = None
    media_resolution: Any = None
    part_metadata: dict[str, Any] | None = None

    @property
    def data_count(self) -> int:
        """How many of its data fields are set."""
        data = (
            self.text, self.inline_data, self.file_data, self.function_call, self.function_response,
            self.executable_code, self.code_execution_result, self.tool_call, self.tool_response,
        )  # fmt: skip
        return sum(value is not None for value in data)


class Content(Shape, kw_only=True):
    """A turn of the user's or of the model's; without a role it is the user's."""

    parts: Annotated[list[Part], Meta(min_length=1)]
    role: Literal["user", "model"] | None = None

    @property
    def text(self) -> str:
        """What its parts say in words."""
        return "\n".join(part.text for part in self.parts if part.text and not part.thought)

    @property
    def calls(self) -> list[FunctionCall]:
        """The functions that it calls."""
        return [part.function_call for part in self.parts if part.function_call is not None]

    @property
    def responses(self) -> list[FunctionResponse]:
        """What functions returned in it."""
        return [part.function_response for part in self.parts if part.function_response is not None]


def always_thinks(model: str) -> bool:
    """Return whether a model thinks unasked, and wants back the signatures of its calls: Gemini 3 does."""
    return "gemini-3" in model


def in_camel_case(value: Any) -> Any:
    """Return a body with the names that Google's JSON takes in either spelling in one, lists as lists."""
    if isinstance(value, list):
        return [in_camel_case(item) for item in value]
    if not isinstance(value, dict):
        return value
    renamed: dict[str, Any] = {}
    for given, item in value.items():
        name = _camel(given)
        kept = item if name in _FREE else in_camel_case(item)
        renamed[name] = [kept] if name in _LISTS and isinstance(kept, dict) else kept
    return renamed


def call_signature(name: str, arguments: Any) -> str:
    """Return the signature of a function call."""
    return sign(_call_text(name, arguments))


def text_signature() -> str:
    """Return the signature of what is no function call; clients split and join texts."""
    return sign("")


def check_contents(contents: Sequence[Content], *, needs_signatures: bool) -> None:
    """Raise RefusedError where turns, parts or signatures are not as Gemini takes them.

    Contents of one role in a row are one turn: clients send a streamed answer back chunk by chunk.
    """
    for index, content in enumerate(contents):
        for number, part in enumerate(content.parts):
            _check_part(part, f"contents[{index}].parts[{number}]")
    turns = _turns(contents)
    last_start = max(
        (index for index, turn in turns if turn.role == "user" and not turn.responses), default=-1
    )
    asked: list[FunctionCall] = []
    for index, turn in turns:
        place = f"contents[{index}]"
        _check_responses(asked, turn, place)
        asked = turn.calls
        if asked and turn.role != "model":
            raise RefusedError(400, f"{place}.role: a function call is the model's turn")
        if needs_signatures and asked and index > last_start:
            _check_is_signed(turn, place)


def response_passages(contents: Sequence[Content]) -> tuple[Passage, ...]:
    """Return what the functions returned that the conversation ends with."""
    _, last_turn = _turns(contents)[-1]
    return tuple(
        Passage(
            response_text(response), Source("tool", response.id or response.name, response.response or {})
        )
        for response in last_turn.responses
    )


def response_text(response: FunctionResponse) -> str:
    """Return what a function returned in words: its values."""
    values = (response.response or {}).values()
    return " ".join(
        value if isinstance(value, str) else msgspec.json.encode(value).decode() for value in values
    )


def to_json_schema(schema: Any, place: str) -> dict[str, Any]:
    """Return the JSON Schema of an OpenAPI schema; raises RefusedError for what that cannot say."""
    if not isinstance(schema, dict):
        raise RefusedError(400, f"{place}: no schema object")
    read: dict[str, Any] = {}
    for given, value in schema.items():
        keyword = _camel(given)
        if keyword not in _SCHEMA_KEYWORDS:
            raise RefusedError(400, f'{place}: Unknown name "{given}": Cannot find field.')
        read[keyword] = _read_keyword(keyword, value, f"{place}.{given}")
    if read.pop("nullable", False) and "type" in read:
        read["type"] = [read["type"], "null"]
    return read


def _read_keyword(keyword: str, value: Any, place: str) -> Any:
    match keyword:
        case "type":
            if not isinstance(value, str) or value.lower() not in _TYPES:
                raise RefusedError(400, f"{place}: none of the types {', '.join(sorted(_TYPES)).upper()}")
            return value.lower()
        case "items":
            return to_json_schema(value, place)
        case "anyOf" if isinstance(value, list):
            return [to_json_schema(branch, f"{place}[{index}]") for index, branch in enumerate(value)]
        case "properties" if isinstance(value, dict):
            return {name: to_json_schema(inner, f"{place}.{name}") for name, inner in value.items()}
        case "enum":
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise RefusedError(400, f"{place}: the values of an enum are strings")
        case _ if keyword in _COUNTS:
            if not str(value).isdecimal():  # Google's JSON has whole numbers of 64 bits as strings, too
                raise RefusedError(400, f"{place}: no whole number")
            return int(value)
    return value


def _check_part(part: Part, place: str) -> None:
    if part.data_count != 1:
        raise RefusedError(400, f"{place}: required oneof field 'data' must have one initialized field")
    if part.inline_data is not None and not _is_base64(part.inline_data.data):
        raise RefusedError(400, f"{place}.inlineData.data: no base64")
    if part.thought_signature is None or _is_stand_in(part.thought_signature):
        return
    call = part.function_call
    is_own = (
        is_signature_of(part.thought_signature, _call_text(call.name, call.args))
        if call is not None
        else is_signature_of(part.thought_signature, "")
    )
    if not is_own:
        raise RefusedError(400, f"{place}.thoughtSignature: the thought signature is not valid")


def _turns(contents: Sequence[Content]) -> list[tuple[int, Content]]:
    """Return the turns, each with the place of its first content."""
    turns: list[tuple[int, Content]] = []
    for index, content in enumerate(contents):
        role = content.role or "user"
        if turns and turns[-1][1].role == role:
            turns[-1][1].parts.extend(content.parts)
        else:
            turns.append((index, Content(role=role, parts=[*content.parts])))
    return turns


def _check_responses(asked: list[FunctionCall], turn: Content, place: str) -> None:
    responses = turn.responses
    if responses and turn.role == "model":
        raise RefusedError(400, f"{place}.role: a function response is the user's turn")
    if responses and not asked:
        raise RefusedError(
            400, f"{place}: a function response turn must come immediately after a function call turn"
        )
    if sorted(call.name for call in asked) != sorted(response.name for response in responses):
        raise RefusedError(
            400, f"{place}: there must be one function response for each function call of the turn before it"
        )
    ids = {call.id for call in asked if call.id}
    for response in responses:
        if ids and response.id and response.id not in ids:
            raise RefusedError(400, f"{place}: no function call of the turn before it has id {response.id!r}")


def _check_is_signed(turn: Content, place: str) -> None:
    """Only the first of parallel calls has a signature."""
    first = next(part for part in turn.parts if part.function_call is not None)
    if not first.thought_signature:
        raise RefusedError(
            400, f"{place}: the first functionCall part of this step is missing a thought_signature"
        )


def _is_stand_in(signature: str) -> bool:
    encoded = [base64.b64encode(known.encode()).decode() for known in _STAND_IN_SIGNATURES]
    return signature in (*_STAND_IN_SIGNATURES, *encoded)


def _call_text(name: str, arguments: Any) -> str:
    return name + msgspec.json.encode(arguments or {}, order="sorted").decode()


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _camel(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])_([a-z0-9])", lambda match: match[1].upper(), name)
