"""A model's vocabulary: callers' texts to tokens and back, asked of the engine.

Runs in the worker process only. Source of truth: llama.cpp, `tools/server/README.md`.
"""

from collections.abc import Sequence

from causeway.engine.loopback import LoopbackClient
from causeway.engine.protocol import Detokenized, Refused, Tokenized


class Vocabulary:
    """The vocabulary of a loaded model, of `size` tokens."""

    def __init__(self, loopback: LoopbackClient, size: int) -> None:
        self._loopback = loopback
        self._size = size

    def split(self, id: int, text: str) -> Tokenized:
        """Return the tokens of a text, and the text of each. Nothing in it is read as control."""
        body = {"content": text, "parse_special": False, "add_special": False, "with_pieces": True}
        tokens = self._loopback.post("/tokenize", body)["tokens"]
        pieces = tuple(_text_of(token["piece"]) for token in tokens)
        return Tokenized(id, tuple(token["id"] for token in tokens), pieces)

    def join(self, id: int, token_ids: Sequence[int]) -> Detokenized | Refused:
        """Return the text of tokens, or a refusal that names one that the model does not have."""
        for index, token_id in enumerate(token_ids):
            if not 0 <= token_id < self._size:  # the engine itself does not look
                reason = f"tokens[{index}]: expected a token from 0 to {self._size - 1}, got {token_id}"
                return Refused(id, "invalid", reason)
        return Detokenized(id, str(self._loopback.post("/detokenize", {"tokens": token_ids})["content"]))


def _text_of(piece: str | list[int]) -> str:
    # Where the bytes of a token are no whole characters, the engine gives the bytes.
    return piece if isinstance(piece, str) else bytes(piece).decode("utf-8", "replace")
