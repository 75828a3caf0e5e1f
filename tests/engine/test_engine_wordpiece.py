"""The embedding model's tokeniser, beside the library that the model was trained with."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.engine.weights import bundled_embedder
from causeway.engine.wordpiece import WordPiece

MANY = 1000

# Blocks that have not grown since the library's tables of categories were made (Unicode 8): of younger
# characters it and the standard library say different things.
OLD_BLOCKS = st.one_of(
    st.characters(max_codepoint=0x52F),
    st.characters(min_codepoint=0x5D0, max_codepoint=0x5EA),
    st.characters(min_codepoint=0x620, max_codepoint=0x6FF),
    st.characters(min_codepoint=0x904, max_codepoint=0x97F),
    st.characters(min_codepoint=0x1E00, max_codepoint=0x2029),
    st.characters(min_codepoint=0x3000, max_codepoint=0x30FF),
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5),
    st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3),
    st.characters(min_codepoint=0xF900, max_codepoint=0xFAFF),
    st.characters(min_codepoint=0xFE30, max_codepoint=0xFFFF, exclude_categories=["Cs", "Cn"]),
    st.characters(min_codepoint=0x1F300, max_codepoint=0x1F5FF),
    st.characters(min_codepoint=0x20000, max_codepoint=0x2A6D6),
)


@pytest.fixture(scope="module")
def folder() -> Path:
    path = bundled_embedder()
    if path is None:
        pytest.skip("the embedding model is not installed")
    return path


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> WordPiece:
    return WordPiece.from_file(folder / "vocab.txt")


@pytest.fixture(scope="module")
def library(folder: Path) -> "Library":
    return Library(folder)


class Library:
    """The `tokenizers` library, told to read text as text."""

    def __init__(self, folder: Path) -> None:
        tokenizers = pytest.importorskip("tokenizers")
        self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._tokenizer.encode_special_tokens = True

    def ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids


TEXTS = [
    "",
    "   ",
    "foo bar",
    "Hello, World! It's 100% \u201cfine\u201d\u2026 (really?) [1] a_b c-d e@f.g",
    "Caf\u00e9 cre\u0300me na\u00efve \u0130stanbul STRASSE stra\u00dfe",
    "\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2",
    "\u65e5\u672c\u8a9e\u306e\u6587\u7ae0\u3067\u3059\u3002 \u4e2d\u6587\uff0c\u5b57 \ud55c\uad6d\uc5b4",
    "\u041f\u0440\u0438\u0432\u0435\u0442",
    "\u0627\u0644\u0633\u0644\u0627\u0645 \u0928\u092e\u0938\u094d\u0924\u0947",
    "tab\tnew\nline\r\nno\u00a0break\u3000wide\u2028sep",
    "zero\u200bwidth soft\u00adhyphen bell\x07 vt\x0bff\x0c \x00 \ufffd",
    "x" * 100 + " " + "y" * 101 + " " + "\u00e9" * 150,
    "\U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467 \ufe0f",
    "[CLS] [SEP] [MASK] [UNK] [PAD] ##ing #",
    "supercalifragilisticexpialidocious 1234567890.55",
]


@pytest.mark.parametrize("text", TEXTS)
def test_it_says_what_the_library_says(tokenizer: WordPiece, library: Library, text: str) -> None:
    assert tokenizer.first_tokens(text, MANY) == library.ids(text)


@given(text=st.text(OLD_BLOCKS, max_size=60))
def test_it_says_what_the_library_says_of_any_text(tokenizer: WordPiece, library: Library, text: str) -> None:
    assert tokenizer.first_tokens(text, MANY) == library.ids(text)


@given(text=st.text(OLD_BLOCKS, max_size=60), limit=st.integers(1, 40))
def test_the_first_and_the_last_tokens_are_those_of_the_whole_text(
    tokenizer: WordPiece, text: str, limit: int
) -> None:
    whole = tokenizer.first_tokens(text, MANY)
    assert tokenizer.first_tokens(text, limit) == whole[:limit]
    assert tokenizer.last_tokens(text, limit) == whole[-limit:]


def test_text_never_makes_a_mark_of_the_models(tokenizer: WordPiece) -> None:
    marks = {tokenizer.id_of(mark) for mark in ("[CLS]", "[SEP]", "[PAD]", "[MASK]")}
    assert not marks & set(tokenizer.first_tokens("[CLS] a [SEP] b [PAD][MASK]", MANY))


def test_a_long_text_is_read_no_further_than_it_is_kept(tokenizer: WordPiece) -> None:
    class Counted(WordPiece):
        pieces = 0

        def _tokens_of(self, piece: str) -> list[int]:
            self.pieces += 1
            return super()._tokens_of(piece)

    counted = Counted(["[UNK]", "a"])
    assert counted.first_tokens("a " * 100_000, 10) == [1] * 10
    assert counted.last_tokens("a " * 100_000, 10) == [1] * 10
    assert counted.pieces == 20
