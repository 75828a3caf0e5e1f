"""One call on its way through the pipeline: what was asked, and what has been tried for it."""

from typing import Literal

from msgspec import Struct

from causeway.model.loss import LossReport
from causeway.model.provenance import Provenance
from causeway.model.request import ChatRequest
from causeway.model.usage import Usage
from causeway.providers.network import Headers
from causeway.rules.key_choice import KeyPin
from causeway.rules.stickiness import DEFAULT_TTL_SECONDS

Outcome = Literal["success", "error", "cancelled"]


class CallOptions(Struct, frozen=True, kw_only=True):
    """What a caller asks of the gateway itself, in headers, whatever the operation.

    `key_pin` asks for one of a provider's keys. `session_id` keeps calls on one key for
    `session_ttl_seconds` after the last of them.
    """

    key_pin: KeyPin | None = None
    session_id: str | None = None
    session_ttl_seconds: float = DEFAULT_TTL_SECONDS


class ChatCall(Struct, frozen=True, kw_only=True):
    """A chat request as it was decoded and as it was sent, and what decoding could not keep.

    `caller` is a name for who asks, empty where nobody has to say. `provider_headers` are those of the
    caller's headers that a provider of the same dialect is sent, names in lower case.
    """

    id: str
    request: ChatRequest
    body: bytes
    losses: LossReport
    caller: bytes = b""
    provider_headers: Headers = ()
    options: CallOptions = CallOptions()


class Attempt(Struct, frozen=True):
    """One request to one provider. `error_code` is empty where it succeeded.

    `fallback_index` says for which target it was made: 0 is the primary.
    """

    provider: str
    model: str
    key_name: str
    error_code: str
    status: int
    milliseconds: float
    fallback_index: int = 0


class Trail:
    """The attempts of one call, in order."""

    __slots__ = ("attempts",)

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []


class CallRecord(Struct, frozen=True, kw_only=True):
    """What became of a call. `usage` is what the provider reported, or nothing.

    `ended_unix_seconds` is when it ended, by the clock on the wall; `milliseconds` is how long it took.
    A stream that broke off is an error, and one that its caller left is cancelled: neither is a success.
    """

    id: str
    operation: str
    dialect: str
    model_requested: str
    is_stream: bool
    outcome: Outcome
    status: int
    error_code: str
    provenance: Provenance | None
    attempts: tuple[Attempt, ...]
    usage: Usage | None
    ended_unix_seconds: float
    milliseconds: float
    loss_count: int


_REQUEST_TYPES = {
    ("chat", False): "chat_completion",
    ("chat", True): "chat_completion_stream",
    ("embed", False): "embedding",
}


def request_type(operation: str, is_stream: bool) -> str:
    """Return Bifrost's name for a kind of call, as its headers, logs and metrics have it."""
    return _REQUEST_TYPES.get((operation, is_stream), operation)
