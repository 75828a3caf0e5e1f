"""Bedrock's side of its dialect: Converse, its stream, the count of its tokens, and Claude by InvokeModel.

A field that Bedrock does not know is refused. A signature of version 4 must be there in its form, and
nobody computes it again. Source of truth: the service's published model, and recorded exchanges.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal
from urllib.parse import unquote

import msgspec
from msgspec import Meta

from causeway.model.content import Source
from causeway.testing.bedrock_answers import write_stream, write_whole
from causeway.testing.bedrock_invoke import Invoked, read_invoked, write_invoked
from causeway.testing.bedrock_messages import (
    CachePoint,
    Message,
    Name,
    Shape,
    check_messages,
    passages_of,
    texts_of,
)
from causeway.testing.dialect import Offer, Operation, Rendered, read_body, render_whole
from causeway.testing.question import Passage, Question, RefusedError, Tool
from causeway.testing.replies import Answer
from causeway.testing.requests import RecordedRequest
from causeway.testing.tokens import split_tokens

_PATH = re.compile(
    r"/model/([^/]+)/(converse|converse-stream|count-tokens|invoke|invoke-with-response-stream)$"
)
_SIGNATURE = re.compile(
    r"^AWS4-HMAC-SHA256 Credential=[^/,\s]+/\d{8}/[a-z0-9-]+/bedrock/aws4_request, ?"
    r"SignedHeaders=([a-z0-9;-]+), ?Signature=[0-9a-f]{64}$"
)
_TIME = re.compile(r"^\d{8}T\d{6}Z$")
_EXCEPTIONS = {
    400: "ValidationException",
    401: "UnrecognizedClientException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    424: "ModelErrorException",
    429: "ThrottlingException",
    500: "InternalServerException",
    503: "ServiceUnavailableException",
}


class _System(Shape):
    text: Annotated[str, Meta(min_length=1)] | None = None
    guard_content: dict[str, Any] | None = None
    cache_point: CachePoint | None = None


class _InferenceConfig(Shape):
    max_tokens: Annotated[int, Meta(ge=1)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=1)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    stop_sequences: Annotated[list[Annotated[str, Meta(min_length=1)]], Meta(max_length=2500)] | None = None


class _InputSchema(Shape):
    json: dict[str, Any]


class _ToolSpec(Shape):
    name: Name
    input_schema: _InputSchema
    description: Annotated[str, Meta(min_length=1)] | None = None
    strict: bool | None = None


class _SystemTool(Shape):
    name: Name


class _Tool(Shape):
    tool_spec: _ToolSpec | None = None
    system_tool: _SystemTool | None = None
    cache_point: CachePoint | None = None


class _NamedTool(Shape):
    name: Name


class _Empty(Shape):
    pass


class _ToolChoice(Shape):
    auto: _Empty | None = None
    any: _Empty | None = None
    tool: _NamedTool | None = None


class _ToolConfig(Shape):
    tools: Annotated[list[_Tool], Meta(min_length=1)]
    tool_choice: _ToolChoice | None = None


class _JsonSchema(Shape):
    schema: str
    name: str | None = None
    description: str | None = None


class _Structure(Shape):
    json_schema: _JsonSchema


class _TextFormat(Shape):
    type: Literal["json_schema"]
    structure: _Structure


class _OutputConfig(Shape):
    text_format: _TextFormat | None = None
    effort: str | None = None


class _Prompt(Shape):
    """What counts as input of the model."""

    messages: Annotated[list[Message], Meta(min_length=1)]
    system: list[_System] | None = None
    tool_config: _ToolConfig | None = None
    additional_model_request_fields: dict[str, Any] | None = None


class _ChatBody(_Prompt, kw_only=True):
    inference_config: _InferenceConfig | None = None
    additional_model_response_field_paths: list[str] | None = None
    guardrail_config: dict[str, Any] | None = None
    output_config: _OutputConfig | None = None
    performance_config: dict[str, Any] | None = None
    prompt_variables: dict[str, Any] | None = None
    request_metadata: dict[str, str] | None = None
    service_tier: dict[str, Any] | None = None


class _InvokedModel(Shape):
    body: str


class _Counted(Shape):
    converse: _Prompt | None = None
    invoke_model: _InvokedModel | None = None


class _CountBody(Shape):
    input: _Counted


class BedrockDialect:
    """Converse, its stream and the count of its tokens, for any model; InvokeModel with bodies for Claude."""

    name = "bedrock"

    def operation_of(self, method: str, path: str) -> Operation | None:
        """Return what is asked for: what follows the model's id tells, in which a slash is escaped."""
        found = _PATH.search(path)
        if found is None or method != "POST":
            return None
        return "count_tokens" if found[2] == "count-tokens" else "chat"

    def read_question(self, request: RecordedRequest) -> Question:
        """Return the question of a conversation; raises RefusedError."""
        _check_credentials(request)
        model, method = _target(request)
        if method.startswith("invoke"):
            return read_invoked(request, model, is_streamed=method != "invoke")
        body = read_body(request, _ChatBody)
        thinking_kind = _thinking_kind(body.additional_model_request_fields or {})
        check_messages(
            body.messages, has_tools=body.tool_config is not None, is_thinking=thinking_kind == "enabled"
        )
        tools, must_call = _tools(body.tool_config)
        config = body.inference_config or _InferenceConfig()
        documents = passages_of(body.messages)
        users = [message.text for message in body.messages if message.role == "user" and message.text]
        return Question(
            model=model,
            user_text=users[-1] if users else "",
            tool_results=tuple(
                Passage(result.text, Source("tool", result.tool_use_id, {"content": result.text}))
                for result in body.messages[-1].results
            ),
            documents=documents,
            tools=tools,
            must_call=must_call,
            schema=_schema(body.output_config),
            max_tokens=config.max_tokens,
            stop_sequences=tuple(config.stop_sequences or ()),
            wants_thinking=thinking_kind is not None,
            citation_mode="between" if documents else "none",
            is_streamed=method == "converse-stream",
            input_tokens=_count(body),
        )

    def write_answer(self, answer: Answer, question: Question, number: int) -> Rendered:
        """Return the answer of a conversation, or its events; raises RefusedError."""
        if isinstance(question.details, Invoked):
            return write_invoked(answer, question.details.question, number)
        write = write_stream if question.is_streamed else write_whole
        return write(answer, question, number)

    def answer_other(self, operation: Operation, request: RecordedRequest, offer: Offer) -> Rendered:  # noqa: ARG002
        """Return a count of tokens; raises RefusedError."""
        _check_credentials(request)
        match read_body(request, _CountBody).input:
            case _Counted(converse=_Prompt() as prompt, invoke_model=None):
                check_messages(prompt.messages, has_tools=prompt.tool_config is not None, is_thinking=False)
                return render_whole({"inputTokens": _count(prompt)})
            case _Counted(converse=None, invoke_model=_InvokedModel() as invoked):
                return render_whole({"inputTokens": _count_invoked(invoked)})
        raise RefusedError(400, "input: exactly one of converse and invokeModel must be set")

    def write_error(self, status: int, message: str, number: int) -> Rendered:  # noqa: ARG002
        """Return AWS's error object; its kind is in a header."""
        kind = _EXCEPTIONS.get(status, "ValidationException" if status < 500 else "InternalServerException")
        return Rendered(
            status=status,
            headers={"x-amzn-errortype": kind},
            pieces=(msgspec.json.encode({"message": message}),),
        )

    def refuse_key(self, *, is_missing: bool) -> RefusedError:
        """Return the refusal of a key that is missing or wrong."""
        if is_missing:
            return RefusedError(403, "Missing Authentication Token")
        return RefusedError(403, "The security token included in the request is invalid.")


