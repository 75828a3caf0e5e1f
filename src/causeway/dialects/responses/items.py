"""How the items of a response stand in the canonical content, and what a seal of this dialect holds.

An assistant's turn is one list of items here and two lists in the canonical model, content and tool calls.
So that the same items come out in the same order, each block carries a `Seal` with what its item has beyond
the canonical fields:

- a reasoning item is a `ThinkingBlock`, its seal's `item` the item itself, byte for byte;
- a function call is a `ToolCall`, its seal's `item` the item's other members, and `preceding_blocks` how many
  content blocks of the turn came before it;
- a message is one `TextBlock` for each part: the seal's `item` (on the last part) has the message's other
  members (`is_string`: its content was no list), `part` those of a part that is no plain `output_text`,
  `is_continued` says that the next block is a part of the same message, `lacks` names the usual members that
  the part has not, and `annotations` are there where not all of them cite a span of the text;
- every other item is an `OpaqueBlock`, whole.

A system message's seal has its `role`, where that is not plain from where it stands.
"""

from collections.abc import Mapping
from typing import Any

from causeway.model.content import Seal

DIALECT = "responses"

# Ids that the gateway made for items of other dialects' answers; no provider knows them.
INVENTED_MARK = "causeway"

MESSAGE = "message"
FUNCTION_CALL_OUTPUT = "function_call_output"


def own_seal(seal: Seal | None) -> Mapping[str, Any]:
    """Return what a seal of this dialect holds; another dialect's holds nothing."""
    return seal.data if seal is not None and seal.dialect == DIALECT else {}


def make_seal(data: dict[str, Any]) -> Seal | None:
    """Return the seal of a block, or none where there is nothing to keep."""
    return Seal(DIALECT, data) if data else None


class MalformedItemError(ValueError):
    """An item that is not what its type says; `member` is the path inside it, `problem` what is wrong.

    Without `problem` the member is missing.
    """

    def __init__(self, member: str, problem: str | None = None) -> None:
        super().__init__(f"{member}: {problem or 'it is missing'}")
        self.member = member
        self.problem = problem


def text_of(item: Mapping[str, Any], name: str, path: str = "") -> str:
    """Return a member that has to be a string; raises MalformedItemError. `path` stands before its name."""
    value = item.get(name)
    if value is None:
        raise MalformedItemError(path + name)
    if not isinstance(value, str):
        raise MalformedItemError(path + name, "expected a string")
    return value
