"""Writes a snapshot in Prometheus' text format.

Source of truth: prometheus.io/docs/instrumenting/exposition_formats, version 0.0.4 of the text format; the
reference parser reads it back in tests/adapters/test_metrics.py.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from causeway.adapters.metrics.families import GAUGES, TABLES, Counter, Histogram
from causeway.adapters.metrics.snapshot import Labels, Rows, Snapshot

MEDIA_TYPE = b"text/plain; version=0.0.4; charset=utf-8"

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})

Pairs = Sequence[tuple[str, str | int]]


def encode_exposition(snapshot: Snapshot) -> bytes:
    """Return the text; what nobody has counted yet is left out."""
    lines: list[str] = []
    for table in TABLES:
        rows = snapshot.counts.get(table.name, {})
        for metric in table.metrics if rows else ():
            if isinstance(metric, Counter):
                lines += _head(metric.name, metric.help, "counter")
                lines += _counter(metric, table.labels, rows)
            else:
                lines += _head(metric.name, metric.help, "histogram")
                lines += _histogram(metric, table.labels, rows)
    for gauge in GAUGES:
        if values := snapshot.gauges.get(gauge.name):
            lines += _head(gauge.name, gauge.help, "gauge")
            lines += (
                f"{gauge.name}{_labels(_pairs(gauge.labels, labels))} {_number(value)}"
                for labels, value in values.items()
            )
    return "".join(f"{line}\n" for line in lines).encode()


def _head(name: str, help_text: str, kind: str) -> tuple[str, str]:
    return f"# HELP {name} {help_text}", f"# TYPE {name} {kind}"


def _counter(counter: Counter, names: Sequence[str], rows: Rows) -> Iterator[str]:
    for labels, row in rows.items():
        yield f"{counter.name}{_labels(_pairs(names, labels))} {_number(row[counter.column])}"


def _histogram(histogram: Histogram, names: Sequence[str], rows: Rows) -> Iterator[str]:
    bounds = [*map(_number, histogram.bounds), "+Inf"]
    for labels, row in rows.items():
        for first, part in histogram.parts:
            counts = list(accumulate(row[first + 1 : first + 1 + len(bounds)]))
            if not counts[-1]:
                continue
            pairs = [*_pairs(names, labels), *part]
            for bound, count in zip(bounds, counts, strict=True):
                yield f"{histogram.name}_bucket{_labels([*pairs, ('le', bound)])} {_number(count)}"
            yield f"{histogram.name}_sum{_labels(pairs)} {_number(row[first])}"
            yield f"{histogram.name}_count{_labels(pairs)} {_number(counts[-1])}"


def _pairs(names: Sequence[str], labels: Labels) -> Pairs:
    return list(zip(names, labels, strict=True))


def _labels(pairs: Iterable[tuple[str, str | int]]) -> str:
    written = ",".join(f'{name}="{str(value).translate(_ESCAPES)}"' for name, value in pairs)
    return f"{{{written}}}" if written else ""


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))
