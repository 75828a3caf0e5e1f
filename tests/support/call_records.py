"""Records of calls, as the pipeline makes them: by hand, and any by Hypothesis."""

from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from causeway.model.provenance import Provenance
from causeway.model.usage import Usage
from causeway.pipeline.call import Attempt, CallRecord

RECORD = CallRecord(
    id="0123456789abcdef0123456789abcdef",
    operation="chat",
    dialect="cohere",
    model_requested="openai/gpt-4o",
    is_stream=False,
    outcome="success",
    status=200,
    error_code="",
    provenance=Provenance(
        provider="openai",
        model="gpt-4o",
        model_requested="openai/gpt-4o",
        request_type="chat_completion",
        key_name="first",
        upstream_milliseconds=240.0,
    ),
    attempts=(Attempt("openai", "gpt-4o", "first", "", 200, 240.0),),
    usage=Usage(input_tokens=12, output_tokens=34),
    ended_unix_seconds=1_790_000_000.25,
    milliseconds=250.0,
    loss_count=0,
)
FAILED = replace(
    RECORD,
    outcome="error",
    status=429,
    error_code="upstream_refused",
    provenance=None,
    attempts=(
        Attempt("openai", "gpt-4o", "first", "upstream_refused", 429, 10.0),
        Attempt("openai", "gpt-4o", "second", "upstream_timeout", 504, 20.0),
        Attempt("cohere", "command-a", "cohere", "upstream_connection", 502, 30.0, 1),
    ),
    usage=None,
)


def record(**fields: Any) -> CallRecord:
    """Return a record of a successful call, with other fields where they are given."""
    return replace(RECORD, **fields)


_WORDS = st.sampled_from(["a", "b", "c"])
_MILLISECONDS = st.floats(0, 1e6)
_TOKENS = st.integers(0, 10**9)
_FAILURES = st.sampled_from(
    [("upstream_refused", 429), ("upstream_timeout", 504), ("upstream_protocol", 502)]
)


@st.composite
def _attempts_of_a_target(draw: st.DrawFn, index: int, ends: tuple[str, int]) -> list[Attempt]:
    provider, model = draw(_WORDS), draw(_WORDS)
    codes = [*draw(st.lists(_FAILURES, max_size=3)), ends]
    return [
        Attempt(provider, model, draw(_WORDS), code, status, draw(_MILLISECONDS), index)
        for code, status in codes
    ]


@st.composite
def call_records(draw: st.DrawFn) -> CallRecord:
    """Return any record that a journal could write: targets that failed, and perhaps one that answered."""
    attempts: list[Attempt] = []
    failed = draw(st.integers(0, 2))
    for index in range(failed):
        attempts += draw(_attempts_of_a_target(index, draw(_FAILURES)))
    end = draw(st.sampled_from(["answered", "broken", "left early", "left late", "failed", "local"]))
    shared: dict[str, Any] = {
        "operation": draw(st.sampled_from(["chat", "embed", "rerank"])),
        "dialect": draw(st.sampled_from(["cohere", "openai"])),
        "is_stream": draw(st.booleans()),
        "milliseconds": sum(attempt.milliseconds for attempt in attempts) + draw(_MILLISECONDS),
    }
    if end in ("left early", "failed"):
        if end == "left early":
            attempts += draw(_attempts_of_a_target(failed, ("cancelled", 499)))
        code, status = ("client_disconnected", 499) if end == "left early" else ("upstream_refused", 429)
        outcome = "cancelled" if end == "left early" else "error"
        shared |= {
            "outcome": outcome,
            "status": status,
            "error_code": code,
            "provenance": None,
            "usage": None,
        }
        return record(attempts=tuple(attempts), **shared)
    last = None
    if end != "local":
        attempts += draw(_attempts_of_a_target(failed, ("", 200)))
        last = attempts[-1]
    provenance = Provenance(
        provider="local" if last is None else last.provider,
        model="smollm2" if last is None else last.model,
        model_requested="m",
        request_type="chat_completion",
        key_name="" if last is None else last.key_name,
        fallback_index=failed,
        upstream_milliseconds=0.0 if last is None else last.milliseconds,
    )
    told = st.builds(Usage, input_tokens=_TOKENS, output_tokens=_TOKENS, cached_tokens=st.none() | _TOKENS)
    ending: dict[str, Any] = {
        "answered": {"outcome": "success", "usage": draw(st.none() | told)},
        "local": {"outcome": "success", "usage": draw(st.none() | told)},
        "broken": {"outcome": "error", "error_code": "upstream_connection", "usage": None},
        "left late": {
            "outcome": "cancelled",
            "status": 499,
            "error_code": "client_disconnected",
            "usage": None,
        },
    }[end]
    return record(attempts=tuple(attempts), provenance=provenance, **shared, **ending)
