"""What Cohere's chat has and OpenAI's has not, taken here under Cohere's names, and `fallbacks`.

With them an application on OpenAI's SDK can ask for a grounded answer (`extra_body={"documents": [...]}`).
"""

from collections.abc import Mapping
from typing import TypeVar

from causeway.dialects.openai.request_body import invalid, invalid_choice
from causeway.dialects.openai.request_schema import WireCitationOptions, WireDocument
from causeway.model.content import Document
from causeway.model.request import CitationMode, SafetyMode

# A body with one of these means nothing to a provider of the dialect.
EXTENSIONS = ("documents", "citation_options", "safety_mode", "priority")
CITATION_MODES: Mapping[str, CitationMode] = {
    "ENABLED": "accurate",
    "ACCURATE": "accurate",
    "FAST": "fast",
    "DISABLED": "off",
    "OFF": "off",
}
SAFETY_MODES: Mapping[str, SafetyMode] = {
    "CONTEXTUAL": "contextual",
    "STRICT": "strict",
    "OFF": "off",
    "NONE": "off",
}
PRIORITY_RANGE = (0, 999)

Mode = TypeVar("Mode")


def decode_documents(wire: list[str | WireDocument] | None) -> tuple[Document, ...]:
    """Return the documents; raises InvalidRequestError where two have one id."""
    documents: list[Document] = []
    index_of: dict[str, int] = {}
    for index, item in enumerate(wire or ()):
        if isinstance(item, str):
            documents.append(Document(item))
            continue
        if item.id is not None:
            if item.id in index_of:
                raise invalid(f"documents[{index}].id", f"documents[{index_of[item.id]}] has the same")
            index_of[item.id] = index
        documents.append(Document(item.data, item.id))
    return tuple(documents)


def decode_citation_mode(wire: WireCitationOptions | None) -> CitationMode | None:
    """Return how to cite; raises InvalidRequestError."""
    return _mode_of("citation_options.mode", None if wire is None else wire.mode, CITATION_MODES)


def decode_safety_mode(wire: str | None) -> SafetyMode | None:
    """Return how careful to be; raises InvalidRequestError."""
    return _mode_of("safety_mode", wire, SAFETY_MODES)


def decode_priority(wire: int | None) -> int:
    """Return the place in the queue, 0 for the first; raises InvalidRequestError."""
    lowest, highest = PRIORITY_RANGE
    if wire is not None and not lowest <= wire <= highest:
        raise invalid("priority", f"expected a value from {lowest} to {highest}, got {str(wire)[:50]}")
    return wire or 0


def decode_fallbacks(wire: list[str] | None) -> tuple[str, ...]:
    """Return the models to ask where the first one fails; raises InvalidRequestError."""
    for index, name in enumerate(wire or ()):
        if not name:
            raise invalid(f"fallbacks[{index}]", "expected the name of a model")
    return tuple(wire or ())


def _mode_of(field: str, wire: str | None, modes: Mapping[str, Mode]) -> Mode | None:
    if wire is None:
        return None
    if wire.upper() not in modes:
        raise invalid_choice(field, wire, tuple(modes))
    return modes[wire.upper()]
