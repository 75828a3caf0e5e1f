"""The composition root: the one place that knows every part and puts them together."""

from pathlib import Path

from causeway.config.schema import Config
from causeway.dialects.companion_endpoints import companion_endpoints
from causeway.dialects.endpoints import chat_endpoints
from causeway.engine.embedder import EmbeddedEmbedder
from causeway.engine.estimate import estimate_tokens
from causeway.engine.model import EmbeddedModel
from causeway.engine.protocol import EngineSettings
from causeway.engine.supervisor import OnState
from causeway.engine.weights import bundled_embedder, bundled_weights
from causeway.pipeline.catalog import Catalog
from causeway.pipeline.directory import ModelDirectory
from causeway.pipeline.grounded import GroundedModel
from causeway.rules.access import KeyRing
from causeway.server.application import Application
from causeway.server.chat import ChatHandler
from causeway.server.companions import CompanionHandler
from causeway.server.health import describe_health


def compose_model(config: Config, on_state: OnState | None = None) -> EmbeddedModel:
    """Return the embedded model that `config` asks for, not started."""
    engine = config.engine
    return EmbeddedModel.for_weights(
        Path(engine.model) if engine.model else bundled_weights(),
        settings=EngineSettings(
            slots=engine.slots, context_tokens=engine.context_tokens, threads=engine.threads
        ),
        queue_limit=engine.queue_limit,
        stall_timeout_seconds=engine.stall_timeout_seconds,
        on_state=on_state,
    )


def compose_application(config: Config, keys: KeyRing, model: EmbeddedModel) -> Application:
    """Return the gateway; its start loads the model and its stop ends the engine.

    The embedding model is not loaded before somebody asks for it.
    """
    strict = config.server.strict_models
    chat_model = GroundedModel(
        model, section_tokens=config.engine.document_tokens, estimate_tokens=estimate_tokens
    )
    directory = ModelDirectory([chat_model], strict=strict)
    embedder = EmbeddedEmbedder(bundled_embedder(), queue_limit=config.engine.queue_limit)

    async def start() -> None:
        model.start()

    async def stop() -> None:
        await embedder.stop()
        await model.stop()

    return Application(
        config=config.server,
        keys=keys,
        endpoints=[*chat_endpoints(), *companion_endpoints()],
        chat=ChatHandler(directory, heartbeat_seconds=config.server.heartbeat_seconds),
        companions=CompanionHandler(
            embedders=ModelDirectory([embedder], strict=strict),
            rerankers=ModelDirectory([embedder], strict=strict),
            tokenizers=ModelDirectory([model.tokenizer()], strict=strict),
            catalog=Catalog([model, embedder], strict=strict),
        ),
        describe_health=lambda: describe_health(model.state()),
        start=start,
        stop=stop,
    )
