"""Signatures of what a model thought: they tell whether it comes back as it was given.

A real model seals its thoughts with a secret. These have none, so that a dialect without state knows its
own again; they prove nothing.
"""

import base64
import binascii
import zlib

_PREFIX = b"scripted signature "


def sign(content: str) -> str:
    """Return the signature of a content, in base64: the same in every run."""
    return base64.b64encode(_seal(content)).decode()


def is_signature_of(signature: str, content: str) -> bool:
    """Return whether this is the content's signature; either alphabet of base64 will do."""
    standard = signature.replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(standard, validate=True) == _seal(content)
    except (binascii.Error, ValueError):
        return False


def _seal(content: str) -> bytes:
    return _PREFIX + b"%08x" % zlib.crc32(content.encode())
