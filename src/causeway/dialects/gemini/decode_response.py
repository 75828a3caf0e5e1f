"""What Gemini answers as a whole, decoded to the canonical response."""

from causeway.dialects.gemini.read_answer import AnswerReader
from causeway.model.errors import UpstreamProtocolError
from causeway.model.fold import Fold
from causeway.model.response import ChatResponse


def decode_response(body: bytes) -> ChatResponse:
    """Return the canonical response.

    Raises UpstreamProtocolError where the body is no answer, and UpstreamRefusedError where it is an error
    under a status of success.
    """
    reader = AnswerReader(is_whole=True)
    collected = Fold()
    for event in reader.read(body):
        collected.add(event)
    if not reader.has_answer:
        raise UpstreamProtocolError("the provider's answer holds no candidate")
    for event in reader.end():
        collected.add(event)
    return collected.response()
