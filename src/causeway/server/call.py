"""What a caller sent, once its body has been read."""

from collections.abc import Mapping

from msgspec import Struct


class Call(Struct, frozen=True):
    """One call: its trace id, body and headers, the query's parameters and the path's.

    `caller` is a name for the key that was presented, empty where none is asked for.
    """

    id: str
    body: bytes
    headers: Mapping[bytes, bytes]
    query: Mapping[str, str]
    path: Mapping[str, str]
    caller: bytes = b""


def path_model(parameters: Mapping[str, str], provider: str | None) -> str:
    """Return the name of the model that a path has; `provider`, if any, is that of a name without one."""
    named = parameters["model"]
    return named if provider is None or "/" in named else f"{provider}/{named}"
