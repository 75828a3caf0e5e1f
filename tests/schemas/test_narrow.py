"""The laws of narrowing: what is generated under the narrowed schema holds for the schema itself."""

import json
from typing import Any

import jsonschema_rs
from hypothesis import given, settings
from hypothesis import strategies as st

from causeway.model.loss import LossReport
from causeway.schemas.accept import AcceptedSchema, accept_schema
from causeway.schemas.narrow import Bounds, any_value, narrowed, only_required, with_properties
from causeway.schemas.smallest import smallest_instance
from causeway.schemas.vocabulary import RESPONSE_FORMAT, TOOL, Profile

BOUNDS = Bounds(string_characters=20, array_items=3, object_properties=3, any_levels=2)
NAMES = st.sampled_from(["a", "b", "enum", "type", "$ref", "items", "title"])
SCALARS: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.sampled_from([{"type": kind} for kind in ("string", "integer", "number", "boolean", "null")]),
    st.sampled_from([{"type": "string", "format": form} for form in ("date", "time", "date-time", "uuid")]),
    st.lists(
        st.one_of(st.text(max_size=5), st.integers(-5, 5), st.booleans(), st.none()), min_size=1, max_size=4
    ).map(lambda values: {"enum": values}),
    st.one_of(st.text(max_size=5), st.integers(-5, 5), st.none()).map(lambda value: {"const": value}),
    st.just({"type": "array"}),
    st.just({"type": ["string", "null"]}),
)
BOUNDED: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.tuples(st.integers(-50, 50), st.integers(0, 50)).map(
        lambda pair: {"type": "integer", "minimum": pair[0], "maximum": pair[0] + pair[1]}
    ),
    st.integers(-(10**10), 10**10).map(lambda lowest: {"type": "integer", "minimum": lowest}),
    st.integers(-(10**10), 10**10).map(lambda highest: {"type": "number", "maximum": highest}),
    st.integers(0, 40).map(lambda least: {"type": "string", "minLength": least}),
    st.integers(0, 40).map(lambda most: {"type": "string", "maxLength": most}),
    st.integers(0, 5).map(lambda least: {"type": "array", "minItems": least, "items": {"type": "null"}}),
)


@st.composite
def an_object(draw: st.DrawFn, inner: st.SearchStrategy[dict[str, Any]]) -> dict[str, Any]:
    properties = draw(st.dictionaries(NAMES, inner, min_size=1, max_size=4))
    required = draw(st.lists(st.sampled_from(sorted(properties)), min_size=1, unique=True))
    schema: dict[str, Any] = {"type": "object", "properties": properties, "required": required}
    if draw(st.booleans()):
        schema["additionalProperties"] = draw(st.one_of(st.booleans(), inner))
    return schema


def schemas(scalars: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    inner = st.recursive(
        scalars,
        lambda deeper: st.one_of(
            deeper.map(lambda items: {"type": "array", "items": items}),
            st.lists(deeper, min_size=1, max_size=3).map(lambda branches: {"anyOf": branches}),
            an_object(deeper),
        ),
        max_leaves=6,
    )
    return an_object(inner)


def accept(schema: dict[str, Any], profile: Profile) -> AcceptedSchema:
    losses = LossReport()
    accepted = accept_schema(schema, "s", profile, losses)
    assert losses.losses == []
    return accepted


@given(schemas(SCALARS))
@settings(deadline=None)
def test_every_schema_of_the_subset_is_accepted_and_has_a_smallest_instance(schema: dict[str, Any]) -> None:
    text = accept(schema, RESPONSE_FORMAT).smallest_text()
    assert text is not None
    assert jsonschema_rs.is_valid(schema, json.loads(text))


@given(schemas(st.one_of(SCALARS, BOUNDED)))
@settings(deadline=None)
def test_an_instance_of_the_narrowed_schema_is_one_of_the_schema(schema: dict[str, Any]) -> None:
    accepted = accept(schema, TOOL)
    for tree in (accepted.tree, only_required(accepted.tree), with_properties(accepted.tree, ("a",))):
        narrow = narrowed(tree, BOUNDS)
        instance = smallest_instance(narrow)
        if jsonschema_rs.is_valid(narrow, instance):  # it knows nothing of patterns
            assert accepted.problems(json.dumps(instance)) == []


@given(schemas(st.one_of(SCALARS, BOUNDED)))
@settings(deadline=None)
def test_a_narrowed_schema_leaves_nothing_open(schema: dict[str, Any]) -> None:
    def check(tree: Any) -> None:
        if "enum" in tree or "const" in tree:
            return
        if tree.get("type") == "string":
            assert "maxLength" in tree or "pattern" in tree
        if tree.get("type") == "array":
            assert "maxItems" in tree
        if tree.get("type") == "object":
            assert tree["additionalProperties"] is False or "maxProperties" in tree
        for inner in (*tree.get("properties", {}).values(), *tree.get("anyOf", ())):
            check(inner)
        if isinstance(tree.get("items"), dict):
            check(tree["items"])

    check(narrowed(accept(schema, TOOL).tree, BOUNDS))


def test_formats_become_patterns_that_the_validator_agrees_with() -> None:
    schema = accept(
        {"type": "object", "properties": {"d": {"type": "string", "format": "date"}}, "required": ["d"]}, TOOL
    )
    pattern = narrowed(schema.tree, BOUNDS)["properties"]["d"]["pattern"]
    for date in ("2024-12-31", "2023-02-28", "1999-04-30"):
        assert jsonschema_rs.is_valid({"pattern": pattern}, date)
    for month in range(14):
        for day in range(33):
            date = f"2023-{month:02}-{day:02}"
            if jsonschema_rs.is_valid({"pattern": pattern}, date):
                assert schema.problems(json.dumps({"d": date})) == []


def test_a_value_without_a_schema_nests_as_deep_as_said() -> None:
    validator = jsonschema_rs.validator_for({"type": "object", "additionalProperties": any_value(4, BOUNDS)})
    deepest: Any = 1
    for _ in range(5):
        deepest = {"a": deepest}
    assert validator.is_valid(deepest)
    assert not validator.is_valid({"a": deepest})
