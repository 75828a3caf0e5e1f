"""A canonical request as the body of `POST /model/{modelId}/converse`, for any vendor's model.

The path names the model. What was not given is left out; what cannot be carried is reported under the
caller's own name for it.
"""

from typing import Any

import msgspec

from causeway.dialects.bedrock.additional_fields import FIELDS, encode_additional_fields, field_path
from causeway.dialects.bedrock.documents import own_block
from causeway.dialects.bedrock.encode_messages import Conversation
from causeway.dialects.bedrock.encode_tools import encode_tools
from causeway.dialects.bedrock.extras_paths import own_fields, write_fields
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, ResponseFormat

# Nova takes no more, Mistral's models few more. The gateway sees to the others.
MAX_STOP_SEQUENCES = 4
_UNKNOWN_SAMPLING = ("seed", "frequency_penalty", "presence_penalty", "top_logprobs")


def encode_request(request: ChatRequest, losses: LossReport) -> bytes:
    """Return the JSON body; raises UntranslatableError where nothing of a user's turn is left to say."""
    return msgspec.json.encode(converse_body(request, losses))


def converse_body(request: ChatRequest, losses: LossReport) -> dict[str, Any]:
    """Return the body as plain values."""
    own = own_fields(request.extras)
    conversation = Conversation(request, losses)
    body: dict[str, Any] = {
        "messages": conversation.messages,
        "system": conversation.system,
        "inferenceConfig": _encode_sampling(request, losses),
        "toolConfig": encode_tools(request, losses),
        "outputConfig": _encode_response_format(request.response_format, losses),
        FIELDS: encode_additional_fields(request, own, losses),
    }
    if request.dialect != "bedrock" and "thinking" in body[FIELDS]:
        _leave_choice_to_thought(body, request, losses)
    body = {name: value for name, value in body.items() if value or name == "messages"}
    _report_unsaid(request, losses)
    write_fields(body, own)
    return body


def _leave_choice_to_thought(body: dict[str, Any], request: ChatRequest, losses: LossReport) -> None:
    """Take out how tokens are chosen, which Claude refuses where it thinks."""
    if body[FIELDS]["thinking"] == {"type": "disabled"}:
        return
    detail = "a model that thinks takes none"
    if body["inferenceConfig"].pop("temperature", 1) != 1:
        losses.add("dropped", "temperature", detail)
    if body["inferenceConfig"].pop("topP", None) is not None:
        losses.add("dropped", field_path(request, "top_p"), detail)
    if body[FIELDS].pop("top_k", None) is not None:
        losses.add("dropped", field_path(request, "top_k"), detail)


def _encode_sampling(request: ChatRequest, losses: LossReport) -> dict[str, Any]:
    sampling = request.sampling
    temperature = sampling.temperature
    if temperature is not None and temperature > 1:
        losses.add("approximated", "temperature", "the provider takes 0 to 1: 1 is sent")
        temperature = 1
    config = {
        "maxTokens": sampling.max_tokens,
        "temperature": temperature,
        "topP": sampling.top_p,
        "stopSequences": list(sampling.stop_sequences[:MAX_STOP_SEQUENCES]) or None,
    }
    return {name: value for name, value in config.items() if value is not None}


def _encode_response_format(
    response_format: ResponseFormat | None, losses: LossReport
) -> dict[str, Any] | None:
    if response_format is None:
        return None
    if response_format.json_schema is None:
        losses.add("dropped", "response_format", "the provider is held to JSON only by a schema")
        return None
    schema: dict[str, Any] = {
        "name": response_format.name,
        "description": response_format.description,
        "schema": msgspec.json.encode(response_format.json_schema).decode(),
    }
    given = {name: value for name, value in schema.items() if value is not None}
    return {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": given}}}


def _report_unsaid(request: ChatRequest, losses: LossReport) -> None:
    for name in _UNKNOWN_SAMPLING:
        if getattr(request.sampling, name):
            losses.add("dropped", name, "the provider does not take it")
    if request.sampling.seed == 0:
        losses.add("dropped", "seed", "the provider does not take it")
    if request.sampling.logprobs:
        losses.add("dropped", "logprobs", "the provider tells none")
    if request.choices > 1:
        losses.add("dropped", field_path(request, "choices"), "the provider gives one answer")
    # What grounding has put into the conversation is no longer here, and the caller's own stand in it.
    if any(own_block(document) is None for document in request.documents):
        losses.add("dropped", "documents", "the provider takes none")
        if request.citation_mode is not None:
            losses.add("dropped", "citation_options", "the provider cites nothing")
    if request.safety_mode is not None:
        losses.add("dropped", "safety_mode", "the provider has none")
    if request.priority:
        losses.add("dropped", "priority", "the provider has none")
    if request.extras is not None and request.extras.dialect != "bedrock":
        for name in request.extras.fields:
            losses.add("dropped", name, f"a field of the {request.extras.dialect} dialect")
