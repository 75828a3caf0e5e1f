"""The work that is measured: n conversations at once, each answered with a fixed number of tokens."""

from statistics import median

from msgspec import Struct

STREAMS = (1, 4, 8)
MAX_TOKENS = 100
ROUNDS = 5
SYSTEM_TEXT = "You are a helpful assistant. Answer briefly and factually."


class Outcome(Struct):
    """How one round went. `first_token_seconds` has an entry for each stream."""

    tokens: int
    wall_seconds: float
    first_token_seconds: list[float]

    @property
    def tokens_per_second(self) -> float:
        """Tokens of all streams together, prompts' reading included in the time."""
        return self.tokens / self.wall_seconds


def question(round_number: int, stream: int) -> str:
    """Return a question that was not asked before, so that no cache answers it."""
    return f"Tell a long story about traveller {round_number * 100 + stream}, a lighthouse and the sea."


def spread(values: list[float]) -> str:
    """Return the median with the lowest and the highest."""
    return f"{median(values):8.1f}  ({min(values):.1f} .. {max(values):.1f})"
