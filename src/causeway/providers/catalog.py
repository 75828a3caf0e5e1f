"""The providers that are known before anything is configured: the rows of `catalog.toml`."""

import tomllib
from importlib.resources import files

import msgspec

from causeway.providers.spec import ProviderSpec


def load_catalog() -> dict[str, ProviderSpec]:
    """Return every row under its name, in the order of the file."""
    text = files("causeway.providers").joinpath("catalog.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)
    return {name: msgspec.convert({"name": name, **row}, ProviderSpec) for name, row in rows.items()}
