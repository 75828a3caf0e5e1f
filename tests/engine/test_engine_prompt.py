from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.engine.prompt import PromptBuilder, TemplateError
from causeway.engine.protocol import PromptMessage, Role

START, OPEN, CLOSE = 1000, 1001, 1002
CONTROL = {"<open>": OPEN, "<close>": CLOSE}


def tokenize(text: str, *, with_control_tokens: bool, at_start: bool) -> list[int]:
    """One token per character; control tokens where they are allowed."""
    ids = [START] if at_start else []
    while text:
        spelling = next((s for s in CONTROL if with_control_tokens and text.startswith(s)), None)
        ids.append(CONTROL[spelling] if spelling else ord(text[0]) % 1000)
        text = text[len(spelling) if spelling else 1 :]
    return ids


def chat_template(messages: Sequence[tuple[Role, str]]) -> str:
    return "".join(f"<open>{role[0]}{text}<close>" for role, text in messages) + "<open>a"


def strict_template(messages: Sequence[tuple[Role, str]]) -> str:
    for position, (role, _) in enumerate(messages):
        if role != ("user", "assistant")[position % 2]:
            raise TemplateError(f"{role} may not come here")
    return chat_template(messages)


def ids(text: str) -> list[int]:
    return tokenize(text, with_control_tokens=False, at_start=False)


MESSAGES = st.lists(
    st.builds(
        PromptMessage,
        role=st.sampled_from(["system", "user", "assistant"]),
        text=st.text() | st.lists(st.sampled_from([*CONTROL, "x"])).map("".join),
    ),
    min_size=1,
)


@given(MESSAGES)
def test_text_never_becomes_structure(messages: list[PromptMessage]) -> None:
    prompt = PromptBuilder(chat_template, tokenize).build(messages)
    expected = [START]
    for message in messages:
        expected += [OPEN, *ids(message.role[0]), *ids(message.text), CLOSE]
    assert prompt.token_ids == [*expected, OPEN, *ids("a")]
    assert prompt.content_tokens == sum(len(message.text) for message in messages)


def test_the_gateways_own_words_are_in_the_prompt_but_not_counted() -> None:
    prompt = PromptBuilder(chat_template, tokenize).build([PromptMessage("system", "rule", "be safe")])
    assert prompt.token_ids == [START, OPEN, *ids("sbe safe\n\nrule"), CLOSE, OPEN, *ids("a")]
    assert prompt.content_tokens == len("rule")


def test_roles_that_a_template_refuses_are_merged() -> None:
    messages = [
        PromptMessage("system", "S"),
        PromptMessage("user", "U"),
        PromptMessage("assistant", "A"),
        PromptMessage("assistant", "B"),
        PromptMessage("system", ""),
        PromptMessage("user", "V"),
    ]
    prompt = PromptBuilder(strict_template, tokenize).build(messages)
    expected = [("u", "S\n\nU"), ("a", "A\n\nB"), ("u", "V")]
    turns = [token for role, text in expected for token in (OPEN, *ids(role + text), CLOSE)]
    assert prompt.token_ids == [START, *turns, OPEN, *ids("a")]
    assert prompt.content_tokens == 5


@pytest.mark.parametrize("messages", [[], [PromptMessage("assistant", "first")]])
def test_what_no_reading_can_save_is_an_error(messages: list[PromptMessage]) -> None:
    with pytest.raises(TemplateError):
        PromptBuilder(strict_template, tokenize).build(messages)


def test_a_template_that_leaves_a_text_out_is_an_error() -> None:
    builder = PromptBuilder(lambda messages: messages[-1][1], tokenize)
    with pytest.raises(TemplateError, match="leaves out"):
        builder.build([PromptMessage("user", "a"), PromptMessage("assistant", "b")])
    assert builder.build([PromptMessage("user", ""), PromptMessage("assistant", "b")]).content_tokens == 1


def test_a_template_may_repeat_a_text() -> None:
    builder = PromptBuilder(lambda messages: messages[0][1] * 2, tokenize)
    assert builder.build([PromptMessage("user", "ab")]).token_ids[-4:] == ids("abab")


def test_template_pieces_are_tokenised_once() -> None:
    asked: list[str] = []

    def counting(text: str, *, with_control_tokens: bool, at_start: bool) -> list[int]:
        asked.append(text)
        return tokenize(text, with_control_tokens=with_control_tokens, at_start=at_start)

    builder = PromptBuilder(chat_template, counting)
    for text in ("one", "two"):
        builder.build([PromptMessage("user", text)])
    assert asked == ["<open>u", "one", "<close><open>a", "two"]
