"""What Anthropic refuses of a conversation: roles, results of tools, thoughts, schemas.

Source of truth: Anthropic's documentation, its error messages, and recorded exchanges: a conversation may
begin with the assistant and have two turns of a role in a row, as the recordings show.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from msgspec import Struct

from causeway.testing.anthropic_blocks import (
    Block,
    Document,
    Other,
    Placed,
    RedactedThinking,
    SearchResult,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
    every_block,
    is_as_given,
    is_marked,
    read_blocks,
)
from causeway.testing.question import RefusedError

_MOST_MARKS = 4
_ALLOWED: dict[str, tuple[type[Block], ...]] = {
    "assistant": (Text, Thinking, RedactedThinking, ToolUse, Other),
    "system": (Text, Other),
}
_UNSUPPORTED_KEYWORDS = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "maxItems",
)


class Message(Struct, forbid_unknown_fields=True):
    """A message of the request."""

    role: Literal["user", "assistant", "system"]
    content: str | list[dict[str, Any]]


class Turn(Struct):
    """What one side says: in one message, or until the other side speaks."""

    role: Literal["user", "assistant", "system"]
    blocks: list[Placed]


def read_messages(messages: Sequence[Message]) -> list[Turn]:
    """Return what each message says; raises RefusedError."""
    said = []
    for index, message in enumerate(messages):
        blocks = read_blocks(message.content, f"messages.{index}.content")
        is_end_of_answer = message.role == "assistant" and index == len(messages) - 1
        if not blocks and not is_end_of_answer:
            raise RefusedError(400, f"messages.{index}.content: there is none")
        for path, block in blocks:
            _check_role(message.role, block, path)
        if is_end_of_answer and blocks and _ends_with_space(blocks[-1][1]):
            raise RefusedError(400, f"{blocks[-1][0]}: what the answer begins with ends with white space")
        said.append(Turn(message.role, blocks))
    return said


def merge_turns(said: Iterable[Turn]) -> list[Turn]:
    """Return the turns that messages make; what the application says between them is none."""
    turns: list[Turn] = []
    for message in said:
        if message.role == "system":
            continue
        if not turns or turns[-1].role != message.role:
            turns.append(Turn(message.role, []))
        turns[-1].blocks += message.blocks
    return turns


def check_turns(turns: Sequence[Turn]) -> None:
    """Raise RefusedError where calls and results do not pair, or a thought is not as it was given."""
    seen: set[str] = set()
    open_ids: list[str] = []
    for turn in turns:
        _check_results(turn, open_ids)
        open_ids = []
        for path, block in turn.blocks:
            if isinstance(block, ToolUse):
                if block.id in seen:
                    raise RefusedError(400, f"{path}.id: another call has it")
                seen.add(block.id)
                open_ids.append(block.id)
            if isinstance(block, Thinking) and not is_as_given(block):
                raise RefusedError(400, f"{path}: the `signature` is not that of this thinking")
            if isinstance(block, RedactedThinking):
                raise RefusedError(400, f"{path}.data: nothing was redacted here")
    if open_ids:
        raise RefusedError(400, f"messages: no tool_result follows the tool_use with the id {open_ids[0]}")


def check_thinking_comes_first(turns: Sequence[Turn]) -> None:
    """Raise RefusedError where a call that waits for its result was not thought about."""
    ends_with_results = any(isinstance(block, ToolResult) for _, block in turns[-1].blocks)
    if not ends_with_results:
        return
    path, first = turns[-2].blocks[0]
    if not isinstance(first, Thinking):
        raise RefusedError(
            400, f"{path}.type: with thinking enabled, the turn of a call begins with thinking"
        )


def check_marks(blocks: Iterable[Placed], other_marks: int) -> None:
    """Raise RefusedError where too many blocks ask to be cached."""
    marks = other_marks + sum(is_marked(block) for _, block in blocks)
    if marks > _MOST_MARKS:
        raise RefusedError(400, f"cache_control: {marks} blocks have it, at most {_MOST_MARKS} may")


def has_citations(blocks: Sequence[Placed]) -> bool:
    """Return whether documents may be cited; raises RefusedError where some may and some may not."""
    for kind in (Document, SearchResult):
        switches = {
            block.citations is not None and block.citations.enabled
            for _, block in every_block(blocks)
            if isinstance(block, Document | SearchResult) and isinstance(block, kind)
        }
        if len(switches) > 1:
            raise RefusedError(400, "citations: enabled for some, they must be for all or for none")
        if True in switches:
            return True
    return False


def check_schema(schema: Any, path: str) -> None:
    """Raise RefusedError where an answer's schema has what Anthropic does not follow."""
    if isinstance(schema, list):
        for part in schema:
            check_schema(part, path)
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        raise RefusedError(400, f"{path}: every object must have `additionalProperties` false")
    for keyword in _UNSUPPORTED_KEYWORDS:
        if keyword in schema:
            raise RefusedError(400, f"{path}: {keyword!r} is not supported")
    for keyword in ("items", "anyOf", "allOf"):
        check_schema(schema.get(keyword), path)
    for keyword in ("properties", "$defs", "definitions"):
        named = schema.get(keyword)
        check_schema(list(named.values()) if isinstance(named, dict) else None, path)


def _ends_with_space(block: Block) -> bool:
    return isinstance(block, Text) and block.text[-1].isspace()


def _check_role(role: str, block: Block, path: str) -> None:
    is_allowed = (
        isinstance(block, _ALLOWED[role])
        if role in _ALLOWED
        else not isinstance(block, Thinking | RedactedThinking | ToolUse)
    )
    if not is_allowed:
        raise RefusedError(400, f"{path}.type: the role {role} has no such block")


def _check_results(turn: Turn, open_ids: Sequence[str]) -> None:
    """Raise RefusedError where a turn's results are not first, or not those of the calls before it."""
    answered: list[str] = []
    is_opening = True
    for path, block in turn.blocks:
        if not isinstance(block, ToolResult):
            is_opening = False
            continue
        if block.tool_use_id not in open_ids:
            raise RefusedError(400, f"{path}.tool_use_id: the turn before has no tool_use with this id")
        if block.tool_use_id in answered:
            raise RefusedError(400, f"{path}.tool_use_id: there is a result with this id already")
        if not is_opening:
            raise RefusedError(400, f"{path}: results of tools come first in their turn")
        answered.append(block.tool_use_id)
    for missing in (call_id for call_id in open_ids if call_id not in answered):
        raise RefusedError(400, f"messages: no tool_result follows the tool_use with the id {missing}")
