"""The list of models, and one of them, as Google's callers ask for them.

Source of truth: Google's API reference, and its SDK.
"""

from collections.abc import Mapping

from msgspec import Struct

from causeway.dialects.gemini.companion_face import GeminiCompanionFace
from causeway.dialects.gemini.request_body import invalid
from causeway.model.catalog import CatalogPage, CatalogQuery, Endpoint, ModelFacts
from causeway.model.loss import LossReport
from causeway.wire.ascii_json import encode_ascii

PAGE_SIZE_RANGE = (1, 1000)
DEFAULT_PAGE_SIZE = 50
# The last are what every Google API takes, and the key's own check sees to the first of them.
_PARAMETERS = frozenset({"pageSize", "pageToken", "queryBase", "key", "alt", "$alt", "prettyPrint", "fields"})
METHODS: Mapping[Endpoint, tuple[str, ...]] = {
    "chat": ("generateContent", "countTokens"),
    "embed": ("embedContent",),
}


class WireModel(Struct, rename="camel", omit_defaults=True):
    """A model. Its limit is told where it is known."""

    name: str
    display_name: str
    supported_generation_methods: list[str]
    input_token_limit: int | None = None


class WireModelList(Struct, rename="camel", omit_defaults=True):
    """The models."""

    models: list[WireModel]
    next_page_token: str | None = None


class GeminiModels(GeminiCompanionFace, frozen=True):
    """The client face of the list of models, and of one of them."""

    def decode_query(self, parameters: Mapping[str, str], losses: LossReport) -> CatalogQuery:
        """Return what to list; raises InvalidRequestError, naming the parameter."""
        for name in parameters.keys() - _PARAMETERS:
            losses.add("unknown", name, "not a valid parameter")
        return CatalogQuery(
            page_size=_decode_page_size(parameters.get("pageSize")),
            after=parameters.get("pageToken") or None,
        )

    def encode_page(self, page: CatalogPage) -> bytes:
        """Return the JSON body that lists models."""
        return encode_ascii(WireModelList([_encode(facts) for facts in page.models], page.next_after))

    def encode_model(self, facts: ModelFacts) -> bytes:
        """Return the JSON body that describes one model."""
        return encode_ascii(_encode(facts))


def _encode(facts: ModelFacts) -> WireModel:
    methods = [method for endpoint in facts.endpoints for method in METHODS.get(endpoint, ())]
    return WireModel(f"models/{facts.name}", facts.name, methods, facts.context_tokens)


def _decode_page_size(wire: str | None) -> int:
    lowest, highest = PAGE_SIZE_RANGE
    if not wire or wire == "0":
        return DEFAULT_PAGE_SIZE
    if not wire.isdecimal():
        raise invalid("pageSize", f"expected a number from {lowest} to {highest}")
    return min(int(wire[:10]), highest)  # as Google does with what is too large
