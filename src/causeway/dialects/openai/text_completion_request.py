"""A text completion's body, decoded to a chat of one user's message.

A chat cannot be asked to write on where a text ends, only to answer it: models that know chats alone do
their best. What a chat has no words for is refused, or reported where the answer is still of use.
"""

from typing import Any

from causeway.dialects.openai.decode_extensions import decode_fallbacks
from causeway.dialects.openai.request_body import BodyReader, invalid, missing
from causeway.dialects.openai.text_completion_schema import WireTextRequest
from causeway.model.content import Seal, TextBlock, UserMessage
from causeway.model.extras import Extras
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, Sampling

# The seal of a prompt that is to be repeated before its completion.
_SEAL_DIALECT = "openai.text"
RANGES = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "seed": (-(2**63), 2**64 - 1),
    "frequency_penalty": (-2, 2),
    "presence_penalty": (-2, 2),
    "logprobs": (0, 5),
    "n": (1, 128),
    "best_of": (1, 20),
    "max_tokens": (1, 2**31 - 1),
}
_KNOWN = frozenset(WireTextRequest.__struct_fields__)

_reader = BodyReader(WireTextRequest)


def decode_text_request(body: bytes, losses: LossReport, *, needs_model: bool) -> ChatRequest:
    """Return the canonical request; raises ClientError, naming the field.

    Fields that have no place are kept in `extras`: chat completions have the same.
    """
    wire, tree = _reader.read(body)
    if needs_model and not wire.model:
        raise missing("model")
    _check_ranges(wire)
    text = _decode_prompt(wire.prompt)
    if wire.suffix:
        losses.add("dropped", "suffix", "a chat has no text that is to follow the answer")
    if wire.best_of is not None and wire.best_of > 1:
        losses.add("dropped", "best_of", "the first answer is given, and not the best of several")
    seal = Seal(_SEAL_DIALECT, {"is_echoed": True}) if wire.echo else None
    extras = {name: value for name, value in tree.items() if name not in _KNOWN and value is not None}
    return ChatRequest(
        model=wire.model or "",
        messages=(UserMessage((TextBlock(text, seal),)),),
        dialect="openai",
        stream=bool(wire.stream),
        sampling=_decode_sampling(wire),
        wants_stream_usage=bool(wire.stream_options and wire.stream_options.include_usage),
        fallbacks=decode_fallbacks(wire.fallbacks),
        extras=Extras("openai", extras) if extras else None,
    )


def echoed_prompt(request: ChatRequest) -> str:
    """Return the text that stands before the completion, empty where the caller did not ask for it."""
    for message in request.messages:
        for block in message.content:
            if isinstance(block, TextBlock) and block.seal and block.seal.dialect == _SEAL_DIALECT:
                return block.text
    return ""


def _decode_prompt(prompt: str | list[Any] | None) -> str:
    if prompt is None:
        raise missing("prompt")
    if isinstance(prompt, str):
        return prompt
    if prompt and all(isinstance(item, int | list) for item in prompt):
        raise invalid("prompt", "expected text; token ids mean something to their own model only")
    if len(prompt) != 1:
        raise invalid("prompt", f"expected one prompt, got {len(prompt)}")
    if not isinstance(prompt[0], str):
        raise invalid("prompt[0]", "expected a string")
    return prompt[0]


def _decode_sampling(wire: WireTextRequest) -> Sampling:
    stop = (wire.stop,) if isinstance(wire.stop, str) else tuple(wire.stop or ())
    if "" in stop:
        raise invalid("stop", "expected no empty string")
    return Sampling(
        max_tokens=wire.max_tokens,
        stop_sequences=stop,
        temperature=wire.temperature,
        top_p=wire.top_p,
        seed=wire.seed,
        frequency_penalty=wire.frequency_penalty,
        presence_penalty=wire.presence_penalty,
        logprobs=wire.logprobs is not None,
        top_logprobs=wire.logprobs,
    )


def _check_ranges(wire: WireTextRequest) -> None:
    for name, (lowest, highest) in RANGES.items():
        value = getattr(wire, name)
        if value is not None and not lowest <= value <= highest:
            raise invalid(name, f"expected a value from {lowest} to {highest}, got {str(value)[:50]}")
    if wire.n is not None and wire.n > 1:
        raise invalid("n", "one completion is made of a prompt here")
