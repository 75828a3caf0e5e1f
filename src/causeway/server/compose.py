"""The composition root: the one place that knows every part and puts them together."""

from pathlib import Path

from causeway.config.schema import Config
from causeway.dialects.endpoints import chat_endpoints
from causeway.engine.model import EmbeddedModel
from causeway.engine.protocol import EngineSettings
from causeway.engine.supervisor import OnState
from causeway.engine.weights import bundled_weights
from causeway.pipeline.directory import ModelDirectory
from causeway.rules.access import KeyRing
from causeway.server.application import Application
from causeway.server.chat import ChatHandler
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
    """Return the gateway; its start loads the model and its stop ends the engine."""
    directory = ModelDirectory([model], strict=config.server.strict_models)

    async def start() -> None:
        model.start()

    return Application(
        config=config.server,
        keys=keys,
        endpoints=chat_endpoints(),
        chat=ChatHandler(directory, heartbeat_seconds=config.server.heartbeat_seconds),
        describe_health=lambda: describe_health(model.state()),
        start=start,
        stop=model.stop,
    )
