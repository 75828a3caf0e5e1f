"""What all of Anthropic's client faces have in common."""

from msgspec import Struct

from causeway.dialects.anthropic.encode_error import encode_error
from causeway.model.errors import CausewayError
from causeway.model.loss import LossReport


class AnthropicCompanionFace(Struct, frozen=True):
    """A client face, whatever the endpoint."""

    def encode_error(self, error: CausewayError, id: str) -> bytes:
        """Return the JSON body of an error."""
        return encode_error(error, id)

    def warning_headers(self, losses: LossReport) -> list[tuple[bytes, bytes]]:  # noqa: ARG002
        """Return none: the dialect has no header for it."""
        return []
