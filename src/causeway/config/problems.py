"""Finds everything that is wrong with a configuration's shape, each with its path, before it is decoded.

msgspec would stop at the first mistake, cannot say in which entry of a table it is, and does not know what
was meant. Values are never repeated: they may be secrets.
"""

import types
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import Struct

from causeway.config.values import decode_value

_MAX_SHOWN_CHARACTERS = 100


class Remark(Struct, frozen=True):
    """Something to be said of a configuration. `path` is the setting's, empty where all of it is meant."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


def find_problems(value: Any, type_: Any, path: str = "") -> Iterator[Remark]:
    """Yield what keeps `value`, as a file was parsed, from being a `type_`."""
    type_ = _chosen_type(value, type_)
    origin, arguments = get_origin(type_), get_args(type_)
    if isinstance(type_, type) and issubclass(type_, Struct):
        yield from _problems_of_struct(value, type_, path)
    elif origin is dict and isinstance(value, Mapping):
        allowed = get_args(arguments[0])
        for name, item in value.items():
            if allowed and name not in allowed:
                yield Remark(path, unknown("field", name, allowed))
            else:
                yield from find_problems(item, arguments[1], _join(path, name))
    elif origin is tuple and isinstance(value, list):
        for index, item in enumerate(value):
            yield from find_problems(item, arguments[0], f"{path}[{index}]")
    elif origin is Literal:
        if value not in arguments:
            yield Remark(path, f"expected one of {', '.join(f'`{word}`' for word in arguments)}")
    else:
        try:
            msgspec.convert(value, type_, dec_hook=decode_value)
        except msgspec.ValidationError as error:
            yield Remark(path, str(error).partition(" - at `$")[0])


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """Return the words for a name that there is not, with the nearest one that there is."""
    near = get_close_matches(name.lower(), sorted(known), n=1, cutoff=0.5)
    shown = name[:_MAX_SHOWN_CHARACTERS]
    return f"unknown {kind} `{shown}`" + (f", did you mean `{near[0]}`?" if near else "")


def _problems_of_struct(value: Any, type_: type[Struct], path: str) -> Iterator[Remark]:
    if not isinstance(value, Mapping):
        yield Remark(path, "expected a table of settings")
        return
    fields = {field.encode_name: field for field in msgspec.structs.fields(type_)}
    for name, item in value.items():
        if name in fields:
            yield from find_problems(item, fields[name].type, _join(path, name))
        else:
            yield Remark(path, unknown("field", name, fields))
    for name, field in fields.items():
        if field.required and name not in value:
            yield Remark(path, f"`{name}` is missing")


def _chosen_type(value: Any, type_: Any) -> Any:
    """Return the member of a union that a value is meant to be, or the type itself."""
    if get_origin(type_) not in (Union, types.UnionType):
        return type_
    members = get_args(type_)
    for member in members:
        is_table = (isinstance(member, type) and issubclass(member, Struct)) or get_origin(member) is dict
        if (is_table and isinstance(value, Mapping)) or (
            get_origin(member) is tuple and isinstance(value, list)
        ):
            return member
    others = [member for member in members if member is not type(None)]
    return others[0] if len(others) == 1 and value is not None else type_


def _join(path: str, name: str) -> str:
    shown = name[:_MAX_SHOWN_CHARACTERS]
    return f"{path}.{shown}" if path else shown
