"""The embedding model: a folder with a vocabulary, weights and their shape, loaded and asked.

Runs in the embedding worker only.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct

from causeway.engine.embedding_protocol import (
    Answer,
    ComparedTexts,
    CompareTexts,
    EmbedderReady,
    EncodedTexts,
    EncodeTexts,
    Question,
    TextTooLong,
)
from causeway.engine.safetensors import SafetensorsError, read_tensors
from causeway.engine.sentence_network import Array, NetworkShape, SentenceNetwork
from causeway.engine.wordpiece import WordPiece

_LITTLE_FLOAT = np.dtype("<f4")


class EncoderLoadError(Exception):
    """The model cannot be loaded; the message is for people."""


class _Length(Struct, frozen=True):
    max_seq_length: int


class SentenceEncoder:
    """A loaded model. Raises EncoderLoadError where the folder does not hold one."""

    def __init__(self, folder: Path) -> None:
        try:
            self._tokenizer = WordPiece.from_file(folder / "vocab.txt")
            self._start, self._end = self._tokenizer.id_of("[CLS]"), self._tokenizer.id_of("[SEP]")
            length = msgspec.json.decode((folder / "sentence_bert_config.json").read_bytes(), type=_Length)
            shape = msgspec.json.decode((folder / "config.json").read_bytes(), type=NetworkShape)
            self._network = SentenceNetwork(read_tensors(folder / "model.safetensors"), shape)
        except (OSError, UnicodeDecodeError, msgspec.DecodeError, SafetensorsError) as error:
            raise EncoderLoadError(f"the embedding model cannot be read: {error}") from error
        except KeyError as error:
            raise EncoderLoadError(f"the embedding model has no {error}") from error
        if self._tokenizer.size > self._network.vocabulary_tokens:
            raise EncoderLoadError("the embedding model's vocabulary is larger than its weights")
        marks = 2
        self.ready = EmbedderReady(
            dimension=self._network.dimension,
            max_tokens=min(length.max_seq_length, self._network.max_tokens) - marks,
        )

    def answer(self, question: Question) -> Answer:
        """Return the answer to one question."""
        match question:
            case EncodeTexts():
                return self._encode(question)
            case CompareTexts():
                return self._compare(question)

    def _encode(self, question: EncodeTexts) -> EncodedTexts | TextTooLong:
        limit = min(question.max_tokens, self.ready.max_tokens)
        tokens: list[list[int]] = []
        cut = 0
        for index, text in enumerate(question.texts):
            kept, has_more = self._read(text, limit, from_end=question.truncation == "start")
            if has_more and question.truncation == "none":
                return TextTooLong(index)
            tokens.append(kept)
            cut += has_more
        rows = self._rows(tokens)
        if question.dimension is not None:
            rows = rows[:, : question.dimension]
            rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        vectors = tuple(row.astype(_LITTLE_FLOAT).tobytes() for row in rows)
        return EncodedTexts(vectors, tuple(map(len, tokens)), cut)

    def _compare(self, question: CompareTexts) -> ComparedTexts:
        limit = min(question.max_tokens, self.ready.max_tokens)
        read = [self._read(text, limit, from_end=False) for text in question.texts]
        vector = np.frombuffer(question.vector, dtype=_LITTLE_FLOAT)
        cosines = self._rows([kept for kept, _ in read]) @ vector
        return ComparedTexts(tuple(cosines.tolist()), sum(has_more for _, has_more in read))

    def _read(self, text: str, limit: int, *, from_end: bool) -> tuple[list[int], bool]:
        if from_end:
            tokens = self._tokenizer.last_tokens(text, limit + 1)
            return tokens[-limit:], len(tokens) > limit
        tokens = self._tokenizer.first_tokens(text, limit + 1)
        return tokens[:limit], len(tokens) > limit

    def _rows(self, tokens: Sequence[Sequence[int]]) -> Array:
        return self._network.encode([(self._start, *text, self._end) for text in tokens])
