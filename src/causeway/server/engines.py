"""The engines of the embedded models, as the configuration wants them. Nothing here starts anything."""

from pathlib import Path

from causeway.config.schema import Config
from causeway.engine.local_embedding import LocalEmbeddingEngine
from causeway.engine.local_language import LocalLanguageEngine
from causeway.engine.protocol import EngineSettings
from causeway.engine.supervisor import OnState
from causeway.engine.weights import bundled_embedder, bundled_weights


def weights_of(config: Config) -> Path | None:
    """Return the model file that `config` asks for; none where none is installed."""
    return Path(config.engine.model) if config.engine.model else bundled_weights()


def compose_language_engine(config: Config, on_state: OnState | None = None) -> LocalLanguageEngine:
    """Return the engine of the language model, for this process."""
    engine = config.engine
    return LocalLanguageEngine.for_weights(
        weights_of(config),
        settings=EngineSettings(
            slots=engine.slots, context_tokens=engine.context_tokens, threads=engine.threads
        ),
        queue_limit=engine.queue_limit,
        stall_timeout_seconds=engine.stall_timeout_seconds,
        on_state=on_state,
    )


def compose_embedding_engine(config: Config) -> LocalEmbeddingEngine:
    """Return the engine of the embedding model, for this process."""
    return LocalEmbeddingEngine(bundled_embedder(), queue_limit=config.engine.queue_limit)
