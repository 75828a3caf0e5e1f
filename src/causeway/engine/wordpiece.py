"""Turns text into the token ids of an uncased BERT vocabulary.

Text is never control: a `[SEP]` that a caller writes is five characters. Words are read one by one,
so that a long text costs no more than the part of it that is kept.
Source of truth: the `tokenizers` library's BertNormalizer, BertPreTokenizer and WordPiece, which the
tests compare with.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

_MAX_WORD_CHARACTERS = 100
_REMEMBERED_CHARACTERS = 4096
_CONTINUATION = "##"
_UNKNOWN = "[UNK]"

# Unicode's White_Space without its control characters, of which only these three count as space.
_SPACE = "\t\n\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_PIECE = re.compile(f"[^{_SPACE}]+")
_CJK = re.compile(
    "([\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0002a6df\U0002a700-\U0002b73f\U0002b740-\U0002b81f\U0002b920-\U0002ceaf\U0002f800-\U0002fa1f])"
)
_CONTROL = frozenset({"Cc", "Cf", "Co", "Cs"})
_ASCII_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")


class WordPiece:
    """A tokeniser with a vocabulary: each word piece's id is its position."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        self._id_of = {piece: id for id, piece in enumerate(vocabulary)}
        self._unknown_id = self._id_of[_UNKNOWN]

    @classmethod
    def from_file(cls, path: Path) -> "WordPiece":
        """Return the tokeniser of a `vocab.txt`; raises OSError, or KeyError where it knows no `[UNK]`."""
        return cls(path.read_text("utf-8").removesuffix("\n").split("\n"))

    @property
    def size(self) -> int:
        """How many pieces the vocabulary has."""
        return len(self._id_of)

    def id_of(self, piece: str) -> int:
        """Return the id of one piece, such as `[CLS]`; raises KeyError."""
        return self._id_of[piece]

    def first_tokens(self, text: str, limit: int) -> list[int]:
        """Return the ids of the text's first tokens: `limit` of them, or all where there are no more."""
        ids: list[int] = []
        for piece in _PIECE.finditer(text):
            ids += self._tokens_of(piece.group())
            if len(ids) >= limit:
                break
        return ids[:limit]

    def last_tokens(self, text: str, limit: int) -> list[int]:
        """Return the ids of the text's last tokens: `limit` of them, or all where there are no more."""
        ids: list[int] = []
        for piece in reversed(_PIECE.findall(text)):
            ids = self._tokens_of(piece) + ids
            if len(ids) >= limit:
                break
        return ids[-limit:]

    def _tokens_of(self, piece: str) -> list[int]:
        return [id for word in _words(piece) for id in self._word_tokens(word)]

    def _word_tokens(self, word: str) -> list[int]:
        if len(word) > _MAX_WORD_CHARACTERS:
            return [self._unknown_id]
        ids: list[int] = []
        start = 0
        while start < len(word):
            prefix = _CONTINUATION if start else ""
            for end in range(len(word), start, -1):
                id = self._id_of.get(prefix + word[start:end])
                if id is not None:
                    break
            else:
                return [self._unknown_id]
            ids.append(id)
            start = end
        return ids


def _words(piece: str) -> Iterator[str]:
    """Yield the words of text without spaces: lower case, no accents, punctuation by itself."""
    if not piece.isascii():
        piece = _CJK.sub(r" \1 ", "".join(filter(_is_kept, piece)))
        piece = "".join(c for c in unicodedata.normalize("NFD", piece) if unicodedata.category(c) != "Mn")
    elif not piece.isprintable():
        piece = "".join(filter(_is_kept, piece))
    for part in piece.lower().split(" "):
        word_start = 0
        for position, character in enumerate(part):
            if _is_punctuation(character):
                if word_start < position:
                    yield part[word_start:position]
                yield character
                word_start = position + 1
        if word_start < len(part):
            yield part[word_start:]


def _is_kept(character: str) -> bool:
    return character != "\ufffd" and unicodedata.category(character) not in _CONTROL


@lru_cache(maxsize=_REMEMBERED_CHARACTERS)
def _is_punctuation(character: str) -> bool:
    return character in _ASCII_PUNCTUATION or unicodedata.category(character).startswith("P")
