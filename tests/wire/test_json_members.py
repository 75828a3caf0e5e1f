"""One member of a JSON object is changed, and no other byte."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.wire.json_members import remove_member, replace_member

DEEP = b"[" * 100_000 + b"]" * 100_000
names = st.sampled_from(["model", "mod", "fallbacks", "", 'qu"ote', "back\\slash", "é", "{", ","]) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=4
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | names,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
blanks = st.text(" \t\n\r", max_size=3)


@st.composite
def encoded_names(draw: st.DrawFn, name: str) -> str:
    """Write a name in one of the ways that mean the same."""
    match draw(st.sampled_from(["raw", "escaped", "all"])):
        case "raw":
            return json.dumps(name, ensure_ascii=False)
        case "escaped":
            return json.dumps(name)
        case _:
            units = name.encode("utf-16-be")
            return (
                '"' + "".join(f"\\u{units[i]:02x}{units[i + 1]:02X}" for i in range(0, len(units), 2)) + '"'
            )


@st.composite
def objects(draw: st.DrawFn) -> tuple[list[str], list[str], str]:
    """Return the names of an object's members, the bytes between the values, and the object."""
    members = draw(st.lists(st.tuples(names, values), max_size=6))
    parts = []
    for name, value in members:
        before, colon, after = draw(blanks), draw(blanks), draw(blanks)
        text = json.dumps(value, ensure_ascii=draw(st.booleans()), indent=draw(st.none() | st.just(2)))
        parts.append((before + draw(encoded_names(name)) + colon + ":" + after, text, draw(blanks)))
    lead, trail = draw(blanks), draw(blanks)
    body = lead + "{" + ",".join("".join(part) for part in parts) + "}" + trail
    return [name for name, _ in members], [part[1] for part in parts], body


def pairs(body: bytes) -> list[tuple[str, Any]]:
    decoded: list[tuple[str, Any]] = json.loads(body, object_pairs_hook=list)
    return decoded


@given(objects(), names)
def test_replacing_changes_the_values_of_one_name(drawn: tuple[list[str], list[str], str], name: str) -> None:
    members, texts, body = drawn
    changed = replace_member(body.encode(), name, b'"other"')
    if name in members:
        expected = [
            '"other"' if member == name else text for member, text in zip(members, texts, strict=True)
        ]
        rest = body
        assembled = ""
        for text, wanted in zip(texts, expected, strict=True):
            before, rest = _split_at_value(rest, text)
            assembled += before + wanted
        assert changed.decode() == assembled + rest
    else:
        assert pairs(changed) == [(name, "other"), *pairs(body.encode())]
        assert changed.endswith(body[body.index("{") + 1 :].encode())
        assert changed.startswith(body[: body.index("{") + 1].encode())
    decoded = json.loads(changed)
    assert decoded == {**json.loads(body), name: "other"}


def _split_at_value(text: str, value: str) -> tuple[str, str]:
    """Split what is before the next member's value from what is after it, with the standard decoder."""
    start = text.index('"')
    _, end = json.decoder.scanstring(text, start + 1)
    place = text.index(":", end) + 1
    place += len(text[place:]) - len(text[place:].lstrip(" \t\n\r"))
    assert text.startswith(value, place)
    return text[:place], text[place + len(value) :]


@given(objects(), names)
def test_removing_leaves_the_other_members_as_they_are(
    drawn: tuple[list[str], list[str], str], name: str
) -> None:
    members, _, body = drawn
    changed = remove_member(body.encode(), name)
    assert pairs(changed) == [(member, value) for member, value in pairs(body.encode()) if member != name]
    if name not in members:
        assert changed == body.encode()
    assert _is_subsequence(changed, body.encode())


def _is_subsequence(part: bytes, whole: bytes) -> bool:
    rest = iter(whole)
    return all(byte in rest for byte in part)


@pytest.mark.parametrize(
    ("body", "removed"),
    [
        ('{"a":1, "fallbacks": ["x"], "b":2}', '{"a":1, "b":2}'),
        ('{"fallbacks":[], "b":2}', '{"b":2}'),
        ('{"a":1 , "fallbacks":[] }', '{"a":1 }'),
        ('{ "fallbacks":[] }', "{  }"),
        ('{"fallbacks":1,"fallbacks":2}', "{}"),
        ('{"a":1,"fallbacks":1,"fallbacks":2}', '{"a":1}'),
        ('{"fallbacks":1,"a":1,"fallbacks":2}', '{"a":1}'),
        ('{"fallback\\u0073":1,"a":{"fallbacks":1}}', '{"a":{"fallbacks":1}}'),
        (' {"a":"é\\u00e9 \\" }, {"}\n', ' {"a":"é\\u00e9 \\" }, {"}\n'),
        ("{}", "{}"),
    ],
)
def test_removals(body: str, removed: str) -> None:
    assert remove_member(body.encode(), "fallbacks").decode() == removed


@pytest.mark.parametrize(
    ("body", "replaced"),
    [
        ('{"model":"a","x":[{"model":"a"}]}', '{"model":"NEW","x":[{"model":"a"}]}'),
        ('{ "x" : 1.50 , "model"\t: "a" }\n', '{ "x" : 1.50 , "model"\t: "NEW" }\n'),
        ('{"model":"a","model":{"model":"b"}}', '{"model":"NEW","model":"NEW"}'),
        ('{"mod\\u0065l":"a"}', '{"mod\\u0065l":"NEW"}'),
        ('{"x":"\\"model\\":\\"a\\"","model":null}', '{"x":"\\"model\\":\\"a\\"","model":"NEW"}'),
        ('{"x":1}', '{"model":"NEW","x":1}'),
        (" { } ", ' {"model":"NEW" } '),
    ],
)
def test_replacements(body: str, replaced: str) -> None:
    assert replace_member(body.encode(), "model", b'"NEW"').decode() == replaced


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b'"model"', b"1", b"null", b"{", b'{"model":1', b'{"model":1,}', b'{"model":}', b"{}x",
        b"{model:1}", b'{"model":1}{"model":2}', b"\xef\xbb\xbf{}", b'{"\xff":1}', b'{"model":' + DEEP + b"}",
    ],
    ids=lambda body: repr(body[:24]),
)  # fmt: skip
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="not a JSON object"):
        replace_member(body, "model", b"1")
    with pytest.raises(ValueError, match="not a JSON object"):
        remove_member(body, "model")


def test_a_large_body_keeps_its_bytes() -> None:
    messages = json.dumps([{"role": "user", "content": 'say "model": é ' * 8} for _ in range(8_000)]).encode()
    body = b'{"messages": ' + messages + b', "model": "a", "fallbacks": ["b/c"]}'
    assert len(body) > 1_000_000
    changed = remove_member(replace_member(body, "model", b'"b"'), "fallbacks")
    assert changed == b'{"messages": ' + messages + b', "model": "b"}'
