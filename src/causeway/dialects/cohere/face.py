"""What every endpoint of Cohere's does alike: how it tells errors, and what was lost."""

from msgspec import Struct

from causeway.dialects.cohere.encode_error import encode_error, encode_warning
from causeway.model.errors import CausewayError
from causeway.model.loss import LossReport


class CohereFace(Struct, frozen=True):
    """A client face; `is_native` paths answer errors as Cohere does, the others as gateways do."""

    is_native: bool

    def encode_error(self, error: CausewayError, id: str) -> bytes:
        """Return the JSON body of an error."""
        return encode_error(error, id=id, is_native=self.is_native)

    def warning_headers(self, losses: LossReport) -> list[tuple[bytes, bytes]]:
        """Return `X-API-Warning` where something was lost."""
        warning = encode_warning(losses)
        return [] if warning is None else [(b"x-api-warning", warning)]
