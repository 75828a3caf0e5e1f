"""The composition root: the one place that knows every part and puts them together."""

from collections.abc import Callable, Sequence

from causeway.adapters.call_log import RecentCalls
from causeway.config.schema import Config
from causeway.dialects.companion_endpoints import companion_endpoints
from causeway.dialects.endpoints import chat_endpoints
from causeway.engine.embedder import EmbeddedEmbedder
from causeway.engine.estimate import estimate_tokens
from causeway.engine.model import EmbeddedModel
from causeway.engine.ports import LanguageEngine
from causeway.engine.supervisor import OnState
from causeway.pipeline.grounded import GroundedModel, Grounding
from causeway.pipeline.live_provider import LiveProvider
from causeway.pipeline.ports import CallLog, OutboundClient
from causeway.providers.provider import Provider
from causeway.rules.access import KeyRing
from causeway.server.application import Application
from causeway.server.engines import compose_embedding_engine, compose_language_engine, weights_of
from causeway.server.health import WorkerPlace, describe_health
from causeway.server.outbound import compose_outbound_client
from causeway.server.services import compose_chat, compose_companions

_ALONE = WorkerPlace()


def compose_model(
    config: Config, on_state: OnState | None = None, *, engine: LanguageEngine | None = None
) -> EmbeddedModel:
    """Return the embedded model that `config` asks for, not started; its engine is `engine` or its own."""
    engine = engine or compose_language_engine(config, on_state)
    return EmbeddedModel.for_weights(weights_of(config), engine)


def compose_application(
    config: Config,
    keys: KeyRing,
    model: EmbeddedModel | None,
    providers: Sequence[Provider] = (),
    *,
    embedder: EmbeddedEmbedder | None = None,
    client: OutboundClient | None = None,
    call_log: CallLog | None = None,
    place: WorkerPlace = _ALONE,
    when_started: Callable[[], None] = lambda: None,
) -> Application:
    """Return the gateway; its start loads the model, and its stop ends the engine and every connection.

    The embedding model is not loaded before somebody asks for it; without `embedder`, it has an engine of
    its own. Without a `model` there is no embedded model of either kind.
    """
    client = client or compose_outbound_client(config.server)
    call_log = call_log or RecentCalls()
    if model is not None:
        embedder = embedder or EmbeddedEmbedder(compose_embedding_engine(config))
    grounding = Grounding(section_tokens=config.engine.document_tokens, estimate_tokens=estimate_tokens)
    chat_model = None if model is None else GroundedModel(model, grounding)
    lives = {provider.name: LiveProvider(provider, client) for provider in providers}

    async def start() -> None:
        if model is not None:
            model.start()
        when_started()

    async def stop() -> None:
        await client.stop()
        if embedder is not None:
            await embedder.stop()
        if model is not None:
            await model.stop()

    return Application(
        config=config.server,
        keys=keys,
        endpoints=[*chat_endpoints(), *companion_endpoints()],
        chat=compose_chat(config, lives, chat_model, call_log),
        companions=compose_companions(config, lives, model, embedder, call_log),
        describe_health=lambda: describe_health(model, place),
        start=start,
        stop=stop,
    )