def _target(request: RecordedRequest) -> tuple[str, str]:
    """Return the model that the path names, and what is asked of it."""
    found = _PATH.search(request.path)
    if found is None:
        raise AssertionError("unreachable: the operation was found by it")
    return unquote(found[1]), found[2]


def _check_credentials(request: RecordedRequest) -> None:
    """Raise RefusedError where there is neither a bearer nor a signature of the right form."""
    given = request.headers.get("authorization", "")
    if not given:
        raise RefusedError(403, "Missing Authentication Token")
    if given.startswith("Bearer "):
        return
    signature = _SIGNATURE.match(given)
    if signature is None:
        raise RefusedError(
            403, "authorization: no signature of version 4 for the service bedrock, and no bearer"
        )
    if not _TIME.match(request.headers.get("x-amz-date", "")):
        raise RefusedError(403, "x-amz-date: no time as 20250131T235959Z")
    if not {"host", "x-amz-date"} <= set(signature[1].split(";")):
        raise RefusedError(403, "authorization: host and x-amz-date must be among the signed headers")


def _thinking_kind(fields: dict[str, Any]) -> str | None:
    """Return how a model is told to think, none where it is not; the vendors of models differ in it."""
    for name in ("thinking", "reasoning_config"):
        match fields.get(name):
            case {"type": "disabled"}:
                return None
            case {"type": str(kind)} | str(kind):
                return kind
    effort = fields.get("reasoning_effort")
    return effort if isinstance(effort, str) and effort != "none" else None


def _tools(config: _ToolConfig | None) -> tuple[tuple[Tool, ...], bool]:
    """Return the tools that may be called, and whether one must be."""
    if config is None:
        return (), False
    specs = [tool.tool_spec for tool in config.tools if tool.tool_spec is not None]
    tools = tuple(Tool(spec.name, spec.input_schema.json) for spec in specs)
    match config.tool_choice:
        case None | _ToolChoice(auto=_Empty(), any=None, tool=None):
            return tools, False
        case _ToolChoice(auto=None, any=_Empty(), tool=None):
            must_call = tools
        case _ToolChoice(auto=None, any=None, tool=_NamedTool(name=name)):
            must_call = tuple(tool for tool in tools if tool.name == name)
        case _:
            raise RefusedError(400, "toolConfig.toolChoice: exactly one of auto, any and tool must be set")
    if not must_call:
        raise RefusedError(400, "toolConfig.toolChoice: the tool that it asks for is not among the tools")
    return must_call, True


def _schema(config: _OutputConfig | None) -> dict[str, Any] | None:
    if config is None or config.text_format is None:
        return None
    try:
        return msgspec.json.decode(config.text_format.structure.json_schema.schema, type=dict[str, Any])
    except msgspec.DecodeError:
        raise RefusedError(
            400, "outputConfig.textFormat.structure.jsonSchema.schema: not the JSON text of a schema"
        ) from None


def _count_invoked(invoked: _InvokedModel) -> int:
    try:
        body = msgspec.json.decode(base64.b64decode(invoked.body, validate=True), type=dict[str, Any])
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise RefusedError(400, "input.invokeModel.body: no JSON object in base64") from None
    said = [body.get("system"), *body.get("messages", ())]
    return sum(len(split_tokens(text)) for text in _texts_in(said))


def _texts_in(value: Any) -> Iterator[str]:
    """Yield what a body of Anthropic's says in words."""
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _texts_in(item)
        case dict():
            yield from _texts_in([value.get("text"), value.get("content")])


def _count(prompt: _Prompt) -> int:
    texts = [block.text or "" for block in prompt.system or ()]
    return sum(len(split_tokens(text)) for text in [*texts, *texts_of(prompt.messages)])
