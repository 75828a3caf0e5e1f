"""Values of a configuration that are more than they look: secrets and references, durations, sections of
Bifrost's that nothing here acts on. Each has one way from what a file says to what it means.
"""

import re
from collections.abc import Mapping
from typing import Any

_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h))+")
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_ENVIRONMENT = "env."


class MissingVariableError(Exception):
    """A variable of the environment is not set; `name` is its name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class ConfiguredText:
    """Text that may be secret: written out in the file, or `env.NAME`. Its `repr` never shows the text."""

    __slots__ = ("_text", "variable")

    def __init__(self, text: str = "", variable: str | None = None) -> None:
        self._text = text
        self.variable = variable

    @classmethod
    def parse(cls, value: object) -> "ConfiguredText":
        """Return what a file says: text, `env.NAME`, or an object with `value`, `ref` and `type`.

        Raises ValueError, in words that repeat nothing of the value.
        """
        if isinstance(value, dict):
            value = _text_of_object(value)
        if not isinstance(value, str):
            raise ValueError("expected text, `env.NAME`, or an object with `value`, `ref` and `type`")
        if value.startswith("vault."):
            raise ValueError("`vault.` references are not supported; use `env.NAME`")
        if not value.startswith(_ENVIRONMENT):
            return cls(text=value)
        name = value.removeprefix(_ENVIRONMENT)
        if not _VARIABLE_NAME.fullmatch(name):
            raise ValueError("what follows `env.` is not the name of a variable")
        return cls(variable=name)

    @property
    def is_written_out(self) -> bool:
        """Whether the text itself is in the file."""
        return self.variable is None and bool(self._text)

    def read(self, environment: Mapping[str, str]) -> str:
        """Return the text; raises MissingVariableError."""
        if self.variable is None:
            return self._text
        if self.variable not in environment:
            raise MissingVariableError(self.variable)
        return environment[self.variable]

    def __repr__(self) -> str:
        return f"ConfiguredText({'***' if self.variable is None else _ENVIRONMENT + self.variable})"


class Duration:
    """A length of time: a number of milliseconds, or text such as `500ms`, `5s` or `1m30s`."""

    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    @classmethod
    def parse(cls, value: object) -> "Duration":
        """Return what a file says; raises ValueError."""
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 86_400_000:
            return cls(value / 1000)
        if isinstance(value, str) and len(value) < 40 and _DURATION.fullmatch(value):
            parts = _DURATION_PART.findall(value)
            seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
            if seconds <= 86_400:
                return cls(seconds)
        raise ValueError("expected milliseconds, or text such as `500ms` or `5s`, of at most a day")


class NotActedOn:
    """Stands for a setting that is known and does nothing here. It keeps nothing of what was written.

    `is_set` is false for what changes nothing anyway: `false`, empty.
    """

    __slots__ = ("is_set",)

    def __init__(self, value: object) -> None:
        self.is_set = bool(value)


def decode_value(type_: type, value: Any) -> Any:
    """Return `value` as one of the types of this module: msgspec's `dec_hook`. Raises ValueError."""
    if type_ is ConfiguredText:
        return ConfiguredText.parse(value)
    if type_ is Duration:
        return Duration.parse(value)
    if type_ is NotActedOn:
        return NotActedOn(value)
    raise NotImplementedError(type_)


def describe_value(type_: type) -> dict[str, Any]:
    """Return the JSON Schema of one of the types of this module: msgspec's `schema_hook`."""
    if type_ is ConfiguredText:
        reference = {
            "type": "object",
            "properties": {name: {} for name in sorted(_OBJECT_FIELDS)},
            "additionalProperties": False,
        }
        return {
            "description": "Text, `env.NAME` for a variable of the environment, or an object of either.",
            "anyOf": [{"type": "string"}, reference],
        }
    if type_ is Duration:
        return {
            "description": "Milliseconds, or text such as `500ms` or `5s`.",
            "anyOf": [
                {"type": "integer", "minimum": 0},
                {"type": "string", "pattern": f"^{_DURATION.pattern}$"},
            ],
        }
    if type_ is NotActedOn:
        return {"description": "Known from Bifrost; Causeway does not act on it."}
    raise NotImplementedError(type_)


# `env_var` and `from_env` are older names of Bifrost's for `ref` and `type`.
_OBJECT_FIELDS = {"value", "ref", "type", "env_var", "from_env"}


def _text_of_object(value: dict[Any, Any]) -> object:
    unknown = [name for name in value if name not in _OBJECT_FIELDS]
    if unknown:
        raise ValueError("the object has fields other than `value`, `ref` and `type`")
    reference = value.get("ref") or value.get("env_var")
    kind = value.get("type") or ("env" if value.get("from_env") else None)
    if kind not in (None, "plain_text", "env", "vault"):
        raise ValueError("`type` is none of `plain_text`, `env` and `vault`")
    if not reference:
        return value.get("value")
    # The value beside a reference is what Bifrost shows of it, with asterisks.
    if kind == "env" and isinstance(reference, str) and not reference.startswith(_ENVIRONMENT):
        return _ENVIRONMENT + reference
    return reference
