"""The forward pass of a BERT sentence encoder: token ids in, one vector of length 1 out.

Written for numpy alone. Texts of a batch are laid end to end instead of being padded, so that none
is slowed down, or changed, by a longer neighbour. Source of truth: the reference implementation's
vectors, which the tests compare with.
"""

from collections.abc import Sequence
from math import sqrt

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Array = NDArray[np.float32]

# Abramowitz and Stegun, 7.1.26: the error function to 1.5e-7, which is float32's own precision.
_ERF_SCALE = 0.3275911
_ERF_COEFFICIENTS = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)


class NetworkShape(Struct, frozen=True):
    """What the weights do not say of themselves; the fields of a model's `config.json`."""

    num_hidden_layers: int
    num_attention_heads: int
    layer_norm_eps: float


class SentenceNetwork:
    """A sentence encoder; raises KeyError where a tensor is missing."""

    def __init__(self, tensors: dict[str, Array], shape: NetworkShape) -> None:
        self._words = tensors["embeddings.word_embeddings.weight"]
        # Every text is a first sentence, so its type is the same for all tokens.
        self._places: Array = (
            tensors["embeddings.position_embeddings.weight"]
            + tensors["embeddings.token_type_embeddings.weight"][0]
        )
        self._norm = _LayerNorm(tensors, "embeddings.LayerNorm", shape.layer_norm_eps)
        self._layers = [
            _Layer(tensors, f"encoder.layer.{index}", shape) for index in range(shape.num_hidden_layers)
        ]

    @property
    def vocabulary_tokens(self) -> int:
        """How many tokens it knows."""
        return len(self._words)

    @property
    def max_tokens(self) -> int:
        """How many tokens a text may have."""
        return len(self._places)

    @property
    def dimension(self) -> int:
        """How long its vectors are."""
        return len(self._norm.bias)

    def encode(self, texts: Sequence[Sequence[int]]) -> Array:
        """Return one row for each text; none of them may be empty, or longer than the positions."""
        lengths = [len(text) for text in texts]
        ends = np.cumsum(lengths)
        spans = [slice(end - length, end) for end, length in zip(ends, lengths, strict=True)]
        ids = np.concatenate([np.asarray(text, dtype=np.int64) for text in texts])
        places = np.concatenate([self._places[:length] for length in lengths])
        states = self._norm(self._words[ids] + places)
        for layer in self._layers:
            states = layer(states, spans)
        means = np.stack([states[span].mean(axis=0) for span in spans])
        rows: Array = means / np.linalg.norm(means, axis=1, keepdims=True)
        return rows


class _Linear:
    def __init__(self, tensors: dict[str, Array], name: str) -> None:
        self._weight = tensors[f"{name}.weight"].T
        self._bias = tensors[f"{name}.bias"]

    def __call__(self, states: Array) -> Array:
        result: Array = states @ self._weight
        result += self._bias
        return result


class _LayerNorm:
    def __init__(self, tensors: dict[str, Array], name: str, epsilon: float) -> None:
        self._weight = tensors[f"{name}.weight"]
        self.bias = tensors[f"{name}.bias"]
        self._epsilon = np.float32(epsilon)

    def __call__(self, states: Array) -> Array:
        centred = states - states.mean(axis=-1, keepdims=True)
        variance = np.mean(centred * centred, axis=-1, keepdims=True)
        result: Array = centred / np.sqrt(variance + self._epsilon) * self._weight + self.bias
        return result


class _Layer:
    def __init__(self, tensors: dict[str, Array], name: str, shape: NetworkShape) -> None:
        self._heads = shape.num_attention_heads
        self._query = _Linear(tensors, f"{name}.attention.self.query")
        self._key = _Linear(tensors, f"{name}.attention.self.key")
        self._value = _Linear(tensors, f"{name}.attention.self.value")
        self._attended = _Linear(tensors, f"{name}.attention.output.dense")
        self._attended_norm = _LayerNorm(tensors, f"{name}.attention.output.LayerNorm", shape.layer_norm_eps)
        self._inner = _Linear(tensors, f"{name}.intermediate.dense")
        self._outer = _Linear(tensors, f"{name}.output.dense")
        self._norm = _LayerNorm(tensors, f"{name}.output.LayerNorm", shape.layer_norm_eps)

    def __call__(self, states: Array, spans: Sequence[slice]) -> Array:
        queries, keys, values = self._query(states), self._key(states), self._value(states)
        attention = np.empty_like(states)
        for span in spans:
            attention[span] = self._attend(queries[span], keys[span], values[span])
        states = self._attended_norm(states + self._attended(attention))
        return self._norm(states + self._outer(_gelu(self._inner(states))))

    def _attend(self, queries: Array, keys: Array, values: Array) -> Array:
        tokens, width = queries.shape
        head_width = width // self._heads

        def by_head(rows: Array) -> Array:
            return rows.reshape(tokens, self._heads, head_width).transpose(1, 0, 2)

        scores: Array = by_head(queries) @ by_head(keys).transpose(0, 2, 1)
        scores *= np.float32(1 / sqrt(head_width))
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        attended: Array = scores @ by_head(values)
        return attended.transpose(1, 0, 2).reshape(tokens, width)


def _gelu(states: Array) -> Array:
    scaled = states * np.float32(1 / sqrt(2))
    size = np.abs(scaled)
    inverse = np.reciprocal(np.float32(1) + np.float32(_ERF_SCALE) * size)
    polynomial = np.zeros_like(inverse)
    for coefficient in _ERF_COEFFICIENTS:
        polynomial += np.float32(coefficient)
        polynomial *= inverse
    size *= size
    np.negative(size, out=size)
    polynomial *= np.exp(size, out=size)
    erf: Array = np.copysign(np.float32(1) - polynomial, scaled)
    erf += np.float32(1)
    erf *= states
    erf *= np.float32(0.5)
    return erf
