"""The embedded model's tokeniser as the pipeline sees it. It asks the model's own engine."""

from causeway.engine.ports import LanguageEngine
from causeway.engine.protocol import Detokenized, Tokenized
from causeway.model.errors import EngineFailedError, InvalidRequestError
from causeway.model.tokenization import Tokenization


class EmbeddedTokenizer:
    """Splits and joins with the vocabulary of the model that `engine` runs."""

    def __init__(self, name: str, engine: LanguageEngine) -> None:
        self._name = name
        self._engine = engine

    @property
    def name(self) -> str:
        """The model's name in requests and warnings."""
        return self._name

    async def tokenize(self, text: str) -> Tokenization:
        """Return the tokens of a text. Raises ModelUnavailableError and EngineFailedError."""
        answer = await self._engine.tokenize(text)
        if isinstance(answer, Tokenized):
            return Tokenization(answer.token_ids, answer.pieces)
        raise EngineFailedError(f"the embedded engine failed: {answer.message}")

    async def detokenize(self, token_ids: tuple[int, ...]) -> str:
        """Return the text of tokens.

        Raises InvalidRequestError for a token that the model does not have, ModelUnavailableError
        and EngineFailedError.
        """
        answer = await self._engine.detokenize(token_ids)
        if isinstance(answer, Detokenized):
            return answer.text
        if answer.kind == "invalid":
            raise InvalidRequestError(f"invalid request: {answer.message}.", field="tokens")
        raise EngineFailedError(f"the embedded engine failed: {answer.message}")
