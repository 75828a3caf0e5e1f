"""What a `config.json` of Bifrost's may hold beside providers: accepted, and mostly without effect.

A file that works there is not refused here; `causeway check` lists what it says in vain. The names are
Bifrost's, as of its version 2.0.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from causeway.config.values import NotActedOn

# Providers of Bifrost's that no row of the catalog speaks for yet.
UNSERVED_PROVIDERS = frozenset(
    {
        "elevenlabs",
        "opencode-go",
        "opencode-zen",
        "replicate",
        "runware",
        "runway",
        "sarvam",
        "wafer",
    }
)

RequestType = Literal[
    "list_models", "text_completion", "text_completion_stream", "chat_completion", "chat_completion_stream",
    "responses", "responses_stream", "responses_retrieve", "responses_delete", "responses_cancel",
    "responses_input_items", "count_tokens", "compaction", "embedding", "rerank", "ocr", "speech",
    "speech_stream", "transcription", "transcription_stream", "image_generation", "image_generation_stream",
    "image_edit", "image_edit_stream", "image_variation", "video_generation", "video_retrieve",
    "video_download", "video_delete", "video_list", "video_remix", "batch_create", "batch_list",
    "batch_retrieve", "batch_cancel", "batch_delete", "batch_results", "file_upload", "file_list",
    "file_retrieve", "file_delete", "file_content", "container_create", "container_list",
    "container_retrieve", "container_delete", "container_file_create", "container_file_list",
    "container_file_retrieve", "container_file_content", "container_file_delete", "passthrough",
    "passthrough_stream", "websocket_responses", "realtime", "cached_content_create", "cached_content_list",
    "cached_content_retrieve", "cached_content_update", "cached_content_delete",
]  # fmt: skip


class ClientConfig(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Bifrost's `client`. `max_request_body_size_mb` stands for `server.max_body_bytes`.

    Without `enable_logging` no call is logged. What was said in one never is: `disable_content_logging` is
    known, and always so.
    """

    max_request_body_size_mb: Annotated[int, Meta(ge=1, le=4096)] | None = None
    enable_logging: bool = True
    log_retention_days: Annotated[int, Meta(ge=1, le=36_500)] = 365
    disable_content_logging: bool | None = None
    allow_direct_keys: NotActedOn | None = None
    allow_per_request_content_storage_override: NotActedOn | None = None
    allow_per_request_raw_override: NotActedOn | None = None
    allowed_headers: NotActedOn | None = None
    allowed_origins: NotActedOn | None = None
    async_job_result_ttl: NotActedOn | None = None
    buffer_size: NotActedOn | None = None
    compat: NotActedOn | None = None
    disable_db_pings_in_health: NotActedOn | None = None
    drop_excess_requests: NotActedOn | None = None
    dual_credential_conflict_behavior: NotActedOn | None = None
    dump_errors_in_console_logs: NotActedOn | None = None
    enable_litellm_fallbacks: NotActedOn | None = None
    enforce_auth_on_inference: NotActedOn | None = None
    enforce_governance_header: NotActedOn | None = None
    enforce_scim_auth: NotActedOn | None = None
    header_filter_config: NotActedOn | None = None
    hide_deleted_virtual_keys_in_filters: NotActedOn | None = None
    initial_pool_size: NotActedOn | None = None
    logging_headers: NotActedOn | None = None
    mcp_agent_depth: NotActedOn | None = None
    mcp_code_mode_binding_level: NotActedOn | None = None
    mcp_disable_auto_tool_inject: NotActedOn | None = None
    mcp_enable_temp_token_auth: NotActedOn | None = None
    mcp_external_client_url: NotActedOn | None = None
    mcp_server_auth_mode: NotActedOn | None = None
    mcp_tool_execution_timeout: NotActedOn | None = None
    mcp_tool_sync_interval: NotActedOn | None = None
    oauth2_server_config: NotActedOn | None = None
    prometheus_labels: NotActedOn | None = None
    redact_sensitive_headers: NotActedOn | None = None
    required_headers: NotActedOn | None = None
    retain_content_in_object_storage: NotActedOn | None = None
    routing_chain_max_depth: NotActedOn | None = None
    webhook_config: NotActedOn | None = None
    whitelisted_routes: NotActedOn | None = None


class LogsFileConfig(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the log of calls is: `path` is a SQLite file, seen from the folder of the configuration file.

    Without it, it is `causeway/logs.db` in the user's state directory. The rest is PostgreSQL's.
    """

    path: Annotated[str, Meta(min_length=1)] | None = None
    host: NotActedOn | None = None
    port: NotActedOn | None = None
    user: NotActedOn | None = None
    password: NotActedOn | None = None
    db_name: NotActedOn | None = None
    ssl_mode: NotActedOn | None = None
    max_idle_conns: NotActedOn | None = None
    max_open_conns: NotActedOn | None = None


class LogsStoreConfig(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Bifrost's `logs_store`. `retention_days` wins over `client.log_retention_days`; 0 deletes nothing."""

    enabled: bool = True
    type: Literal["sqlite", "postgres"] = "sqlite"
    config: LogsFileConfig = LogsFileConfig()
    retention_days: Annotated[int, Meta(ge=0, le=36_500)] | None = None
    object_storage: NotActedOn | None = None


class BifrostSections(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Bifrost's sections. None but `client` and `logs_store` has an effect yet."""

    schema_url: str | None = field(default=None, name="$schema")
    client: ClientConfig = ClientConfig()
    logs_store: LogsStoreConfig = LogsStoreConfig()
    access_profiles: NotActedOn | None = None
    alerting: NotActedOn | None = None
    audit_logs: NotActedOn | None = None
    auth_config: NotActedOn | None = None
    circuit_breaker_config: NotActedOn | None = None
    cluster_config: NotActedOn | None = None
    config_store: NotActedOn | None = None
    encryption_key: NotActedOn | None = None
    env_label: NotActedOn | None = None
    feature_flags: NotActedOn | None = None
    framework: NotActedOn | None = None
    governance: NotActedOn | None = None
    guardrails_config: NotActedOn | None = None
    large_payload_optimization: NotActedOn | None = None
    load_balancer_config: NotActedOn | None = None
    mcp: NotActedOn | None = None
    plugins: NotActedOn | None = None
    scim_config: NotActedOn | None = None
    setup_token: NotActedOn | None = None
    source_of_truth: NotActedOn | None = None
    vector_store: NotActedOn | None = None
    webhooks: NotActedOn | None = None
    websocket: NotActedOn | None = None
