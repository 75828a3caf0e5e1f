"""`GET /v1/models`, `GET /v1/models/{model}` and `POST /v1/check-api-key`.

OpenAI's and Bifrost's clients ask at the same paths, at the root and under the frameworks' prefixes, and
are answered as well: one object, with Cohere's `models` and OpenAI's `data`. OpenAI's clients know no
pages, so that a page is as long as it may be where nobody says how long. Source of truth: the three
vendors' OpenAPI documents.
"""

from collections.abc import Mapping
from typing import Literal, get_args

from msgspec.structs import asdict

from causeway.dialects.cohere.companion_face import invalid
from causeway.dialects.cohere.face import CohereFace
from causeway.dialects.cohere.request_schema import WireStruct
from causeway.model.catalog import CatalogPage, CatalogQuery, Endpoint, ModelFacts
from causeway.model.loss import LossReport
from causeway.wire.ascii_json import encode_ascii

ENDPOINTS: Mapping[str, Endpoint] = {name: name for name in get_args(Endpoint)}
PAGE_SIZE_RANGE = (1, 1000)
_BOOLEANS = {"true": True, "false": False}
_PARAMETERS = ("page_size", "page_token", "endpoint", "default_only", "provider")
_OWNER = "causeway"


class WireModel(WireStruct):
    """A model. There is no `tokenizer_url`: clients then have texts tokenised by the gateway."""

    name: str
    endpoints: tuple[Endpoint, ...]
    finetuned: bool
    context_length: int | None = None
    features: tuple[str, ...] | None = None
    default_endpoints: tuple[Endpoint, ...] | None = None


class WireDescribedModel(WireModel, kw_only=True):
    """What `GET /v1/models/{model}` answers: Cohere's and OpenAI's descriptions in one."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class WireListedModel(WireStruct):
    """A model in OpenAI's list, with Bifrost's name of it; when it was made is not known."""

    id: str
    name: str
    object: Literal["model"]
    created: int
    owned_by: str


class WireModels(WireStruct):
    """What `GET /v1/models` answers."""

    models: list[WireModel]
    object: Literal["list"]
    data: list[WireListedModel]
    next_page_token: str | None = None


class WireKeyValidity(WireStruct):
    """What `POST /v1/check-api-key` answers."""

    valid: bool
    organization_id: str
    owner_id: str


class CohereModels(CohereFace, frozen=True):
    """The client face of the list of models, and of one of them."""

    def decode_query(self, parameters: Mapping[str, str], losses: LossReport) -> CatalogQuery:
        """Return what to list; raises InvalidRequestError, naming the parameter."""
        for name in parameters.keys() - set(_PARAMETERS):
            losses.add("unknown", name, "not a valid parameter")
        endpoint = parameters.get("endpoint") or None
        if endpoint is not None and endpoint not in ENDPOINTS:
            raise invalid("endpoint", f"expected one of {', '.join(ENDPOINTS)}")
        default_only = parameters.get("default_only", "false").lower()
        if default_only not in _BOOLEANS:
            raise invalid("default_only", "expected true or false")
        return CatalogQuery(
            endpoint=None if endpoint is None else ENDPOINTS[endpoint],
            default_only=_BOOLEANS[default_only],
            page_size=_decode_page_size(parameters.get("page_size")),
            after=parameters.get("page_token") or None,
            provider=parameters.get("provider") or None,
        )

    def encode_page(self, page: CatalogPage) -> bytes:
        """Return the JSON body that lists models."""
        models = [_encode(facts) for facts in page.models]
        data = [_encode_listed(facts) for facts in page.models]
        return encode_ascii(WireModels(models, "list", data, page.next_after))

    def encode_model(self, facts: ModelFacts) -> bytes:
        """Return the JSON body that describes one model."""
        described = WireDescribedModel(
            **asdict(_encode(facts)), id=facts.name, object="model", created=0, owned_by=_owner(facts)
        )
        return encode_ascii(described)


class CohereKey(CohereFace, frozen=True):
    """The client face of the question whether a key is good."""

    def encode_validity(self) -> bytes:
        """Return the JSON body for a key that is."""
        return encode_ascii(WireKeyValidity(True, _OWNER, _OWNER))


def _encode(facts: ModelFacts) -> WireModel:
    return WireModel(
        name=facts.name,
        endpoints=facts.endpoints,
        finetuned=False,
        context_length=facts.context_tokens,
        features=facts.features,
        default_endpoints=facts.default_endpoints,
    )


def _encode_listed(facts: ModelFacts) -> WireListedModel:
    bare_name = facts.name.partition("/")[2] or facts.name
    return WireListedModel(facts.name, bare_name, "model", 0, _owner(facts))


def _owner(facts: ModelFacts) -> str:
    """Return the provider, whose name comes before the model's."""
    provider, slash, _ = facts.name.partition("/")
    return provider if slash else _OWNER


def _decode_page_size(wire: str | None) -> int:
    lowest, highest = PAGE_SIZE_RANGE
    if wire is None:
        return highest
    try:
        size = float(wire)  # a number of any spelling, since the SDKs' type for it is float
    except ValueError:
        size = -1.0
    if not lowest <= size <= highest:
        raise invalid("page_size", f"must be between {lowest} and {highest}")
    return int(size)
