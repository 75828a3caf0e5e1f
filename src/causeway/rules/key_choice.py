"""Which of a provider's keys is used for a call. Randomness is passed in."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from causeway.model.errors import NoProviderKeyError
from causeway.rules.provider_keys import ProviderKey

# In a list of models: all of them.
ALL = "*"

_ID_HEADER = "x-bf-api-key-id"
_NAME_HEADER = "x-bf-api-key"


class KeyPin(Struct, frozen=True):
    """A caller's wish for one key: the header that says it, and the key's id or name."""

    header: str
    value: str

    def matches(self, key: ProviderKey) -> bool:
        """Whether `key` is the one."""
        return self.value == (key.id if self.header == _ID_HEADER else key.name)


def pin_from_headers(headers: Mapping[bytes, bytes]) -> KeyPin | None:
    """Return the key that a caller pins, by its id before its name, or none."""
    for header in (_ID_HEADER, _NAME_HEADER):
        if value := headers.get(header.encode(), b"").strip():
            return KeyPin(header, value.decode("latin-1"))
    return None


def allows_model(key: ProviderKey, model: str) -> bool:
    """Whether a key's lists let callers use a name; the list of the blocked wins."""
    return _lists(key.models, model) and not _lists(key.blocked_models, model)


def eligible_keys(
    keys: Sequence[ProviderKey], *, provider: str, model: str, pin: KeyPin | None = None
) -> tuple[ProviderKey, ...]:
    """Return the keys that may be used for a name that a caller gave, before aliases; at least one.

    Raises NoProviderKeyError, which names the header of a pin that fits none of them. It never repeats the
    pin: a caller may have put a secret there.
    """
    eligible = tuple(key for key in keys if key.is_enabled and allows_model(key, model))
    if not eligible:
        raise NoProviderKeyError(
            f"no enabled key of provider '{provider}' may be used for model '{model[:200]}'", field="model"
        )
    if pin is not None:
        eligible = tuple(key for key in eligible if pin.matches(key))
        if not eligible:
            raise NoProviderKeyError(
                f"{pin.header} fits no key of provider '{provider}' that may be used for '{model[:200]}'",
                field=pin.header,
            )
    return eligible


def choose_key(
    keys: Sequence[ProviderKey], *, chance: float, sticky_key_id: str | None = None
) -> ProviderKey:
    """Return one of `keys`: the sticky one if it is there, else one by weight.

    `chance` is a random number in [0, 1). A key's share is the integer part of a hundred times its weight;
    where all shares are zero, all keys are alike. Raises ValueError where there are no keys.
    """
    if not keys:
        raise ValueError("there are no keys to choose from")
    if len(keys) == 1:
        return keys[0]
    for key in keys:
        if key.id == sticky_key_id:
            return key
    shares = [max(0, int(key.weight * 100)) for key in keys]
    total = sum(shares)
    if total == 0:
        return keys[int(chance * len(keys))]
    point = int(chance * total)
    for key, share in zip(keys, shares, strict=True):
        if point < share:
            return key
        point -= share
    raise ValueError(f"chance is {chance}, not in [0, 1)")


def resolve_alias(key: ProviderKey, model: str) -> str:
    """Return the provider's name for a caller's name: exact before any case, else the name itself."""
    if model in key.aliases:
        return key.aliases[model]
    wanted = model.lower()
    return next((name for alias, name in key.aliases.items() if alias.lower() == wanted), model)


def validate_models(names: Sequence[str], field: str) -> None:
    """Check a list of models in a configuration; raises ValueError that names `field`."""
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            raise ValueError(f"{field}: '{name}' is there twice; case does not tell names apart")
        seen.add(name.lower())
    if ALL in seen and len(names) > 1:
        raise ValueError(f"{field}: '{ALL}' means all models and stands alone")


def _lists(names: Sequence[str], model: str) -> bool:
    wanted = model.lower()
    return any(name == ALL or name.lower() == wanted for name in names)
