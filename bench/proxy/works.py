"""The works: what is asked, by how many at once, and for how long."""

from typing import Literal

from bench.proxy.bodies import EVENTS_PER_STREAM, Question
from bench.proxy.native import Load
from msgspec import Struct

_BURST = f"mock-burst-{EVENTS_PER_STREAM}"
_PACED = f"mock-paced-20-{EVENTS_PER_STREAM}"
_SLOW = "mock-paced-50-1000"  # longer than it is measured
_WHOLE = "mock-body-whole"


class Work(Struct, frozen=True, kw_only=True):
    """One work. Its cost is counted `per` answer or event; the mock sends `offered_per_second` events."""

    name: str
    title: str
    question: Question
    load: Load
    per: Literal["answer", "event"] = "answer"
    offered_per_second: float | None = None


def _slow_streams(count: int, shown: str) -> Work:
    seconds = count / 1000
    return Work(
        name=f"e {shown}",
        title=f"{shown} streams at 20 events/s",
        question=Question(dialect="cohere", model=_SLOW, is_stream=True),
        load=Load(connections=count, ramp_seconds=seconds, warm_seconds=seconds + 1, seconds=3.0),
        per="event",
        offered_per_second=count * 20.0,
    )


def _large(name: str, title: str, question: Question) -> Work:
    return Work(name=f"h {name}", title=title, question=question, load=Load(connections=8, seconds=0.8))


TRANSLATED = Work(
    name="a",
    title="Cohere in, OpenAI upstream: translated",
    question=Question(dialect="cohere", model=_WHOLE),
    load=Load(connections=64, seconds=1.5),
)
SAME_DIALECT = Work(
    name="b",
    title="OpenAI in, OpenAI upstream: the same dialect",
    question=Question(dialect="openai", model=_WHOLE),
    load=Load(connections=64, seconds=1.5),
)
BURST = Work(
    name="c",
    title=f"streams of {EVENTS_PER_STREAM} events in one burst, translated",
    question=Question(dialect="cohere", model=_BURST, is_stream=True),
    load=Load(connections=64, seconds=1.5),
    per="event",
)
PACED = Work(
    name="d",
    title="64 streams, an event each 20 ms, translated",
    question=Question(dialect="cohere", model=_PACED, is_stream=True),
    load=Load(connections=64, ramp_seconds=1.0, warm_seconds=1.2, seconds=2.0),
    per="event",
)
SLOW = (_slow_streams(1000, "1,000"), _slow_streams(2000, "2,000"))
SECURE = Work(
    name="g",
    title="as (a), with TLS to the upstream",
    question=Question(dialect="cohere", model=_WHOLE, is_secure=True),
    load=Load(connections=64, seconds=1.2, warm_seconds=0.8),
)
LARGE_REQUEST = _large(
    "request 200 kB",
    "a long history, translated",
    Question(dialect="cohere", model=_WHOLE, history_bytes=200_000),
)
LARGE_REQUEST_QUARTER = _large(
    "request 50 kB",
    "a quarter of it",
    Question(dialect="cohere", model=_WHOLE, history_bytes=50_000),
)
LARGE_RESPONSE = _large(
    "response 1 MB",
    "a long answer, translated",
    Question(dialect="cohere", model="mock-body-large-1m"),
)
LARGE_RESPONSE_QUARTER = _large(
    "response 256 kB",
    "a quarter of it",
    Question(dialect="cohere", model="mock-body-large-256k"),
)
LARGE = (LARGE_REQUEST_QUARTER, LARGE_REQUEST, LARGE_RESPONSE_QUARTER, LARGE_RESPONSE)
LATENCY = Work(
    name="latency",
    title="as (a), one connection",
    question=Question(dialect="cohere", model=_WHOLE),
    load=Load(connections=1, seconds=0.8, warm_seconds=0.2),
)
IDLE = Work(
    name="f",
    title="1,000 open streams that are silent",
    question=Question(dialect="cohere", model="mock-idle", is_stream=True),
    load=Load(connections=1000, ramp_seconds=1.0, warm_seconds=2.5, seconds=0.2),
)
START = Work(
    name="start",
    title="from the start of the program to its first answer, and what it holds then",
    question=Question(dialect="cohere", model=_WHOLE),
    load=Load(connections=1, seconds=0.2),
)
WORKERS = Work(
    name="i",
    title="as (a), two workers on two cores",
    question=Question(dialect="cohere", model=_WHOLE),
    load=Load(connections=128, seconds=1.5),
)
ALL = (
    TRANSLATED,
    SAME_DIALECT,
    BURST,
    PACED,
    *SLOW,
    IDLE,
    SECURE,
    *LARGE,
    WORKERS,
    LATENCY,
    START,
)
