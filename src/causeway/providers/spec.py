"""What is known of a provider before anything is configured: one row of `catalog.toml`."""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

# `responses` is a second way to chat, for callers who speak its dialect.
Operation = Literal["chat", "responses", "embed", "rerank", "models", "count_tokens"]


class ProviderSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A provider's row.

    `base_url` is none where each user has an address of their own, and `base_urls_by_region` holds those of
    regions whose address has another form. `dialects` and `paths` say for each operation what is spoken and
    where, below the base URL. `stream_paths` go before `paths` where a stream is asked for, and
    `versioned_paths` before both where the query has a dated `api-version`. In addresses `{region}` and
    `{project}` stand for the key's, `{model}` for the model's name, and `{resource}` for the first of
    `resources` that the name fits, or else the first with the name in the place of its `*`.
    `auth` is how the key is sent: as `bearer`, as `none`, or in the header of this name. With `aws` it is a
    bearer, or there are credentials that sign each request for `aws_service`; with `google` it goes in
    `x-goog-api-key`, or there are credentials that tokens are got for.
    `environment` names the variables that hold a key, in the order of their weight, `base_url_environment`
    those that hold an address, and `query_environment` those that hold a parameter of the query.
    `region_environment` and `project_environment` name those of a key's place; `region` is the one of a key
    that has none. `needs_key` is false for servers that take none. `is_local` says that the server stands on
    the user's own machine or network. `names_suppliers` says that a name of three parts,
    `supplier/owner/model`, is sent as `owner/model:supplier`. `models` are patterns (`gpt-*`) of the names
    that it is known to serve, for requests that name no provider. `quirks` are the dialect's settings for it.
    `stream_media_type` is what its streams are. `tier` is `verified` where its recorded traffic is in the
    tests, `community` otherwise.
    """

    name: str
    title: str
    tier: Literal["verified", "community"]
    base_url: str | None = None
    base_urls_by_region: Mapping[str, str] = {}
    dialects: Mapping[Operation, str]
    paths: Mapping[Operation, str]
    stream_paths: Mapping[Operation, str] = {}
    versioned_paths: Mapping[Operation, str] = {}
    resources: tuple[str, ...] = ()
    auth: str = "bearer"
    aws_service: str = ""
    environment: tuple[str, ...] = ()
    base_url_environment: tuple[str, ...] = ()
    query_environment: Mapping[str, tuple[str, ...]] = {}
    region_environment: tuple[str, ...] = ()
    project_environment: tuple[str, ...] = ()
    region: str = ""
    needs_key: bool = True
    is_local: bool = False
    names_suppliers: bool = False
    models: tuple[str, ...] = ()
    headers: Mapping[str, str] = {}
    query: Mapping[str, str] = {}
    quirks: Mapping[str, Any] = {}
    stream_media_type: str = "text/event-stream"

    def needs(self, place: Literal["region", "project"]) -> bool:
        """Whether an address of the provider has this place to fill, or a signature names it."""
        addresses = (self.base_url or "", *self.paths.values(), *self.stream_paths.values())
        is_signed = self.auth == "aws" and place == "region"
        return is_signed or any(f"{{{place}}}" in address for address in addresses)
