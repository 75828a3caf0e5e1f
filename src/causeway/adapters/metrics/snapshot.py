"""What one process has counted, and the sum over several. Nothing here knows what is counted.

`merge` is associative, and a counter of the sum is the sum of the counters: tests/adapters/test_metrics.py.
"""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from causeway.adapters.metrics.families import GAUGES

Labels = tuple[str | int, ...]
Rows = dict[Labels, list[float]]
# The name of a gauge, or of a table with one column, and the number that stands there now.
Reading = tuple[str, Labels, float]

OTHER = "other"
_MAX_LABEL_CHARACTERS = 100
_LEAST = frozenset(gauge.name for gauge in GAUGES if gauge.across_processes == "least")


class CountTable:
    """Rows of `width` numbers, one for each set of labels.

    It is bounded, since labels may come from callers: past `limit` sets, all further ones have the row of
    `other` together, and texts are cut at 100 characters.
    """

    __slots__ = ("_width", "limit", "rows")

    def __init__(self, width: int, limit: int) -> None:
        self.limit = limit
        self.rows: Rows = {}
        self._width = width

    def row(self, labels: Labels) -> list[float]:
        """Return the row of a set of labels, to be added to."""
        row = self.rows.get(labels)
        return self._new_row(labels) if row is None else row

    def _new_row(self, labels: Labels) -> list[float]:
        labels = tuple(label[:_MAX_LABEL_CHARACTERS] if isinstance(label, str) else label for label in labels)
        if labels not in self.rows and len(self.rows) >= self.limit:
            labels = (OTHER,) * len(labels)
        return self.rows.setdefault(labels, [0.0] * self._width)


class Snapshot(Struct):
    """Numbers by table and by gauge. Those of tables only grow."""

    counts: dict[str, Rows] = {}
    gauges: dict[str, dict[Labels, float]] = {}


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Snapshot)


def encode_snapshot(snapshot: Snapshot) -> bytes:
    """Return it for another process."""
    return _encoder.encode(snapshot)


def decode_snapshot(encoded: bytes) -> Snapshot:
    """Return what `encode_snapshot` was given."""
    return _decoder.decode(encoded)


def merge(snapshots: Iterable[Snapshot]) -> Snapshot:
    """Return the sum of what several processes have counted; of some gauges it is the least."""
    total = Snapshot()
    for snapshot in snapshots:
        for table, rows in snapshot.counts.items():
            sums = total.counts.setdefault(table, {})
            for labels, row in rows.items():
                known = sums.get(labels)
                sums[labels] = row[:] if known is None else [a + b for a, b in zip(known, row, strict=True)]
        for name, values in snapshot.gauges.items():
            readings = total.gauges.setdefault(name, {})
            for labels, value in values.items():
                if name in _LEAST:
                    readings[labels] = min(value, readings.get(labels, value))
                else:
                    readings[labels] = value + readings.get(labels, 0)
    return total
