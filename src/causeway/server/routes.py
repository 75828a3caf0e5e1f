"""Finds the endpoint of a path and a method. It knows paths, and nothing of what they do."""

import re
from collections.abc import Iterable, Mapping
from typing import Generic, Protocol, TypeVar

from msgspec import Struct

from causeway.dialects.faces import ClientFace
from causeway.rules.memo import Memo

_PLACEHOLDER = re.compile(r"{(?P<name>\w+)(?P<is_tail>\*?)}")


class Routable(Protocol):
    """Something that stands at a path. In it `{name}` is one segment and `{name*}` all that follows."""

    @property
    def method(self) -> str:
        """The HTTP method."""

    @property
    def path(self) -> str:
        """The path."""

    @property
    def face(self) -> ClientFace:
        """Whose shape errors take."""


Endpoint = TypeVar("Endpoint", bound=Routable)


class Found(Struct, Generic[Endpoint], frozen=True):
    """What stands at a path: an endpoint for each method, and what the placeholders stand for."""

    endpoints: Mapping[str, Endpoint]
    parameters: Mapping[str, str]


class Routes(Generic[Endpoint]):
    """A table of endpoints. A path without placeholders goes first, then the first that fits."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        fixed: dict[str, dict[str, Endpoint]] = {}
        patterns: dict[str, dict[str, Endpoint]] = {}
        for endpoint in endpoints:
            table = patterns if "{" in endpoint.path else fixed
            table.setdefault(endpoint.path, {})[endpoint.method] = endpoint
        self._fixed = {path: Found(methods, {}) for path, methods in fixed.items()}
        self._patterns = [(_compile(path), methods) for path, methods in patterns.items()]
        # Some hundred patterns, and callers who name their models in the path ask for the same few.
        self._found = Memo(self._find_pattern, len)

    def find(self, path: str) -> Found[Endpoint] | None:
        """Return what stands at a path, already percent-decoded."""
        return self._fixed.get(path) or self._found[path]

    def _find_pattern(self, path: str) -> Found[Endpoint] | None:
        for pattern, methods in self._patterns:
            if match := pattern.fullmatch(path):
                return Found(methods, match.groupdict())
        return None


def _compile(path: str) -> re.Pattern[str]:
    pattern, end = "", 0
    for placeholder in _PLACEHOLDER.finditer(path):
        characters = ".+" if placeholder["is_tail"] else "[^/:]+"
        pattern += re.escape(path[end : placeholder.start()]) + f"(?P<{placeholder['name']}>{characters})"
        end = placeholder.end()
    return re.compile(pattern + re.escape(path[end:]), re.DOTALL)
