"""Text to a model's tokens and back."""

from msgspec import Struct


class TokenizeRequest(Struct, frozen=True):
    """One text to split. `model` is the name that the caller used."""

    model: str
    text: str


class Tokenization(Struct, frozen=True):
    """A text's tokens, and the text of each; a token that is part of a character has `U+FFFD` in it."""

    token_ids: tuple[int, ...]
    pieces: tuple[str, ...]


class DetokenizeRequest(Struct, frozen=True):
    """Tokens to join. `model` is the name that the caller used."""

    model: str
    token_ids: tuple[int, ...]
