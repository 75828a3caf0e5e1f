"""Which schemas are accepted, and that a refusal names the keyword and where it stands."""

from functools import reduce
from typing import Any

import pytest

from causeway.model.errors import InvalidRequestError
from causeway.model.loss import LossReport
from causeway.schemas.accept import AcceptedSchema, accept_schema
from causeway.schemas.vocabulary import RESPONSE_FORMAT, STRICT_TOOL, TOOL, Profile

STRING = {"type": "string"}


def objects(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def accept(schema: dict[str, Any], profile: Profile = RESPONSE_FORMAT) -> AcceptedSchema:
    return accept_schema(schema, "schema", profile, LossReport())


def relaxed(schema: dict[str, Any]) -> tuple[AcceptedSchema, list[str]]:
    losses = LossReport()
    accepted = accept_schema(schema, "schema", TOOL, losses)
    return accepted, [f"{loss.kind} {loss.path}" for loss in losses.losses]


def refused(schema: dict[str, Any], profile: Profile = RESPONSE_FORMAT) -> InvalidRequestError:
    with pytest.raises(InvalidRequestError) as caught:
        accept(schema, profile)
    return caught.value


UNSUPPORTED: dict[str, Any] = {
    "allOf": [STRING],
    "oneOf": [STRING],
    "not": {},
    "minimum": 1,
    "maximum": 1,
    "exclusiveMinimum": 1,
    "exclusiveMaximum": 1,
    "multipleOf": 2,
    "minItems": 1,
    "maxItems": 3,
    "minLength": 1,
    "maxLength": 5,
    "uniqueItems": True,
    "contains": {},
    "prefixItems": [STRING],
    "minProperties": 1,
    "maxProperties": 1,
    "propertyNames": {},
    "patternProperties": {},
    "dependentRequired": {},
    "dependentSchemas": {},
    "if": {},
    "then": {},
    "else": {},
    "unevaluatedProperties": False,
    "$dynamicRef": "#x",
    "x-guidance": {},
}


@pytest.mark.parametrize("keyword", UNSUPPORTED)
@pytest.mark.parametrize("profile", [RESPONSE_FORMAT, STRICT_TOOL], ids=lambda profile: profile.name)
def test_an_unsupported_keyword_is_named_with_its_place(keyword: str, profile: Profile) -> None:
    error = refused(objects(a={"type": "array", "items": {**STRING, keyword: UNSUPPORTED[keyword]}}), profile)
    assert error.field == f"schema.properties.a.items.{keyword}"
    assert keyword in error.message


@pytest.mark.parametrize(
    "schema",
    [
        objects(a=STRING, b={"type": "integer"}, c={"type": "number"}, d={"type": "boolean"}),
        objects(a={"type": "array"}, b={"type": "array", "items": {"type": "array", "items": STRING}}),
        objects(a=objects(b=objects(c=STRING))),
        objects(a={"enum": ["x", 1, None, True]}, b={"type": "string", "enum": ["x"]}),
        objects(a={"const": "x"}, b={"const": 1}, c={"const": None}),
        objects(a={"type": "string", "pattern": "[A-Z]{3}-\\d+"}),
        objects(
            **{name: {"type": "string", "format": name} for name in ("date", "time", "date-time", "uuid")}
        ),
        {**objects(a={"$ref": "#/$defs/b"}), "$defs": {"b": STRING}},
        {**objects(a={"$ref": "#/definitions/b"}), "definitions": {"b": STRING}},
        objects(a={"anyOf": [STRING, {"type": "null"}], "default": None, "title": "A"}),
        {**objects(a=STRING), "additionalProperties": False, "title": "T", "description": "D"},
        {**objects(a=STRING), "additionalProperties": STRING},
        objects(a={"type": "object", "additionalProperties": {"type": "integer"}}),
        {"type": "object"},
        {"$schema": "https://json-schema.org/draft-07/schema", "$id": "urn:x", **objects(a=STRING)},
        {
            "$ref": "#/$defs/n",
            "$defs": {"n": objects(v=STRING, n={"anyOf": [{"$ref": "#/$defs/n"}, {"type": "null"}]})},
        },
        objects(n={"type": "integer"}, next={"anyOf": [{"$ref": "#"}, {"type": "null"}]}),
        objects(**{"enum": STRING, "$ref": STRING, "properties": STRING, "not": STRING}),
        objects(
            a={"type": "str"}, b={"type": "int"}, c={"type": "float"}, d={"type": "list"}, e={"type": "dict"}
        ),
    ],
)
@pytest.mark.parametrize("profile", [RESPONSE_FORMAT, STRICT_TOOL, TOOL], ids=lambda profile: profile.name)
def test_what_the_subset_allows_is_accepted_without_loss(schema: dict[str, Any], profile: Profile) -> None:
    losses = LossReport()
    accepted = accept_schema(schema, "schema", profile, losses)
    assert losses.losses == []
    text = accepted.smallest_text()
    assert text is not None or "pattern" in str(schema)


@pytest.mark.parametrize(
    ("schema", "field", "words"),
    [
        ({"type": "array"}, "type", "must be an object"),
        ({"type": "string"}, "type", "must be an object"),
        ({"anyOf": [objects(a=STRING)]}, "type", "must be an object"),
        ({"properties": {"a": STRING}, "required": ["a"]}, "type", "must be an object"),
        ({"type": "object", "properties": {"a": STRING}}, "required", "at least one required"),
        (objects(a={"type": "object", "properties": {"b": STRING}}), "properties.a.required", "at least one"),
        ({**objects(a=STRING), "required": ["b"]}, "required", "not found in properties: b"),
        (objects(a={"title": "A"}), "properties.a.type", "must have a type"),
        (objects(a={"type": "strng"}), "properties.a.type", "not valid JSON Schema"),
        (objects(a={**STRING, "required": True}), "properties.a.required", "not valid JSON Schema"),
        ({"type": "object", "properties": []}, "properties", "not valid JSON Schema"),
        (objects(a=True), "properties.a", "not true or false"),
        (objects(a={**STRING, "format": "email"}), "properties.a.format", "email"),
        (objects(a={"$ref": "#/$defs/none"}), "properties.a.$ref", "that exists"),
        (objects(a={"$ref": "https://example.com/s"}), "properties.a.$ref", "that exists"),
        (objects(a={"$ref": "#/properties/a"}), "properties.a.$ref", "that exists"),
        ({**objects(a={"$ref": "#/$defs/a"}), "$defs": {"a": {"$ref": "#/$defs/a"}}}, "$ref", "ends"),
        (
            {**objects(a={"$ref": "#/$defs/a"}), "$defs": {"a": objects(b={"$ref": "#/$defs/a"})}},
            "$ref",
            "ends",
        ),
    ],
)
def test_a_refusal_says_where_and_why(schema: dict[str, Any], field: str, words: str) -> None:
    error = refused(schema)
    assert error.field == f"schema.{field}"
    assert words in error.message
    assert error.status == 400


@pytest.mark.parametrize(
    ("pattern", "part"),
    [
        ("^a", "^"),
        ("a$", "$"),
        ("(?=a)b", "(?="),
        ("a(?!b)", "(?!"),
        ("(?<=a)b", "(?<="),
        ("(?<!a)b", "(?<!"),
        ("(a)\\1", "\\1"),
        ("(?P<n>a)", "(?P"),
        ("(?i)a", "(?i"),
        ("\\bword\\b", "\\b"),
    ],
)
def test_a_pattern_is_refused_by_its_part(pattern: str, part: str) -> None:
    error = refused(objects(a={**STRING, "pattern": pattern}))
    assert error.field == "schema.properties.a.pattern"
    assert f" {part} is not supported" in error.message


@pytest.mark.parametrize("pattern", ["[a", "a{2,1}", "(", "((a{1,100}){1,100}){1,100}", "\\p{L}{900}"])
def test_a_pattern_that_is_none_or_explodes_is_refused(pattern: str) -> None:
    assert refused(objects(a={**STRING, "pattern": pattern})).field == "schema.properties.a.pattern"


@pytest.mark.parametrize("pattern", ["[$^]", "[]^]", "\\^\\$", "a\\\\", "(?:a|b)+", "[\\]$]", "x{0,3}"])
def test_what_only_looks_like_an_anchor_is_none(pattern: str) -> None:
    accept(objects(a={**STRING, "pattern": pattern}))


def nested(levels: int) -> dict[str, Any]:
    return reduce(lambda inner, _: objects(a=inner), range(levels), dict[str, Any](STRING))


def doubling(levels: int) -> dict[str, Any]:
    definitions: dict[str, Any] = {
        f"d{n}": objects(a={"$ref": f"#/$defs/d{n + 1}"}, b={"$ref": f"#/$defs/d{n + 1}"})
        for n in range(levels)
    }
    return {**objects(a={"$ref": "#/$defs/d0"}), "$defs": {**definitions, f"d{levels}": STRING}}


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (objects(a={"enum": [f"value {n}" for n in range(20_000)]}), "more than 1000 enum values"),
        (objects(**{f"p{n}": {"enum": list(range(100))} for n in range(20)}), "more than 1000 enum values"),
        (objects(**{f"p{n}": STRING for n in range(600)}), "more than 500 properties"),
        (objects(a={"anyOf": [STRING] * 300}), "more than 200 anyOf branches"),
        ({**objects(a=STRING), "$defs": {f"d{n}": STRING for n in range(101)}}, "more than 100 definitions"),
        (objects(**{f"p{n}": {**STRING, "pattern": "a"} for n in range(60)}), "more than 50 patterns"),
        (objects(a={**STRING, "pattern": "a" * 501}), "more than 500 characters in a pattern"),
        (nested(40), "more than 32 levels"),
        (nested(5000), "more than 100 levels"),
        (objects(a={**STRING, "description": "x" * 1_000_001}), "more than 1000000 characters"),
        (objects(a={**STRING, "default": [0] * 200_000}), "more than 100000 values"),
        (doubling(30), "none is small"),
    ],
)
@pytest.mark.parametrize("profile", [RESPONSE_FORMAT, TOOL], ids=lambda profile: profile.name)
def test_too_much_of_anything_is_refused(schema: dict[str, Any], words: str, profile: Profile) -> None:
    assert words in refused(schema, profile).message


