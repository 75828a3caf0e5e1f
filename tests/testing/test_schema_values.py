"""Small values of a schema: valid by another's judgement, whatever the schema."""

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.testing.schema_values import EndlessSchemaError, small_value

SCALARS = st.one_of(
    st.just({"type": "boolean"}),
    st.just({"type": "null"}),
    st.just({"type": ["string", "null"]}),
    st.just({"enum": ["a", 1]}),
    st.just({"const": {"deep": [1]}}),
    st.builds(
        lambda least, room: {"type": "string", "minLength": least, "maxLength": least + room},
        st.integers(0, 9),
        st.integers(0, 9),
    ),
    st.sampled_from(["date", "time", "date-time", "uuid", "email", "uri"]).map(
        lambda name: {"type": "string", "format": name}
    ),
    st.builds(
        lambda kind, bound, value: {"type": kind, bound: value},
        st.sampled_from(["integer", "number"]),
        st.sampled_from(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]),
        st.one_of(st.integers(-50, 50), st.sampled_from([-1.5, 0.5, 2.5])),
    ),
    st.builds(
        lambda low, step: {"type": "integer", "minimum": low, "multipleOf": step},
        st.integers(-50, 50),
        st.integers(1, 7),
    ),
)


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    objects = st.dictionaries(st.sampled_from("abcd"), inner, max_size=4).map(
        lambda properties: {
            "type": "object",
            "properties": properties,
            "required": sorted(properties)[:2],
            "additionalProperties": False,
        }
    )
    return st.one_of(
        objects,
        st.builds(
            lambda items, count: {"type": "array", "items": items, "minItems": count},
            inner,
            st.integers(0, 3),
        ),
        st.builds(lambda keyword, one, two: {keyword: [one, two]}, st.sampled_from(["anyOf"]), inner, inner),
        st.builds(
            lambda first, second: {
                "allOf": [
                    {"type": "object", "properties": {"x": first}, "required": ["x"]},
                    {"properties": {"y": second}, "required": ["y"]},
                ]
            },
            inner,
            inner,
        ),
    )


@given(st.recursive(SCALARS, nested, max_leaves=12), st.text(max_size=20))
def test_a_value_is_valid_under_its_schema(schema: Any, echo: str) -> None:
    jsonschema_rs.validate(schema, small_value(schema, echo))


def test_strings_repeat_what_was_said() -> None:
    assert small_value({"type": "string"}, "hi") == "hi"
    assert small_value({"type": "string", "maxLength": 1}, "hi") == "h"
    assert small_value({"type": "string", "minLength": 4}, "hi") == "hi.."
    assert small_value({}, "hi") == small_value(True, "hi") == "hi"


@pytest.mark.parametrize(
    ("name", "value"), [("str", "hi"), ("int", 0), ("float", 0), ("bool", False), ("list", [])]
)
def test_the_names_of_types_that_cohere_takes_are_known(name: str, value: Any) -> None:
    assert small_value({"type": name}, "hi") == value


def test_definitions_are_followed_and_recursion_takes_its_way_out() -> None:
    schema = {
        "$defs": {
            "node": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
                },
                "required": ["name", "next"],
            },
            "a/b": {
                "allOf": [{"$ref": "#/$defs/node"}, {"properties": {"n": {"const": 1}}, "required": ["n"]}]
            },
        },
        "$ref": "#/$defs/a~1b",
    }
    assert small_value(schema, "hi") == {"name": "hi", "next": None, "n": 1}


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"allOf": [{"$ref": "#/x"}], "x": {"$ref": "#/x"}},
        {"type": "array", "items": {"$ref": "#"}, "minItems": 1},
        {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]},
        {"type": "object", "properties": {"a": {"$ref": "#"}, "b": {"$ref": "#"}}, "required": ["a", "b"]},
    ],
)
def test_a_schema_without_an_end_is_refused(schema: Any) -> None:
    with pytest.raises(EndlessSchemaError):
        small_value(schema, "hi")
