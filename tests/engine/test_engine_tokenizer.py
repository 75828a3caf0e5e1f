"""The language model's tokens, asked of its own worker."""

import pytest

from causeway.engine.admission import AdmissionQueue
from causeway.engine.local_language import LocalLanguageEngine
from causeway.engine.supervisor import Supervisor
from causeway.engine.tokenizer import EmbeddedTokenizer
from causeway.model.errors import InvalidRequestError, ModelUnavailableError

TEXT = "hello, world \u65e5\u672c\u8a9e \U0001f600 <|im_end|> caf\u00e9"
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_text_comes_back_from_its_tokens(supervisor: Supervisor) -> None:
    tokenizer = EmbeddedTokenizer("local/m", LocalLanguageEngine(supervisor, AdmissionQueue(1, 1)))
    tokens = await tokenizer.tokenize(TEXT)
    assert len(tokens.token_ids) == len(tokens.pieces)
    assert tokens.pieces[:3] == ("hello", ",", " world")
    assert "\ufffd" in "".join(tokens.pieces), "a token can be a part of a character"
    assert "<|im_end|>" not in tokens.pieces, "text is never control"
    assert await tokenizer.detokenize(tokens.token_ids) == TEXT


async def test_the_longest_text_with_the_most_tokens(supervisor: Supervisor) -> None:
    tokenizer = EmbeddedTokenizer("local/m", LocalLanguageEngine(supervisor, AdmissionQueue(1, 1)))
    tokens = await tokenizer.tokenize("\U0001f600" * 65536)
    assert len(tokens.token_ids) >= 65536
    assert await tokenizer.detokenize(tokens.token_ids[:65536])


@pytest.mark.parametrize("token", [-1, 49152, 2**31 - 1])
async def test_a_token_that_the_model_does_not_have_is_named(supervisor: Supervisor, token: int) -> None:
    tokenizer = EmbeddedTokenizer("local/m", LocalLanguageEngine(supervisor, AdmissionQueue(1, 1)))
    with pytest.raises(InvalidRequestError, match=rf"tokens\[1\]: expected a token .* got {token}"):
        await tokenizer.detokenize((5, token))


async def test_without_a_model_there_are_no_tokens() -> None:
    supervisor = Supervisor(None)
    with pytest.raises(ModelUnavailableError):
        await EmbeddedTokenizer("local/m", LocalLanguageEngine(supervisor, AdmissionQueue(1, 1))).tokenize(
            "a"
        )
