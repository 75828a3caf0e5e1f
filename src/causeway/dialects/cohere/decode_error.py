"""The errors that Cohere answers with, and those of gateways and proxies that stand before it.

Nothing here fails: a body that says nothing readable still has its status. Source of truth: Cohere's
OpenAPI document, and `error_type` as it was reported of answers with 422.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from causeway.model.errors import UpstreamRefusedError

MAX_MESSAGE_CHARACTERS = 2000
# Where a gateway gives the position of a field, it begins with the part of the request.
_REQUEST_PARTS = ("body", "query", "path", "header")


def decode_error(status: int, body: bytes) -> UpstreamRefusedError:
    """Return the error that an answer of this status tells."""
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        decoded = None
    said = decoded if isinstance(decoded, dict) else {}
    inner = said.get("error")
    if isinstance(inner, dict):  # the envelope of gateways
        said = {**said, **inner}
    problem, param = _decode_detail(said.get("detail"))
    message = _text(said.get("message")) or problem or _text(inner)
    code = _text(said.get("code"))
    return UpstreamRefusedError(
        _bounded(message) if message else f"the provider answered with status {status} and no message",
        status=status,
        type=_text(said.get("error_type")) or _text(said.get("type")),
        param=param or _text(said.get("param")),
        provider_code=_text(said.get("error_type")) or code,
    )


def _decode_detail(detail: Any) -> tuple[str | None, str | None]:
    """Return message and field of FastAPI's `detail`: a text, or problems with their positions."""
    problems = [one for one in detail if isinstance(one, dict)] if isinstance(detail, list) else []
    if not problems:
        return _text(detail), None
    texts = [_decode_problem(problem) for problem in problems]
    return "; ".join(text for text in texts if text), _decode_position(problems[0])


def _decode_problem(problem: Mapping[str, Any]) -> str:
    position, words = _decode_position(problem), _text(problem.get("msg"))
    return ": ".join(part for part in (position, words) if part)


def _decode_position(problem: Mapping[str, Any]) -> str | None:
    steps = problem.get("loc")
    if not isinstance(steps, list):
        return None
    path = ""
    for step in steps[1:] if steps[:1] and steps[0] in _REQUEST_PARTS else steps:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return path.removeprefix(".") or None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _bounded(text: str) -> str:
    return text if len(text) <= MAX_MESSAGE_CHARACTERS else f"{text[:MAX_MESSAGE_CHARACTERS]}..."
