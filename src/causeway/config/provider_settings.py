"""What can be said of a provider: Bifrost's `providers.<name>`, and a few settings of Causeway's own.

What the settings come to is decided in config/providers.py.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from causeway.config.bifrost import RequestType
from causeway.config.values import ConfiguredText, Duration, NotActedOn

# At most a day: what is longer is a slip of units.
Seconds = Annotated[float, Meta(gt=0, le=86_400)]


class AzureKeyConfig(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Azure's side of a key.

    With a dated `api_version` each model is asked at its deployment's own path; without one at `/openai/v1`.
    `client_id`, `client_secret` and `tenant_id` are of an application in Entra ID, which gets tokens for
    `scopes` where the key has no `value`. `deployments` is an older name for the key's `aliases`.
    """

    endpoint: ConfiguredText | None = None
    api_version: ConfiguredText | None = None
    deployments: dict[str, str] = {}
    client_id: ConfiguredText | None = None
    client_secret: ConfiguredText | None = None
    tenant_id: ConfiguredText | None = None
    scopes: tuple[str, ...] = ("https://cognitiveservices.azure.com/.default",)


class BedrockEndpoints(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Addresses of a key's own, such as those of a private network: `runtime` is where models are asked."""

    runtime: ConfiguredText | None = None
    agent_runtime: NotActedOn | None = None
    control_plane: NotActedOn | None = None
    mantle: NotActedOn | None = None
    s3: NotActedOn | None = None


class MantleKeyConfig(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """AWS's side of a key. Without `value` and `access_key` the environment's credentials are used."""

    access_key: ConfiguredText | None = None
    secret_key: ConfiguredText | None = None
    session_token: ConfiguredText | None = None
    region: ConfiguredText | None = None
    role_arn: ConfiguredText | None = None
    external_id: NotActedOn | None = None
    project_id: NotActedOn | None = None
    session_name: NotActedOn | None = None


class BedrockKeyConfig(MantleKeyConfig, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The same for Bedrock.

    `arn` goes before the name of every model that is no ARN itself, and `/` between. `deployments` is an
    older name for the key's `aliases`, which may lead to inference profiles.
    """

    arn: ConfiguredText | None = None
    deployments: dict[str, str] = {}
    endpoints: BedrockEndpoints | None = None
    batch_role_arn: NotActedOn | None = None
    batch_s3_config: NotActedOn | None = None


class VertexKeyConfig(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Google Cloud's side of a key.

    `auth_credentials` is the JSON of a service account's key, or of a user's credentials; without it, and
    without a `value`, the machine's own credentials are used. `deployments` is an older name for the key's
    `aliases`.
    """

    project_id: ConfiguredText | None = None
    region: ConfiguredText | None = None
    auth_credentials: ConfiguredText | None = None
    deployments: dict[str, str] = {}
    force_single_region: NotActedOn | None = None
    project_number: NotActedOn | None = None


class ServerKeyConfig(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A key's own server, of Ollama or SGLang."""

    url: ConfiguredText


class VllmKeyConfig(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A key's own vLLM server. `model_name` is the one model that it serves, where it serves one."""

    url: ConfiguredText
    model_name: str | None = None


class AliasConfig(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a caller's name for a model stands for: `model_id` is the provider's name."""

    model_id: Annotated[str, Meta(min_length=1)]
    model_name: str | None = None
    model_family: str | None = None
    description: str | None = None
    anthropic_version: NotActedOn | None = None
    api_version: NotActedOn | None = None
    endpoint: NotActedOn | None = None
    force_single_region: NotActedOn | None = None
    inference_profile_arn: NotActedOn | None = None
    project_id: NotActedOn | None = None
    project_number: NotActedOn | None = None
    region: NotActedOn | None = None
    use_anthropic_endpoints: NotActedOn | None = None
    use_deployments_endpoint: NotActedOn | None = None


class KeyConfig(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One key.

    `models` are the names that it may be used for: `["*"]` is all, nothing is none. `blacklisted_models` win
    over them. `aliases` give callers' names to the provider's. `weight` is the key's share among others.
    """

    id: Annotated[str, Meta(min_length=1)] | None = None
    name: Annotated[str, Meta(min_length=1)] | None = None
    value: ConfiguredText | None = None
    models: tuple[str, ...] | None = None
    blacklisted_models: tuple[str, ...] = ()
    weight: Annotated[float, Meta(ge=0, le=1_000_000)] = 1.0
    aliases: dict[str, Annotated[str, Meta(min_length=1)] | AliasConfig] = {}
    enabled: bool = True
    description: str | None = None
    azure_key_config: AzureKeyConfig | None = None
    ollama_key_config: ServerKeyConfig | None = None
    sgl_key_config: ServerKeyConfig | None = None
    vllm_key_config: VllmKeyConfig | None = None
    bedrock_key_config: BedrockKeyConfig | None = None
    bedrock_mantle_key_config: MantleKeyConfig | None = None
    vertex_key_config: VertexKeyConfig | None = None
    config_hash: str | None = None
    replicate_key_config: NotActedOn | None = None
    status: str | None = None
    use_anthropic_endpoints: NotActedOn | None = None
    use_for_batch_api: NotActedOn | None = None


class NetworkConfig(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the provider is reached.

    `default_request_timeout_in_seconds` is how long a whole answer, or the first part of a streamed one, may
    take; `stream_idle_timeout_in_seconds` the longest silence in a stream;
    `stream_total_timeout_in_seconds` bounds a stream from request to end. `allow_private_network` lets its
    name resolve to private addresses. `ca_cert_pem` is trusted beside the system's certificates.
    """

    base_url: ConfiguredText | None = None
    connect_timeout_in_seconds: Seconds = 10.0
    default_request_timeout_in_seconds: Seconds = 300.0
    stream_idle_timeout_in_seconds: Seconds = 120.0
    stream_total_timeout_in_seconds: Seconds | None = None
    max_retries: Annotated[int, Meta(ge=0, le=100)] = 2
    retry_backoff_initial: Duration | None = None
    retry_backoff_max: Duration | None = None
    max_conns_per_host: Annotated[int, Meta(ge=1, le=10_000)] = 5000
    keep_alive_timeout_in_seconds: Seconds = 30.0
    insecure_skip_verify: bool = False
    ca_cert_pem: ConfiguredText | None = None
    extra_headers: dict[str, ConfiguredText] = {}
    allow_private_network: bool = False
    beta_header_overrides: NotActedOn | None = None
    enforce_http2: NotActedOn | None = None
    http2_ping_interval_in_seconds: NotActedOn | None = None


class ProxyConfig(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A proxy on the way. `environment` reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY."""

    type: Literal["none", "http", "socks5", "environment"] = "none"
    url: ConfiguredText | None = None
    username: ConfiguredText | None = None
    password: ConfiguredText | None = None
    ca_cert_pem: ConfiguredText | None = None


class ConcurrencyConfig(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How many requests may be under way at once: `concurrency` bounds the provider's connections.

    `buffer_size` is checked against it and has no effect: what waits is not bounded here.
    """

    concurrency: Annotated[int, Meta(ge=1)] = 1000
    buffer_size: Annotated[int, Meta(ge=1)] = 5000


class CustomProviderConfig(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What makes a provider of one's own: it speaks as `base_provider_type` does.

    `allowed_requests`, where given, are the only ones. `request_path_overrides` are paths below the base URL,
    or whole URLs.
    """

    base_provider_type: str
    is_key_less: bool = False
    allowed_requests: dict[RequestType, bool] | None = None
    request_path_overrides: dict[RequestType, str] = {}


class ProviderConfig(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One provider.

    `api_key` and `base_url` are short for a key that may be used for every model and for
    `network_config.base_url`. Without keys here, those of the environment are used. `document_tokens` is how
    much a request's documents may add to a prompt where the provider takes none itself.
    """

    enabled: bool = True
    api_key: ConfiguredText | None = None
    base_url: ConfiguredText | None = None
    keys: tuple[KeyConfig, ...] | None = None
    network_config: NetworkConfig = NetworkConfig()
    concurrency_and_buffer_size: ConcurrencyConfig | None = None
    proxy_config: ProxyConfig = ProxyConfig()
    custom_provider_config: CustomProviderConfig | None = None
    document_tokens: Annotated[int, Meta(ge=64)] = 50_000
    description: str | None = None
    config_hash: str | None = None
    openai_config: NotActedOn | None = None
    send_back_raw_request: NotActedOn | None = None
    send_back_raw_response: NotActedOn | None = None
    store_raw_request_response: NotActedOn | None = None
