"""What processes hold, as Linux tells it: descriptors, threads and memory."""

import time
from collections.abc import Sequence
from pathlib import Path
from statistics import linear_regression

from msgspec import Struct

SETTLE_SECONDS = 10.0
POLL_SECONDS = 0.05


class Holdings(Struct, frozen=True):
    """What a process and its descendants hold together."""

    descriptors: int
    threads: int
    memory_kibibytes: int


def holdings(process_id: int) -> Holdings:
    """Return what a process and its descendants hold now."""
    ids = _family(process_id)
    return Holdings(
        descriptors=sum(len(list(Path(f"/proc/{one}/fd").iterdir())) for one in ids),
        threads=sum(len(list(Path(f"/proc/{one}/task").iterdir())) for one in ids),
        memory_kibibytes=sum(_resident_kibibytes(one) for one in ids),
    )


def settled_holdings(process_id: int, baseline: Holdings) -> Holdings:
    """Return what is held once it is no more than `baseline`, or after a while: closing takes a moment."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        held = holdings(process_id)
        is_back = held.descriptors <= baseline.descriptors and held.threads <= baseline.threads
        if is_back or time.monotonic() > deadline:
            return held
        time.sleep(POLL_SECONDS)


def slope(values: Sequence[float]) -> float:
    """Return by how much values rise from one to the next, by the line that fits them best."""
    return linear_regression(range(len(values)), values).slope


def _family(process_id: int) -> list[int]:
    children = [
        int(child)
        for task in Path(f"/proc/{process_id}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]
    return [process_id, *(one for child in children for one in _family(child))]


def _resident_kibibytes(process_id: int) -> int:
    for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0
