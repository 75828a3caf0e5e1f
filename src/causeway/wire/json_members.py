r"""Changes one member of a JSON object where it stands, and no other byte.

For bodies that are passed on as they came. Members are told apart as parsers do it: names by their
meaning (`"mod\u0065l"` is `model`), and only those of the object itself, not of what is inside.
"""

import re
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct


class _Name:
    """A member's name. Equal names stay apart in a mapping, so that it holds every member.

    `tests/wire/test_json_members.py` holds msgspec to it, with names that are there twice.
    """

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


def _as_name(_: type, text: Any) -> _Name:
    return _Name(text)


# Finds the extent of every value without building any.
_decoder = msgspec.json.Decoder(dict[_Name, msgspec.Raw], dec_hook=_as_name)
_BEFORE_VALUE = re.compile(rb'[{, \t\n\r]*+("(?:[^"\\]++|\\.)*+")[ \t\n\r]*+:[ \t\n\r]*+', re.DOTALL)


class _Member(Struct):
    name: str
    start: int
    value_start: int
    end: int


def replace_member(body: bytes, name: str, value: bytes) -> bytes:
    """Return `body` with `value`, which is JSON, as the value of its member `name`.

    Every member of that name is changed, since parsers differ in which one they read; without one, it is
    added as the first. Raises ValueError where `body` is not a JSON object.
    """
    if (place := _only_place(body, name)) is not None:
        return body[: place.value_start] + value + body[place.end :]
    members = _members(body)
    places = [member for member in members if member.name == name]
    if not places:
        after_brace = body.index(b"{") + 1
        added = msgspec.json.encode(name) + b":" + value + (b"," if members else b"")
        return body[:after_brace] + added + body[after_brace:]
    parts: list[bytes] = []
    position = 0
    for place in places:
        parts += (body[position : place.value_start], value)
        position = place.end
    return b"".join((*parts, body[position:]))


def remove_member(body: bytes, name: str) -> bytes:
    """Return `body` without its member `name`, however often it has it; the same bytes where it has none.

    Raises ValueError where `body` is not a JSON object.
    """
    members = _members(body)
    kept: list[bytes] = []
    previous_end = 0
    for member in members:
        if member.name != name:
            # With the comma before it, unless it is now the first.
            kept.append(body[previous_end if kept else member.start : member.end])
        previous_end = member.end
    if len(kept) == len(members):
        return body
    return b"".join((body[: members[0].start], *kept, body[previous_end:]))


def _only_place(body: bytes, name: str) -> _Member | None:
    """Return where the member stands if its name is spelled once in all of `body`, and so nowhere else.

    That takes little more than half the time of going through all members, which is what every other body
    needs. Letters can only be escaped as `\\u`.
    """
    spelled = b'"%b"' % name.encode()
    if not (name.isascii() and name.isalpha()) or b"\\u" in body or body.count(spelled) != 1:
        return None
    value = _decode_whole(_sole_decoder(name), body).value
    if value is msgspec.UNSET:  # what is spelled so is a value, or a member of something inside
        return None
    before = _BEFORE_VALUE.match(body, body.index(spelled))
    if before is None:
        raise AssertionError("the decoder and the pattern disagree about JSON")
    return _Member(name, before.start(1), before.end(), before.end() + len(memoryview(value)))


@lru_cache(maxsize=16)
def _sole_decoder(name: str) -> msgspec.json.Decoder[Any]:
    fields: list[Any] = [("value", msgspec.Raw | msgspec.UnsetType, msgspec.UNSET)]
    return msgspec.json.Decoder(msgspec.defstruct("Sole", fields, rename={"value": name}))


def _decode_whole(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"not a JSON object: {error}") from None


def _members(body: bytes) -> list[_Member]:
    values = _decode_whole(_decoder, body)
    members: list[_Member] = []
    end = 0
    for name, value in values.items():
        before = _BEFORE_VALUE.match(body, end)
        if before is None:
            raise AssertionError("the decoder and the pattern disagree about JSON")
        end = before.end() + len(memoryview(value))
        members.append(_Member(name.text, before.start(1), before.end(), end))
    return members
