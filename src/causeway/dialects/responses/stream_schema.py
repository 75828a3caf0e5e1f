"""The events of a streamed response, as one type: every event is some of these fields.

Source of truth: OpenAI's SDK (`openai.types.responses.response_stream_event`), and recorded streams.
"""

from typing import Any

from msgspec import Struct


class WireEvent(Struct):
    """An event. The fields after `type` say what it is about, the others what is new."""

    type: str
    output_index: int = 0
    content_index: int = 0
    delta: Any = None
    item: dict[str, Any] | None = None
    part: dict[str, Any] | None = None
    annotation: dict[str, Any] | None = None
    logprobs: list[Any] | None = None
    arguments: Any = None
    text: Any = None
    refusal: Any = None
    response: dict[str, Any] | None = None
    error: Any = None
    message: Any = None
    code: Any = None
    param: Any = None
