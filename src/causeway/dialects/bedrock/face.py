"""What every client face of the dialect has."""

from typing import ClassVar

from msgspec import Struct

from causeway.dialects.bedrock.encode_error import encode_error, type_of
from causeway.model.errors import CausewayError
from causeway.model.loss import LossReport


class BedrockFace(Struct, frozen=True):
    """The part of a client face that knows Amazon's errors."""

    dialect: ClassVar[str] = "bedrock"

    def encode_error(self, error: CausewayError, id: str) -> bytes:  # noqa: ARG002
        """Return the JSON body of an error."""
        return encode_error(error)

    def error_headers(self, error: CausewayError) -> list[tuple[bytes, bytes]]:
        """Return the header in which Amazon's SDKs look for the name of an error before its body."""
        return [(b"x-amzn-errortype", type_of(error).encode())]

    def warning_headers(self, losses: LossReport) -> list[tuple[bytes, bytes]]:  # noqa: ARG002
        """Return none: the dialect has no header for it."""
        return []
