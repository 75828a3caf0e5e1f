"""Takes a schema in: every check that there is, and then what can be asked of a checked schema.

Refusing names the keyword and where it stands. References lead nowhere but into the schema itself,
and regular expressions run in linear time, so that holding an output against the schema is bounded.
"""

from typing import Any

import jsonschema_rs
import msgspec

from causeway.model.errors import InvalidRequestError
from causeway.model.loss import LossReport
from causeway.schemas.limits import Counters, check_size
from causeway.schemas.narrow import Bounds, narrowed
from causeway.schemas.patterns import unsupported_part
from causeway.schemas.relax import relaxed
from causeway.schemas.smallest import NoSmallInstanceError, smallest_instance
from causeway.schemas.vocabulary import (
    CONSTRAINING,
    FORMATS,
    Profile,
    Schema,
    in_json_words,
    rebuild,
    subschemas,
)

_MAX_PROBLEMS = 5
_PATTERN_BYTES = 1 << 20


class AcceptedSchema:
    """A schema of an object, within every limit. `tree` is what the caller's schema came to."""

    def __init__(self, tree: Schema, validator: jsonschema_rs.Draft202012Validator) -> None:
        self.tree = tree
        self._validator = validator

    def problems(self, text: str) -> list[str]:
        """Return what is wrong with a JSON text, in words; nothing where it is an instance."""
        try:
            instance = msgspec.json.decode(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            return [f"not JSON: {error}"]
        found = []
        for problem in self._validator.iter_errors(instance):
            at = ".".join(str(step) for step in problem.instance_path)
            found.append(f"{at or 'the value'}: {problem.message[:200]}")
            if len(found) == _MAX_PROBLEMS:
                break
        return found

    def narrowed(self, bounds: Bounds) -> Schema:
        """Return the schema with its open ends closed, to generate from."""
        return narrowed(self.tree, bounds)

    def smallest_text(self) -> str | None:
        """Return the smallest instance as compact JSON, or `None` where none can be told."""
        text = msgspec.json.encode(smallest_instance(self.tree)).decode()
        return None if self.problems(text) else text


def accept_schema(schema: Schema, path: str, profile: Profile, losses: LossReport) -> AcceptedSchema:
    """Return the checked schema; `path` is where it stands in the request.

    What a lenient profile cannot keep is added to `losses`. Raises InvalidRequestError, which names
    the keyword.
    """
    check_size(schema, path)
    tree = in_json_words(schema)
    _check_well_formed(tree, path)
    if profile.is_lenient:
        tree = relaxed(tree, path, profile, losses)
    tree = _with_object_root(tree, path, profile)
    _check(tree, path, 1, tree, profile, Counters(path))
    try:
        smallest_instance(tree)
    except NoSmallInstanceError:
        raise _refusal(f"{path}.$ref", "no value of this schema ends, or none is small") from None
    return AcceptedSchema(tree, _validator(tree, path))


def _check_well_formed(tree: Schema, path: str) -> None:
    try:
        jsonschema_rs.meta.validate(_with_plain_patterns(tree))
    except jsonschema_rs.ValidationError as error:
        at = ".".join([path, *(str(step) for step in error.instance_path)])
        raise _refusal(at, f"not valid JSON Schema: {error.message[:200]}") from None


def _with_plain_patterns(schema: Any) -> Any:
    """Spare the check of the form what is in the patterns; they are counted before they are compiled."""
    if not isinstance(schema, dict):
        return schema
    rebuilt = rebuild(schema, lambda inner, _: _with_plain_patterns(inner))
    if isinstance(rebuilt.get("pattern"), str):
        rebuilt["pattern"] = ""
    return rebuilt


def _with_object_root(tree: Schema, path: str, profile: Profile) -> Schema:
    if profile.name != "response_format" and "type" not in tree and "$ref" not in tree:
        tree = {**tree, "type": "object"}
    root, steps = tree, 0
    while "$ref" in root and "type" not in root and steps < len(tree):
        root, steps = _definition(root["$ref"], tree) or {}, steps + 1
    if root.get("type") != "object":
        raise _refusal(f"{path}.type", "schema must be an object")
    return tree


def _check(schema: Any, path: str, depth: int, root: Schema, profile: Profile, counters: Counters) -> None:
    if not isinstance(schema, dict):
        if path.endswith(".additionalProperties"):
            return
        raise _refusal(path, "a schema must be an object, not true or false")
    for keyword in schema:
        if keyword not in profile.keywords:
            raise _refusal(f"{path}.{keyword}", f"the keyword {keyword} is not supported here")
    counters.add(schema, path, depth)
    _check_string_keywords(schema, path)
    if "$ref" in schema and _definition(schema["$ref"], root) is None:
        raise _refusal(f"{path}.$ref", "only #/$defs/<name> that exists can be referred to")
    if not profile.is_lenient:
        _check_properties(schema, path)
    for step, inner in subschemas(schema):
        _check(inner, f"{path}.{step}", depth + 1, root, profile, counters)


def _check_string_keywords(schema: Schema, path: str) -> None:
    if "format" in schema and schema["format"] not in FORMATS:
        raise _refusal(
            f"{path}.format", f"the format {schema['format'][:50]} is not one of {', '.join(sorted(FORMATS))}"
        )
    part = unsupported_part(schema["pattern"]) if "pattern" in schema else None
    if part is not None:
        raise _refusal(
            f"{path}.pattern", f"{part} is not supported in a pattern, which describes the whole string"
        )


def _check_properties(schema: Schema, path: str) -> None:
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in properties:
            raise _refusal(f"{path}.required", f"required field name not found in properties: {name[:100]}")
    if properties and not schema.get("required"):
        raise _refusal(f"{path}.required", "an object needs at least one required property")
    for name, inner in properties.items():
        if isinstance(inner, dict) and not CONSTRAINING & inner.keys():
            raise _refusal(f"{path}.properties.{name}.type", f"property {name[:100]} must have a type")


def _definition(reference: Any, root: Schema) -> Schema | None:
    if reference == "#":
        return root
    for keyword in ("$defs", "definitions"):
        prefix = f"#/{keyword}/"
        if isinstance(reference, str) and reference.startswith(prefix):
            name = reference.removeprefix(prefix)
            found = root.get(keyword, {}).get(name)
            # Escaped names would have to be read as every reader of the schema reads them.
            return found if isinstance(found, dict) and not set("~%/") & set(name) else None
    return None


def _validator(tree: Schema, path: str) -> jsonschema_rs.Draft202012Validator:
    try:
        return jsonschema_rs.Draft202012Validator(
            tree,
            validate_formats=True,
            offline=True,
            pattern_options=jsonschema_rs.RegexOptions(
                size_limit=_PATTERN_BYTES, dfa_size_limit=_PATTERN_BYTES
            ),
        )
    except jsonschema_rs.ValidationError as error:
        at = ".".join([path, *(str(step) for step in error.instance_path)])
        raise _refusal(at, f"cannot be used: {error.message[:200]}") from None


def _refusal(field: str, problem: str) -> InvalidRequestError:
    return InvalidRequestError(f"invalid request: {field}: {problem}.", field=field)
