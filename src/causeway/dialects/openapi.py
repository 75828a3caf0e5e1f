"""Writes an OpenAPI 3.1 document from a table of operations and the types that they read and answer.

It knows no vendor: what there is to say about an endpoint stands in its row, and every schema comes
from the type that the code itself decodes into or encodes from.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct, json

Schema = dict[str, Any]

_SPEAKS_OF = {
    "enum": ("string",),
    "minLength": ("string",),
    "maxLength": ("string",),
    "minItems": ("array",),
    "maxItems": ("array",),
    "items": ("array",),
    "minimum": ("integer", "number"),
    "maximum": ("integer", "number"),
}


class MediaStream(Struct, frozen=True):
    """A streamed answer: its content type, the types of the objects in it, and how it is framed.

    `terminator` is the data that ends it without being such an object.
    """

    media_type: str
    items: tuple[type, ...]
    description: str
    terminator: str | None = None


class Operation(Struct, frozen=True, kw_only=True):
    """One endpoint. `request` is none where no body is read; `answers` are the types of whole answers.

    `text` is the content type of an answer that is plain text.
    An endpoint that is known and not served has neither answers nor `streams`, of which each is one way to
    frame the same answer.
    `ignores_unknown_fields` says that the body's other fields are no error.
    `constraints` adds JSON Schema keywords to fields, by type and name, `variants` gives by type schemas of
    which one at least must hold as well, and `required` names the body's fields that the caller must give,
    for what is judged by code and not by a type. `statuses`
    says what else may be answered, with a reason for each, and `other_statuses` what any other means.
    `needs_key` is false for what tells no secret. `servers` are the base URLs under which it is found,
    where they are not the document's; paths that are the same have the same.
    """

    id: str
    method: str
    path: str
    summary: str
    tag: str
    request: type | None = None
    required: tuple[str, ...] = ()
    constraints: Mapping[type, Mapping[str, Schema]] = {}
    variants: Mapping[type, tuple[Schema, ...]] = {}
    parameters: tuple[Schema, ...] = ()
    ignores_unknown_fields: bool = False
    answers: tuple[type, ...] = ()
    text: str | None = None
    streams: tuple[MediaStream, ...] = ()
    statuses: Mapping[int, str] = {}
    other_statuses: str | None = None
    error: type | None = None
    needs_key: bool = True
    servers: tuple[str, ...] = ()


class Section(Struct, frozen=True):
    """Operations that share types. `schema_prefix` sets the names of their schemas apart from others'."""

    operations: Iterable[Operation]
    schema_prefix: str = ""


class Server(Struct, frozen=True):
    """A base URL under which every operation is found that does not say otherwise."""

    url: str
    description: str


def describe_api(
    sections: Iterable[Section],
    *,
    title: str,
    version: str,
    description: str,
    servers: Iterable[Server],
    security_schemes: Mapping[str, Schema],
    type_prefix: str = "",
) -> dict[str, Any]:
    """Return the document. Schemas have their types' names, without `type_prefix`.

    Raises ValueError where two sections have a schema of the same name, or two rows that are one path do not
    stand under the same base URLs.
    """
    components: dict[str, Any] = {}
    paths: dict[str, dict[str, Any]] = {}
    for section in sections:
        rows = list(section.operations)
        schemas = _Schemas(rows, type_prefix, section.schema_prefix)
        if doubled := components.keys() & schemas.components.keys():
            raise ValueError(f"two sections have schemas named {sorted(doubled)}")
        components |= schemas.components
        for row in rows:
            path = paths.setdefault(row.path, {})
            bases = [{"url": url} for url in row.servers]
            if path and path.get("servers", []) != bases:
                raise ValueError(f"{row.path} stands under two sets of base URLs")
            if row.method.lower() in path:
                raise ValueError(f"{row.method} {row.path} is described twice")
            path[row.method.lower()] = _describe(row, schemas)
            if bases:
                path["servers"] = bases
    document = {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "description": description},
        "servers": msgspec.to_builtins(list(servers)),
        # Any one of these, or none at all where the gateway runs without keys.
        "security": [*({name: []} for name in security_schemes), {}],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": dict(security_schemes)},
    }
    builtins: dict[str, Any] = msgspec.to_builtins(document)
    return builtins


def path_parameters(path: str, *, tails: Collection[str] = ("model",)) -> tuple[Schema, ...]:
    """Return the parameters that a path's placeholders stand for: one segment each, but for `tails`."""
    anything: Schema = {"type": "string", "minLength": 1}
    return tuple(
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": anything if name in tails else {**anything, "pattern": "^[^/:]+$"},
        }
        for name in re.findall(r"{(\w+)}", path)
    )


