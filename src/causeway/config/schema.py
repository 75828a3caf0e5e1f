"""Every setting, with its default. A key that is not here is an error, not a shrug."""

from typing import Annotated

from msgspec import Meta, Struct

Positive = Annotated[int, Meta(ge=1)]
PositiveSeconds = Annotated[float, Meta(gt=0)]


class ServerConfig(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The front door.

    `heartbeat_seconds` sends a comment into a stream that is silent for so long; 0 never does.
    `allow_unauthenticated` lets the gateway listen beyond loopback with no keys at all.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8080
    api_keys_file: str | None = None
    allow_unauthenticated: bool = False
    strict_models: bool = False
    max_body_bytes: Positive = 32 * 1024 * 1024
    body_timeout_seconds: PositiveSeconds = 60.0
    heartbeat_seconds: Annotated[float, Meta(ge=0)] = 0.0


class EngineConfig(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The embedded model.

    `model` is a GGUF file; none means the weights that come with the project. `threads` 0 means all
    cores but one. `context_tokens` is what one conversation may hold, `document_tokens` how much of it the
    documents of a request may take.
    """

    model: str | None = None
    slots: Annotated[int, Meta(ge=1, le=64)] = 4
    context_tokens: Annotated[int, Meta(ge=256)] = 4096
    threads: Annotated[int, Meta(ge=0, le=1024)] = 0
    queue_limit: Annotated[int, Meta(ge=0)] = 64
    document_tokens: Annotated[int, Meta(ge=64)] = 600
    stall_timeout_seconds: PositiveSeconds = 60.0


class Config(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole configuration."""

    server: ServerConfig = ServerConfig()
    engine: EngineConfig = EngineConfig()
