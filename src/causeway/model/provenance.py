"""Who answered a call, for headers and for dialects that say it in the body."""

from msgspec import Struct


class Provenance(Struct, frozen=True, kw_only=True):
    """Who was asked, and who answered.

    `model_requested` is the caller's name for the model and `model` the provider's. `fallback_index` is
    0 for the primary and counts the fallbacks from 1. `key_name` is the configured name of the provider's
    key, empty where there is none; never its value. `upstream_milliseconds` runs from the request to the
    first part of the answer that counts.
    """

    provider: str
    model: str
    model_requested: str
    request_type: str
    key_name: str = ""
    fallback_index: int = 0
    primary_provider: str = ""
    primary_model: str = ""
    upstream_milliseconds: float = 0.0