class _Schemas:
    """The components of a section, and where each type stands among them."""

    def __init__(self, rows: list[Operation], type_prefix: str, schema_prefix: str) -> None:
        types: dict[type, None] = {}
        for row in rows:
            items = (item for stream in row.streams for item in stream.items)
            types.update(dict.fromkeys(t for t in (row.request, row.error, *row.answers, *items) if t))
        schemas, components = json.schema_components(tuple(types), ref_template="#/components/schemas/{name}")
        self._names = {name: schema_prefix + name.removeprefix(type_prefix) for name in components}
        (refs, self.components) = _rename((schemas, components), self._names)
        self._by_type = dict(zip(types, refs, strict=True))
        for row in rows:
            self._constrain(row)

    def of(self, *types: type) -> Schema:
        """Return the schema of a value of one of these types."""
        schemas: list[Schema] = [self._by_type[type] for type in types]
        return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}

    def _constrain(self, row: Operation) -> None:
        for type, fields in row.constraints.items():
            properties = self._component(type)["properties"]
            for name, keywords in fields.items():
                _constrain(properties[name], keywords)
        for type, variants in row.variants.items():
            self._component(type)["anyOf"] = list(variants)
        if row.request is None:
            return
        component = self._component(row.request)
        if row.ignores_unknown_fields:
            component["additionalProperties"] = True
        if row.required:
            component["required"] = list(row.required)
        for name in row.required:
            _forbid_null(component["properties"][name])

    def _component(self, type: type) -> Schema:
        component: Schema = self.components[self._names[type.__name__]]
        return component


def _rename(tree: Any, names: Mapping[str, str]) -> Any:
    """Give the schemas their names: what sets types apart in the code says nothing to the reader."""
    pattern = rf'"(title":"|#/components/schemas/)?({"|".join(names)})"'
    renamed = re.sub(pattern, lambda m: f'"{m[1] or ""}{names[m[2]]}"', json.encode(tree).decode())
    return json.decode(renamed)


def _constrain(schema: Schema, keywords: Schema) -> None:
    """Add keywords to those parts of a field's schema whose kind of value they speak of."""
    for part in schema.get("anyOf", [schema]):
        part.update({word: given for word, given in keywords.items() if part.get("type") in _SPEAKS_OF[word]})


def _forbid_null(schema: Schema) -> None:
    schema.pop("default", None)
    parts = [part for part in schema.pop("anyOf", []) if part.get("type") != "null"]
    if len(parts) == 1:
        schema.update(parts[0])
    elif parts:
        schema["anyOf"] = parts


def _describe(row: Operation, schemas: _Schemas) -> dict[str, Any]:
    described: dict[str, Any] = {"operationId": row.id, "summary": row.summary, "tags": [row.tag]}
    if row.parameters:
        described["parameters"] = list(row.parameters)
    if row.request is not None:
        content = {"application/json": {"schema": schemas.of(row.request)}}
        described["requestBody"] = {"required": True, "content": content}
    if not row.needs_key:
        described["security"] = [{}]
    responses: dict[str, Any] = {}
    if row.answers or row.streams or row.text is not None:
        responses["200"] = _describe_success(row, schemas)
    reasons = {str(status): reason for status, reason in sorted(row.statuses.items())}
    if row.other_statuses is not None:
        reasons["default"] = row.other_statuses
    for status, reason in reasons.items():
        responses[status] = {"description": reason}
        if row.error is not None:
            responses[status]["content"] = {"application/json": {"schema": schemas.of(row.error)}}
    described["responses"] = responses
    return described


def _describe_success(row: Operation, schemas: _Schemas) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if row.answers:
        content["application/json"] = {"schema": schemas.of(*row.answers)}
    if row.text is not None:
        content[row.text] = {"schema": {"type": "string"}}
    for stream in row.streams:
        content[stream.media_type] = _describe_stream(stream, schemas)
    return {"description": row.summary, "content": content}


def _describe_stream(stream: MediaStream, schemas: _Schemas) -> Schema:
    items = {"oneOf": [schemas.of(item) for item in stream.items]} if stream.items else {"type": "object"}
    if stream.media_type != "text/event-stream":
        return {"schema": {"type": "array", "items": items, "description": stream.description}}
    # One event, as its readers understand it.
    data: Schema = {"type": "string", "contentMediaType": "application/json", "contentSchema": items}
    if stream.terminator is not None:
        data = {"anyOf": [{"const": stream.terminator}, data]}
    event = {"type": "object", "properties": {"event": {"type": "string"}, "data": data}}
    return {"schema": {**event, "required": ["data"], "description": stream.description}}
