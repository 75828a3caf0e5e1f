"""`GET /v1/models` and `GET /v1/models/{model}` as Anthropic's callers ask for them.

Source of truth: Anthropic's SDK.
"""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from causeway.dialects.anthropic.companion_face import AnthropicCompanionFace
from causeway.dialects.anthropic.request_body import invalid
from causeway.model.catalog import CatalogPage, CatalogQuery, ModelFacts
from causeway.model.loss import LossReport
from causeway.wire.ascii_json import encode_ascii

PAGE_SIZE_RANGE = (1, 1000)
DEFAULT_PAGE_SIZE = 20

_PARAMETERS = ("limit", "after_id", "before_id")
# When a model was made is not known; Anthropic says the epoch in such a case.
_UNKNOWN_DATE = "1970-01-01T00:00:00Z"


class WireModel(Struct, omit_defaults=True):
    """A model."""

    id: str
    type: Literal["model"]
    display_name: str
    created_at: str
    max_input_tokens: int | None = None


class WireModelList(Struct):
    """A page of models."""

    data: list[WireModel]
    has_more: bool
    first_id: str | None
    last_id: str | None


class AnthropicModels(AnthropicCompanionFace, frozen=True):
    """The client face of the list of models, and of one of them."""

    def decode_query(self, parameters: Mapping[str, str], losses: LossReport) -> CatalogQuery:
        """Return what to list; raises InvalidRequestError, naming the parameter."""
        for name in parameters.keys() - set(_PARAMETERS):
            losses.add("unknown", name, "not a valid parameter")
        if parameters.get("before_id"):
            raise invalid("before_id", "pages are listed forwards only, by after_id")
        return CatalogQuery(
            page_size=_decode_page_size(parameters.get("limit")), after=parameters.get("after_id") or None
        )

    def encode_page(self, page: CatalogPage) -> bytes:
        """Return the JSON body that lists models."""
        data = [_encode(facts) for facts in page.models]
        last = page.next_after or (data[-1].id if data else None)
        first = data[0].id if data else None
        return encode_ascii(WireModelList(data, page.next_after is not None, first, last))

    def encode_model(self, facts: ModelFacts) -> bytes:
        """Return the JSON body that describes one model."""
        return encode_ascii(_encode(facts))


def _encode(facts: ModelFacts) -> WireModel:
    return WireModel(facts.name, "model", facts.name, _UNKNOWN_DATE, facts.context_tokens)


def _decode_page_size(wire: str | None) -> int:
    lowest, highest = PAGE_SIZE_RANGE
    if wire is None:
        return DEFAULT_PAGE_SIZE
    if not wire.isdecimal() or not lowest <= int(wire[:10]) <= highest:
        raise invalid("limit", f"expected a number from {lowest} to {highest}")
    return int(wire)
