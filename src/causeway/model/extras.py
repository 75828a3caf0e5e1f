"""What a dialect says that the canonical model has no place for: kept beside it, not thrown away."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct


class Extras(Struct, frozen=True):
    """Fields of one dialect, as they came.

    The same dialect writes them back; any other reports them as lost. How `fields` is laid out is the
    dialect's own business.
    """

    dialect: str
    fields: Mapping[str, Any]
