"""What Cohere's endpoints beside chat have in common."""

from typing import Literal

from causeway.dialects.cohere.face import CohereFace
from causeway.dialects.cohere.request_schema import WireStruct
from causeway.model.errors import InvalidRequestError

ApiVersion = Literal["1", "2"]


class VersionedFace(CohereFace, frozen=True):
    """A face of an endpoint that both versions of the API have."""

    version: ApiVersion

    @property
    def refuses_unknown_fields(self) -> bool:
        """Whether an unknown field is an error. In version 1 Cohere itself only warns of it."""
        return self.is_native and self.version == "2"


class WireVersion(WireStruct):
    """The version of the API that answered."""

    version: ApiVersion


class WireBilled(WireStruct):
    """What is billed."""

    input_tokens: int | None = None
    search_units: int | None = None


class WireMeta(WireStruct):
    """The last part of every answer."""

    api_version: WireVersion
    billed_units: WireBilled | None = None


def usage_hint(page: str) -> str:
    """Return where an endpoint's fields are described."""
    return f"For proper usage, please refer to https://docs.cohere.com/reference/{page}"


def decode_model(name: str | None, version: ApiVersion) -> str:
    """Return the model's name; version 1 allows none. Raises InvalidRequestError."""
    if not name and version == "2":
        raise InvalidRequestError("a model parameter is required for this endpoint.", field="model")
    return name or ""


def invalid(field: str, problem: str) -> InvalidRequestError:
    """Return the error that says what is wrong with a field."""
    return InvalidRequestError(f"invalid request: {field}: {problem}.", field=field)


def at_least_one(field: str, value: int | None) -> int | None:
    """Return the value; raises InvalidRequestError where it is below 1."""
    if value is not None and value < 1:
        raise InvalidRequestError(f"invalid request: {field} must be at least 1.", field=field)
    return value