def test_problems_are_told_in_words() -> None:
    schema = accept(objects(a={"type": "integer"}, b={**STRING, "pattern": "[a-z]+"}))
    assert schema.problems('{"a": 1, "b": "x"}') == []
    (problem,) = schema.problems('{"a": "1", "b": "x"}')
    assert problem.startswith("a: ")
    assert schema.problems("no JSON")[0].startswith("not JSON")
    assert schema.problems('{"a": 1') != []
    assert schema.problems("[]") != []


def test_a_tools_schema_keeps_what_can_be_kept_and_says_what_not() -> None:
    accepted, losses = relaxed(
        {
            "properties": {
                "one": {"oneOf": [STRING, {"type": "int"}]},
                "all": {"allOf": [{"$ref": "#/$defs/q"}]},
                "mail": {**STRING, "format": "email"},
                "look": {**STRING, "pattern": "^(?=x)"},
                "anchored": {**STRING, "pattern": "^[a-z]+$"},
                "pair": {"type": "array", "prefixItems": [STRING]},
                "few": {"type": "integer", "minimum": 1, "maximum": 9},
                "huge": {**STRING, "minLength": 10**9},
                "any": True,
            },
            "required": ["one", "few", "undeclared"],
            "$defs": {"q": STRING},
        }
    )
    assert losses == [
        "approximated schema.properties.one.oneOf",
        "dropped schema.properties.mail.format",
        "dropped schema.properties.look.pattern",
        "dropped schema.properties.pair.prefixItems",
        "dropped schema.properties.huge.minLength",
    ]
    properties = accepted.tree["properties"]
    assert properties["one"] == {"anyOf": [STRING, {"type": "integer"}]}
    assert properties["all"] == {"anyOf": [{"$ref": "#/$defs/q"}]}
    assert properties["anchored"]["pattern"] == "[a-z]+"
    assert properties["undeclared"] == {}
    assert accepted.tree["type"] == "object"
    assert accepted.problems('{"one": "x", "few": 0, "undeclared": 1}') != []
    assert accepted.smallest_text() == '{"one":"","few":1,"undeclared":""}'


def test_tools_without_parameters_have_an_empty_instance() -> None:
    for parameters in (
        {},
        {"type": "object"},
        {"type": "object", "properties": {}, "additionalProperties": False},
    ):
        assert accept(parameters, TOOL).smallest_text() == "{}"
