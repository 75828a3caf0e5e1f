"""Turns messages into the model's prompt so that text can never act as structure.

The model's template is rendered with a random placeholder for each message's text. Only what the
template wrote is tokenised with control tokens on; every text is tokenised by itself with them off,
so `<|im_end|>` in it is ten characters and nothing more. Pure: rendering and tokenising are passed in.
"""

import re
import secrets
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Protocol

from msgspec import Struct

from causeway.engine.protocol import PromptMessage, Role

_REMEMBERED_TEMPLATE_PIECES = 256
_BETWEEN_MERGED_TEXTS = "\n\n"


class TemplateError(Exception):
    """The model's template does not accept these messages; the message says why."""


class Tokenize(Protocol):
    """The model's tokeniser."""

    def __call__(self, text: str, *, with_control_tokens: bool, at_start: bool) -> Sequence[int]:
        """Return the token ids of a text.

        `with_control_tokens` makes control tokens of their spellings; `at_start` adds what the
        model wants at the start of a prompt.
        """


Render = Callable[[Sequence[tuple[Role, str]]], str]


class Prompt(Struct, frozen=True):
    """A prompt as token ids; `content_tokens` of them are the caller's own text."""

    token_ids: list[int]
    content_tokens: int


class _Turn(Struct):
    """A message to the template: texts, and whether each is the caller's."""

    role: Role
    texts: list[tuple[str, bool]]


class PromptBuilder:
    """Builds prompts for one model. Safe to use from several threads."""

    def __init__(self, render: Render, tokenize: Tokenize) -> None:
        self._render = render
        self._tokenize = tokenize

        @lru_cache(maxsize=_REMEMBERED_TEMPLATE_PIECES)
        def template_token_ids(piece: str, at_start: bool) -> tuple[int, ...]:
            return tuple(tokenize(piece, with_control_tokens=True, at_start=at_start))

        self._template_token_ids = template_token_ids

    def build(self, messages: Sequence[PromptMessage]) -> Prompt:
        """Return the prompt; raises TemplateError where the template refuses every reading of it.

        Some templates know no system role, or want the user and the assistant to alternate. For
        them the same texts are put into messages of the kind that they accept.
        """
        if not messages:
            raise TemplateError("there are no messages")
        turns = [_turn_of(message) for message in messages]
        try:
            return self._build(turns)
        except TemplateError:
            alternating = _alternating(turns)
            if alternating == turns:
                raise
            return self._build(alternating)

    def _build(self, turns: Sequence[_Turn]) -> Prompt:
        placeholders = {secrets.token_hex(16): turn for turn in turns}
        rendered = self._render([(turn.role, placeholder) for placeholder, turn in placeholders.items()])
        pieces = re.split(f"({'|'.join(placeholders)})", rendered)
        lost = placeholders.keys() - set(pieces)
        if any(text for placeholder in lost for text, _ in placeholders[placeholder].texts):
            raise TemplateError("the model's template leaves out the text of a message")
        token_ids: list[int] = []
        content_tokens = 0
        for position, piece in enumerate(pieces):
            turn = placeholders.get(piece)
            if turn is None:
                token_ids += self._template_token_ids(piece, position == 0)
                continue
            for text, is_callers in turn.texts:
                ids = self._tokenize(text, with_control_tokens=False, at_start=False)
                token_ids += ids
                content_tokens += len(ids) if is_callers else 0
        return Prompt(token_ids, content_tokens)


def _turn_of(message: PromptMessage) -> _Turn:
    texts = [(message.preface, False)] if message.preface else []
    if message.preface and message.text:
        texts.append((_BETWEEN_MERGED_TEXTS, False))
    if message.text:
        texts.append((message.text, True))
    return _Turn(message.role, texts)


def _alternating(turns: Sequence[_Turn]) -> list[_Turn]:
    merged: list[_Turn] = []
    for turn in turns:
        role: Role = "user" if turn.role == "system" else turn.role
        if merged and merged[-1].role == role:
            previous = merged[-1].texts
            between = [(_BETWEEN_MERGED_TEXTS, False)] if previous and turn.texts else []
            merged[-1] = _Turn(role, [*previous, *between, *turn.texts])
        else:
            merged.append(_Turn(role, list(turn.texts)))
    return merged
