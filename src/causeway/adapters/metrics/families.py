"""Every metric: its name, what it says, its labels, and where in a table its numbers stand. Data alone.

Where Bifrost has a metric for the same thing, the name, the labels that exist here and the buckets are
Bifrost's; what has no name there begins with `causeway_`. docs/observability.md is held to this list by
tests/test_docs.py.
"""

from typing import Literal

from msgspec import Struct

LATENCY_BOUNDS = (
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0,
    300.0, 600.0, 900.0,
)  # fmt: skip
RETRY_BOUNDS = (0.0, 1.0, 2.0, 3.0, 5.0, 10.0)


class Counter(Struct, frozen=True):
    """Something that only grows; its number stands in one column of a table."""

    name: str
    help: str
    column: int = 0


class Histogram(Struct, frozen=True):
    """How often something was how large.

    Its numbers stand side by side in a table: their sum, then how many fell into each bucket, the last of
    which has no bound. `parts` are the first columns of one or more of them, and the labels that tell
    these apart.
    """

    name: str
    help: str
    bounds: tuple[float, ...]
    parts: tuple[tuple[int, tuple[tuple[str, str], ...]], ...]


class Table(Struct, frozen=True):
    """Metrics that have the same labels, and the `width` numbers that they are made of."""

    name: str
    labels: tuple[str, ...]
    width: int
    metrics: tuple[Counter | Histogram, ...]


class Gauge(Struct, frozen=True):
    """Something that goes up and down. Of several processes it is the sum, or the least."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    across_processes: Literal["sum", "least"] = "sum"


# The columns of TARGETS, as `call_metrics.py` fills them.
REQUESTS, SUCCESSES, INPUT_TOKENS, OUTPUT_TOKENS, CACHED_TOKENS = range(5)
_LATENCIES = len(LATENCY_BOUNDS) + 2
LATENCY_OF_SUCCESSES = CACHED_TOKENS + 1
LATENCY_OF_ERRORS = LATENCY_OF_SUCCESSES + _LATENCIES
FIRST_TOKEN = LATENCY_OF_ERRORS + _LATENCIES
RETRIES = FIRST_TOKEN + _LATENCIES

_TARGET_LABELS = ("provider", "model", "method", "selected_key_name", "fallback_index")

TARGETS = Table(
    "targets",
    _TARGET_LABELS,
    RETRIES + len(RETRY_BOUNDS) + 2,
    (
        Counter("bifrost_upstream_requests_total", "Calls that a provider was asked to answer.", REQUESTS),
        Counter("bifrost_success_requests_total", "Calls that a provider answered.", SUCCESSES),
        Counter("bifrost_input_tokens_total", "Tokens of prompts, as the provider counts.", INPUT_TOKENS),
        Counter("bifrost_output_tokens_total", "Tokens of answers, as the provider counts.", OUTPUT_TOKENS),
        Counter(
            "bifrost_cache_read_input_tokens_total",
            "Tokens of prompts that the provider had in its cache.",
            CACHED_TOKENS,
        ),
        Histogram(
            "bifrost_upstream_latency_seconds",
            "How long a provider took, to the end of its answer, retries included.",
            LATENCY_BOUNDS,
            (
                (LATENCY_OF_SUCCESSES, (("is_success", "true"),)),
                (LATENCY_OF_ERRORS, (("is_success", "false"),)),
            ),
        ),
        Histogram(
            "bifrost_stream_first_token_latency_seconds",
            "How long a provider took to the first content of a stream.",
            LATENCY_BOUNDS,
            ((FIRST_TOKEN, ()),),
        ),
        Histogram(
            "bifrost_request_retries",
            "How often a provider was asked again.",
            RETRY_BOUNDS,
            ((RETRIES, ()),),
        ),
    ),
)
ERRORS = Table(
    "errors",
    (*_TARGET_LABELS, "status_code"),
    1,
    (Counter("bifrost_error_requests_total", "Calls that a provider was asked and did not answer."),),
)
ROTATIONS = Table(
    "rotations",
    ("provider", "requested_model", "key_name", "fail_reason"),
    1,
    (Counter("bifrost_key_rotation_events_total", "Retries with another key than the one that failed."),),
)
FAILED_ATTEMPTS = Table(
    "failed_attempts",
    ("provider", "model", "error_code"),
    1,
    (
        Counter(
            "causeway_failed_attempts_total",
            "Requests to providers that failed, also if a later one did not.",
        ),
    ),
)
CALLS = Table(
    "calls",
    ("operation", "dialect", "outcome", "status_code"),
    1,
    (Counter("causeway_calls_total", "Calls that have ended, by what their callers were told."),),
)
LOGGED_ROWS = Table(
    "logged_rows", (), 1, (Counter("causeway_request_log_rows_total", "Rows written to the request log."),)
)
DROPPED_ROWS = Table(
    "dropped_rows",
    (),
    1,
    (
        Counter(
            "causeway_request_log_dropped_rows_total", "Rows that the request log could not take or write."
        ),
    ),
)
ENGINE_RESTARTS = Table(
    "engine_restarts",
    (),
    1,
    (Counter("causeway_engine_restarts_total", "How often the embedded model's engine was started again."),),
)
TABLES = (TARGETS, ERRORS, ROTATIONS, FAILED_ATTEMPTS, CALLS, LOGGED_ROWS, DROPPED_ROWS, ENGINE_RESTARTS)

GAUGES = (
    Gauge("bifrost_active_requests", "Calls under way.", ("method",)),
    Gauge(
        "bifrost_provider_key_up",
        "1 while a key is used, 0 while it is left alone because it failed repeatedly.",
        ("provider", "key_name"),
        "least",
    ),
    Gauge("causeway_outbound_connections", "Connections to providers that are open."),
    Gauge("causeway_outbound_requests", "Connections to providers that are in use."),
    Gauge("causeway_outbound_requests_limit", "How many may be in use, of the networks asked so far."),
    Gauge("causeway_sticky_sessions", "Sessions whose key is remembered.", ("provider",)),
    Gauge("causeway_sticky_sessions_limit", "How many sessions may be.", ("provider",)),
    Gauge("causeway_remembered_calls", "The last calls, kept in memory."),
    Gauge("causeway_remembered_calls_limit", "How many of them there may be."),
    Gauge("causeway_kept_answers_pending_bytes", "Kept answers that wait to be written."),
    Gauge("causeway_kept_answers_pending_limit_bytes", "How much may wait; more is not kept."),
    Gauge("causeway_kept_answers_limit_bytes", "How much is kept at most; the oldest goes first."),
    Gauge("causeway_request_log_queue_rows", "Rows that wait to be written to the request log."),
    Gauge("causeway_request_log_queue_limit_rows", "How many may wait; more are dropped."),
    Gauge("causeway_metric_label_sets", "Sets of labels in use.", ("table",)),
    Gauge(
        "causeway_metric_label_sets_limit", "How many there may be; more are counted as `other`.", ("table",)
    ),
    Gauge("causeway_engine_busy_slots", "Answers of the embedded model under way."),
    Gauge("causeway_engine_slots", "How many there may be at once."),
    Gauge("causeway_engine_waiting_calls", "Calls that wait for the embedded model."),
    Gauge("causeway_engine_waiting_calls_limit", "How many may wait; more are refused."),
)
