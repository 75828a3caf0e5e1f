"""What Gemini's endpoints beside chat have in common."""

from msgspec import Struct

from causeway.dialects.gemini.encode_error import encode_error
from causeway.model.errors import CausewayError
from causeway.model.loss import LossReport


class GeminiCompanionFace(Struct, frozen=True):
    """A client face."""

    def encode_error(self, error: CausewayError, id: str) -> bytes:  # noqa: ARG002
        """Return the JSON body of an error."""
        return encode_error(error)

    def warning_headers(self, losses: LossReport) -> list[tuple[bytes, bytes]]:  # noqa: ARG002
        """Return none: the dialect has no header for it."""
        return []
