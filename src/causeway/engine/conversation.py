"""Maps a chat request to what the embedded model understands, and says what is lost on the way.

Pure. What the model cannot do at all is refused here, before anything waits in a queue.
"""

from msgspec.structs import replace

from causeway.engine.protocol import EngineSampling, PromptMessage
from causeway.engine.tool_history import RESULT_INSTRUCTION, example_turns, without_tool_turns
from causeway.model.content import (
    AssistantMessage,
    FileBlock,
    ImageBlock,
    OpaqueBlock,
    SystemMessage,
    TextBlock,
    ThinkingBlock,
    ToolMessage,
    UserMessage,
)
from causeway.model.errors import InvalidRequestError
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, SafetyMode, Sampling
from causeway.model.uncarried import report_uncarried

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
_JSON_INSTRUCTION = "Answer in JSON."
# A small model may never come to an end; nobody who sets no limit wants a minute of the same sentence.
_DEFAULT_MAX_TOKENS = 1024
_DEFAULT_TEMPERATURE = 0.3
_DEFAULT_TOP_P = 0.75
_TOP_K_OFF = 0
_PENALTY_WINDOW_TOKENS = 64
_ENGINE_RANDOM_SEED = 0xFFFFFFFF


def refuse_unsupported(request: ChatRequest) -> None:
    """Raise InvalidRequestError for what the embedded model cannot do: see images, hear, give a choice."""
    if request.choices > 1:
        raise InvalidRequestError("n: the embedded model gives one answer to a call", field="n")
    for index, message in enumerate(request.messages):
        for position, block in enumerate(message.content):
            # What the model sees is refused; a provider's own block in a turn of the model's is only dropped.
            is_seen = isinstance(block, OpaqueBlock) and not isinstance(message, AssistantMessage)
            if is_seen or isinstance(block, ImageBlock | FileBlock):
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
    messages = [
        _prompt_message(placed.message, placed.path, losses)
        for placed in without_tool_turns(request.messages, losses)
    ]
    has_results = isinstance(request.messages[-1], ToolMessage)
    own_texts = []
    if default_system_text and not has_results and not any(message.role == "system" for message in messages):
        own_texts.append(default_system_text)
    # Cohere treats every mode as CONTEXTUAL where there are tools.
    safety_mode = "contextual" if request.safety_mode and request.tools else request.safety_mode
    if safety_mode in _SAFETY_TEXTS:
        own_texts.append(_SAFETY_TEXTS[safety_mode])
    if has_results:
        own_texts.append(RESULT_INSTRUCTION)
    if request.response_format is not None:
        own_texts.append(_JSON_INSTRUCTION)
    leading = _with_preface(messages, " ".join(own_texts))
    # Examples are a crutch for the model that comes with Causeway; a better one needs none.
    if has_results and default_system_text:
        first = next((place for place, message in enumerate(leading) if message.role != "system"), 0)
        return (*leading[:first], *example_turns(), *leading[first:])
    return tuple(leading)


def _with_preface(messages: list[PromptMessage], preface: str) -> list[PromptMessage]:
    if not preface:
        return messages
    if messages and messages[0].role == "system":
        return [PromptMessage("system", messages[0].text, preface), *messages[1:]]
    return [PromptMessage("system", "", preface), *messages]


def answer_sampling(request: ChatRequest, losses: LossReport) -> EngineSampling:
    """Return the sampling of an answer; one that tells results of tools is greedy, unless told otherwise."""
    sampling = engine_sampling(request.sampling, losses)
    if isinstance(request.messages[-1], ToolMessage) and request.sampling.temperature is None:
        return replace(sampling, temperature=0.0)
    return sampling


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
        max_tokens=sampling.max_tokens or _DEFAULT_MAX_TOKENS,
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
    message: UserMessage | SystemMessage | AssistantMessage, path: str, losses: LossReport
) -> PromptMessage:
    match message:
        case UserMessage(content=content):
            return PromptMessage(
                "user", "\n".join(block.text for block in content if isinstance(block, TextBlock))
            )
        case SystemMessage(content=content):
            return PromptMessage(
                "system", "\n".join(block.text for block in content if isinstance(block, TextBlock))
            )
        case AssistantMessage():
            return PromptMessage("assistant", _assistant_text(message, path, losses))


def _assistant_text(message: AssistantMessage, path: str, losses: LossReport) -> str:
    texts = []
    if message.tool_plan:
        texts.append(message.tool_plan)
    for position, block in enumerate(message.content):
        if isinstance(block, ThinkingBlock):
            losses.add(
                "dropped", f"{path}.content[{position}]", "the embedded model takes no earlier thinking"
            )
        elif isinstance(block, OpaqueBlock):
            report_uncarried(block, f"{path}.content[{position}]", losses)
        elif isinstance(block, TextBlock):
            texts.append(block.text)
    if message.citations:
        losses.add("dropped", f"{path}.citations", "the embedded model takes no earlier citations")
    return "\n".join(texts)
