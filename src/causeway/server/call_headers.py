"""The gateway's own headers, the same in every dialect: what callers ask of it, and what it tells them.

Source of truth: Bifrost's headers (`x-bf-*` in, `x-bifrost-*` out), and Causeway's own for losses.
"""

from collections.abc import Mapping
from functools import lru_cache

from causeway.dialects.table import forwarded_headers
from causeway.model.errors import InvalidRequestError
from causeway.model.loss import LossReport
from causeway.model.provenance import Provenance
from causeway.pipeline.call import CallOptions
from causeway.providers.network import Headers as ProviderHeaders
from causeway.rules.key_choice import pin_from_headers
from causeway.rules.stickiness import parse_session_ttl
from causeway.server.asgi import Headers

STRICT_HEADER = b"x-causeway-strict"
LOSS_HEADER = b"x-causeway-loss"
_MAX_LOSS_CHARACTERS = 2000
_MAX_NAME_CHARACTERS = 500
_OPTION_HEADERS = frozenset((b"x-bf-api-key-id", b"x-bf-api-key", b"x-bf-session-id", b"x-bf-session-ttl"))
_NO_OPTIONS = CallOptions()
_BOOLEANS = {b"true": True, b"1": True, b"false": False, b"0": False}


def decode_options(headers: Mapping[bytes, bytes]) -> CallOptions:
    """Return what a caller asks of the gateway itself; raises InvalidRequestError, naming the header."""
    if _OPTION_HEADERS.isdisjoint(headers):
        return _NO_OPTIONS
    return CallOptions(
        key_pin=pin_from_headers(headers),
        session_id=_text(headers, b"x-bf-session-id"),
        session_ttl_seconds=parse_session_ttl(_text(headers, b"x-bf-session-ttl")),
    )


def decode_provider_headers(headers: Mapping[bytes, bytes], dialect: str) -> ProviderHeaders:
    """Return those of a caller's headers that providers of its `dialect` are sent.

    Raises InvalidRequestError, naming the header, for one that is not ASCII.
    """
    names = [name for name in forwarded_headers(dialect) if name in headers]
    return tuple((name.decode(), _plain(name, headers[name])) for name in names)


def decode_strictness(headers: Mapping[bytes, bytes], default: bool) -> bool:
    """Return whether losses are forbidden; raises InvalidRequestError for what is no boolean."""
    value = headers.get(STRICT_HEADER)
    if value is None:
        return default
    strictness = _BOOLEANS.get(value.strip().lower())
    if strictness is None:
        raise InvalidRequestError(
            "invalid request: header x-causeway-strict: expected true or false.", field="x-causeway-strict"
        )
    return strictness


def encode_provenance(provenance: Provenance) -> Headers:
    """Return the headers that say who answered."""
    headers = _encode_who(
        provenance.provider,
        provenance.model_requested[:_MAX_NAME_CHARACTERS],
        provenance.model[:_MAX_NAME_CHARACTERS],
        provenance.request_type,
        provenance.key_name,
    )
    if provenance.fallback_index == 0:
        return headers
    return [
        *headers,
        (b"x-bifrost-fallback-index", str(provenance.fallback_index).encode()),
        (b"x-bifrost-routing-info-is-fallback", b"true"),
        (b"x-bifrost-routing-info-primary-provider", _ascii(provenance.primary_provider)),
        (b"x-bifrost-routing-info-primary-model", _ascii(provenance.primary_model[:_MAX_NAME_CHARACTERS])),
    ]


@lru_cache(maxsize=1024)
def _encode_who(provider: str, model_requested: str, model: str, request_type: str, key_name: str) -> Headers:
    """Return headers that nobody may change: they are made once, and are the same in most answers."""
    headers = [
        (b"x-bifrost-provider", _ascii(provider)),
        (b"x-bifrost-original-model", _ascii(model_requested)),
        (b"x-bifrost-resolved-model", _ascii(model)),
        (b"x-bifrost-request-type", _ascii(request_type)),
    ]
    if key_name:
        headers.append((b"x-bifrost-routing-info-key", _ascii(key_name)))
    return headers


def encode_losses(losses: LossReport) -> Headers:
    """Return the header that names every loss, each as its kind and the path of what was lost."""
    if not losses.losses:
        return []
    named = [f"{loss.kind} {loss.path}" for loss in losses.losses]
    if losses.uncounted:
        named.append(f"and {losses.uncounted} more")
    value = ", ".join(named)
    if len(value) > _MAX_LOSS_CHARACTERS:
        value = f"{value[: _MAX_LOSS_CHARACTERS - 3]}..."
    return [(LOSS_HEADER, _ascii(value))]


def _plain(name: bytes, value: bytes) -> str:
    text = value.decode("latin-1")
    if not (text.isascii() and text.isprintable()):
        raise InvalidRequestError(
            f"invalid request: header {name.decode()}: expected printable ASCII.", field=name.decode()
        )
    return text


def _text(headers: Mapping[bytes, bytes], name: bytes) -> str | None:
    value = headers.get(name, b"").strip()
    return value.decode("latin-1") if value else None


def _ascii(text: str) -> bytes:
    if text.isascii() and text.isprintable():
        return text.encode()
    return "".join(character if " " <= character <= "~" else "?" for character in text).encode()
