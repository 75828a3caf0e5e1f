"""The composition root: the one place that knows every part and puts them together."""

from collections.abc import Callable, Sequence

from causeway.adapters.call_log import CallLogs, RecentCalls
from causeway.adapters.metrics.board import SnapshotBoard
from causeway.adapters.metrics.call_metrics import CallMetrics
from causeway.adapters.metrics.gateway_metrics import GatewayMetrics
from causeway.adapters.request_log.writer import RequestLog
from causeway.config.answer_place import AnswerPlace
from causeway.config.request_log import RequestLogPlace
from causeway.config.schema import Config
from causeway.dialects.table import all_endpoints
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
from causeway.server.access_tokens import compose_token_sources
from causeway.server.answer_store import compose_answer_store
from causeway.server.application import Application
from causeway.server.engines import compose_embedding_engine, compose_language_engine, weights_of
from causeway.server.health import WorkerPlace, describe_health
from causeway.server.outbound import compose_outbound_client
from causeway.server.readings import engine_readings, process_readings
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
    answer_place: AnswerPlace | None = None,
    log_place: RequestLogPlace | None = None,
    board: SnapshotBoard | None = None,
    place: WorkerPlace = _ALONE,
    when_started: Callable[[], None] = lambda: None,
) -> Application:
    """Return the gateway; its start loads the model, and its stop ends the engine and every connection.

    The embedding model is not loaded before somebody asks for it; without `embedder`, it has an engine of
    its own. Without a `model` there is no embedded model of either kind. Calls are remembered, or told to
    `call_log`; without a `log_place` they are not kept beyond that. What later turns build on is kept at
    `answer_place`, or in memory. `board` is what it shares its metrics on
    with the gateway's other workers.
    """
    client = client or compose_outbound_client(config.server)
    keeper = compose_answer_store(answer_place)
    recent = RecentCalls()
    call_metrics = CallMetrics() if config.server.metrics else None
    request_log = None
    if log_place is not None:
        request_log = RequestLog(
            log_place.path, retention_days=log_place.retention_days, worker_number=place.number
        )
    call_logs = CallLogs([one for one in (call_log or recent, call_metrics, request_log) if one is not None])
    if model is not None:
        embedder = embedder or EmbeddedEmbedder(compose_embedding_engine(config))
    grounding = Grounding(section_tokens=config.engine.document_tokens, estimate_tokens=estimate_tokens)
    chat_model = None if model is None else GroundedModel(model, grounding)
    lives = {
        provider.name: LiveProvider(provider, client, tokens=compose_token_sources(provider, client))
        for provider in providers
    }

    metrics = None
    if call_metrics is not None:
        metrics = GatewayMetrics(
            call_metrics,
            lambda: process_readings(client, lives.values(), recent, keeper, request_log),
            lambda: engine_readings(model, config.engine),
            board=board,
            number=place.number,
        )

    async def start() -> None:
        if request_log is not None:
            request_log.start()
        if metrics is not None:
            metrics.start()
        if model is not None:
            model.start()
        when_started()

    async def stop() -> None:
        await client.stop()
        if embedder is not None:
            await embedder.stop()
        if model is not None:
            await model.stop()
        if request_log is not None:
            await request_log.stop()
        if metrics is not None:
            await metrics.stop()
        await keeper.stop()

    return Application(
        config=config.server,
        keys=keys,
        endpoints=all_endpoints(),
        chat=compose_chat(config, lives, chat_model, call_logs, keeper),
        companions=compose_companions(config, lives, model, embedder, call_logs, keeper),
        describe_health=lambda: describe_health(model, place),
        expose_metrics=None if metrics is None else metrics.exposition,
        start=start,
        stop=stop,
    )
