"""Texts to vectors, as the gateway understands it, whatever dialect the call came in."""

from typing import Literal

from msgspec import Struct

InputType = Literal["search_document", "search_query", "classification", "clustering"]
Truncation = Literal["none", "start", "end"]
EmbeddingType = Literal["float", "int8", "uint8", "binary", "ubinary", "base64"]


class EmbeddingRequest(Struct, frozen=True, kw_only=True):
    """One call to embed texts.

    `model` is the name that the caller used, empty where a dialect allows none. `truncation` says
    which end of a text that is too long to drop; `none` makes it an error. `embedding_types` is the
    form of the answer, empty where a dialect has a form for that. `priority` runs from 0 to 999.
    """

    model: str
    texts: tuple[str, ...]
    input_type: InputType | None = None
    truncation: Truncation = "end"
    max_tokens: int | None = None
    output_dimension: int | None = None
    embedding_types: tuple[EmbeddingType, ...] = ()
    priority: int = 0


class EmbeddingResponse(Struct, frozen=True):
    """One vector of length 1 for each text, in order. `input_tokens` is what is billed."""

    id: str
    vectors: tuple[tuple[float, ...], ...]
    input_tokens: int
