"""What is known of a provider before anything is configured: one row of `catalog.toml`."""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

Operation = Literal["chat", "embed", "rerank", "models"]


class ProviderSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A provider's row.

    `base_url` is none where each user has an address of their own. `dialects` and `paths` say for each
    operation what is spoken and where, below the base URL; `{model}` in a path stands for the model's name.
    `versioned_paths` go before `paths` where the query has a dated `api-version`.
    `auth` is how the key is sent: as `bearer`, as `none`, or in the header of this name. `environment`
    names the variables that hold a key, in the order of their weight, `base_url_environment` those that hold
    an address, and `query_environment` those that hold a parameter of the query. `needs_key` is false for
    servers that take none. `is_local` says that the server stands on the user's own machine or network.
    `names_suppliers` says that a name of three parts, `supplier/owner/model`, is sent as
    `owner/model:supplier`. `models` are patterns (`gpt-*`) of the names that it is known to serve, for
    requests that name no provider. `quirks` are the dialect's settings for it. `tier` is `verified` where its
    recorded traffic is in the tests, `community` otherwise.
    """

    name: str
    title: str
    tier: Literal["verified", "community"]
    base_url: str | None = None
    dialects: Mapping[Operation, str]
    paths: Mapping[Operation, str]
    versioned_paths: Mapping[Operation, str] = {}
    auth: str = "bearer"
    environment: tuple[str, ...] = ()
    base_url_environment: tuple[str, ...] = ()
    query_environment: Mapping[str, tuple[str, ...]] = {}
    needs_key: bool = True
    is_local: bool = False
    names_suppliers: bool = False
    models: tuple[str, ...] = ()
    headers: Mapping[str, str] = {}
    query: Mapping[str, str] = {}
    quirks: Mapping[str, Any] = {}
