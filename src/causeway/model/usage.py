"""What a call used, in tokens and billed units."""

from msgspec import Struct


class Usage(Struct, frozen=True, kw_only=True):
    """Token counts of one call.

    `input_tokens` counts the whole prompt, cached part and the model's own scaffolding included;
    `billed_input_tokens` counts what the caller sent. `cached_tokens` were read from the provider's cache
    and `cache_write_tokens` written to it. `reasoning_tokens` are part of `output_tokens`. `None`
    means that nobody reported it, which is not the same as zero.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    billed_input_tokens: int = 0
    billed_output_tokens: int = 0
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    image_tokens: int | None = None
    search_units: int | None = None
    classifications: int | None = None
