"""A provider's keys as the rules see them."""

from collections.abc import Mapping

from msgspec import Struct

from causeway.model.secret import Secret


class ProviderKey(Struct, frozen=True, kw_only=True):
    """One key of a provider.

    `name` is unique over all providers; it may be shown, the value may not. `models` is an allow-list of the
    names that callers use and `blocked_models` wins over it: `("*",)` is all, `()` is none, else names in any
    case. `weight` is its share where several keys fit. `aliases` gives callers' names to the provider's.
    `base_url` is the key's own address, where the provider has one for each user. `source` says where the key
    was found, for people.
    """

    id: str
    name: str
    value: Secret = Secret("")
    models: tuple[str, ...] = ("*",)
    blocked_models: tuple[str, ...] = ()
    weight: float = 1.0
    aliases: Mapping[str, str] = {}
    is_enabled: bool = True
    base_url: str | None = None
    query: Mapping[str, str] = {}
    source: str = ""
