"""Who answered, in the body: the `extra_fields` that Bifrost's unified endpoints add to every answer."""

from typing import Any

from causeway.model.provenance import Provenance


def chunk_fields(provenance: Provenance) -> dict[str, Any]:
    """Return what stands in every chunk of a stream; `latency` is in milliseconds."""
    return {
        "request_type": provenance.request_type,
        "provider": provenance.provider,
        "original_model_requested": provenance.model_requested,
        "resolved_model_used": provenance.model,
        "latency": round(provenance.upstream_milliseconds),
    }


def answer_fields(provenance: Provenance) -> dict[str, Any]:
    """Return what stands in a whole answer."""
    routing: dict[str, Any] = {
        "provider": provenance.provider,
        "model": provenance.model,
        "key": provenance.key_name,
        "is_fallback": provenance.fallback_index > 0,
        "primary_provider": provenance.primary_provider,
        "primary_model": provenance.primary_model,
    }
    return {
        **chunk_fields(provenance),
        "routing_info": {name: value for name, value in routing.items() if value},
    }
