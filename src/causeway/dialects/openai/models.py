"""`GET /v1/models` and `GET /v1/models/{model}` as OpenAI's callers ask for them.

OpenAI's list has no pages; who asks for one gets it, as with Bifrost. Source of truth: OpenAI's API
reference; Bifrost's OpenAPI document for the parameters.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

from msgspec import Struct

from causeway.dialects.openai.companion_face import OpenAiCompanionFace
from causeway.dialects.openai.request_body import invalid
from causeway.model.catalog import CatalogPage, CatalogQuery, ModelFacts
from causeway.model.loss import LossReport
from causeway.wire.ascii_json import encode_ascii

PAGE_SIZE_RANGE = (1, 1000)
_PARAMETERS = ("provider", "page_size", "page_token")
_OWNER = "causeway"


class WireModel(Struct):
    """A model; when it was made is not known."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class WireModelList(Struct, omit_defaults=True):
    """The models."""

    object: Literal["list"]
    data: list[WireModel]
    next_page_token: str | None = None


class OpenAiModels(OpenAiCompanionFace, frozen=True):
    """The client face of the list of models, and of one of them."""

    request_type: ClassVar[str] = "list_models"

    def decode_query(self, parameters: Mapping[str, str], losses: LossReport) -> CatalogQuery:
        """Return what to list, all of it by default; raises InvalidRequestError, naming the parameter."""
        for name in parameters.keys() - set(_PARAMETERS):
            losses.add("unknown", name, "not a valid parameter")
        return CatalogQuery(
            provider=parameters.get("provider") or None,
            page_size=_decode_page_size(parameters.get("page_size")),
            after=parameters.get("page_token") or None,
        )

    def encode_page(self, page: CatalogPage) -> bytes:
        """Return the JSON body that lists models."""
        data = [_encode(facts) for facts in page.models]
        return encode_ascii(WireModelList("list", data, page.next_after))

    def encode_model(self, facts: ModelFacts) -> bytes:
        """Return the JSON body that describes one model."""
        return encode_ascii(_encode(facts))


def _encode(facts: ModelFacts) -> WireModel:
    provider, slash, _ = facts.name.partition("/")
    return WireModel(facts.name, "model", 0, provider if slash else _OWNER)


def _decode_page_size(wire: str | None) -> int:
    lowest, highest = PAGE_SIZE_RANGE
    if wire is None:
        return highest
    if not wire.isdecimal() or not lowest <= int(wire[:10]) <= highest:
        raise invalid("page_size", f"expected a number from {lowest} to {highest}")
    return int(wire)
