"""What a translation could not carry, said instead of kept quiet."""

from typing import Literal

from msgspec import Struct

LossKind = Literal["mapped", "approximated", "dropped", "unknown"]


class Loss(Struct, frozen=True):
    """One thing of the request that the answering model did not get as it was asked.

    `path` is where it stood in the request (`thinking`, `messages[2].content[0]`). `kind` says what
    became of it: `mapped` to something equal in meaning, `approximated`, `dropped`, or `unknown`, which
    is a field that the dialect does not have.
    """

    kind: LossKind
    path: str
    detail: str


class LossReport:
    """Collects the losses of one call. Bounded: past `LIMIT` it only counts."""

    LIMIT = 50

    def __init__(self) -> None:
        self.losses: list[Loss] = []
        self.uncounted = 0

    def add(self, kind: LossKind, path: str, detail: str) -> None:
        """Record one loss."""
        if len(self.losses) < self.LIMIT:
            self.losses.append(Loss(kind, path, detail))
        else:
            self.uncounted += 1
