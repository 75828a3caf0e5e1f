"""A secret that cannot be printed by accident."""

import hmac


class Secret:
    """Holds a value that `str`, `repr` and formatting hide; `reveal` is the one way to it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value."""
        return self._value

    def masked(self) -> str:
        """Return what may be shown: the first and last four characters, or none of a short secret."""
        value = self._value
        return f"{value[:4]}...{value[-4:]}" if len(value) > 16 else "*" * min(len(value), 8)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "Secret(***)"
