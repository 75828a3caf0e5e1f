"""When to ask again, whom, and after how long. Clock and randomness are passed in."""

from msgspec import Struct


class RetryPolicy(Struct, frozen=True, kw_only=True):
    """How often a failed attempt is repeated at the same provider, and the bounds of the wait between."""

    max_retries: int = 2
    backoff_initial_seconds: float = 0.5
    backoff_max_seconds: float = 5.0
