"""embedContent and batchEmbedContents: texts to vectors, as Google's callers ask for them.

Source of truth: Google's API reference, and its SDK.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from causeway.dialects.gemini.companion_face import GeminiCompanionFace
from causeway.dialects.gemini.request_body import BodyReader, as_list, invalid, missing
from causeway.dialects.gemini.request_schema import Wire, WireContent
from causeway.model.embedding import EmbeddingRequest, EmbeddingResponse, InputType
from causeway.model.extras import Extras
from causeway.model.loss import LossReport
from causeway.model.provenance import Provenance
from causeway.wire.ascii_json import encode_ascii

MAX_INPUTS = 2048
TASK_TYPES: Mapping[str, InputType] = {
    "RETRIEVAL_DOCUMENT": "search_document",
    "RETRIEVAL_QUERY": "search_query",
    "CLASSIFICATION": "classification",
    "CLUSTERING": "clustering",
}
TASK_TYPE, TITLE = "taskType", "title"


class WireEmbedConfig(Wire):
    """How to make the vector, where it does not stand beside the content."""

    task_type: str | None = None
    title: str | None = None
    output_dimensionality: int | None = None
    auto_truncate: bool | None = None


class WireEmbedRequest(WireEmbedConfig):
    """One text. `fallbacks` is the gateway's own; the path names the model."""

    content: WireContent | str | None = None
    embed_content_config: WireEmbedConfig | None = None
    fallbacks: list[str] | None = None


class WireBatchEmbedRequest(Wire):
    """Several texts."""

    requests: list[WireEmbedRequest] | None = None
    fallbacks: list[str] | None = None


class WireVector(Struct):
    """A vector."""

    values: Sequence[float]


class WireEmbedUsage(Struct, rename="camel"):
    """The counts."""

    prompt_token_count: int


class WireEmbedding(Struct, rename="camel", omit_defaults=True):
    """What embedContent answers."""

    embedding: WireVector
    usage_metadata: WireEmbedUsage | None = None


class WireEmbeddings(Struct, rename="camel", omit_defaults=True):
    """What batchEmbedContents answers."""

    embeddings: list[WireVector]
    usage_metadata: WireEmbedUsage | None = None


# What all texts of a batch have in common.
_WIRE_NAMES = {
    "task_type": TASK_TYPE,
    "output_dimensionality": "outputDimensionality",
    "auto_truncate": "autoTruncate",
}
_reader = BodyReader(WireEmbedRequest)
_batch_reader = BodyReader(WireBatchEmbedRequest)


class GeminiEmbeddings(GeminiCompanionFace, frozen=True):
    """The client face of both; `is_batch` is batchEmbedContents."""

    is_batch: bool

    def decode_request(self, body: bytes, losses: LossReport) -> EmbeddingRequest:
        """Return the request, its model empty; raises ClientError, naming the field."""
        if not self.is_batch:
            wire, _ = _reader.read(body)
            return _decode_requests([wire], [""], wire.fallbacks, losses)
        batch, _ = _batch_reader.read(body)
        if not batch.requests:
            raise missing("requests")
        if len(batch.requests) > MAX_INPUTS:
            raise invalid("requests", f"expected at most {MAX_INPUTS}, got {len(batch.requests)}")
        paths = [f"requests[{index}]." for index in range(len(batch.requests))]
        return _decode_requests(batch.requests, paths, batch.fallbacks, losses)

    def encode_response(
        self,
        response: EmbeddingResponse,
        request: EmbeddingRequest,  # noqa: ARG002
        provenance: Provenance,  # noqa: ARG002
    ) -> bytes:
        """Return the JSON body of the answer."""
        vectors = [WireVector(vector) for vector in response.vectors]
        usage = WireEmbedUsage(response.input_tokens) if response.input_tokens else None
        if self.is_batch:
            return encode_ascii(WireEmbeddings(vectors, usage))
        return encode_ascii(WireEmbedding(vectors[0], usage))

    def response_headers(
        self,
        response: EmbeddingResponse,  # noqa: ARG002
        request: EmbeddingRequest,  # noqa: ARG002
    ) -> list[tuple[bytes, bytes]]:
        """Return none: the dialect adds no header."""
        return []


def _decode_requests(
    requests: list[WireEmbedRequest], paths: list[str], fallbacks: list[str] | None, losses: LossReport
) -> EmbeddingRequest:
    """Return texts that are embedded in one way; Gemini's callers could ask for each in its own."""
    configs = [_config(wire) for wire in requests]
    first = configs[0]
    for path, config in zip(paths, configs, strict=True):
        for name, wire_name in _WIRE_NAMES.items():
            if getattr(config, name) != getattr(first, name):
                raise invalid(path + wire_name, "expected the same as in the first request")
        if config.title != first.title:
            losses.add("dropped", f"{path}{TITLE}", "the texts of a batch have one title")
    if first.output_dimensionality is not None and first.output_dimensionality < 1:
        raise invalid(f"{paths[0]}outputDimensionality", "expected a value from 1")
    extras: dict[str, Any] = {}
    if first.task_type is not None and first.task_type.upper() not in TASK_TYPES:
        extras[TASK_TYPE] = first.task_type
    if first.title is not None:
        extras[TITLE] = first.title
    for index, name in enumerate(fallbacks or ()):
        if not name:
            raise invalid(f"fallbacks[{index}]", "expected the name of a model")
    return EmbeddingRequest(
        model="",
        texts=tuple(
            _text(wire.content, f"{path}content") for wire, path in zip(requests, paths, strict=True)
        ),
        dialect="gemini",
        input_type=TASK_TYPES.get((first.task_type or "").upper()),
        truncation="none" if first.auto_truncate is False else "end",
        output_dimension=first.output_dimensionality,
        embedding_types=("float",),
        fallbacks=tuple(fallbacks or ()),
        extras=Extras("gemini", extras) if extras else None,
    )


def _config(wire: WireEmbedRequest) -> WireEmbedConfig:
    return wire if wire.embed_content_config is None else wire.embed_content_config


def _text(content: WireContent | str | None, path: str) -> str:
    if content is None:
        raise missing(path)
    if isinstance(content, str):
        return content
    texts: list[str] = []
    for index, part in enumerate(as_list(content.parts)):
        if part.text is None:
            raise invalid(f"{path}.parts[{index}]", "expected a text")
        texts.append(part.text)
    if not texts:
        raise missing(f"{path}.parts")
    return "\n".join(texts)
