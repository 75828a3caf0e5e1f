"""Puts the services of chat and of what is beside it together, from providers and embedded models."""

from collections.abc import Mapping, Sequence

from causeway.config.schema import Config
from causeway.dialects.table import (
    chat_provider_face,
    embed_provider_face,
    models_provider_face,
    rerank_provider_face,
    token_count_provider_face,
)
from causeway.engine.embedder import EmbeddedEmbedder
from causeway.engine.estimate import estimate_tokens
from causeway.engine.model import EmbeddedModel
from causeway.model.loss import LossReport
from causeway.model.request import ChatRequest
from causeway.model.token_count import TokenCount
from causeway.pipeline.catalog import Catalog
from causeway.pipeline.chat import ChatService
from causeway.pipeline.companions import CompanionService
from causeway.pipeline.directory import ModelDirectory
from causeway.pipeline.grounded import Grounding
from causeway.pipeline.live_provider import LiveProvider
from causeway.pipeline.local_chat import LocalChat
from causeway.pipeline.ports import AnswerKeeper, CallLog, ChatModel
from causeway.pipeline.provider_models import ProviderModels
from causeway.pipeline.router import ChatOffer, ChatRouter, Router, RoutingPolicy
from causeway.pipeline.sealed_turns import SealedTurns
from causeway.pipeline.token_estimate import estimate_prompt
from causeway.providers.catalog import load_catalog
from causeway.providers.provider import Provider
from causeway.providers.spec import Operation
from causeway.server.chat import ChatHandler
from causeway.server.companions import CompanionHandler
from causeway.server.kept_answers import KeptAnswers

Lives = Mapping[str, LiveProvider]


def compose_chat(
    config: Config, lives: Lives, chat_model: ChatModel | None, call_log: CallLog, keeper: AnswerKeeper
) -> ChatHandler:
    """Return what answers chats; the embedded model is `chat_model`, where it is on."""
    embedded = [] if chat_model is None else [LocalChat(chat_model)]
    offers = {name: _chat_offers(live.provider) for name, live in _offering("chat", lives).items()}
    router = ChatRouter(
        _router("chat", config, lives, [] if chat_model is None else [chat_model.name]),
        lives,
        offers,
        {local.model: local for local in embedded},
        lambda tokens: Grounding(section_tokens=tokens, estimate_tokens=estimate_tokens),
        SealedTurns(keeper),
    )
    return ChatHandler(
        ChatService(router, call_log),
        KeptAnswers(keeper),
        heartbeat_seconds=config.server.heartbeat_seconds,
        is_strict=config.server.strict_translation,
    )


def compose_companions(
    config: Config,
    lives: Lives,
    model: EmbeddedModel | None,
    embedder: EmbeddedEmbedder | None,
    call_log: CallLog,
    keeper: AnswerKeeper,
) -> CompanionHandler:
    """Return what answers the endpoints beside chat."""
    strict = config.server.strict_models
    embedders = [] if embedder is None else [embedder]
    names = [one.name for one in embedders]
    chat_names = [] if model is None else [model.name]

    async def estimate(request: ChatRequest, losses: LossReport) -> TokenCount:
        return estimate_prompt(request, losses, estimate_tokens)

    return CompanionHandler(
        embeds=CompanionService(
            "embed",
            _router("embed", config, lives, names),
            lives,
            {
                name: embed_provider_face(live.provider.spec.dialects["embed"])
                for name, live in _offering("embed", lives).items()
            },
            {one.name.removeprefix("local/"): one.embed for one in embedders},
            call_log,
        ),
        reranks=CompanionService(
            "rerank",
            _router("rerank", config, lives, names),
            lives,
            {
                name: rerank_provider_face(live.provider.spec.dialects["rerank"])
                for name, live in _offering("rerank", lives).items()
            },
            {one.name.removeprefix("local/"): one.rerank for one in embedders},
            call_log,
        ),
        token_counts=CompanionService(
            "count_tokens",
            _router("chat", config, lives, chat_names),
            lives,
            {
                name: token_count_provider_face(live.provider.spec.dialects["count_tokens"])
                for name, live in _offering("count_tokens", lives).items()
            },
            {name.removeprefix("local/"): estimate for name in chat_names},
            call_log,
            answer_instead=estimate,
        ),
        tokenizers=ModelDirectory([] if model is None else [model.tokenizer()], strict=strict),
        catalog=Catalog(
            [one for one in (model, embedder) if one is not None],
            ProviderModels(
                lives,
                {
                    name: models_provider_face(live.provider.spec.dialects["models"])
                    for name, live in _offering("models", lives).items()
                },
            ),
            _router("chat", config, lives, chat_names),
        ),
        kept=KeptAnswers(keeper),
        is_strict=config.server.strict_translation,
    )


def _chat_offers(provider: Provider) -> list[ChatOffer]:
    operations: tuple[Operation, ...] = ("chat", "responses")
    spec = provider.spec
    return [
        # The row's quirks are those of the dialect that it chats in.
        ChatOffer(
            operation,
            chat_provider_face(spec.dialects[operation], spec.quirks if operation == "chat" else {}),
        )
        for operation in operations
        if provider.offers(operation)
    ]


def _offering(operation: Operation, lives: Lives) -> Lives:
    return {name: live for name, live in lives.items() if live.provider.offers(operation)}


def _router(operation: Operation, config: Config, lives: Lives, embedded: Sequence[str]) -> Router:
    policy = RoutingPolicy(
        fallbacks=config.routing.fallbacks,
        uses_implicit_fallbacks=config.routing.implicit_fallbacks,
        default_model=config.routing.default_model if operation == "chat" else None,
        is_strict=config.server.strict_models,
    )
    return Router(operation, lives, embedded, tuple(load_catalog()), policy)
