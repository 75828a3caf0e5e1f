"""Images of a request: where they are, how they are written, and how many there may be.

Limits and formats are Cohere's: 20 images or 20 MB in total; PNG, JPEG, WEBP and GIF. An image behind
a URL is not fetched here; a `data:` URI is decoded, so that a broken one fails before it costs.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from typing import Literal, cast

from causeway.dialects.cohere.request_schema import ImageContent
from causeway.model.content import ImageBlock
from causeway.model.errors import InvalidRequestError

MAX_IMAGES = 20
MAX_IMAGES_BYTES = 20 * 1024 * 1024

_DETAILS = ("auto", "low", "high")
_DATA_URI = re.compile(r"data:image/(?:png|jpe?g|webp|gif);base64,", re.IGNORECASE)


def decode_image(block: ImageContent, path: str) -> ImageBlock:
    """Return an image; raises InvalidRequestError, naming the field at `path`."""
    url, detail = block.image_url.url, block.image_url.detail
    if url[:5].lower() == "data:":
        _check_data_uri(url, f"{path}.url")
    elif not url.startswith(("https://", "http://")):
        raise InvalidRequestError(
            f"invalid request: {path}.url: expected an http(s) URL or a data:image/ URI.",
            field=f"{path}.url",
        )
    if detail is not None and detail not in _DETAILS:
        raise InvalidRequestError(
            f"invalid request: {path}.detail: expected one of auto, low, high.", field=f"{path}.detail"
        )
    return ImageBlock(url, cast(Literal["auto", "low", "high"] | None, detail))


def limit_images(images: Iterable[ImageBlock]) -> None:
    """Raise InvalidRequestError where a request has more images than Cohere takes."""
    urls = [image.url for image in images]
    if len(urls) > MAX_IMAGES:
        raise InvalidRequestError(
            f"invalid request: messages: too many images, maximum is {MAX_IMAGES}, received {len(urls)}.",
            field="messages",
        )
    # Base64 carries three bytes in four characters.
    size_bytes = sum(len(url) * 3 // 4 for url in urls if url[:5].lower() == "data:")
    if size_bytes > MAX_IMAGES_BYTES:
        raise InvalidRequestError(
            f"invalid request: messages: images exceed {MAX_IMAGES_BYTES} bytes in total.", field="messages"
        )


def _check_data_uri(url: str, field: str) -> None:
    head = _DATA_URI.match(url)
    if head is None:
        raise InvalidRequestError(
            f"invalid request: {field}: expected a base64 data: URI of a PNG, JPEG, WEBP or GIF image.",
            field=field,
        )
    try:
        base64.b64decode(url[head.end() :], validate=True)
    except (binascii.Error, ValueError):
        raise InvalidRequestError(f"invalid request: {field}: not valid base64.", field=field) from None
