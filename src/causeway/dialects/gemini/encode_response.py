"""A canonical response as a GenerateContentResponse.

An answer that came from a provider of this dialect is said again with every field that it had.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from causeway.dialects.gemini.answer_extras import (
    ALTERNATIVE_IDS,
    GROUNDING,
    LOGPROB_SUM,
    PROMPT_FEEDBACK,
    USAGE,
    own_fields,
)
from causeway.dialects.gemini.decode_ending import FINISH_REASONS
from causeway.dialects.gemini.encode_contents import content_part
from causeway.dialects.gemini.encode_error import failure_message
from causeway.dialects.gemini.encode_grounding import SaidText, encode_grounding
from causeway.dialects.gemini.invented_ids import is_invented
from causeway.dialects.gemini.seals import calls_before, sealed_members
from causeway.dialects.gemini.timestamps import timestamp
from causeway.model.content import Citation, OpaqueBlock, Seal, TextBlock
from causeway.model.provenance import Provenance
from causeway.model.response import ChatResponse, FinishReason, TokenLogprobs
from causeway.model.usage import Usage
from causeway.wire.ascii_json import encode_ascii

_FURTHER = re.compile(r"candidates\[([1-9]\d{0,3})\]")
_CANDIDATE_MEMBER = re.compile(r"candidates\[0\]\.(\w+)")
# JSON has no infinity.
_LOWEST = -9999.0

_decode_object = msgspec.json.Decoder(dict[str, Any]).decode


def encode_response(response: ChatResponse, provenance: Provenance) -> bytes:
    """Return the JSON body of a whole answer."""
    fields = own_fields(response.extras)
    said = SaidText()
    parts = _encode_parts(response, said)
    body: dict[str, Any] = {}
    if parts or PROMPT_FEEDBACK not in fields:
        candidate: dict[str, Any] = {
            "content": {"parts": parts, "role": "model"} if parts else {"role": "model"}
        }
        candidate |= encode_end(response.finish_reason, response.citations, said, fields)
        if message := failure_message(response.finish_reason, response.failure):
            candidate["finishMessage"] = message
        if response.logprobs is not None:
            candidate["logprobsResult"] = encode_logprobs(response.logprobs, fields)
        body["candidates"] = [{**candidate, **candidate_fields(fields)}]
    body |= {
        "usageMetadata": encode_usage(response.usage, fields),
        "modelVersion": response.model or provenance.model,
        "responseId": response.id,
    }
    if response.created is not None:
        body["createTime"] = timestamp(response.created)
    return encode_ascii(body | root_fields(fields, body.get("candidates")))


def encode_end(
    reason: FinishReason, citations: Iterable[Citation], said: SaidText, fields: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what a candidate says at its end."""
    end: dict[str, Any] = {"finishReason": FINISH_REASONS[reason], "index": 0}
    if GROUNDING not in fields and (grounding := encode_grounding(citations, said)) is not None:
        end["groundingMetadata"] = grounding
    return end


def encode_usage(usage: Usage, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the counts; what nobody reported is left out."""
    own = {path.removeprefix(USAGE): value for path, value in fields.items() if path.startswith(USAGE)}
    tools = own.get("toolUsePromptTokenCount", 0)
    counts = {
        "promptTokenCount": usage.input_tokens - (tools if isinstance(tools, int) else 0),
        "cachedContentTokenCount": usage.cached_tokens,
        "candidatesTokenCount": usage.output_tokens - (usage.reasoning_tokens or 0),
        "thoughtsTokenCount": usage.reasoning_tokens,
        "totalTokenCount": usage.input_tokens + usage.output_tokens,
    }
    return {name: count for name, count in counts.items() if count is not None} | own


def encode_logprobs(items: Sequence[TokenLogprobs], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the log probabilities; a piece of several tokens is told as one."""
    chosen: list[dict[str, Any]] = []
    tops: list[dict[str, Any]] = []
    ids = fields.get(ALTERNATIVE_IDS) or []
    for index, item in enumerate(items):
        id = item.token_ids[0] if len(item.token_ids) == 1 else None
        chosen.append(_encode_token(item.text, sum(item.logprobs), id))
        known = ids[index] if index < len(ids) else []
        tops.append(
            {
                "candidates": [
                    _encode_token(other.text, other.logprob, known[place] if place < len(known) else None)
                    for place, other in enumerate(item.alternatives)
                ]
            }
        )
    encoded: dict[str, Any] = {"chosenCandidates": chosen}
    if any(item.alternatives for item in items):
        encoded["topCandidates"] = tops
    if LOGPROB_SUM in fields:
        encoded["logProbabilitySum"] = fields[LOGPROB_SUM]
    return encoded


def encode_call(id: str, name: str, arguments: str, seal: Seal | None) -> dict[str, Any]:
    """Return the part that a call is; arguments that are no JSON object are told as one text."""
    args = _decode_object(arguments or "{}") if is_json_object(arguments) else {"arguments": arguments}
    call: dict[str, Any] = {"name": name, "args": args}
    if not is_invented(id):
        call["id"] = id
    return {"functionCall": call, **sealed_members(seal)}


def is_json_object(arguments: str) -> bool:
    """Whether a call's arguments are what Gemini's are, or none."""
    try:
        _decode_object(arguments or "{}")
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return False
    return True


def candidate_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what else the provider said of the candidate."""
    return {match[1]: value for path, value in fields.items() if (match := _CANDIDATE_MEMBER.fullmatch(path))}


def root_fields(fields: Mapping[str, Any], candidates: list[dict[str, Any]] | None) -> dict[str, Any]:
    """Return what else stood beside the candidate, the further candidates after it among it."""
    further = sorted(
        (int(match[1]), value) for path, value in fields.items() if (match := _FURTHER.fullmatch(path))
    )
    root = {path: value for path, value in fields.items() if "." not in path and "[" not in path}
    if further:
        root["candidates"] = [*(candidates or ()), *(value for _, value in further)]
    return root


def _encode_parts(response: ChatResponse, said: SaidText) -> list[dict[str, Any]]:
    calls = [encode_call(call.id, call.name, call.arguments, call.seal) for call in response.tool_calls]
    parts: list[dict[str, Any]] = []
    told = 0
    if response.tool_plan:
        said.open_block(None)
        said.add(response.tool_plan)
        parts.append({"text": response.tool_plan})
    for index, block in enumerate(response.content):
        if isinstance(block, OpaqueBlock) and block.dialect != "gemini":
            continue
        before = max(told, calls_before(block))
        parts += calls[told:before]
        told = before
        if isinstance(block, TextBlock):
            said.open_block(index)
            said.add(block.text)
        parts.append(content_part(block))
    return [*parts, *calls[told:]]


def _encode_token(text: str, logprob: float, id: int | None) -> dict[str, Any]:
    token: dict[str, Any] = {"token": text, "logProbability": max(logprob, _LOWEST)}
    if id is not None:
        token["tokenId"] = id
    return token
