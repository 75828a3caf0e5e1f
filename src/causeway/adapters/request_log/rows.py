"""What the log keeps of a call, as a row of its table. No prompt, no answer, no key.

The names are those of Bifrost's log entries and of its error and usage objects, where these have the same
thing; `status` has one value more, `cancelled`.
"""

import msgspec

from causeway.pipeline.call import Attempt, CallRecord, request_type

# Names of models and some codes are others' words, of any length.
_MAX_CHARACTERS = 200

# By column, its type. `timestamp` is in unix seconds, latencies are in milliseconds. What nobody reported is
# NULL; so is the trail of a call that its only attempt answered: the row says all of that.
COLUMNS = {
    "id": "TEXT NOT NULL",
    "timestamp": "REAL NOT NULL",
    "object": "TEXT NOT NULL",
    "dialect": "TEXT NOT NULL",
    "provider": "TEXT NOT NULL",
    "model": "TEXT NOT NULL",
    "model_requested": "TEXT NOT NULL",
    "stream": "INTEGER NOT NULL",
    "status": "TEXT NOT NULL",
    "status_code": "INTEGER NOT NULL",
    "error_code": "TEXT NOT NULL",
    "latency": "REAL NOT NULL",
    "upstream_latency": "REAL",
    "prompt_tokens": "INTEGER",
    "completion_tokens": "INTEGER",
    "cached_tokens": "INTEGER",
    "reasoning_tokens": "INTEGER",
    "attempt_trail": "TEXT",
    "number_of_retries": "INTEGER NOT NULL",
    "fallback_index": "INTEGER NOT NULL",
    "selected_key_name": "TEXT NOT NULL",
    "loss_count": "INTEGER NOT NULL",
    "worker": "INTEGER NOT NULL",
}
Value = str | int | float | None
Row = tuple[Value, ...]


def encode_row(record: CallRecord, worker_number: int) -> Row:
    """Return the row of a call, in the order of COLUMNS; its `timestamp` is when the call began.

    Where nobody answered, provider and model are those of the primary, if it was asked at all.
    """
    provenance, usage, attempts = record.provenance, record.usage, record.attempts
    retries, trail = 0, None
    if provenance is not None:
        provider, model, index = provenance.provider, provenance.model, provenance.fallback_index
    elif attempts:
        provider, model, index = attempts[0].provider, attempts[0].model, attempts[0].fallback_index
    else:
        provider, model, index = "", "", 0
    if len(attempts) > 1 or (attempts and attempts[0].error_code):
        retries = max(0, sum(attempt.fallback_index == index for attempt in attempts) - 1)
        trail = _encode_trail(attempts)
    return (
        record.id,
        record.ended_unix_seconds - record.milliseconds / 1000,
        request_type(record.operation, record.is_stream),
        record.dialect,
        provider,
        model[:_MAX_CHARACTERS],
        record.model_requested[:_MAX_CHARACTERS],
        record.is_stream,
        record.outcome,
        record.status,
        record.error_code[:_MAX_CHARACTERS],
        record.milliseconds,
        None if provenance is None else provenance.upstream_milliseconds or None,
        None if usage is None else _storable(usage.input_tokens),
        None if usage is None else _storable(usage.output_tokens),
        None if usage is None else _storable(usage.cached_tokens),
        None if usage is None else _storable(usage.reasoning_tokens),
        trail,
        retries,
        index,
        "" if provenance is None else provenance.key_name,
        record.loss_count,
        worker_number,
    )


def _storable(tokens: int | None) -> int | None:
    """Return a count, or nothing for one that SQLite cannot hold: a provider may say any number."""
    return tokens if tokens is None or -(2**63) <= tokens < 2**63 else None


def _encode_trail(attempts: tuple[Attempt, ...]) -> str:
    """Return attempts as JSON, in order."""
    return msgspec.json.encode(
        [
            {
                "provider": attempt.provider,
                "model": attempt.model[:_MAX_CHARACTERS],
                "key_name": attempt.key_name,
                "fail_reason": attempt.error_code,
                "status_code": attempt.status,
                "latency": round(attempt.milliseconds, 3),
                "fallback_index": attempt.fallback_index,
            }
            for attempt in attempts
        ]
    ).decode()
