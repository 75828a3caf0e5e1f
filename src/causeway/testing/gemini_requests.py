"""The body of a request for content: its shape, its tools and schema, and what Gemini refuses in them.

Source of truth: Google's published API reference, and recorded exchanges.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from causeway.testing.gemini_contents import Content, Shape, to_json_schema
from causeway.testing.question import RefusedError, Tool

_MOST_STOP_SEQUENCES = 5


class _Function(Shape):
    name: Annotated[str, Meta(pattern=r"^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$")]
    description: str | None = None
    parameters: dict[str, Any] | None = None
    parameters_json_schema: dict[str, Any] | None = None
    response: dict[str, Any] | None = None
    response_json_schema: dict[str, Any] | None = None
    behavior: str | None = None


class _Tool(Shape):
    function_declarations: list[_Function] | None = None
    google_search: dict[str, Any] | None = None
    google_search_retrieval: dict[str, Any] | None = None
    enterprise_web_search: dict[str, Any] | None = None
    google_maps: dict[str, Any] | None = None
    url_context: dict[str, Any] | None = None
    code_execution: dict[str, Any] | None = None
    file_search: dict[str, Any] | None = None
    computer_use: dict[str, Any] | None = None
    retrieval: dict[str, Any] | None = None

    @property
    def is_built_in(self) -> bool:
        """Whether Google runs any of it."""
        fields = msgspec.structs.asdict(self)
        return any(value is not None for name, value in fields.items() if name != "function_declarations")

    @property
    def is_search(self) -> bool:
        """Whether the web may be searched with it."""
        kinds = (self.google_search, self.google_search_retrieval, self.enterprise_web_search)
        return any(kind is not None for kind in kinds)


class _FunctionCallingConfig(Shape):
    mode: Literal["MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"] = "AUTO"
    allowed_function_names: list[str] | None = None
    stream_function_call_arguments: bool | None = None


class _ToolConfig(Shape):
    function_calling_config: _FunctionCallingConfig | None = None
    retrieval_config: dict[str, Any] | None = None
    include_server_side_tool_invocations: bool | None = None


class ThinkingConfig(Shape):
    """Whether and how much the model thinks."""

    include_thoughts: bool | None = None
    thinking_budget: int | None = None
    thinking_level: str | None = None


class GenerationConfig(Shape):
    """How the answer is made."""

    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    top_k: Annotated[float, Meta(ge=1)] | None = None
    candidate_count: Annotated[int, Meta(ge=1, le=1)] | None = None
    max_output_tokens: Annotated[int, Meta(ge=1)] | None = None
    stop_sequences: Annotated[list[str], Meta(max_length=_MOST_STOP_SEQUENCES)] | None = None
    response_logprobs: bool | None = None
    logprobs: Annotated[int, Meta(ge=0, le=20)] | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    seed: int | None = None
    response_mime_type: Literal["text/plain", "application/json"] | None = None
    response_schema: dict[str, Any] | None = None
    response_json_schema: dict[str, Any] | None = None
    response_modalities: list[str] | None = None
    media_resolution: str | None = None
    speech_config: dict[str, Any] | None = None
    image_config: dict[str, Any] | None = None
    thinking_config: ThinkingConfig | None = None
    audio_timestamp: bool | None = None
    routing_config: dict[str, Any] | None = None
    model_selection_config: dict[str, Any] | None = None
    enable_affective_dialog: bool | None = None
    enable_enhanced_civic_answers: bool | None = None


class ChatBody(Shape, kw_only=True):
    """A request for content."""

    model: str | None = None
    contents: Annotated[list[Content], Meta(min_length=1)]
    system_instruction: Content | None = None
    tools: list[_Tool] | None = None
    tool_config: _ToolConfig | None = None
    generation_config: GenerationConfig | None = None
    safety_settings: list[dict[str, Any]] | None = None
    cached_content: str | None = None
    labels: dict[str, str] | None = None
    model_armor_config: dict[str, Any] | None = None
    service_tier: str | None = None
    store: bool | None = None


class CountBody(Shape):
    """A request for the number of tokens of contents, or of a whole request for content."""

    contents: list[Content] | None = None
    generate_content_request: ChatBody | None = None
    model: str | None = None
    system_instruction: Content | None = None
    tools: list[_Tool] | None = None
    generation_config: GenerationConfig | None = None


def thinking_of(config: GenerationConfig) -> ThinkingConfig:
    """Return how the model is to think; raises RefusedError."""
    thinking = config.thinking_config or ThinkingConfig()
    if thinking.thinking_budget is not None and thinking.thinking_level is not None:
        raise RefusedError(
            400, "generationConfig.thinkingConfig: only one of thinkingBudget and thinkingLevel may be set"
        )
    return thinking


def tools_of(body: ChatBody, *, is_vertex: bool) -> tuple[tuple[Tool, ...], bool]:
    """Return the functions that may be called, and whether one must be; raises RefusedError.

    Vertex AI lets functions stand beside tools of its own without being told so.
    """
    given = body.tools or []
    tools = tuple(
        _tool(function, f"tools[{index}].functionDeclarations[{number}]")
        for index, tool in enumerate(given)
        for number, function in enumerate(tool.function_declarations or ())
    )
    config = body.tool_config or _ToolConfig()
    may_combine = is_vertex or config.include_server_side_tool_invocations
    if tools and any(tool.is_built_in for tool in given) and not may_combine:
        raise RefusedError(400, "tools: built-in tools and function calling cannot be combined")
    calling = config.function_calling_config or _FunctionCallingConfig()
    allowed = calling.allowed_function_names
    if allowed is not None and calling.mode not in ("ANY", "VALIDATED"):
        raise RefusedError(
            400, "toolConfig.functionCallingConfig.allowedFunctionNames: only with mode ANY or VALIDATED"
        )
    if unknown := set(allowed or ()) - {tool.name for tool in tools}:
        raise RefusedError(
            400,
            "toolConfig.functionCallingConfig.allowedFunctionNames: "
            f"{sorted(unknown)[0]!r} is not among the function declarations",
        )
    if calling.mode == "NONE":
        return (), False
    if calling.mode == "ANY" and not tools:
        raise RefusedError(400, "toolConfig.functionCallingConfig.mode: ANY, but there are no functions")
    kept = tuple(tool for tool in tools if allowed is None or tool.name in allowed)
    return kept, calling.mode == "ANY"


def _tool(function: _Function, place: str) -> Tool:
    if function.parameters is not None and function.parameters_json_schema is not None:
        raise RefusedError(400, f"{place}: only one of parameters and parametersJsonSchema may be set")
    if function.parameters is not None:
        return Tool(function.name, to_json_schema(function.parameters, f"{place}.parameters"))
    return Tool(function.name, function.parameters_json_schema or {"type": "object"})


def schema_of(config: GenerationConfig) -> dict[str, Any] | None:
    """Return the JSON Schema of the answer, `{}` for any JSON, none for text; raises RefusedError."""
    if config.response_schema is not None and config.response_json_schema is not None:
        raise RefusedError(
            400, "generationConfig: only one of responseSchema and responseJsonSchema may be set"
        )
    has_schema = config.response_schema is not None or config.response_json_schema is not None
    if config.response_mime_type != "application/json":
        if has_schema:
            raise RefusedError(
                400, "generationConfig.responseMimeType: a response schema needs application/json"
            )
        return None
    if config.response_schema is not None:
        return to_json_schema(config.response_schema, "generationConfig.responseSchema")
    return config.response_json_schema or {}
