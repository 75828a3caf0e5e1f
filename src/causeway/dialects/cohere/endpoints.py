"""Where Cohere's API stands: without a prefix it is Cohere's own and strict, under one it is lenient."""

from collections.abc import Iterator

from causeway.dialects.cohere.chat_face import CohereChat
from causeway.dialects.cohere.embed import CohereEmbed
from causeway.dialects.cohere.face import CohereFace
from causeway.dialects.cohere.models import CohereKey, CohereModels
from causeway.dialects.cohere.rerank import CohereRerank
from causeway.dialects.cohere.tokenize import CohereDetokenize, CohereTokenize
from causeway.dialects.cohere.v1_chat_face import CohereV1Chat
from causeway.dialects.endpoints import (
    ChatEndpoint,
    DetokenizeEndpoint,
    EmbedEndpoint,
    Endpoint,
    KeyEndpoint,
    ModelEndpoint,
    ModelsEndpoint,
    RerankEndpoint,
    TokenizeEndpoint,
    UnservedEndpoint,
)
from causeway.dialects.mounts import mounts

COHERE_PREFIXES = mounts("cohere")

# What else Cohere's SDKs can call.
COHERE_UNSERVED = (
    ("POST", "/v1/generate"),
    ("POST", "/v1/classify"),
    ("POST", "/v1/summarize"),
    ("POST", "/v2/parse"),
    ("POST", "/v2/audio/transcriptions"),
    ("GET", "/v2/batches"),
    ("POST", "/v2/batches"),
    ("GET", "/v2/batches/{id}"),
    ("POST", "/v2/batches/{id}:cancel"),
    ("GET", "/v1/embed-jobs"),
    ("POST", "/v1/embed-jobs"),
    ("GET", "/v1/embed-jobs/{id}"),
    ("POST", "/v1/embed-jobs/{id}/cancel"),
    ("GET", "/v1/datasets"),
    ("POST", "/v1/datasets"),
    ("GET", "/v1/datasets/usage"),
    ("GET", "/v1/datasets/{id}"),
    ("DELETE", "/v1/datasets/{id}"),
    ("GET", "/v1/connectors"),
    ("POST", "/v1/connectors"),
    ("GET", "/v1/connectors/{id}"),
    ("PATCH", "/v1/connectors/{id}"),
    ("DELETE", "/v1/connectors/{id}"),
    ("POST", "/v1/connectors/{id}/oauth/authorize"),
    ("GET", "/v1/finetuning/finetuned-models"),
    ("POST", "/v1/finetuning/finetuned-models"),
    ("GET", "/v1/finetuning/finetuned-models/{id}"),
    ("PATCH", "/v1/finetuning/finetuned-models/{id}"),
    ("DELETE", "/v1/finetuning/finetuned-models/{id}"),
    ("GET", "/v1/finetuning/finetuned-models/{id}/events"),
    ("GET", "/v1/finetuning/finetuned-models/{id}/training-step-metrics"),
)


def endpoints() -> Iterator[Endpoint]:
    """Yield every endpoint of Cohere's API."""
    for prefix in ("", *COHERE_PREFIXES):
        is_native = prefix == ""
        yield ChatEndpoint(f"{prefix}/v2/chat", CohereChat(is_native, has_event_types=False))
        yield ChatEndpoint(
            f"{prefix}/v2/chat/stream", CohereChat(is_native, has_event_types=True), always_streams=True
        )
        yield ChatEndpoint(f"{prefix}/v1/chat", CohereV1Chat(is_native))
        yield EmbedEndpoint(f"{prefix}/v2/embed", CohereEmbed(is_native, "2"))
        yield EmbedEndpoint(f"{prefix}/v1/embed", CohereEmbed(is_native, "1"))
        yield RerankEndpoint(f"{prefix}/v2/rerank", CohereRerank(is_native, "2"))
        yield RerankEndpoint(f"{prefix}/v1/rerank", CohereRerank(is_native, "1"))
        yield TokenizeEndpoint(f"{prefix}/v1/tokenize", CohereTokenize(is_native))
        yield DetokenizeEndpoint(f"{prefix}/v1/detokenize", CohereDetokenize(is_native))
        yield ModelsEndpoint(f"{prefix}/v1/models", CohereModels(is_native))
        yield ModelEndpoint(f"{prefix}/v1/models/{{model*}}", CohereModels(is_native))
        yield KeyEndpoint(f"{prefix}/v1/check-api-key", CohereKey(is_native))
        for method, path in COHERE_UNSERVED:
            yield UnservedEndpoint(f"{prefix}{path}", CohereFace(is_native), method)
