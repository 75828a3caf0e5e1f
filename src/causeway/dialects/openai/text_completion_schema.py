"""The body of `POST /completions`, the API from before there were chats, as far as it is read.

Source of truth: OpenAI's API reference and SDK.
"""

from typing import Any

from msgspec import Struct

from causeway.dialects.openai.request_schema import WireStreamOptions


class WireTextRequest(Struct):
    """The body. `logprobs` is how many alternatives of each token are wanted; `fallbacks` is Bifrost's."""

    model: str | None = None
    prompt: str | list[Any] | None = None
    suffix: str | None = None
    echo: bool | None = None
    stream: bool | None = None
    stream_options: WireStreamOptions | None = None
    n: int | None = None
    best_of: int | None = None
    max_tokens: int | None = None
    stop: str | list[str] | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    logprobs: int | None = None
    fallbacks: list[str] | None = None
