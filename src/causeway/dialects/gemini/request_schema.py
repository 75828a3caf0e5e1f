"""The shapes of a generateContent body, as Google's clients send it.

Here stands what has a place in the canonical request; every other field is kept as it came. Names are those
of the wire in camelCase (`request_body.py` sees to the other spelling). Types only: ranges and combinations
are judged where they are decoded. Source of truth: Google's API reference and SDK, and recorded requests.
"""

from typing import Any

from msgspec import Struct


class Wire(Struct, rename="camel"):
    """A message of the API."""


class WireBlob(Wire):
    """A file in the body; `data` is base64."""

    mime_type: str | None = None
    data: str | None = None
    display_name: str | None = None


class WireFileData(Wire):
    """A file by address."""

    mime_type: str | None = None
    file_uri: str | None = None
    display_name: str | None = None


class WireFunctionCall(Wire):
    """A call in the history. Not every model gives an id."""

    name: str | None = None
    id: str | None = None
    args: dict[str, Any] | None = None


class WireFunctionResponse(Wire):
    """A call's result; `parts` are the files in it."""

    name: str | None = None
    id: str | None = None
    response: dict[str, Any] | None = None
    parts: list[dict[str, Any]] | None = None


class WirePart(Wire):
    """A piece of a turn, of one kind: a text, a file, a call, a result, or what only Gemini knows."""

    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    inline_data: WireBlob | None = None
    file_data: WireFileData | None = None
    function_call: WireFunctionCall | None = None
    function_response: WireFunctionResponse | None = None


class WireContent(Wire):
    """A turn."""

    parts: list[WirePart] | WirePart | None = None
    role: str | None = None


class WireInstruction(WireContent):
    """What stands before the turns; without parts it says nothing."""


class WireFunctionDeclaration(Wire):
    """A function that may be called. Its parameters are Gemini's kind of schema, or JSON Schema."""

    name: str | None = None
    description: str | None = None
    parameters: dict[str, Any] | None = None
    parameters_json_schema: dict[str, Any] | None = None


class WireTool(Wire):
    """Functions, or a tool that Google runs."""

    function_declarations: list[WireFunctionDeclaration] | WireFunctionDeclaration | None = None


class WireFunctionCallingConfig(Wire):
    """Whether to call functions, and which."""

    mode: str | None = None
    allowed_function_names: list[str] | None = None


class WireToolConfig(Wire):
    """How to use the tools."""

    function_calling_config: WireFunctionCallingConfig | None = None


class WireThinkingConfig(Wire):
    """How much to think, as a bound in tokens (0 for none, -1 for what the model likes) or a level."""

    include_thoughts: bool | None = None
    thinking_budget: int | None = None
    thinking_level: str | None = None


class WireGenerationConfig(Wire):
    """How to generate. `logprobs` is how many alternatives of a token are told."""

    candidate_count: int | None = None
    frequency_penalty: float | None = None
    logprobs: int | None = None
    max_output_tokens: int | None = None
    presence_penalty: float | None = None
    response_json_schema: dict[str, Any] | None = None
    response_logprobs: bool | None = None
    response_mime_type: str | None = None
    response_schema: dict[str, Any] | None = None
    seed: int | None = None
    stop_sequences: list[str] | None = None
    temperature: float | None = None
    thinking_config: WireThinkingConfig | None = None
    top_k: float | None = None
    top_p: float | None = None


class WireGenerateRequest(Wire):
    """The body of generateContent and streamGenerateContent, as far as it is read.

    `model` is not: the path names it. `fallbacks` is the gateway's own.
    """

    contents: list[WireContent] | WireContent | None = None
    system_instruction: WireInstruction | str | None = None
    tools: list[WireTool] | WireTool | None = None
    tool_config: WireToolConfig | None = None
    generation_config: WireGenerationConfig | None = None
    safety_settings: list[dict[str, Any]] | None = None
    fallbacks: list[str] | None = None
    model: str | None = None
