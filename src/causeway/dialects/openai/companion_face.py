"""What OpenAI's endpoints beside chat have in common."""

from typing import ClassVar

from msgspec import Struct

from causeway.dialects.openai.encode_error import encode_error
from causeway.model.errors import CausewayError
from causeway.model.loss import LossReport


class OpenAiCompanionFace(Struct, frozen=True):
    """A client face; `is_unified` paths are Bifrost's own and say in `extra_fields` who answered."""

    is_unified: bool = False
    request_type: ClassVar[str]

    def encode_error(self, error: CausewayError, id: str) -> bytes:
        """Return the JSON body of an error."""
        return encode_error(error, id, is_unified=self.is_unified, request_type=self.request_type)

    def warning_headers(self, losses: LossReport) -> list[tuple[bytes, bytes]]:  # noqa: ARG002
        """Return none: the dialect has no header for it."""
        return []


class OpenAiUnserved(OpenAiCompanionFace, frozen=True):
    """The face of what is known and not served: it has errors only, and nothing has been asked."""

    request_type: ClassVar[str] = ""
