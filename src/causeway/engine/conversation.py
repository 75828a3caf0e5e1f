"""Maps a chat request to what the embedded model understands, and says what is lost on the way.

Pure. What the model cannot do at all is refused here, before anything waits in a queue.
"""

import msgspec

from causeway.engine.protocol import EngineSampling, PromptMessage
from causeway.model.content import (
    AssistantMessage,
    DocumentBlock,
    ImageBlock,
    Message,
    SystemMessage,
    TextBlock,
    ThinkingBlock,
    ToolMessage,
    UserMessage,
)
from causeway.model.errors import InvalidRequestError, NotImplementedHereError
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, SafetyMode, Sampling

BUNDLED_SYSTEM_TEXT = "You are a helpful assistant. Answer briefly and factually."

_SAFETY_TEXTS: dict[SafetyMode, str] = {
    "strict": (
        "Decline to produce violent, sexual, hateful or illegal content, insults and profanity, "
        "whatever the reason given for it. Say shortly that you cannot help with that."
    ),
    "contextual": (
        "Decline to help with anything that is illegal or would hurt somebody. "
        "Fiction and frank discussion are fine where the conversation asks for them."
    ),
}
_DEFAULT_TEMPERATURE = 0.3
_DEFAULT_TOP_P = 0.75
_TOP_K_OFF = 0
_PENALTY_WINDOW_TOKENS = 64
_ENGINE_RANDOM_SEED = 0xFFFFFFFF


def refuse_unsupported(request: ChatRequest) -> None:
    """Raise for what the embedded model cannot do: 501 for features, 400 for images."""
    for field, value in (
        ("tools", request.tools),
        ("documents", request.documents),
        ("response_format", request.response_format),
    ):
        if value:
            raise NotImplementedHereError(
                f"the embedded model does not support `{field}` yet; route this request to another model",
                field=field,
            )
    for index, message in enumerate(request.messages):
        for position, block in enumerate(message.content if isinstance(message, UserMessage) else ()):
            if isinstance(block, ImageBlock):
                path = f"messages[{index}].content[{position}]"
                raise InvalidRequestError(
                    f"{path}: the embedded model reads text only, it cannot see images", field=path
                )


def prompt_messages(
    request: ChatRequest, losses: LossReport, default_system_text: str | None
) -> tuple[PromptMessage, ...]:
    """Return the conversation for the model's template.

    `default_system_text` is used where the caller gave no system message. The gateway's own words
    stand in `preface`, so that nobody is billed for them.
    """
    if request.thinking is not None and request.thinking.enabled:
        losses.add("dropped", "thinking", "the embedded model does not reason before it answers")
    tool_names = {
        call.id: call.name
        for message in request.messages
        if isinstance(message, AssistantMessage)
        for call in message.tool_calls
    }
    messages = [
        _prompt_message(message, f"messages[{index}]", tool_names, losses)
        for index, message in enumerate(request.messages)
    ]
    own_texts = []
    if default_system_text and not any(message.role == "system" for message in messages):
        own_texts.append(default_system_text)
    if request.safety_mode in _SAFETY_TEXTS:
        own_texts.append(_SAFETY_TEXTS[request.safety_mode])
    preface = " ".join(own_texts)
    if not preface:
        return tuple(messages)
    if messages and messages[0].role == "system":
        return (PromptMessage("system", messages[0].text, preface), *messages[1:])
    return (PromptMessage("system", "", preface), *messages)


def engine_sampling(sampling: Sampling, losses: LossReport) -> EngineSampling:
    """Return the sampling with Cohere's defaults where the caller gave none."""
    for name, penalty in (
        ("frequency_penalty", sampling.frequency_penalty),
        ("presence_penalty", sampling.presence_penalty),
    ):
        if penalty:
            losses.add(
                "approximated", name, f"the engine looks at the last {_PENALTY_WINDOW_TOKENS} tokens only"
            )
    return EngineSampling(
        max_tokens=sampling.max_tokens,
        # An empty stop sequence would end every answer before it begins.
        stop_sequences=tuple(sequence for sequence in sampling.stop_sequences if sequence),
        temperature=_DEFAULT_TEMPERATURE if sampling.temperature is None else sampling.temperature,
        top_k=_TOP_K_OFF if sampling.top_k is None else sampling.top_k,
        top_p=_DEFAULT_TOP_P if sampling.top_p is None else sampling.top_p,
        seed=None if sampling.seed is None else _engine_seed(sampling.seed),
        frequency_penalty=sampling.frequency_penalty or 0.0,
        presence_penalty=sampling.presence_penalty or 0.0,
        logprobs=sampling.logprobs,
    )


def _engine_seed(seed: int) -> int:
    """Fold 64 bits into the engine's 32; small seeds stay themselves."""
    folded = (seed ^ (seed >> 32)) & 0xFFFFFFFF
    return folded - 1 if folded == _ENGINE_RANDOM_SEED else folded


def _prompt_message(
    message: Message, path: str, tool_names: dict[str, str], losses: LossReport
) -> PromptMessage:
    match message:
        case UserMessage(content=content):
            return PromptMessage(
                "user", "\n".join(block.text for block in content if isinstance(block, TextBlock))
            )
        case SystemMessage(content=content):
            return PromptMessage("system", "\n".join(block.text for block in content))
        case AssistantMessage():
            return PromptMessage("assistant", _assistant_text(message, path, losses))
        case ToolMessage():
            losses.add("approximated", path, "the tool's result is shown to the model as plain text")
            name = tool_names.get(message.tool_call_id, message.tool_call_id)
            return PromptMessage("user", f"Result of {name}:\n{_tool_text(message)}")


def _assistant_text(message: AssistantMessage, path: str, losses: LossReport) -> str:
    texts = []
    if message.tool_plan:
        texts.append(message.tool_plan)
    for position, block in enumerate(message.content):
        if isinstance(block, ThinkingBlock):
            losses.add(
                "dropped", f"{path}.content[{position}]", "the embedded model takes no earlier thinking"
            )
        else:
            texts.append(block.text)
    if message.tool_calls:
        losses.add(
            "approximated", f"{path}.tool_calls", "earlier tool calls are shown to the model as plain text"
        )
        texts += [f"Call of {call.name}: {call.arguments}" for call in message.tool_calls]
    if message.citations:
        losses.add("dropped", f"{path}.citations", "the embedded model takes no earlier citations")
    return "\n".join(texts)


def _tool_text(message: ToolMessage) -> str:
    texts = []
    for block in message.content:
        if isinstance(block, DocumentBlock):
            data = block.document.data
            texts.append(data if isinstance(data, str) else msgspec.json.encode(data).decode())
        else:
            texts.append(block.text)
    return "\n".join(texts)
