import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.engine.conversation import (
    answer_sampling,
    engine_sampling,
    prompt_messages,
    refuse_unsupported,
)
from causeway.engine.protocol import PromptMessage
from causeway.engine.tool_history import RESULT_INSTRUCTION
from causeway.model.content import (
    AssistantMessage,
    Citation,
    Document,
    DocumentBlock,
    ImageBlock,
    Message,
    SystemMessage,
    TextBlock,
    ThinkingBlock,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from causeway.model.errors import InvalidRequestError
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest, ResponseFormat, SafetyMode, Sampling, Thinking, Tool

HELLO = UserMessage((TextBlock("Hello"),))
RULES = SystemMessage((TextBlock("Rhyme."),))


def request(*messages: Message, **fields: object) -> ChatRequest:
    return ChatRequest(model="m", messages=messages or (HELLO,), **fields)  # type: ignore[arg-type]


def mapped(asked: ChatRequest, default: str | None = None) -> tuple[tuple[PromptMessage, ...], list[str]]:
    losses = LossReport()
    messages = prompt_messages(asked, losses, default)
    return messages, [f"{loss.kind} {loss.path}" for loss in losses.losses]


def test_an_image_is_refused_where_it_stands() -> None:
    picture = UserMessage((TextBlock("Look:"), ImageBlock("https://example.com/cat.png")))
    with pytest.raises(InvalidRequestError) as caught:
        refuse_unsupported(request(HELLO, picture))
    assert caught.value.field == "messages[1].content[1]"


def test_plain_text_passes_without_loss() -> None:
    asked = request(RULES, HELLO, tool_choice="none", citation_mode="fast", safety_mode="off", priority=9)
    refuse_unsupported(asked)
    assert mapped(asked, "Default.") == (
        (PromptMessage("system", "Rhyme."), PromptMessage("user", "Hello")),
        [],
    )


def test_the_default_system_text_is_only_for_conversations_without_one() -> None:
    assert mapped(request(), "Default.")[0] == (
        PromptMessage("system", "", "Default."),
        PromptMessage("user", "Hello"),
    )
    assert mapped(request(HELLO, RULES), "Default.")[0] == (
        PromptMessage("user", "Hello"),
        PromptMessage("system", "Rhyme."),
    )


@pytest.mark.parametrize("mode", ["strict", "contextual"])
def test_a_safety_mode_is_said_first_and_beside_the_callers_rules(mode: SafetyMode) -> None:
    (with_rules, _), losses = mapped(request(RULES, HELLO, safety_mode=mode))
    assert with_rules.text == "Rhyme."
    assert with_rules.preface.startswith("Decline")
    (alone, _), _ = mapped(request(safety_mode=mode), "Default.")
    assert alone == PromptMessage("system", "", f"Default. {with_rules.preface}")
    assert losses == []


@pytest.mark.parametrize("mode", ["strict", "off"])
def test_with_tools_every_safety_mode_is_contextual(mode: SafetyMode) -> None:
    tool = Tool("f", "Does something.")
    assert mapped(request(HELLO, safety_mode=mode, tools=(tool,))) == mapped(
        request(HELLO, safety_mode="contextual", tools=(tool,))
    )
    assert mapped(request(HELLO, tools=(tool,))) == mapped(request(HELLO))


def test_safety_modes_differ() -> None:
    strict, contextual = (mapped(request(safety_mode=mode))[0][0] for mode in ("strict", "contextual"))
    assert strict != contextual


def test_a_tool_history_becomes_text_and_says_so() -> None:
    called = AssistantMessage(
        content=(ThinkingBlock("Hm."),),
        tool_plan="I will look.",
        tool_calls=(ToolCall("c1", "weather", '{"city":"Oslo"}'),),
        citations=(Citation(0, 1, "I", ()),),
    )
    result = ToolMessage("c1", (TextBlock("cold"), DocumentBlock(Document({"degrees": -3}))))
    messages, losses = mapped(request(HELLO, called, result, thinking=Thinking(enabled=True)))
    assert messages == (
        PromptMessage("system", "", RESULT_INSTRUCTION),
        PromptMessage("user", "Hello\n\nResult:\ncold\ndegrees: -3"),
    )
    assert losses == [
        "dropped thinking",
        "approximated messages[1].tool_calls",
        "approximated messages[2]",
    ]


def test_several_results_are_told_apart_by_what_was_asked() -> None:
    called = AssistantMessage(
        tool_calls=(
            ToolCall("c1", "weather", '{"city":"Oslo"}'),
            ToolCall("c2", "weather", '{"city":"Rome"}'),
        )
    )
    results = (ToolMessage("c1", (TextBlock("cold"),)), ToolMessage("c2", (TextBlock('{"t":{"max":31}}'),)))
    messages, _ = mapped(request(HELLO, called, *results))
    assert messages[1].text == "Hello\n\nResult:\ncity: Oslo: cold\ncity: Rome: t max: 31"


def test_results_of_earlier_turns_stay_with_their_question() -> None:
    called = AssistantMessage(tool_calls=(ToolCall("c1", "weather", "{}"),))
    result = ToolMessage("c1", (TextBlock("cold"),))
    answer = AssistantMessage(
        (ThinkingBlock("Hm."), TextBlock("It is cold.")), citations=(Citation(0, 1, "I", ()),)
    )
    messages, losses = mapped(request(HELLO, called, result, answer, HELLO), "Default.")
    assert messages == (
        PromptMessage("system", "", "Default."),
        PromptMessage("user", "Hello\n\nResult:\ncold"),
        PromptMessage("assistant", "It is cold."),
        PromptMessage("user", "Hello"),
    )
    assert losses[2:] == ["dropped messages[3].content[0]", "dropped messages[3].citations"]


def test_the_small_model_is_shown_what_to_do_with_a_result_at_nobodys_cost() -> None:
    called = AssistantMessage(tool_calls=(ToolCall("c1", "weather", "{}"),))
    messages, _ = mapped(request(RULES, HELLO, called, ToolMessage("c1", (TextBlock("cold"),))), "Default.")
    assert messages[0] == PromptMessage("system", "Rhyme.", RESULT_INSTRUCTION)
    assert [message.role for message in messages[1:-1]] == ["user", "assistant"] * 2
    assert not any(message.text for message in messages[1:-1])


def test_json_is_asked_for_in_words_too() -> None:
    messages, losses = mapped(request(response_format=ResponseFormat()), "Default.")
    assert messages[0].preface == "Default. Answer in JSON."
    assert losses == []


def test_an_answer_from_results_is_greedy_unless_told_otherwise() -> None:
    called = AssistantMessage(tool_calls=(ToolCall("c1", "weather", "{}"),))
    told = (HELLO, called, ToolMessage("c1", (TextBlock("cold"),)))
    assert answer_sampling(request(*told), LossReport()).temperature == 0.0
    assert (
        answer_sampling(request(*told, sampling=Sampling(temperature=1.0)), LossReport()).temperature == 1.0
    )
    assert answer_sampling(request(), LossReport()).temperature == 0.3


def test_disabled_thinking_is_no_loss() -> None:
    assert mapped(request(thinking=Thinking(enabled=False)))[1] == []


def test_sampling_defaults_are_coheres() -> None:
    losses = LossReport()
    sampling = engine_sampling(Sampling(), losses)
    assert (sampling.temperature, sampling.top_k, sampling.top_p) == (0.3, 0, 0.75)
    assert (sampling.max_tokens, sampling.seed) == (1024, None)
    assert (sampling.frequency_penalty, sampling.presence_penalty) == (0, 0)
    assert losses.losses == []


def test_given_sampling_is_kept() -> None:
    losses = LossReport()
    given_values = Sampling(
        max_tokens=5,
        stop_sequences=("a", "", "b"),
        temperature=0.0,
        seed=7,
        top_k=3,
        top_p=0.9,
        frequency_penalty=0.5,
        presence_penalty=0.0,
        logprobs=True,
    )
    sampling = engine_sampling(given_values, losses)
    assert sampling.stop_sequences == ("a", "b")
    assert (sampling.max_tokens, sampling.temperature, sampling.seed) == (5, 0.0, 7)
    assert (sampling.top_k, sampling.top_p, sampling.frequency_penalty) == (3, 0.9, 0.5)
    assert sampling.logprobs
    assert [loss.path for loss in losses.losses] == ["frequency_penalty"]


@given(st.integers(0, 2**64 - 1))
def test_every_seed_has_a_place_in_the_engines_range(seed: int) -> None:
    folded = engine_sampling(Sampling(seed=seed), LossReport()).seed
    assert folded is not None
    assert 0 <= folded < 0xFFFFFFFF  # the last one means: random
    if seed < 0xFFFFFFFF:
        assert folded == seed


def test_the_seed_that_means_random_is_avoided() -> None:
    assert engine_sampling(Sampling(seed=0xFFFFFFFF), LossReport()).seed == 0xFFFFFFFE
