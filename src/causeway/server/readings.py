"""Reads how full everything is that has a bound, for the metrics. It counts nothing and changes nothing."""

from collections.abc import Iterable, Iterator

from causeway.adapters.answer_store.store import MAX_PENDING_BYTES, AnswerStore
from causeway.adapters.call_log import RecentCalls
from causeway.adapters.metrics.snapshot import Reading
from causeway.adapters.request_log.writer import RequestLog
from causeway.config.schema import EngineConfig
from causeway.engine.model import EmbeddedModel
from causeway.model.errors import CausewayError
from causeway.pipeline.live_provider import LiveProvider
from causeway.pipeline.ports import OutboundClient


def process_readings(
    client: OutboundClient,
    lives: Iterable[LiveProvider],
    recent: RecentCalls,
    keeper: AnswerStore,
    request_log: RequestLog | None,
) -> Iterator[Reading]:
    """Yield what each process has of its own."""
    connections = client.connection_use()
    yield "causeway_outbound_connections", (), connections.open
    yield "causeway_outbound_requests", (), connections.in_use
    yield "causeway_outbound_requests_limit", (), connections.limit
    for live in lives:
        provider = live.provider.name
        for key_name, is_used in live.key_states():
            yield "bifrost_provider_key_up", (provider, key_name), float(is_used)
        sessions, limit = live.sticky_sessions
        yield "causeway_sticky_sessions", (provider,), sessions
        yield "causeway_sticky_sessions_limit", (provider,), limit
    yield "causeway_remembered_calls", (), recent.remembered
    yield "causeway_remembered_calls_limit", (), recent.limit
    yield "causeway_kept_answers_pending_bytes", (), keeper.pending_bytes
    yield "causeway_kept_answers_pending_limit_bytes", (), MAX_PENDING_BYTES
    yield "causeway_kept_answers_limit_bytes", (), keeper.max_bytes
    if request_log is not None:
        yield "causeway_request_log_queue_rows", (), request_log.queued_rows
        yield "causeway_request_log_queue_limit_rows", (), request_log.queue_limit
        yield "logged_rows", (), request_log.written_rows
        yield "dropped_rows", (), request_log.dropped_rows


async def engine_readings(model: EmbeddedModel | None, config: EngineConfig) -> list[Reading]:
    """Return what the processes of a gateway have in common: the engine, if it can be asked now."""
    if model is None:
        return []
    try:
        status = await model.status()
    except CausewayError:
        return []
    return [
        ("causeway_engine_busy_slots", (), status.busy),
        ("causeway_engine_slots", (), status.slots),
        ("causeway_engine_waiting_calls", (), status.waiting),
        ("causeway_engine_waiting_calls_limit", (), config.queue_limit),
        ("engine_restarts", (), status.restarts),
    ]
