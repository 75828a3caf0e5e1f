"""Every setting, with its default. A key that is not here is an error, not a shrug."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from causeway.config.bifrost import BifrostSections
from causeway.config.provider_settings import ProviderConfig

Positive = Annotated[int, Meta(ge=1)]
PositiveSeconds = Annotated[float, Meta(gt=0)]


class ServerConfig(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The front door.

    `workers` is how many processes answer requests; 0 means one for each core, and at most four. A single
    one is the main process itself.
    `heartbeat_seconds` sends a comment into a stream that is silent for so long; 0 never does.
    `allow_unauthenticated` lets the gateway listen beyond loopback with no keys at all.
    `strict_translation` refuses a request that the answering model cannot be asked in full, instead of
    reporting what was lost.
    `outbound_client` is what providers are called with: the gateway's own client, or a library's.
    `http_server` is what callers are answered with: the gateway's own server, or a library's.
    `metrics` counts what the gateway does, for `GET /metrics`.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8080
    workers: Annotated[int, Meta(ge=0, le=64)] = 0
    api_keys_file: str | None = None
    allow_unauthenticated: bool = False
    strict_models: bool = False
    strict_translation: bool = False
    max_body_bytes: Positive = 32 * 1024 * 1024
    body_timeout_seconds: PositiveSeconds = 60.0
    heartbeat_seconds: Annotated[float, Meta(ge=0)] = 0.0
    outbound_client: Literal["httptools", "aiohttp"] = "httptools"
    http_server: Literal["causeway", "uvicorn"] = "causeway"
    metrics: bool = True


class EngineConfig(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The embedded model.

    Without `enabled` no embedded model is loaded, for chats or for embeddings. `model` is a GGUF file; none
    means the weights that come with the project. `threads` 0 means all cores but one. `context_tokens` is
    what one conversation may hold, `document_tokens` how much of it the documents of a request may take.
    """

    enabled: bool = True
    model: str | None = None
    slots: Annotated[int, Meta(ge=1, le=64)] = 4
    context_tokens: Annotated[int, Meta(ge=256)] = 4096
    threads: Annotated[int, Meta(ge=0, le=1024)] = 0
    queue_limit: Annotated[int, Meta(ge=0)] = 64
    document_tokens: Annotated[int, Meta(ge=64)] = 600
    stall_timeout_seconds: PositiveSeconds = 60.0


class RoutingConfig(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who answers.

    `default_model` answers for names that nobody serves. `fallbacks` are asked in turn, as
    `provider/model`, where the model named before them fails and the caller gave none of their own.
    `implicit_fallbacks` lets other providers that serve the same name follow a failure.
    """

    default_model: str | None = None
    fallbacks: dict[str, tuple[str, ...]] = {}
    implicit_fallbacks: bool = True


class KeptAnswersConfig(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where answers are kept that later turns build on: stored responses, and reasoning that is sealed.

    Without `on_disk` each worker keeps its own in memory. `path` is a file, by default in the state
    directory. The oldest go first where all together would pass `max_megabytes`.
    """

    on_disk: bool = True
    path: str | None = None
    retention_days: Positive = 30
    max_megabytes: Positive = 256


class Config(BifrostSections, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole configuration, of Causeway or of Bifrost.

    `version` 1 reads a key without `models` as one for all models, as Bifrost did before its version 1.5.
    `discover_providers` switches providers on whose standard variables are set.
    """

    version: Literal[1, 2] = 2
    discover_providers: bool = True
    server: ServerConfig = ServerConfig()
    engine: EngineConfig = EngineConfig()
    routing: RoutingConfig = RoutingConfig()
    kept_answers: KeptAnswersConfig = KeptAnswersConfig()
    providers: dict[str, ProviderConfig] = {}  # noqa: RUF012 - msgspec copies it
