"""The bodies of `POST /model/{modelId}/converse` as msgspec types.

Source of truth: botocore's service model of bedrock-runtime, and recorded requests. What the types do not
know is kept (`decode_request.py`), since Amazon adds fields faster than anyone describes them.
"""

from typing import Any

from msgspec import Struct

from causeway.dialects.bedrock.content_schema import WireCachePoint, WireGuardContent, WireMessage


class WireSystemBlock(Struct, rename="camel"):
    """One block of the instructions."""

    text: str | None = None
    guard_content: WireGuardContent | None = None
    cache_point: WireCachePoint | None = None


class WireInferenceConfig(Struct, rename="camel"):
    """The sampling that every model has."""

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop_sequences: list[str] | None = None


class WireInputSchema(Struct, rename="camel"):
    """The schema of a tool's arguments."""

    json: dict[str, Any]


class WireToolSpec(Struct, rename="camel"):
    """A function that the model may call."""

    name: str
    input_schema: WireInputSchema
    description: str | None = None
    strict: bool | None = None


class WireTool(Struct, rename="camel"):
    """A tool, or a mark among tools."""

    tool_spec: WireToolSpec | None = None
    cache_point: WireCachePoint | None = None


class WireChosenTool(Struct, rename="camel"):
    """The one tool to call."""

    name: str


class WireToolChoice(Struct, rename="camel"):
    """Whether to call tools: one member of three."""

    auto: dict[str, Any] | None = None
    any: dict[str, Any] | None = None
    tool: WireChosenTool | None = None


class WireToolConfig(Struct, rename="camel"):
    """The tools and the choice among them."""

    tools: list[WireTool] | None = None
    tool_choice: WireToolChoice | None = None


class WireJsonSchema(Struct, rename="camel"):
    """A schema for the answer, as JSON text."""

    schema: str
    name: str | None = None
    description: str | None = None


class WireStructure(Struct, rename="camel"):
    """The structure of the answer."""

    json_schema: WireJsonSchema


class WireTextFormat(Struct, rename="camel"):
    """The form of the answer."""

    type: str
    structure: WireStructure


class WireOutputConfig(Struct, rename="camel"):
    """What the answer shall be."""

    text_format: WireTextFormat | None = None


class WireConverseRequest(Struct, rename="camel"):
    """The body of a Converse request. `fallbacks` is the gateway's own."""

    messages: list[WireMessage] | None = None
    system: list[WireSystemBlock] | None = None
    inference_config: WireInferenceConfig | None = None
    tool_config: WireToolConfig | None = None
    output_config: WireOutputConfig | None = None
    additional_model_request_fields: dict[str, Any] | None = None
    fallbacks: list[str] | None = None
