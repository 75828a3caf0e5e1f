"""The endpoints beside chat, in front of the embedding model and a tokeniser that counts letters."""

from causeway.adapters.call_log import RecentCalls
from causeway.engine.embedder import EmbeddedEmbedder
from causeway.model.errors import InvalidRequestError
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.token_count import TokenCount
from causeway.model.tokenization import Tokenization
from causeway.pipeline.catalog import Catalog
from causeway.pipeline.companions import CompanionService
from causeway.pipeline.directory import ModelDirectory
from causeway.pipeline.provider_models import ProviderModels
from causeway.pipeline.router import Router, RoutingPolicy
from causeway.pipeline.token_estimate import estimate_prompt
from causeway.server.companions import CompanionHandler
from causeway.server.kept_answers import KeptAnswers
from support.kept_answers import Keeper


class LetterTokenizer:
    """Every character is a token, and its code point the token's id."""

    name = "local/letters"

    async def tokenize(self, text: str) -> Tokenization:
        return Tokenization(tuple(map(ord, text)), tuple(text))

    async def detokenize(self, token_ids: tuple[int, ...]) -> str:
        if max(token_ids) > 0x10FFFF:
            raise InvalidRequestError("invalid request: tokens[0]: no such token.", field="tokens")
        return "".join(map(chr, token_ids))


async def _count_letters(request: ChatRequest, losses: LossReport) -> TokenCount:
    return estimate_prompt(request, losses, len)


def companion_handler(embedder: EmbeddedEmbedder, *, strict: bool = False) -> CompanionHandler:
    policy, call_log = RoutingPolicy(is_strict=strict), RecentCalls()
    name = embedder.name.removeprefix("local/")
    return CompanionHandler(
        embeds=CompanionService(
            "embed",
            Router("embed", {}, [embedder.name], (), policy),
            {},
            {},
            {name: embedder.embed},
            call_log,
        ),
        reranks=CompanionService(
            "rerank",
            Router("rerank", {}, [embedder.name], (), policy),
            {},
            {},
            {name: embedder.rerank},
            call_log,
        ),
        token_counts=CompanionService(
            "count_tokens",
            Router("chat", {}, ["local/letters"], (), policy),
            {},
            {},
            {"letters": _count_letters},
            call_log,
        ),
        tokenizers=ModelDirectory([LetterTokenizer()], strict=strict),
        kept=KeptAnswers(Keeper()),
        catalog=Catalog([embedder], ProviderModels({}, {}), Router("chat", {}, [embedder.name], (), policy)),
    )
