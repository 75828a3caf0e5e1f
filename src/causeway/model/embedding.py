"""Texts to vectors, as the gateway understands it, whatever dialect the call came in."""

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from causeway.model.errors import InvalidRequestError
from causeway.model.extras import Extras

InputType = Literal["search_document", "search_query", "classification", "clustering"]
Truncation = Literal["none", "start", "end"]
EmbeddingType = Literal["float", "int8", "uint8", "binary", "ubinary", "base64"]
EncodedVector = Sequence[float] | Sequence[int] | str


class EmbeddingRequest(Struct, frozen=True, kw_only=True):
    """One call to embed texts.

    `model` is the name that the caller used, empty where a dialect allows none; `dialect` is the one that
    the request came in. `token_inputs` stand in place of `texts`, as ids of the model's own tokens.
    `truncation` says which end of a text that is too long to drop; `none` makes it an error.
    `embedding_types` is the form of the answer, empty where a dialect has a form for that. `priority` runs
    from 0 to 999. `fallbacks` are the models to ask where this one fails.
    """

    model: str
    texts: tuple[str, ...] = ()
    token_inputs: tuple[tuple[int, ...], ...] = ()
    dialect: str = "cohere"
    input_type: InputType | None = None
    truncation: Truncation = "end"
    max_tokens: int | None = None
    output_dimension: int | None = None
    embedding_types: tuple[EmbeddingType, ...] = ()
    priority: int = 0
    fallbacks: tuple[str, ...] = ()
    extras: Extras | None = None

    def input_count(self) -> int:
        """Return how many vectors are wanted."""
        return len(self.texts or self.token_inputs)

    def texts_alone(self) -> tuple[str, ...]:
        """Return the texts; raises InvalidRequestError where token ids were given in their place."""
        if self.token_inputs:
            raise InvalidRequestError(
                "input: this model takes text, not token ids, which mean something to their own model only",
                field="input",
            )
        return self.texts


class EmbeddingResponse(Struct, frozen=True):
    """The vectors of a request's inputs, in order.

    `vectors` are as long as the provider makes them, which is 1 with nearly all; they are empty where only
    other forms were asked for. Those that the provider made itself stand in `encoded`. `input_tokens` is
    what is billed. `model` is what the provider calls the model, empty where it does not say.
    """

    id: str
    vectors: tuple[tuple[float, ...], ...]
    input_tokens: int
    encoded: Mapping[EmbeddingType, tuple[EncodedVector, ...]] = {}
    model: str = ""
