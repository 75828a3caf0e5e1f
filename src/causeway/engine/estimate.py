"""A cautious guess at how many tokens a text has, for budgets that are set before the engine is asked."""

_ASCII_CHARACTERS_PER_TOKEN = 4
_TOKENS_PER_OTHER_CHARACTER = 2


def estimate_tokens(text: str) -> int:
    """Return about how many tokens the embedded model makes of `text`, rather too many than too few."""
    ascii_characters = len(text.encode("ascii", "ignore"))
    others = len(text) - ascii_characters
    return ascii_characters // _ASCII_CHARACTERS_PER_TOKEN + others * _TOKENS_PER_OTHER_CHARACTER + 1
