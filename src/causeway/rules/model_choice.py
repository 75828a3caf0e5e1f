"""Which model answers a request that names one."""

from collections.abc import Collection

from msgspec import Struct

from causeway.model.errors import ModelNotFoundError


class ModelChoice(Struct, frozen=True):
    """The model that answers, and whether it stands in for another that was asked for."""

    name: str
    is_substitute: bool


def choose_model(requested: str, served: Collection[str], default: str, *, strict: bool) -> ModelChoice:
    """Return the model for `requested`, a name with or without the `local/` prefix.

    An application written for a hosted model works on the first try: a name that nobody serves is
    answered by `default`. With `strict` it raises ModelNotFoundError instead. An empty name asks for
    the default.
    """
    if not requested:
        return ModelChoice(default, is_substitute=False)
    for name in (requested, f"local/{requested}"):
        if name in served:
            return ModelChoice(name, is_substitute=False)
    if strict:
        raise ModelNotFoundError(
            f"model '{requested[:200]}' not found, make sure the correct model ID was used and that you "
            "have access to the model.",
            field="model",
        )
    return ModelChoice(default, is_substitute=True)
